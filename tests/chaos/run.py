"""Faults, one after the other, in a town where life goes on; what each of them has cost."""

import asyncio
import contextlib
import gc
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Final

from ari_conf.private_asterisk import PrivateAsterisk, ensure_installed
from tests.stage import REAL_CLOCK

from .faults import Fault
from .oracle import Verdict
from .town import Town, town
from .traffic import Room, Traffic

KEEP_SECONDS: Final = 60
"""For how long Asterisk keeps calls without a controller: longer than any fault lasts."""

REST: Final = 2.0
"""Seconds that a visitor stays away, at most."""

SETTLES: Final = 15.0
"""Seconds within which all that has happened is told, when nothing is owed any more."""


@dataclass(frozen=True, slots=True)
class Cost:
    """What a fault has cost. ``recovery`` and ``gap`` in seconds; ``gap`` is None where all calls ended by nature."""

    fault: str
    times: int
    lost_calls: tuple[str, ...]
    lost: tuple[str, ...]
    doubled: tuple[str, ...]
    wrong: tuple[str, ...]
    gap: float | None
    recovery: tuple[float, ...]

    @property
    def typical(self) -> float:
        """The median of the times to recover."""
        return median(self.recovery)

    @property
    def nothing(self) -> bool:
        """Whether it has cost nothing of what is promised."""
        return not (self.lost_calls or self.lost or self.doubled or self.wrong)


@asynccontextmanager
async def lively_town(folder: Path, *, rooms: int, seed: str) -> AsyncIterator[tuple[Town, Traffic]]:
    """Run a town with an Asterisk of its own, each room with two residents, who talk all the time, and a visitor."""
    async with _asterisk() as asterisk, town(asterisk, folder, seed) as made:
        there = []
        for number in range(rooms):
            ann, bob, cid = (made.phone(f"{name}{number}") for name in ("ann", "bob", "cid"))
            there.append(Room(made, f"room{number}", [ann, bob], [cid]))
        async with _traffic(made, there) as traffic:
            with _no_collections():
                yield made, traffic


@asynccontextmanager
async def busy_town(folder: Path, *, rooms: int, seed: str) -> AsyncIterator[tuple[Town, Traffic]]:
    """Run a town with an Asterisk of its own, each room with three visitors: conferences end and begin."""
    async with _asterisk() as asterisk, town(asterisk, folder, seed) as made:
        names = ("ann", "bob", "cid")
        there = [Room(made, f"room{number}", [], [made.phone(f"{name}{number}") for name in names]) for number in range(rooms)]
        async with _traffic(made, there) as traffic:
            yield made, traffic


@contextmanager
def _no_collections() -> Iterator[None]:
    """Let no collection of garbage stop the phones, which share the interpreter, for a tenth of a second: that is heard."""
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def _asterisk() -> PrivateAsterisk:
    return PrivateAsterisk(ensure_installed(print), keep_seconds=KEEP_SECONDS)


@asynccontextmanager
async def _traffic(town: Town, rooms: list[Room]) -> AsyncIterator[Traffic]:
    traffic = Traffic(town, rooms, rest=REST)
    await asyncio.gather(*(room.settle() for room in rooms))
    flowing = asyncio.create_task(traffic.flow())
    try:
        yield traffic
        await traffic.pause()
    finally:
        flowing.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await flowing
        await asyncio.gather(*(room.leave() for room in rooms))
    await town.empty()


async def costs(town: Town, traffic: Traffic, faults: Sequence[Fault], *, share: float) -> AsyncIterator[Cost]:
    """Inject each fault, ``share`` of its times but once at least, and yield what it has cost."""
    before = Verdict((), (), ())
    for fault in faults:
        recovery, gap = [], 0.0
        times = max(1, round(fault.times * share))
        lost_before = len(town.lost_calls)
        for _ in range(times):
            if fault.ends_calls:
                recovery.append(await _with_all_calls(town, traffic, fault))
                continue
            traffic.go_on()
            await REAL_CLOCK.let_pass(town.rng.uniform(0.5, 1.5))
            start = REAL_CLOCK.monotonic()
            over = await fault.inject(town)
            await town.recovered()
            end = REAL_CLOCK.monotonic()
            recovery.append(end - over)
            gap = max(gap, *(room.gap(start, end) for room in traffic.rooms))
        await traffic.pause()
        verdict = await settled(town)
        yield Cost(
            fault.name,
            times,
            tuple(town.lost_calls[lost_before:]),
            _new(before.lost, verdict.lost),
            _new(before.doubled, verdict.doubled),
            _new(before.wrong, verdict.wrong),
            None if fault.ends_calls else gap,
            tuple(recovery),
        )
        before = verdict


async def _with_all_calls(town: Town, traffic: Traffic, fault: Fault) -> float:
    """Inject a fault that ends all calls: everybody's leave has to be told, and then they move in again."""
    await traffic.pause()
    for room in traffic.rooms:
        room.is_left()
    over = await fault.inject(town)
    await town.recovered()
    took = REAL_CLOCK.monotonic() - over
    await asyncio.gather(*(room.leave() for room in traffic.rooms))
    await town.delivered()
    await asyncio.gather(*(room.settle() for room in traffic.rooms))
    return took


async def settled(town: Town) -> Verdict:
    """Return the verdict when nothing is owed and nothing more comes."""
    gives_up = REAL_CLOCK.monotonic() + SETTLES
    await town.delivered()
    while True:
        verdict = town.books.verdict(town.visits)
        if not (verdict.lost or verdict.doubled) or REAL_CLOCK.monotonic() > gives_up:
            return verdict
        await REAL_CLOCK.let_pass(0.2)
        await town.delivered()


def _new(before: Sequence[str], after: Sequence[str]) -> tuple[str, ...]:
    return tuple((Counter(after) - Counter(before)).elements())
