"""The database refuses in the middle of a room: nobody hears it, it is said once, and afterwards all of it is kept."""

import resource
import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, closing

import pytest

from tests.serving import until

from .callbacks import by_conference, count, told_once
from .test_rooms import room
from .world import World, ask, hear_each_other

FULL = 16_384
"""Bytes."""

TOLD = "SELECT number FROM events WHERE sequence_number IS NOT NULL"
"""Events that the application is told; who talks is kept, too."""

Fault = Callable[[World], AbstractAsyncContextManager[None]]


@asynccontextmanager
async def disk_full(world: World) -> AsyncIterator[None]:
    """Let the process write nowhere beyond what fits its log, but not a transaction."""
    assert world.process is not None
    unlimited = resource.prlimit(world.process.pid, resource.RLIMIT_FSIZE, (FULL, resource.RLIM_INFINITY))
    yield
    resource.prlimit(world.process.pid, resource.RLIMIT_FSIZE, unlimited)


@asynccontextmanager
async def locked(world: World) -> AsyncIterator[None]:
    """Be another process that does not let go."""
    with closing(sqlite3.connect(world.ari_conf.database)) as other:
        other.execute("BEGIN EXCLUSIVE")
        yield
        other.rollback()


def column(world: World, query: str) -> list[object]:
    with closing(sqlite3.connect(f"file:{world.ari_conf.database}?mode=ro", uri=True)) as connection:
        return [value for (value,) in connection.execute(query)]


async def test_a_recording_that_the_disk_has_no_room_for(impatient: World) -> None:
    world = impatient
    record = "record='record-from-start' recordingStatusCallback='/recorded' recordingStatusCallbackEvent='completed absent'"
    await world.call("cid", room("other", "cid"))
    phones = [await world.call(name, room("board", name, record)) for name in ("ann", "bob")]
    await hear_each_other(phones)
    async with disk_full(world):
        await hear_each_other(phones)
        for phone in phones:
            await phone.hang_up()
        await world.told("a recording has failed")
        dee = await world.call("dee", room("other", "dee"))
        await hear_each_other([world.phones["cid"], dee])
        assert (await world.request("/recorded")).params["RecordingStatus"] == "absent"
    await world.told("the database works again")
    assert sorted(world.alarms("error")) == [
        "a recording has failed",
        "the database refuses; what it is to keep waits in memory",
    ]
    await until(lambda: column(world, "SELECT status FROM recordings") == ["failed"])


@pytest.mark.parametrize("fault", [disk_full, locked])
async def test_a_room_goes_on(impatient: World, fault: Fault) -> None:
    world = impatient
    phones = [await world.call(name, room("board", name)) for name in ("ann", "bob")]
    await hear_each_other(phones)
    async with fault(world):
        (board,) = await ask(world.client.conferences.list, friendly_name="board")
        await ask(world.client.conferences(board.sid).participants("bob").update, muted=True)
        cid = await world.call("cid", room("board", "cid"))
        phones.append(cid)
        await hear_each_other(phones, {"ann": {"cid"}, "bob": {"ann", "cid"}, "cid": {"ann"}})
        await world.told("the database refuses")
        assert (await world.ready())["database"] != "ok"
        await ask(world.client.conferences(board.sid).participants("bob").update, muted=False)
        await world.request("/events", StatusCallbackEvent="participant-join", ParticipantLabel="cid")
        await world.request("/events", StatusCallbackEvent="participant-unmute")
        assert len(column(world, TOLD)) < len(by_conference(world.app)[board.sid])
    await world.told("the database works again")
    await until(lambda: not world.ari_conf.owed())
    assert (await world.ready())["database"] == "ok"
    assert world.alarms() == ["the database refuses; what it is to keep waits in memory", "the database works again"]
    told = by_conference(world.app)[board.sid]
    assert [
        count(told, f"participant-{event}", label) for event, label in (("mute", "bob"), ("unmute", "bob"), ("join", "cid"))
    ] == [1, 1, 1]
    assert len(world.app.params("/events")) == len(told)
    assert len(column(world, TOLD)) == len(told)
    assert column(world, "SELECT count(*) FROM deliveries WHERE state = 'delivered'") == [
        len(told_once(world.app)) + len(world.app.params("/calls"))
    ]
    await hear_each_other(phones)
