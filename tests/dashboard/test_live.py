"""What goes on in rooms arrives on the pages that watch."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from ari_conf.conference import SetHold, SetMuted
from tests.app_server import AUTH_TOKEN
from tests.stage import ACCOUNT, NUMBERS, Stage, set_stage

from .door import Browser
from .watching import Watcher, watching

ROOM = "<Response><Dial><Conference>room</Conference></Dial></Response>"
SPEAKERS = ROOM.replace("<Conference>", '<Conference statusCallback="/events" statusCallbackEvent="speaker">')


@pytest.fixture
async def stage() -> AsyncIterator[Stage]:
    async with set_stage(None) as made:
        yield made


async def browser_of(stage: Stage) -> Browser:
    return await Browser(stage.controller.port).entered(ACCOUNT.sid, AUTH_TOKEN)


async def told(stage: Stage, watcher: Watcher, event: str, count: int = 1) -> Any:
    """Wait for so many messages of this name, and return the last one."""
    await stage.until(lambda: len(watcher.of(event)) >= count)
    return watcher.of(event)[-1]


async def test_who_comes_first_is_told_all_there_is() -> None:
    async with set_stage(None) as stage:
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
            assert [person["joined_at"] for person in room["people"]] == sorted(
                person["joined_at"] for person in room["people"]
            )
            assert room["recordings"] == []
            assert snapshot["health"]["calls"] == 2
            assert snapshot["now"] == pytest.approx(stage.clock.now(), abs=60)


async def test_who_joins_is_muted_held_and_leaves_is_seen(stage: Stage) -> None:
    async with watching(await browser_of(stage)) as watcher:
        await told(stage, watcher, "snapshot")
        (ann,) = await stage.room("ann", twiml=ROOM)
        await stage.until(lambda: watcher.person(NUMBERS["ann"]).get("waiting", False))
        room = watcher.rooms["room"]
        assert (room["status"], room["participants"], room["started_at"]) == ("init", 1, None)

        await stage.room("bob")
        await stage.until(lambda: watcher.person(NUMBERS["bob"]) != {})
        await stage.until(lambda: not watcher.person(NUMBERS["ann"])["waiting"])
        assert watcher.rooms["room"]["status"] == "in-progress"

        call_sid = watcher.person(NUMBERS["ann"])["call_sid"]
        stage.controller.rooms.command(room["sid"], SetMuted(call_sid, muted=True))
        stage.controller.rooms.command(room["sid"], SetHold(call_sid, hold=True))
        await stage.until(lambda: watcher.person(NUMBERS["ann"])["hold"])
        assert watcher.person(NUMBERS["ann"])["muted"]
        assert not watcher.person(NUMBERS["bob"])["muted"]

        await ann.hang_up()
        await stage.until(lambda: watcher.person(NUMBERS["ann"]) == {})
        assert watcher.rooms["room"]["participants"] == 1


async def test_who_talks_is_seen_and_since_when(stage: Stage) -> None:
    async with watching(await browser_of(stage)) as watcher:
        ann, bob = await stage.room("ann", "bob", twiml=SPEAKERS)
        await stage.until(lambda: watcher.person(NUMBERS["ann"]).get("talking", False))
        await stage.until(lambda: watcher.rooms["room"]["talking"] == 2)
        assert watcher.person(NUMBERS["ann"])["talking_since"] <= stage.clock.now()
        await bob.hang_up()
        await stage.until(lambda: watcher.rooms["room"]["talking"] == 1)
        ann.talk(on=False)
        await stage.until(lambda: not watcher.person(NUMBERS["ann"])["talking"])
        assert watcher.person(NUMBERS["ann"])["talking_since"] is None
