"""From INVITE to the first mixed audio heard, in the same Asterisk as its own ConfBridge.

A caller joins a room in which somebody talks, and waits for the first RTP packet that is not silent: by ``ConfBridge()`` in the
dialplan, by TwiML in the settings (inline), and by TwiML from a webhook on loopback. What comes on top of Asterisk's own way
is what counts. A room mixes every 20 ms, so that half of this is in every figure. All mix at 8 kHz; ours has, besides, what
every user gets: a jitter buffer, talk detection, the database, metrics.

At 10 and 25 calls per second the rivals are called in turns, at random distances which are the same for all; at 1 per second
by turns within each second, for that takes less time. A round's p50 is of that round; p99 is of the calls of all rounds.

``python -m benchmarks.join_latency [--quick] [--once]``
"""

import random
import statistics
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial

from .findings import Efforts, Line, at_most, run
from .join_stage import CONFBRIDGE, INLINE, RIVALS, WEBHOOK, Stage, join_stage
from .measure import Figure

SLOW = 1
STAY = 0.5
"""Seconds for which a caller stays when he has heard something."""

REACH = {50: at_most(5.0), 99: at_most(15.0)}
"""In ms, inline."""

Plan = list[tuple[float, str]]


@dataclass(frozen=True, slots=True)
class Effort:
    """Rounds, and the seconds of calling in each, by calls per second."""

    rounds: int
    seconds: Mapping[int, float]


EFFORTS = Efforts(
    full=Effort(5, {SLOW: 12.0, 10: 3.0, 25: 2.5}),
    quick=Effort(2, {SLOW: 4.0, 10: 1.0, 25: 0.6}),
    once=Effort(1, {10: 0.1}),
)


def plans(rate: int, seconds: float, seed: int) -> Iterator[Plan]:
    """Yield what is to be called, one after the other."""
    chance = random.Random(seed)
    if rate == SLOW:
        turns = [chance.sample(RIVALS, len(RIVALS)) for _ in range(round(seconds))]
        yield [
            (second + (place + chance.random()) / len(RIVALS), room)
            for second, rooms in enumerate(turns)
            for place, room in enumerate(rooms)
        ]
        return
    times = [0.0]
    while (at := times[-1] + chance.expovariate(rate)) < seconds:
        times.append(at)
    for room in chance.sample(RIVALS, len(RIVALS)):
        yield [(at, room) for at in times]


async def rounds(stage: Stage, effort: Effort, rate: int) -> dict[str, list[list[float]]]:
    """Return the milliseconds of each call, by rival and round."""
    taken: dict[str, list[list[float]]] = {room: [] for room in RIVALS}
    for number in range(effort.rounds):
        for room in RIVALS:
            taken[room].append([])
        for plan in plans(rate, effort.seconds[rate], number):
            for (_, room), outcome in zip(plan, await stage.call(plan, STAY), strict=True):
                assert outcome.heard is not None, f"a call to {room} has heard nothing: {outcome}"
                taken[room][-1].append(1e3 * outcome.heard)
    return taken


def figure(of_rounds: list[list[float]], percent: int) -> Figure:
    if percent == 50:
        return Figure(tuple(statistics.median(one) for one in of_rounds))
    of_all = sorted(one for calls in of_rounds for one in calls)
    return Figure((of_all[min(len(of_all) - 1, len(of_all) * percent // 100)],))


async def measured(effort: Effort) -> list[Line]:
    lines = []
    async with join_stage() as stage:
        for rate in effort.seconds:
            taken = await rounds(stage, effort, rate)
            for name, room in (("inline", INLINE), ("webhook", WEBHOOK)):
                for percent, reach in REACH.items():
                    take = partial(figure, percent=percent)
                    lines.append(
                        Line(
                            f"{name}, {rate} per second, p{percent}",
                            take(taken[room]),
                            "ms",
                            "ConfBridge",
                            take(taken[CONFBRIDGE]),
                            difference=True,
                            reach=reach if room == INLINE else None,
                        )
                    )
    return lines


if __name__ == "__main__":
    run(__spec__.name, __doc__, EFFORTS, measured)
