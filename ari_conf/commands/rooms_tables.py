"""What is shown of rooms and of those who are in them."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Final

from rich.table import Column, Table
from rich.text import Text

from .rooms_things import Thing, number_of
from .terminal import plain

LONGEST_NUMBER: Final = 16
"""The characters of the longest telephone number; a SIP address, which can be longer, is broken where a line is too short."""


def rooms_table(rooms: Sequence[Thing], counts: Mapping[str, int]) -> Table:
    """Return a table of rooms; ``counts`` tells by SID how many are in each."""
    table = _table(
        Column("room", overflow="fold"),
        Column("SID", no_wrap=True),
        Column("status", no_wrap=True),
        Column("participants", no_wrap=True, justify="right"),
        Column("since", no_wrap=True),
    )
    for room in rooms:
        count = str(counts[room["sid"]])
        _add(table, room["friendly_name"], room["sid"], room["status"], count, _since(room))
    return table


def participants_table(participants: Sequence[Thing]) -> Table:
    """Return a table of participants."""
    labels = {one["call_sid"]: one["label"] for one in participants}
    numbers = [number_of(one) for one in participants]
    table = _table(
        Column("Call SID", no_wrap=True),
        Column("label", overflow="fold"),
        Column("number", overflow="fold", min_width=min(LONGEST_NUMBER, max(map(len, numbers), default=0))),
        Column("status", no_wrap=True),
        Column("flags", overflow="fold"),
        Column("since", no_wrap=True),
    )
    for one, number in zip(participants, numbers, strict=True):
        _add(table, one["call_sid"], one["label"] or "", number, one["status"], _flags(one, labels), _since(one))
    return table


def _table(*columns: Column) -> Table:
    # Space for 80 columns, of which a SID takes 34.
    return Table(*columns, box=None, pad_edge=False, collapse_padding=True)


def _add(table: Table, *cells: str) -> None:
    table.add_row(*(Text(plain(cell)) for cell in cells))


def _flags(participant: Thing, labels: Mapping[str, str | None]) -> str:
    flags = [name for name in ("muted", "hold") if participant[name]]
    if participant["coaching"]:
        coached = participant["call_sid_to_coach"]
        flags.append(f"coaching {labels.get(coached) or coached}")
    return ", ".join(flags)


def _since(thing: Thing) -> str:
    """Return when it was made, as the clock on the wall here shows it; with the day if that is not today."""
    made = parsedate_to_datetime(thing["date_created"]).astimezone()
    return f"{made:%H:%M}" if made.date() == datetime.now().astimezone().date() else f"{made:%d %b %H:%M}"
