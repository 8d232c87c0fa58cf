"""A controller that is killed at any moment in the life of a room: what is told adds up, and who is up goes on talking."""

import asyncio
import random

import pytest
import requests
from aiohttp import web

from tests.app_server import AppRequest
from tests.serving import until
from tests.stage import REAL_CLOCK

from .callbacks import by_conference, count, told_once
from .test_rooms import room
from .world import World, ask, hear_each_other

LONGEST = 1.2
"""Seconds that the story takes at least, if nobody is killed."""

UP, GONE = ("ann", "bob", "dee"), "cid"


async def asked_until_answered(world: World, name: str, *, muted: bool) -> None:
    """Mute somebody, as an application does that asks again if nobody answers."""

    def mute() -> None:
        (board,) = world.client.conferences.list(friendly_name="board", status="in-progress")
        world.client.conferences(board.sid).participants(name).update(muted=muted)

    while True:
        try:
            await ask(mute)
        except requests.ConnectionError:
            await REAL_CLOCK.let_pass(0.05)
        else:
            return


async def joined(world: World, *names: str) -> None:
    await asyncio.gather(*(world.call(name, room("board", name)) for name in names))
    for name in names:
        await world.request("/events", StatusCallbackEvent="participant-join", ParticipantLabel=name)


async def story(world: World) -> None:
    """Two talk, one is muted and heard again, one comes and goes, one more comes."""
    await joined(world, "ann", "bob")
    await world.request("/events", StatusCallbackEvent="conference-start")
    await asyncio.gather(asked_until_answered(world, "bob", muted=True), joined(world, "cid"))
    await asyncio.gather(
        asked_until_answered(world, "bob", muted=False), world.phones.pop("cid").hang_up(), joined(world, "dee")
    )


async def kill_at_callback(world: World, number: int) -> None:
    """Kill it when the callback of this number has come, before that is answered."""
    arrived, gone = asyncio.Event(), asyncio.Event()

    async def take(_: AppRequest) -> web.StreamResponse:
        if len(world.app.params("/events")) == number:
            arrived.set()
            await gone.wait()
        return web.Response(status=204)

    world.app.voice["/events"] = take
    await arrived.wait()
    await world.kill()
    gone.set()
    await world.live()


async def kill_after(world: World, seconds: float) -> None:
    await REAL_CLOCK.let_pass(seconds)
    await world.kill()
    await world.live()


async def it_adds_up(world: World) -> None:
    """Assert that callbacks and what is to be heard are those of one story, whatever happened meanwhile."""
    await until(lambda: count(told_once(world.app), "participant-leave", GONE) == 1)
    await until(lambda: not world.ari_conf.owed())
    ((sid, told),) = by_conference(world.app).items()
    assert [(count(told, "participant-join", name), count(told, "participant-leave", name)) for name in UP] == [(1, 0)] * 3
    assert (count(told, "participant-join", GONE), count(told, "conference-start")) == (1, 1)
    people = await ask(world.client.conferences(sid).participants.list)
    assert {one.label: one.muted for one in people} == dict.fromkeys(UP, False)
    await hear_each_other([world.phones[name] for name in UP])
    await world.hang_up_all()
    await world.request("/events", StatusCallbackEvent="conference-end")
    await until(lambda: not world.ari_conf.owed())
    ((_, told),) = by_conference(world.app).items()
    assert {name: count(told, "participant-leave", name) for name in (*UP, GONE)} == dict.fromkeys((*UP, GONE), 1)
    assert told[-1]["StatusCallbackEvent"] == "conference-end"


@pytest.mark.parametrize("number", [1, 3, 4, 6, 8])
async def test_killed_when_a_callback_arrives(world: World, number: int) -> None:
    killing = asyncio.create_task(kill_at_callback(world, number))
    await story(world)
    await killing
    await it_adds_up(world)


@pytest.mark.parametrize("seed", range(3))
async def test_killed_in_the_middle(world: World, seed: int) -> None:
    killing = asyncio.create_task(kill_after(world, random.Random(seed).uniform(0.0, LONGEST)))  # noqa: S311 (it is no secret)
    await story(world)
    await killing
    await it_adds_up(world)


async def test_killed_when_a_request_has_been_answered(world: World) -> None:
    await joined(world, "ann", "bob")
    await asked_until_answered(world, "bob", muted=True)
    await world.kill()
    await world.live()
    await hear_each_other([world.phones["ann"], world.phones["bob"]], {"ann": set(), "bob": {"ann"}})
    await world.request("/events", StatusCallbackEvent="participant-mute", ParticipantLabel="bob")
    by_conference(world.app)
