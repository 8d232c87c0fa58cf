"""A controller that is stopped by a signal: it hands its calls over, or lets them finish, as the settings say."""

import asyncio
import signal

import aiohttp
import pytest

from ari_conf.phones.phone import CallRefusedError
from ari_conf.phones.sip import SipPhone
from tests.serving import DEADLINE

from .callbacks import by_conference, count
from .test_rooms import joined, room
from .world import World, ask, hear_each_other


async def two_talk(world: World) -> list[SipPhone]:
    for name in ("ann", "bob"):
        await joined(world, name, room("board", name))
    phones = [world.phones[name] for name in ("ann", "bob")]
    await hear_each_other(phones)
    return phones


def terminate(world: World) -> None:
    assert world.process is not None
    world.process.send_signal(signal.SIGTERM)


async def printed(world: World, pattern: str) -> None:
    assert world.process is not None
    await world.ari_conf.printed(world.process, pattern)


async def ended(world: World) -> int:
    assert world.process is not None
    async with asyncio.timeout(DEADLINE):
        return await world.process.wait()


@pytest.mark.parametrize("stop", ["finish"])
async def test_those_who_talk_may_finish_and_nobody_new_is_taken(world: World) -> None:
    phones = await two_talk(world)
    terminate(world)
    await printed(world, "No new calls are taken; 2 calls may finish within 3600 s, or until the next signal")
    with pytest.raises(CallRefusedError) as refused:
        await world.call("cid", room("board", "cid"))
    assert refused.value.status == 503
    async with aiohttp.ClientSession() as session, session.get(f"{world.ari_conf.url}/readyz") as answer:
        body = await answer.json()
        assert (answer.status, body["status"], body["calls"]) == (503, "draining", 2)
    await hear_each_other(phones)

    await world.hang_up_all()
    await printed(world, "No call is left")
    assert await ended(world) == 0
    ((_, told),) = by_conference(world.app).items()
    assert [count(told, "participant-leave", name) for name in ("ann", "bob")] == [1, 1]
    assert told[-1]["StatusCallbackEvent"] == "conference-end"
    assert [params["CallStatus"] for params in world.app.params("/calls")] == ["completed"] * 2
    assert world.ari_conf.owed() == []


@pytest.mark.parametrize(("stop", "signals"), [("hand-over", 1), ("finish", 2)])
async def test_the_next_life_goes_on_with_what_was_handed_over(world: World, signals: int) -> None:
    phones = await two_talk(world)
    for number in range(signals):
        if number:
            await printed(world, "No new calls are taken")
        terminate(world)
    await printed(world, "2 calls are kept by Asterisk for the next start")
    assert await ended(world) == 0
    await hear_each_other(phones)

    await world.live()
    (board,) = await ask(world.client.conferences.list, friendly_name="board", status="in-progress")
    people = await ask(world.client.conferences(board.sid).participants.list)
    assert {one.label for one in people} == {"ann", "bob"}
    await hear_each_other(phones)
    await world.phones["bob"].hang_up()
    await world.request("/events", StatusCallbackEvent="participant-leave", ParticipantLabel="bob")
    ((_, told),) = by_conference(world.app).items()
    assert [count(told, "participant-join", name) for name in ("ann", "bob")] == [1, 1]
