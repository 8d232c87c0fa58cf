"""How many callers may join a room in a second, in the same Asterisk as its own ConfBridge.

Calls come at random distances, more and more of them in a second, until a rate does not hold: a call is refused or hears
nothing, or callers queue, which is that half of the later half of them wait longer than 200 ms for the first audio that is not
silent. The highest rate that held is the figure. Each round begins below what the one before has found. Callers stay for half a
second, in a room in which somebody talks; ours is told by TwiML in the settings, and has what every user gets. On a machine of
two cores Asterisk has one, and callers and controller share the other.

``python -m benchmarks.joins_per_second [--quick] [--once]``
"""

import random
import statistics
from dataclasses import dataclass
from math import inf

from .findings import Efforts, Line, at_least, run
from .join_stage import CONFBRIDGE, INLINE, Stage, join_stage
from .measure import Figure

QUEUING = 0.2
"""Seconds to the first audio, of half of the callers."""

FIRST = 20.0
LEAST = 1.0
COARSE, FINE = 1.5, 1.1


@dataclass(frozen=True, slots=True)
class Effort:
    """Rounds, the seconds for which a rate has to hold and callers stay, and the rate at which it is enough."""

    rounds: int
    seconds: float
    stay: float
    most: float = inf


EFFORTS = Efforts(full=Effort(5, 2.0, 0.5), quick=Effort(1, 0.4, 0.1), once=Effort(1, 0.1, 0.1, FIRST))


async def holds(stage: Stage, room: str, rate: float, effort: Effort) -> bool:
    chance = random.Random(round(rate))
    times = [0.0]
    while (at := times[-1] + chance.expovariate(rate)) < effort.seconds:
        times.append(at)
    heard = [outcome.heard for outcome in await stage.call([(at, room) for at in times], effort.stay)]
    later = [inf if seconds is None else seconds for seconds in heard[len(heard) // 2 :]]
    return None not in heard and statistics.median(later) <= QUEUING


async def climbed(stage: Stage, room: str, start: float, growth: float, effort: Effort) -> float:
    """Return the highest rate that holds, in steps of ``growth``."""
    rate = start
    while not await holds(stage, room, rate, effort):
        rate /= growth
        assert rate >= LEAST, f"not even one call per second joins {room}"
    if rate == start:
        while rate < effort.most and await holds(stage, room, rate * growth, effort):
            rate *= growth
    return rate


async def measured(effort: Effort) -> list[Line]:
    taken: dict[str, list[float]] = {INLINE: [], CONFBRIDGE: []}
    async with join_stage() as stage:
        start = {room: await climbed(stage, room, FIRST, COARSE, effort) for room in taken}
        for _ in range(effort.rounds):
            for room, rates in taken.items():
                rates.append(await climbed(stage, room, start[room], FINE, effort))
                start[room] = max(rates[-1] / FINE, LEAST)
    ours, theirs = (Figure(tuple(taken[room])) for room in (INLINE, CONFBRIDGE))
    return [Line("joins, inline", ours, "per second", "ConfBridge", theirs, reach=at_least(0.9))]


if __name__ == "__main__":
    run(__spec__.name, __doc__, EFFORTS, measured)
