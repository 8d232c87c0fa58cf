"""One Asterisk in which callers join rooms in three ways, with everything as a user gets it: what benchmarks of joining share.

Asterisk, callers, controller and application are processes of their own, each kept on a core: on a machine of two, callers and
controller have one of them.
"""

import asyncio
import json
import os
import re
import sys
import tempfile
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

from ari_conf.private_asterisk import PrivateAsterisk, ensure_installed

from .callers import Heard
from .join_application import ROOM
from .measure import pin

CONFBRIDGE, INLINE, WEBHOOK = "confbridge-room", "inline-room", "webhook-room"
RIVALS = (CONFBRIDGE, INLINE, WEBHOOK)

TONE = 440.0
_ALIKE = 0.1
_LOOKS = 5
_CORES = {"callers": 0, "asterisk": 1, "controller": 2, "application": 3}
_START_SECONDS = 30.0


class Stage:
    """A room for each rival, in which somebody talks all the time."""

    def __init__(self, asterisk: PrivateAsterisk, callers: Process, controller: Process) -> None:
        self.asterisk = asterisk
        self.controller = controller
        self._callers = callers

    async def open_rooms(self) -> None:
        """Let somebody talk in each room, and see that a caller hears the same in all of them."""
        for room in RIVALS:
            assert await self._order("stay", room, TONE), f"nobody may talk in {room}"
        loudness = dict.fromkeys(RIVALS, 0.0)
        for _ in range(_LOOKS):
            for room in RIVALS:
                # What a busy machine has lost of the tone makes it the quieter.
                loudness[room] = max(loudness[room], await self._order("hear", room, TONE))
            if max(loudness.values()) - min(loudness.values()) < _ALIKE < min(loudness.values()):
                return
        raise AssertionError(f"not the same is heard in all rooms: {loudness}")

    async def call(self, planned: Iterable[tuple[float, str]], stay: float) -> list[Heard]:
        """Make calls at times in seconds from now, and return what became of each when all are over."""
        return [Heard(*outcome) for outcome in await self._order("call", stay, list(planned))]

    async def _order(self, *order: Any) -> Any:
        assert self._callers.stdin is not None
        assert self._callers.stdout is not None
        self._callers.stdin.write(json.dumps(order).encode() + b"\n")
        return json.loads(await self._callers.stdout.readline())


@asynccontextmanager
async def join_stage() -> AsyncIterator[Stage]:
    installed = await asyncio.to_thread(ensure_installed, lambda _line: None)
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        asterisk = await stack.enter_async_context(PrivateAsterisk(installed))
        application = await started(stack, "application", ["benchmarks.join_application"])
        port = int(await _said(application, "([0-9]+)"))
        settings = folder / "ari-conf.toml"
        settings.write_text(_settings(asterisk, port), encoding="utf-8")
        environment = {name: value for name, value in os.environ.items() if not name.upper().startswith("ARI_CONF_")}
        controller = await started(
            stack,
            "controller",
            ["ari_conf", "serve", "--config", str(settings)],
            environment=environment | {"XDG_STATE_HOME": str(folder)},
            log=folder / "log",
        )
        await _said(controller, r"REST +(http://[0-9.:]+)")
        callers = await started(stack, "callers", ["benchmarks.callers", str(asterisk.sip_port)])
        pin(asterisk.pid, _CORES["asterisk"])
        stage = Stage(asterisk, callers, controller)
        await stage.open_rooms()
        yield stage


async def started(
    stack: AsyncExitStack,
    name: str,
    arguments: Sequence[str],
    *,
    environment: dict[str, str] | None = None,
    log: Path | None = None,
) -> Process:
    """Start a module in a process on its core, which is ended with ``stack``."""
    with (log or Path(os.devnull)).open("ab") as errors:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", *arguments), stdin=PIPE, stdout=PIPE, stderr=errors if log else None, env=environment
        )
    stack.push_async_callback(_end, process)
    pin(process.pid, _CORES[name])
    return process


async def _said(process: Process, pattern: str) -> str:
    """Return what a process prints in the place of the group."""
    assert process.stdout is not None
    async with asyncio.timeout(_START_SECONDS):
        while line := await process.stdout.readline():
            if found := re.search(pattern, line.decode()):
                return found[1]
    raise AssertionError(f"a process has ended before it said {pattern!r}")


async def _end(process: Process) -> None:
    if process.returncode is None:
        process.kill()
    await process.communicate()


def _settings(asterisk: PrivateAsterisk, application: int) -> str:
    return f"""
server = {{ port = 0 }}

[asterisk]
url = "{asterisk.ari_url}"
username = "{asterisk.ari_username}"
password = "{asterisk.ari_password}"

[[numbers]]
match = "{INLINE}"
twiml = "{ROOM.format("{{To}}")}"

[[numbers]]
match = "{WEBHOOK}"
voice_url = "http://127.0.0.1:{application}/voice"
"""
