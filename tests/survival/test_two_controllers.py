"""A second controller by mistake: one of the two says so in a sentence, and nobody's calls are disturbed."""

import asyncio
from pathlib import Path

from ari_conf.private_asterisk import PrivateAsterisk
from ari_conf.starting import ReplacedError
from tests.serving import DEADLINE, AriConf, until

from .test_rooms import room
from .world import HOLD, JITTER, World, hear_each_other, longest_gap

NUMBERS = f'[[numbers]]\ntwiml = "{HOLD}"\n'
TALK = "<Response><Dial><Conference>board</Conference></Dial></Response>"


async def test_the_same_database_is_refused(world: World, asterisk: PrivateAsterisk, tmp_path: Path) -> None:
    phones = [await world.call(name, TALK) for name in ("ann", "bob")]
    more = f'database = {{ url = "sqlite:///{world.ari_conf.database}" }}'
    async with AriConf(tmp_path / "second", asterisk, NUMBERS, more=more) as second:
        process = await second.begin()
        async with asyncio.timeout(DEADLINE):
            assert await process.wait() == 1
        assert world.process is not None
        (message,) = (line for line in second.log.splitlines() if "serves the calls of the database" in line)
        assert f"another ari-conf (process {world.process.pid})" in message
        assert "Traceback" not in second.log
    await hear_each_other(phones)
    assert world.process.returncode is None


MOVED = 0.1
"""Seconds that it takes to go into the other controller's room: from bridge to bridge, with a jitter buffer that fills anew."""


async def test_the_same_application_ends_the_first_one(world: World, asterisk: PrivateAsterisk, tmp_path: Path) -> None:
    phones = [await world.call(name, room("board", name)) for name in ("ann", "bob")]
    await world.request("/events", StatusCallbackEvent="conference-start")
    told = len(world.app.requests)
    listening = asyncio.create_task(phones[0].hear(3.0))
    async with AriConf(tmp_path / "second", asterisk, f'[[numbers]]\ntwiml = "{TALK}"\n') as second:
        await second.serve()
        assert world.process is not None
        async with asyncio.timeout(DEADLINE):
            assert await world.process.wait() == ReplacedError.exit_status != 1
        (message,) = (line for line in world.ari_conf.log.splitlines() if line.startswith("ari-conf: another program"))
        assert "stop it, or give one of the two another [asterisk] app" in message
        assert "Traceback" not in world.ari_conf.log
        await hear_each_other(phones)
        await world.hang_up_all()
        await until(lambda: second.log.count("call ended") == len(phones))
    assert longest_gap(await listening, "bob") <= JITTER + MOVED
    assert len(world.app.requests) == told, "it goes on telling what it knows nothing of any more"
    assert world.alarms("error") == ["the engine is lost; calls go on there without us"]
