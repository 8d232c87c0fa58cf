"""``ari-conf health``: how a running controller is, in a sentence and an exit status."""

import asyncio
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from ari_conf.cli import cli
from ari_conf.media.port import EngineLost
from tests.app_server import AppServer, ClosedPort
from tests.stage import set_stage, until

ROOM = "<Response><Dial><Conference>room</Conference></Dial></Response>"


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


async def health(port: int, *options: str, host: str = "127.0.0.1") -> tuple[int, str]:
    """Return the status, and the sentence."""
    environment = {"ARI_CONF_SERVER__PORT": str(port), "ARI_CONF_SERVER__HOST": host}
    runner = CliRunner()

    def invoke() -> Result:
        return runner.invoke(cli, ["health", *options], env=environment)

    result = await asyncio.to_thread(invoke)
    # The controller of this process may log something meanwhile.
    (sentence,) = (line for line in result.output.splitlines() if line.startswith("ari-conf"))
    return result.exit_code, sentence


@pytest.mark.parametrize("host", ["127.0.0.1", "0.0.0.0"])
async def test_one_that_takes_calls_is_healthy_one_that_drains_is_alive(host: str) -> None:
    async with set_stage(None) as stage:
        await stage.room("ann", twiml=ROOM)
        port = stage.controller.port
        assert await health(port, host=host) == (0, f"ari-conf on {host}:{port} is ready: 1 call in 1 room")
        stage.controller.drain()
        status, sentence = await health(port, host=host)
        assert (status, sentence) == (1, f"ari-conf: ari-conf on {host}:{port} takes no calls, draining: 1 call in 1 room")
        assert await health(port, "--alive", host=host) == (0, f"ari-conf on {host}:{port} is alive")


async def test_one_without_its_engine_is_alive_and_takes_no_calls() -> None:
    async with set_stage(None) as stage:
        stage.controller.engine.events.put_nowait(EngineLost("somebody pulled the plug"))
        await until(lambda: not stage.controller.switchboard.connected)
        status, sentence = await health(stage.controller.port)
        assert status == 1
        assert "takes no calls, the engine is lost" in sentence
        assert (await health(stage.controller.port, "--alive"))[0] == 0


@pytest.mark.parametrize("options", [(), ("--alive",)])
async def test_what_is_none_is_not_healthy(options: tuple[str, ...]) -> None:
    with ClosedPort() as url:
        port = int(url.rpartition(":")[2])
        assert await health(port, *options) == (1, f"ari-conf: no ari-conf answers on 127.0.0.1:{port} (Connection refused)")
    async with AppServer() as another:
        assert await health(another.port, *options) == (1, f"ari-conf: what answers on 127.0.0.1:{another.port} is no ari-conf")
    status, sentence = await health(0, *options)
    assert status == 1
    assert "set [server] port" in sentence
