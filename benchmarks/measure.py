"""What the benchmarks share: rivals measured in turns (A B A B …), medians with their spread, and the processor's time."""

import contextlib
import os
import statistics
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Figure:
    """What was measured in each round, in one unit."""

    rounds: tuple[float, ...]

    @property
    def median(self) -> float:
        return statistics.median(self.rounds)

    @property
    def spread(self) -> float:
        """The distance from the lowest to the highest round, as a part of the median; 0 where that is nothing."""
        return (max(self.rounds) - min(self.rounds)) / abs(self.median) if self.median else 0.0

    def as_json(self) -> dict[str, Any]:
        return {"median": self.median, "spread": self.spread, "rounds": list(self.rounds)}


def in_turns(rivals: Mapping[str, Callable[[], float]], rounds: int) -> dict[str, Figure]:
    """Let all rivals take their measure once a round, so that a disturbance of the machine hits them alike."""
    taken: dict[str, list[float]] = {name: [] for name in rivals}
    for _ in range(rounds):
        for name, measure in rivals.items():
            taken[name].append(measure())
    return {name: Figure(tuple(values)) for name, values in taken.items()}


async def awaited_in_turns(rivals: Mapping[str, Callable[[], Awaitable[float]]], rounds: int) -> dict[str, Figure]:
    """As ``in_turns``, of measures that have to be awaited."""
    taken: dict[str, list[float]] = {name: [] for name in rivals}
    for _ in range(rounds):
        for name, measure in rivals.items():
            taken[name].append(await measure())
    return {name: Figure(tuple(values)) for name, values in taken.items()}


def ratio(one: Figure, other: Figure) -> Figure:
    """Return ``one`` in terms of ``other``, round by round."""
    return Figure(tuple(a / b for a, b in zip(one.rounds, other.rounds, strict=True)))


def difference(one: Figure, other: Figure) -> Figure:
    """Return by how much ``one`` is more than ``other``, round by round."""
    return Figure(tuple(a - b for a, b in zip(one.rounds, other.rounds, strict=True)))


def seconds_for_each(work: Callable[[], object], seconds: float) -> float:
    """Repeat ``work`` for at least so many seconds of the processor and return how many one run of it took."""
    runs = 0
    began = time.thread_time()
    while True:
        work()
        runs += 1
        elapsed = time.thread_time() - began
        if elapsed >= seconds:
            return elapsed / runs


def cpu_seconds(process: int) -> float:
    """Return the seconds that all threads of a process have had of the processor."""
    # clock_getcpuclockid(3), which Python does not have: /proc tells the same in steps of 10 ms only.
    return time.clock_gettime(~process << 3 | 2)


def pin(process: int, core: int) -> None:
    """Keep all threads of a process, and those that they make, on one core: nothing moves in the middle of a measure."""
    core %= os.cpu_count() or 1
    for thread in Path(f"/proc/{process}/task").iterdir():
        with contextlib.suppress(ProcessLookupError):  # it has ended meanwhile
            os.sched_setaffinity(int(thread.name), {core})
