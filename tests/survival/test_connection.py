"""The way to Asterisk is slow, dead or cut, or Asterisk itself ends: who talks goes on talking, and all is told once."""

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path

from ari_conf.private_asterisk import PrivateAsterisk, ensure_installed
from tests.media.asterisk.proxy import Proxy
from tests.serving import DEADLINE, until
from tests.stage import REAL_CLOCK

from .callbacks import by_conference, count
from .conftest import living
from .test_rooms import room
from .world import JITTER, World, ask, hear_each_other, listen, longest_gap, voices

LOST, BACK = "the engine is lost; calls go on there without us", "the engine is back"
WAITS = "the audio of a room has to wait for Asterisk"


async def test_a_slow_connection(behind_proxy: World, proxy: Proxy) -> None:
    world = behind_proxy
    phones = [await world.call(name, room("board", name)) for name in ("ann", "bob")]
    await hear_each_other(phones)
    proxy.delay = 0.1
    (board,) = await ask(world.client.conferences.list, friendly_name="board")
    await ask(world.client.conferences(board.sid).participants("bob").update, muted=True)
    phones.append(await world.call("cid", room("board", "cid")))
    await hear_each_other(phones, {"ann": {"cid"}, "bob": {"ann", "cid"}, "cid": {"ann"}})
    await world.phones.pop("ann").hang_up()
    await world.request("/events", StatusCallbackEvent="participant-leave", ParticipantLabel="ann")
    by_conference(world.app)
    assert world.alarms() == []


async def test_a_connection_that_swallows_everything(behind_proxy: World, proxy: Proxy) -> None:
    world = behind_proxy
    ann, bob, cid = [await world.call(name, room("board", name)) for name in ("ann", "bob", "cid")]
    await hear_each_other([ann, bob, cid])
    listening = asyncio.create_task(ann.hear(3.0))
    proxy.freeze()
    await cid.hang_up()
    await world.told(LOST)
    proxy.cut()
    await world.request("/events", StatusCallbackEvent="participant-leave", ParticipantLabel="cid")
    await hear_each_other([ann, bob])
    assert longest_gap(await listening, "bob") <= JITTER
    assert world.alarms() == [LOST, BACK]
    (told,) = by_conference(world.app).values()
    assert count(told, "participant-leave", "cid") == 1


async def test_a_connection_that_is_cut_again_and_again(behind_proxy: World, proxy: Proxy) -> None:
    world = behind_proxy
    phones = [await world.call(name, room("board", name)) for name in ("ann", "bob")]
    await hear_each_other(phones)

    async def cut() -> None:
        for _ in range(8):
            proxy.cut()
            await REAL_CLOCK.let_pass(0.15)

    cutting = asyncio.create_task(cut())
    cid = asyncio.create_task(world.call("cid", room("board", "cid")))
    heard = await listen(phones, 1.0)
    assert "bob" in voices(heard["ann"])
    assert "ann" in voices(heard["bob"])
    await cutting
    phones.append(await cid)
    await hear_each_other(phones)
    await phones[1].hang_up()
    await world.request("/events", StatusCallbackEvent="participant-leave", ParticipantLabel="bob")
    (told,) = by_conference(world.app).values()
    assert [count(told, "participant-join", name) for name in ("ann", "bob", "cid")] == [1, 1, 1]
    # A cut may come just while the room's bridge is being asked for something.
    alarms = [alarm for alarm in world.alarms() if alarm != WAITS]
    assert alarms == [LOST, BACK] * (len(alarms) // 2)


async def test_asterisk_itself_ends(tmp_path: Path) -> None:
    async with PrivateAsterisk(ensure_installed(print)) as asterisk, living(asterisk, tmp_path) as world:
        phones = [await world.call(name, room("board", name)) for name in ("ann", "bob")]
        await hear_each_other(phones)
        await asterisk.kill()
        await world.told(LOST)
        ready = await world.ready()
        await asterisk.restart()
        for name in ("ann", "bob"):
            await world.request("/calls", CallSid=world.sid(name), CallStatus="completed")
        await world.request("/events", StatusCallbackEvent="conference-end")
        before = {name: world.sid(name) for name in ("ann", "bob")}
        await hear_each_other([await world.call(name) for name in ("ann", "bob")])
        await until(lambda: not world.ari_conf.owed())
        assert ready["status"] == "the engine is lost"
        assert len(by_conference(world.app)) == 2
        assert [params["CallStatus"] for params in world.app.params("/calls")] == ["completed"] * 2
        with closing(sqlite3.connect(world.ari_conf.database)) as database:
            causes = dict(database.execute("SELECT sid, cause FROM calls WHERE ended_at IS NOT NULL"))
        assert causes == dict.fromkeys(before.values(), "Asterisk was restarted")
        assert world.alarms() == [LOST, BACK]
        async with asyncio.timeout(DEADLINE):
            for phone in phones:
                await phone.hang_up()
