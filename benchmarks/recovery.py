"""How long rooms are without a controller that was killed: from SIGKILL to the last room reconciled by the next life.

The controller is a process of its own, with SQLite, killed and started again at once, as a service manager would do. Its calls
(SIP) are in rooms of five on a real Asterisk, say nothing, and stay through all rounds; before and after each kill the bridges
hold the same calls. The end is the line in the log which says that all rooms are as they should be. Of that time, Python needs
what the last line says to import ``ari-conf serve``, whatever there is to be taken up.

``python -m benchmarks.recovery [--quick] [--once]``
"""

import asyncio
import sys
import tempfile
import time
from asyncio.subprocess import Process
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp

from ari_conf.private_asterisk import PrivateAsterisk, ensure_installed

from .findings import Efforts, Line, at_most, run
from .measure import Figure, pin
from .processes import CORES, LOG, configured, ended, order, serving, started

ROOM = 5
REACH = {100: at_most(2.0)}
"""In seconds, by live legs."""

DEADLINE = 60.0
_RECONCILED = b"all rooms from before the start are as they should be"
_IMPORTS = """
from ari_conf.commands.loading import uncollected
with uncollected():
    import ari_conf.commands.life, ari_conf.commands.running
"""
_SETTINGS = """
[[numbers]]
match = "*"
twiml = "<Response><Dial><Conference beep='false'>{{To}}</Conference></Dial></Response>"
"""

Bridges = dict[str, list[str]]


@dataclass(frozen=True, slots=True)
class Effort:
    """Rounds, how many legs are live in them, and how often it is imported."""

    rounds: int
    legs: Sequence[int]
    imports: int


EFFORTS = Efforts(full=Effort(5, (10, 100, 300), 5), quick=Effort(1, (10, 100), 1), once=Effort(1, (5,), 0))


class Stage:
    """An Asterisk, callers, and a controller in its present life."""

    def __init__(self, asterisk: PrivateAsterisk, callers: Process, folder: Path, stack: AsyncExitStack) -> None:
        self._asterisk = asterisk
        self._callers = callers
        self._folder = folder
        self._stack = stack
        self._legs = 0
        self._controller: Process | None = None

    async def fill(self, legs: int) -> None:
        """Let so many legs be live, and return when nothing of it is left to be done."""
        if self._controller is None:
            self._controller = await serving(self._stack, self._folder)
        assert await order(self._callers, "dial", [f"room-{number // ROOM}" for number in range(self._legs, legs)])
        self._legs = legs
        async with asyncio.timeout(DEADLINE):
            # Nobody tells a stranger when all of them are in.
            while sum(map(len, (await self.bridges()).values())) < legs:  # noqa: ASYNC110
                await asyncio.sleep(0.1)
        await asyncio.sleep(0.5)  # until that is in the database

    async def recover(self) -> float:
        """Kill the controller; return the seconds until another one has reconciled all rooms."""
        assert self._controller is not None
        before = await self.bridges()
        log = self._folder / LOG
        told = log.read_bytes().count(_RECONCILED)
        began = time.monotonic()
        await ended(self._controller)
        starting = asyncio.create_task(serving(self._stack, self._folder))
        async with asyncio.timeout(DEADLINE):
            while log.read_bytes().count(_RECONCILED) == told:  # noqa: ASYNC110 - nor this
                await asyncio.sleep(0.005)
        seconds = time.monotonic() - began
        self._controller = await starting
        assert await self.bridges() == before, "a call is not where it was"
        return seconds

    async def bridges(self) -> Bridges:
        """Return which channels are in which bridges."""
        log_in = aiohttp.encode_basic_auth(self._asterisk.ari_username, self._asterisk.ari_password)
        async with (
            aiohttp.ClientSession(headers={"Authorization": log_in}) as session,
            session.get(f"{self._asterisk.ari_url}/ari/bridges") as answer,
        ):
            listed: list[dict[str, Any]] = await answer.json()
        return {bridge["id"]: sorted(bridge["channels"]) for bridge in listed}


async def imports(rounds: int) -> Figure:
    """Return the seconds in which Python has what ``ari-conf serve`` imports."""
    taken = []
    for _ in range(rounds):
        began = time.monotonic()
        process = await asyncio.create_subprocess_exec(sys.executable, "-c", _IMPORTS)
        await process.wait()
        taken.append(time.monotonic() - began)
    return Figure(tuple(taken))


async def measured(effort: Effort) -> list[Line]:
    installed = await asyncio.to_thread(ensure_installed, lambda _line: None)
    lines = []
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        asterisk = await stack.enter_async_context(PrivateAsterisk(installed, calls=max(effort.legs)))
        pin(asterisk.pid, CORES["asterisk"])
        configured(folder, asterisk, _SETTINGS)
        callers = await started(stack, "callers", ["benchmarks.callers", str(asterisk.sip_port)])
        stage = Stage(asterisk, callers, folder, stack)
        for legs in effort.legs:
            await stage.fill(legs)
            taken = Figure(tuple([await stage.recover() for _ in range(effort.rounds)]))
            lines.append(Line(f"killed, all reconciled, {legs} live legs", taken, "s", reach=REACH.get(legs)))
    if effort.imports:
        lines.append(Line("imports of ari-conf serve", await imports(effort.imports), "s"))
    return lines


if __name__ == "__main__":
    run(__spec__.name, __doc__, EFFORTS, measured)
