"""What goes on in rooms arrives on the pages that watch."""

from collections.abc import AsyncIterator, Collection
from typing import Any

import pytest

from ari_conf.calls.requests import CallRequest, ParticipantRequest
from ari_conf.conference import Conference, Participant, SetHold, SetMuted
from ari_conf.dashboard import live
from ari_conf.media.levels import OnLevels
from ari_conf.private_asterisk import PrivateAsterisk
from tests.app_server import AUTH_TOKEN, ClosedPort
from tests.stage import ACCOUNT, NUMBERS, Stage, set_stage

from .door import Browser
from .watching import Watcher, watching

ROOM = "<Response><Dial><Conference>room</Conference></Dial></Response>"


@pytest.fixture
async def stage(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Stage]:
    monkeypatch.setattr(live, "LOOK_SECONDS", 0.02)
    async with set_stage(None) as made:
        yield made


async def browser_of(stage: Stage) -> Browser:
    return await Browser(stage.controller.port).entered(ACCOUNT.sid, AUTH_TOKEN)


async def two_rooms(stage: Stage) -> dict[str, Conference]:
    """Let ann wait in ``room`` and bob in ``other``, and return the conferences by these names."""
    rooms = stage.controller.rooms
    await stage.room("ann", twiml=ROOM)
    await stage.until(lambda: len(rooms.conferences) == 1)
    await stage.room("bob", twiml=ROOM.replace(">room<", ">other<"))
    await stage.until(lambda: len(rooms.conferences) == 2)
    return {conference.friendly_name: conference for conference in rooms.conferences}


async def silently(stage: Stage, *names: str) -> None:
    """Let phones of these names call that say nothing, so that nothing changes by itself."""
    stage.answer(ROOM)
    for name in names:
        phone = stage.phone(name)
        phone.talk(on=False)
        await phone.dial("room")


async def told(stage: Stage, watcher: Watcher, event: str, count: int = 1) -> Any:
    """Wait for so many messages of this name, and return the last one."""
    await stage.until(lambda: len(watcher.of(event)) >= count)
    return watcher.of(event)[-1]


async def test_who_comes_first_is_told_all_there_is(stage: Stage) -> None:
    await stage.room("ann", "bob", twiml=ROOM)
    await stage.until(lambda: [len(one.participants) for one in stage.controller.rooms.conferences] == [2])
    async with watching(await browser_of(stage)) as watcher:
        snapshot = await told(stage, watcher, "snapshot")
        assert watcher.status == 200
        assert watcher.headers["Content-Type"] == "text/event-stream; charset=utf-8"
        assert watcher.headers["Cache-Control"] == "no-store"
        (room,) = snapshot["conferences"]
        assert (room["friendly_name"], room["status"], room["participants"]) == ("room", "in-progress", 2)
        assert [person["from"] for person in room["people"]] == [NUMBERS["ann"], NUMBERS["bob"]]
        assert [person["joined_at"] for person in room["people"]] == sorted(person["joined_at"] for person in room["people"])
        assert room["recordings"] == []
        assert snapshot["health"]["calls"] == 2
        assert snapshot["now"] == pytest.approx(stage.clock.now(), abs=60)


async def test_who_joins_is_muted_held_and_leaves_is_seen(stage: Stage) -> None:
    async with watching(await browser_of(stage)) as watcher:
        await told(stage, watcher, "snapshot")
        await silently(stage, "ann")
        await stage.until(lambda: watcher.person(NUMBERS["ann"]).get("waiting", False))
        room = watcher.rooms["room"]
        assert (room["status"], room["participants"], room["started_at"]) == ("init", 1, None)

        await silently(stage, "bob")
        await stage.until(lambda: watcher.person(NUMBERS["bob"]) != {})
        await stage.until(lambda: not watcher.person(NUMBERS["ann"])["waiting"])
        assert watcher.rooms["room"]["status"] == "in-progress"

        call_sid = watcher.person(NUMBERS["ann"])["call_sid"]
        stage.controller.rooms.command(room["sid"], SetMuted(call_sid, muted=True))
        stage.controller.rooms.command(room["sid"], SetHold(call_sid, hold=True))
        await stage.until(lambda: watcher.person(NUMBERS["ann"])["hold"])
        assert watcher.person(NUMBERS["ann"])["muted"]
        assert not watcher.person(NUMBERS["bob"])["muted"]

        await stage.phones["ann"].hang_up()
        await stage.until(lambda: watcher.person(NUMBERS["ann"]) == {})
        assert watcher.rooms["room"]["participants"] == 1


async def test_who_talks_is_seen_and_since_when_and_how_loud(either_engine: PrivateAsterisk | None) -> None:
    async with set_stage(either_engine) as stage:
        browser = await browser_of(stage)
        ann, _ = await stage.room("ann", "bob", twiml=ROOM)
        await stage.until(lambda: [len(one.participants) for one in stage.controller.rooms.conferences] == [2])
        (room,) = stage.controller.rooms.conferences
        async with watching(browser, room.sid) as watcher:
            await stage.until(lambda: watcher.rooms.get("room", {}).get("talking") == 2)
            shown = watcher.person(NUMBERS["ann"])
            assert room.created_at <= shown["talking_since"] <= stage.clock.now()
            call_sid = shown["call_sid"]
            await stage.until(lambda: any(levels.get(call_sid, -96.0) > -30.0 for levels in watcher.of("levels")))
            ann.talk(on=False)
            await stage.until(lambda: watcher.rooms["room"]["talking"] == 1)
            assert watcher.person(NUMBERS["ann"])["talking_since"] is None
            await stage.until(lambda: watcher.of("levels")[-1][call_sid] < -60.0)
            assert watcher.person(NUMBERS["bob"])["talking"]


async def test_many_changes_at_once_are_told_in_one_message_as_they_are_then(stage: Stage) -> None:
    async with watching(await browser_of(stage)) as watcher:
        await silently(stage, "ann", "bob")
        await stage.until(lambda: watcher.person(NUMBERS["bob"]) != {})
        sid, call_sid = watcher.rooms["room"]["sid"], watcher.person(NUMBERS["ann"])["call_sid"]
        before = len(watcher.of("change"))
        for number in range(101):
            stage.controller.rooms.command(sid, SetMuted(call_sid, muted=number % 2 == 0))
        await stage.until(lambda: watcher.person(NUMBERS["ann"])["muted"])
        (change,) = watcher.of("change")[before:]
        assert change["participants"][sid].keys() == {call_sid}
        assert change["conferences"] == {}, "nothing of the conference itself has changed"


async def test_who_is_being_called_is_seen_until_that_one_joins(stage: Stage) -> None:
    async with watching(await browser_of(stage)) as watcher:
        cid = stage.phone("cid")
        request = ParticipantRequest(
            call=CallRequest(to=NUMBERS["cid"], from_="+15550000"), participant=Participant("", label="chief")
        )
        sid, call = await stage.controller.control.add_participant(ACCOUNT.sid, "room", request)
        await cid.ringing()
        await stage.until(lambda: watcher.person(NUMBERS["cid"]).get("status") == "ringing")
        shown = watcher.person(NUMBERS["cid"])
        assert (shown["label"], shown["from"], shown["direction"]) == ("chief", "+15550000", "outbound-api")
        assert (shown["joined_at"], shown["waiting"]) == (None, False)
        assert (watcher.rooms["room"]["expected"], watcher.rooms["room"]["participants"]) == (1, 0)
        await cid.pick_up()
        await stage.until(lambda: watcher.person(NUMBERS["cid"])["status"] == "connected")
        assert watcher.person(NUMBERS["cid"])["joined_at"] is not None
        assert watcher.person(NUMBERS["cid"])["call_sid"] == call.sid
        assert (watcher.rooms["room"]["expected"], watcher.rooms["room"]["participants"]) == (0, 1)
        assert list(watcher.conferences) == [sid]


async def test_who_does_not_answer_is_gone_again(stage: Stage) -> None:
    async with watching(await browser_of(stage)) as watcher:
        cid = stage.phone("cid")
        request = ParticipantRequest(call=CallRequest(to=NUMBERS["cid"], from_="+1555"), participant=Participant(""))
        await stage.controller.control.add_participant(ACCOUNT.sid, "room", request)
        await cid.ringing()
        await stage.until(lambda: watcher.person(NUMBERS["cid"]) != {})
        await cid.refuse()
        await stage.until(lambda: watcher.rooms["room"]["status"] == "completed")
        assert watcher.rooms["room"]["people"] == {}


async def test_a_conference_that_has_ended_stays_for_ten_minutes(stage: Stage) -> None:
    browser = await browser_of(stage)
    async with watching(browser) as watcher:
        (ann,) = await stage.room("ann", twiml=ROOM)
        await stage.until(lambda: "room" in watcher.rooms)
        await ann.hang_up()
        await stage.until(lambda: watcher.rooms["room"]["status"] == "completed")
        room = watcher.rooms["room"]
        assert (room["reason_ended"], room["people"]) == ("last-participant-left", {})
        ended_at = room["ended_at"]
        async with watching(browser) as another:
            await stage.until(lambda: "room" in another.rooms)
        await stage.clock.let_pass(595.0 - (stage.clock.now() - ended_at))
        assert "room" in watcher.rooms
        await stage.clock.let_pass(6.0)
        await stage.until(lambda: watcher.conferences == {})


async def test_a_later_life_knows_what_has_just_ended(stage: Stage) -> None:
    await two_rooms(stage)
    await stage.phones["bob"].hang_up()
    await stage.until(lambda: [one.friendly_name for one in stage.controller.rooms.conferences] == ["room"])
    browser = await browser_of(stage)
    await stage.stop()
    await stage.restart()
    browser.port = stage.controller.port
    async with watching(browser) as watcher:
        await told(stage, watcher, "snapshot")
        assert {name: room["status"] for name, room in watcher.rooms.items()} == {"room": "init", "other": "completed"}
        assert watcher.person(NUMBERS["ann"]) != {}


async def test_recordings_and_their_pauses_are_seen(stage: Stage) -> None:
    async with watching(await browser_of(stage)) as watcher:
        await stage.room("ann", "bob", twiml=ROOM.replace("<Conference>", '<Conference record="record-from-start">'))
        await stage.until(lambda: watcher.rooms.get("room", {}).get("recording") == "on")
        await stage.until(lambda: len(watcher.rooms["room"]["recordings"]) == 1)
        (recording,) = watcher.rooms["room"]["recordings"]
        assert (recording["status"], recording["source"]) == ("in-progress", "Conference")
        await stage.controller.recordings.pause(recording["sid"])
        await stage.until(lambda: watcher.rooms["room"]["recording"] == "paused")
        assert [one["status"] for one in watcher.rooms["room"]["recordings"]] == ["paused"]
        await stage.clock.let_pass(3.0)
        await stage.hang_up_all()
        await stage.until(lambda: watcher.rooms["room"]["recordings"] == [])


async def test_a_page_of_a_conference_is_told_when_its_timeline_has_changed(stage: Stage) -> None:
    browser = await browser_of(stage)
    rooms = await two_rooms(stage)
    sid, other = rooms["room"].sid, rooms["other"].sid
    async with watching(browser, sid) as watcher, watching(browser, other) as elsewhere:
        await told(stage, watcher, "snapshot")
        await told(stage, elsewhere, "snapshot")
        (ann,) = rooms["room"].participants
        stage.controller.rooms.command(sid, SetMuted(ann, muted=True))
        assert await told(stage, watcher, "timeline") == {"conference": sid}
        assert elsewhere.of("timeline") == []


async def test_a_callback_that_fails_and_a_notification_are_told(stage: Stage) -> None:
    async with watching(await browser_of(stage)) as watcher:
        with ClosedPort() as nobody:
            events = f'statusCallback="{nobody}/events" statusCallbackEvent="join"'
            await stage.room("ann", twiml=ROOM.replace("<Conference>", f"<Conference {events}>"))
            failed = await told(stage, watcher, "callback")
            await stage.hang_up_all()
        assert (failed["account_sid"], failed["kind"], failed["state"], failed["attempts"]) == (
            ACCOUNT.sid,
            "conference",
            "owed",
            1,
        )
        assert failed["lane"] in watcher.conferences
        await stage.room("bob", twiml="this is <no TwiML")
        told_of = await told(stage, watcher, "notification")
        assert (told_of["account_sid"], told_of["code"], told_of["level"]) == (ACCOUNT.sid, 12100, "error")


async def test_levels_are_told_of_the_room_that_is_looked_at_alone(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    watched: list[Collection[str]] = []
    watch = stage.controller.engine.watch_levels

    def note(call_sids: Collection[str], on_levels: OnLevels) -> None:
        watched.append(call_sids)
        watch(call_sids, on_levels)

    monkeypatch.setattr(stage.controller.engine, "watch_levels", note)
    browser = await browser_of(stage)
    rooms = await two_rooms(stage)
    sid, (ann,) = rooms["room"].sid, rooms["room"].participants
    async with watching(browser) as everything, watching(browser, sid) as watcher:
        await told(stage, everything, "snapshot")
        await told(stage, watcher, "snapshot")
        assert watched == [(ann,)]
        await stage.room("cid", twiml=ROOM)
        await stage.until(lambda: len(watched[-1]) == 2)
        (cid,) = set(watched[-1]) - {ann}
        await stage.until(lambda: any(levels.get(cid, -96.0) > -30.0 for levels in watcher.of("levels")))
        assert all(levels.keys() <= {ann, cid} for levels in watcher.of("levels"))
        stage.phones["cid"].talk(on=False)
        await stage.until(lambda: watcher.of("levels")[-1].get(cid) == -96.0)
        assert everything.of("levels") == []
    await stage.until(lambda: watched[-1] == ())


async def test_changes_are_told_ten_times_a_second_at_most(stage: Stage) -> None:
    assert stage.controller.dashboard is not None
    feed = stage.controller.dashboard._feed
    async with watching(await browser_of(stage)) as watcher:
        rooms = await two_rooms(stage)
        await stage.until(lambda: len(watcher.rooms) == 2 and feed._timer is None)
        (ann,) = rooms["room"].participants
        stage.controller.rooms.command(rooms["room"].sid, SetMuted(ann, muted=True))
        timer = feed._timer
        assert timer is not None
        assert timer.when() >= feed._told_at + live.BETWEEN_TELLINGS
        stage.controller.rooms.command(rooms["room"].sid, SetMuted(ann, muted=False))
        assert feed._timer is timer


async def test_what_has_changed_when_another_page_is_opened_is_told_to_the_first_one_too(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(live, "LOOK_SECONDS", 3600.0)
    async with set_stage(None) as stage:
        browser = await browser_of(stage)
        async with watching(browser) as first:
            await told(stage, first, "snapshot")
            await stage.room("ann", twiml=ROOM)
            await stage.until(lambda: "room" in first.rooms)
            assert first.health["conferences"] == 0
            async with watching(browser) as second:
                await told(stage, second, "snapshot")
                await stage.until(lambda: first.health["conferences"] == second.health["conferences"] == 1)
