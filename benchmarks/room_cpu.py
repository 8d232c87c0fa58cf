"""Asterisk's CPU for each participant who talks, in a room of ours and in its own ConfBridge.

Everybody in the room talks without a pause (SIP, PCMU) and hears the others; Asterisk has a core to itself, and mixes at 8 kHz.
As every user gets it, a caller has a jitter buffer of 60 ms, and it is told when he talks: the peer is a ConfBridge with the
same buffer, set in the dialplan, and its talk detection. Without both, the peer is a ConfBridge without both. Rooms of 3 are
eight at once, for one alone is too little to be measured. Before a round is measured, everybody has heard somebody; before the
first, a listener hears about the same in both.

``python -m benchmarks.room_cpu [--quick] [--once]``
"""

import asyncio
import tempfile
import time
from asyncio.subprocess import Process
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from ari_conf.private_asterisk import PrivateAsterisk, ensure_installed

from .findings import Efforts, Line, at_most, run
from .measure import awaited_in_turns, cpu_seconds, pin
from .processes import CORES, configured, order, serving, started

CROWD = 24
"""At least so many participants, in as many rooms as that takes."""

SETTLE = 0.3
"""Seconds after everybody has come until it is measured."""

REACH = at_most(1.05)
_ALIKE = 1.5
_NUMBERS = """
[[numbers]]
match = "*"
twiml = "<Response><Dial><Conference beep='false' {}>{{{{To}}}}</Conference></Dial></Response>"
"""


@dataclass(frozen=True, slots=True)
class Kind:
    """What callers get besides being mixed, how a controller is told so, and what the peer of such rooms is dialled with."""

    name: str
    settings: str
    peer: str
    prefix: str


FULL = Kind("", _NUMBERS.format(""), "ConfBridge, the same buffer, talking told", "full-confbridge-")
BARE = Kind(
    ", no jitter buffer, talking not told",
    "[conferences]\ndetect_talking = 'subscribed'\n" + _NUMBERS.format("jitterBufferSize='off'"),
    "ConfBridge",
    "confbridge-",
)


@dataclass(frozen=True, slots=True)
class Effort:
    """Rounds, the seconds of each, and the sizes of the rooms of each kind."""

    rounds: int
    seconds: float
    full: Sequence[int]
    bare: Sequence[int]


EFFORTS = Efforts(full=Effort(5, 0.6, (3, 25, 100), (25,)), quick=Effort(2, 0.4, (3, 25), ()), once=Effort(1, 0.1, (3,), ()))


class Stage:
    """An Asterisk, and callers who talk."""

    def __init__(self, asterisk: PrivateAsterisk, callers: Process) -> None:
        self._asterisk = asterisk
        self._callers = callers

    async def measure(self, kind: Kind, effort: Effort, size: int) -> Line:
        """Compare rooms of a size."""
        ours, theirs = (partial(self._share, prefix, size, effort.seconds) for prefix in ("", kind.prefix))
        await self._see_that_they_are_alike(kind)
        taken = await awaited_in_turns({"ours": ours, "theirs": theirs}, effort.rounds)
        return Line(f"of a core, {size} in a room{kind.name}", taken["ours"], "%", kind.peer, taken["theirs"], reach=REACH)

    async def _share(self, prefix: str, size: int, seconds: float) -> float:
        """Return the part of a core that each participant takes."""
        rooms = -(-CROWD // size)
        await self._fill(prefix, rooms, size)
        used, began = cpu_seconds(self._asterisk.pid), time.monotonic()
        await asyncio.sleep(seconds)
        share = (cpu_seconds(self._asterisk.pid) - used) / (time.monotonic() - began)
        await self._empty()
        return share / (rooms * size)

    async def _see_that_they_are_alike(self, kind: Kind) -> None:
        heard = []
        for prefix in ("", kind.prefix):
            await self._fill(prefix, 1, 2)
            heard.append(await order(self._callers, "hear", f"{prefix}0"))
            await self._empty()
        assert max(heard) < _ALIKE * min(heard), f"not the same is heard in both: {heard}"

    async def _fill(self, prefix: str, rooms: int, size: int) -> None:
        everybody = [f"{prefix}{room}" for room in range(rooms) for _ in range(size)]
        assert await order(self._callers, "talk", everybody), "somebody has heard nothing"
        await asyncio.sleep(SETTLE)

    async def _empty(self) -> None:
        assert await order(self._callers, "hang up"), "somebody could not hang up"


async def measured(effort: Effort) -> list[Line]:
    installed = await asyncio.to_thread(ensure_installed, lambda _line: None)
    lines = []
    async with AsyncExitStack() as stack:
        asterisk = await stack.enter_async_context(PrivateAsterisk(installed))
        pin(asterisk.pid, CORES["asterisk"])
        stage = Stage(asterisk, await started(stack, "callers", ["benchmarks.callers", str(asterisk.sip_port)]))
        for kind, sizes in ((FULL, effort.full), (BARE, effort.bare)):
            async with AsyncExitStack() as life:
                if sizes:
                    folder = Path(life.enter_context(tempfile.TemporaryDirectory()))
                    configured(folder, asterisk, kind.settings)
                    await serving(life, folder)
                lines += [await stage.measure(kind, effort, size) for size in sizes]
    return lines


if __name__ == "__main__":
    run(__spec__.name, __doc__, EFFORTS, measured)
