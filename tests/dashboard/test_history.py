"""The past as the dashboard asks for it: the timeline of conferences, live and over, and waveforms; each sees its own."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ari_conf.dashboard import history
from ari_conf.dashboard.history_rows import kept_of
from ari_conf.dashboard.timeline import Kept
from ari_conf.recordings import RecordingStatus
from ari_conf.store import RecordingRow, Row, Store
from tests.app_server import AUTH_TOKEN
from tests.dashboard.door import ANN, LEO, NOR, OTHER, Browser, Office, office
from tests.dashboard.test_waveform import LOUD, nonsense, wav
from tests.stage import ACCOUNT, NUMBERS, Stage, set_stage, until
from tests.store.rows import conference, happened, recording

EVENTS = "join leave mute hold modify speaker start end"
ROOM = (
    "<Response><Dial><Conference record='record-from-start' participantLabel='{}' statusCallback='/events' "
    f"statusCallbackEvent='{EVENTS}' recordingStatusCallback='/recorded'>Room</Conference></Dial></Response>"
)


@pytest.fixture
async def stage() -> AsyncIterator[Stage]:
    async with set_stage(None) as stage:
        yield stage


@pytest.fixture
async def two() -> AsyncIterator[Office]:
    async with office(ANN, LEO, NOR).open() as opened:
        yield opened


def recordings(opened: Office) -> Path:
    folder: Path = opened.settings.storage.recordings
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def write(opened: Office, *rows: Row) -> None:
    assert opened.controller is not None
    opened.controller.store.write(rows)


async def asked(browser: Browser, path: str) -> Any:
    answer = await browser.ask("GET", f"/dashboard/api{path}")
    assert answer.status == 200, answer.json
    return answer.json


async def test_a_conference_from_its_beginning_to_its_end(stage: Stage) -> None:
    controller = stage.controller
    browser = await Browser(controller.port).entered(ACCOUNT.sid, AUTH_TOKEN)
    for name in ("ann", "bob"):
        await stage.room(name, twiml=ROOM.format(name))
        await stage.until(lambda: len(stage.phones) == sum(len(one.participants) for one in controller.rooms.conferences))
    (room,) = controller.rooms.conferences
    ann, bob = room.participants
    api = f"/dashboard/rest/Accounts/{ACCOUNT.sid}/Conferences/{room.sid}"
    for path, form in (
        (f"/Participants/{bob}.json", {"Muted": "true"}),
        ("/Recordings/Twilio.CURRENT.json", {"Status": "paused"}),
        ("/Recordings/Twilio.CURRENT.json", {"Status": "in-progress"}),
    ):
        await stage.clock.let_pass(1.0)
        assert (await browser.ask("POST", f"{api}{path}", data=form)).status == 200
    live = await asked(browser, f"/conferences/{room.sid}/timeline")
    assert (live["conference"]["status"], live["end"]) == ("in-progress", None)
    names = {one["call_sid"]: (one["label"], one["from"], one["direction"]) for one in live["people"]}
    assert names == {ann: ("ann", NUMBERS["ann"], "inbound"), bob: ("bob", NUMBERS["bob"], "inbound")}
    (muted,) = live["people"][1]["muted"]
    assert muted[1] is None
    await stage.clock.let_pass(1.0)
    await stage.hang_up_all()
    await stage.callbacks(1, "/recorded")
    await stage.until(lambda: controller.outbox.owed == 0)
    over = await asked(browser, f"/conferences/{room.sid}/timeline")
    assert (over["conference"]["status"], over["end"]) == ("completed", over["conference"]["ended_at"])
    assert [one["muted"] for one in over["people"]] == [[], [[muted[0], over["people"][1]["stays"][0]["left_at"]]]]
    told = {one["event"]: one["callback"] for one in over["events"]}
    assert list(told) == [
        "participant-join",
        "conference-start",
        "recording-start",
        "participant-speech-start",
        "participant-speech-stop",
        "participant-mute",
        "recording-pause",
        "recording-resume",
        "participant-leave",
        "conference-end",
    ]
    assert told["recording-pause"] is None
    assert (told["participant-mute"]["event"], told["participant-mute"]["state"]) == ("participant-mute", "delivered")
    assert told["participant-mute"]["http_status"] == 204
    (recorded,) = over["recordings"]
    assert [one["event"] for one in recorded["callbacks"]] == ["completed"]
    first, second = recorded["segments"]
    assert first[1] < second[0] < second[1] <= over["end"]


async def test_what_is_anothers_is_not_there(two: Office) -> None:
    folder = recordings(two)
    row = replace(conference(1, account=ACCOUNT.sid), ended_at=conference().created_at + 9.0)
    made = replace(recording(1), account_sid=ACCOUNT.sid, conference_sid=row.sid)
    write(two, row, made, happened(1, row.sid))
    wav(folder / f"{made.sid}.wav", [(LOUD,)] * 8000)
    for name, password, status in (
        ("ann", None, 200),
        ("leo", None, 200),
        (ACCOUNT.sid, ACCOUNT.auth_token, 200),
        ("nör", None, 404),
        (OTHER.sid, OTHER.auth_token, 404),
    ):
        browser = two.browser()
        await browser.log_in(name, *([password] if password else []))
        for path in (f"/conferences/{row.sid}/timeline", f"/recordings/{made.sid}/waveform"):
            answer = await browser.ask("GET", f"/dashboard/api{path}")
            assert (answer.status, answer.json.get("code")) == (status, None if status == 200 else 20404), (name, path)
    stranger = two.browser()
    assert (await stranger.ask("GET", f"/dashboard/api/conferences/{row.sid}/timeline")).status == 401


async def test_waveforms_of_what_can_be_heard_alone(two: Office) -> None:
    folder = recordings(two)
    rows: list[RecordingRow] = [
        replace(recording(number, status=status.value), account_sid=ACCOUNT.sid)
        for number, status in enumerate(RecordingStatus)
    ]
    write(two, *rows)
    for row in rows:
        wav(folder / f"{row.sid}.wav", [(LOUD,)] * 800)
    browser = await two.browser().entered("ann")
    answers = {row.status: await browser.ask("GET", f"/dashboard/api/recordings/{row.sid}/waveform") for row in rows}
    assert {status for status, answer in answers.items() if answer.status == 200} == {"completed"}
    assert answers["completed"].json == {"seconds": 0.1, "channels": 1, "peaks": [[0.5] * 800]}
    lost, broken = (replace(recording(number), account_sid=ACCOUNT.sid) for number in (90, 91))
    write(two, lost, broken)
    nonsense(folder / f"{broken.sid}.wav")
    assert (await browser.ask("GET", f"/dashboard/api/recordings/{lost.sid}/waveform")).status == 404
    refused = await browser.ask("GET", f"/dashboard/api/recordings/{broken.sid}/waveform")
    assert (refused.status, refused.code) == (500, 20500)
    assert broken.sid in refused.json["message"]


async def test_a_conference_with_more_events_than_are_read_at_once(two: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ari_conf.dashboard.history_rows.AT_ONCE", 3)
    row = conference(1, account=ACCOUNT.sid)
    write(two, row, *(happened(number, row.sid) for number in range(1, 9)))
    browser = await two.browser().entered("ann")
    made = await asked(browser, f"/conferences/{row.sid}/timeline")
    assert [event["number"] for event in made["events"]] == list(range(1, 9))
    assert made["conference"]["status"] == "completed"  # for nobody is there to run it any more


async def test_those_who_look_back_leave_room_for_others(two: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    row = conference(1, account=ACCOUNT.sid)
    write(two, row)
    may_end, reading = asyncio.Event(), 0

    async def slowly(store: Store, sid: str) -> Kept:
        nonlocal reading
        reading += 1
        await may_end.wait()
        reading -= 1
        return await kept_of(store, sid)

    monkeypatch.setattr(history, "kept_of", slowly)
    browser = await two.browser().entered("ann")
    path = f"/conferences/{row.sid}/timeline"
    asking = [asyncio.create_task(asked(browser, path)) for _ in range(history.TIMELINES_AT_ONCE + 2)]
    await until(lambda: reading >= history.TIMELINES_AT_ONCE)
    await browser.session()
    most = reading
    may_end.set()
    assert most == history.TIMELINES_AT_ONCE
    assert all([await one for one in asking])
