"""Tables of rooms and participants: what fits on a terminal, and what a program reads."""

import time
from datetime import datetime
from email.utils import format_datetime, parsedate_to_datetime
from typing import Any

import pytest
from rich.console import Console
from rich.table import Table

from ari_conf.commands import terminal
from ari_conf.commands.rooms_tables import participants_table, rooms_table

SIDS = [f"CA{number:032x}" for number in range(3)]
CONFERENCE = "CF" + "0" * 32
ADDRESS = "sip:a-very-long-name-indeed@voice.example.com"


def now() -> datetime:
    return datetime.now().astimezone()


def participant(sid: str, number: str, **more: Any) -> dict[str, Any]:
    standing = {"muted": False, "hold": False, "coaching": False, "call_sid_to_coach": None, "status": "connected"}
    from_ = {"label": None, "from": number, "to": "room", "direction": "inbound", "date_created": format_datetime(now())}
    return {"call_sid": sid} | standing | from_ | more


def lines(table: Table, width: int) -> list[str]:
    console = Console(width=width)
    with console.capture() as captured:
        console.print(table)
    return [line.rstrip() for line in captured.get().splitlines()]


def test_who_is_in_a_room_fits_on_a_terminal() -> None:
    people = [
        participant(SIDS[0], "+15550100400", label="agent", muted=True),
        participant(SIDS[1], "+15550100550", status="connecting", hold=True),
        participant(SIDS[2], "1002", coaching=True, call_sid_to_coach=SIDS[0]),
    ]
    shown = lines(participants_table(people[:2]), 80)
    since = [f"{parsedate_to_datetime(one['date_created']):%H:%M}" for one in people]
    assert [line.split() for line in shown] == [
        ["Call", "SID", "label", "number", "status", "flags", "since"],
        [SIDS[0], "agent", "+15550100400", "connected", "muted", since[0]],
        [SIDS[1], "+15550100550", "connecting", "hold", since[1]],
    ]
    coach = lines(participants_table(people), 200)[-1]
    assert coach.split() == [SIDS[2], "1002", "connected", "coaching", "agent", since[2]]


def test_where_a_line_is_too_short_an_address_is_broken_and_nothing_is_lost() -> None:
    shown = lines(participants_table([participant(SIDS[0], ADDRESS, label="agent", muted=True)]), 80)
    assert len(shown) > 2
    assert all(len(line) <= 80 for line in shown)
    assert shown[1].startswith(SIDS[0])
    begins, ends = shown[0].index("number"), shown[0].index("status")
    assert "".join(line[begins:ends].strip() for line in shown[1:]) == ADDRESS


def test_a_program_gets_whole_lines() -> None:
    table = participants_table([participant(SIDS[0], ADDRESS, label="l" * 128, muted=True, hold=True)])
    with terminal.console.capture() as captured:
        terminal.console.print(table)
    assert captured.get().splitlines()[1].split()[:5] == [SIDS[0], "l" * 128, ADDRESS, "connected", "muted,"]


def test_rooms_fit_on_a_terminal() -> None:
    room = {
        "friendly_name": "Support",
        "sid": CONFERENCE,
        "status": "in-progress",
        "date_created": format_datetime(datetime(2021, 3, 5, 14, 3).astimezone()),
    }
    shown = lines(rooms_table([room], {CONFERENCE: 12}), 80)
    assert shown[1:] == [f"Support {CONFERENCE} in-progress           12 05 Mar 14:03"]


def test_since_is_in_the_time_of_this_place(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "Asia/Kolkata")
    time.tzset()
    try:
        date = "Fri, 05 Mar 2021 12:00:00 +0000"
        room = {"friendly_name": "Support", "sid": CONFERENCE, "status": "init", "date_created": date}
        assert lines(rooms_table([room], {CONFERENCE: 1}), 200)[1].endswith(" 05 Mar 17:30")
    finally:
        monkeypatch.undo()
        time.tzset()
