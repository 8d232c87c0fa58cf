"""How long things took within the last minute: percentiles from counts in classes, whose memory does not grow with the load."""

import math
from bisect import bisect_left
from collections.abc import Callable
from typing import Final, TypedDict

SLOT_SECONDS: Final = 5.0
SLOTS: Final = 12
"""What is older than a minute is forgotten, five seconds at a time."""

_FIRST: Final = 0.000_05
_STEP: Final = 1.1
_CLASSES: Final = tuple(_FIRST * _STEP**number for number in range(150))
"""The upper ends of the classes, in seconds, up to about a minute and a quarter; a percentile is right within ten per cent."""


class Milliseconds(TypedDict):
    """Percentiles of durations."""

    p50: float
    p99: float
    max: float


class _Slot:
    """What was noted in a few seconds."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.counts = [0] * (len(_CLASSES) + 1)
        self.total = 0
        self.longest = 0.0


class LastMinute:
    """Durations in seconds; ``monotonic`` reads the time. Noting one costs a search in a short list."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._slots: list[_Slot] = []

    def note(self, seconds: float) -> None:
        """Count a duration that has ended now."""
        number = int(self._monotonic() // SLOT_SECONDS)
        if not self._slots or self._slots[-1].number != number:
            self._forget_before(number - SLOTS + 1)
            self._slots.append(_Slot(number))
        slot = self._slots[-1]
        slot.counts[bisect_left(_CLASSES, seconds)] += 1
        slot.total += 1
        slot.longest = max(slot.longest, seconds)

    @property
    def count(self) -> int:
        """How many there were."""
        self._forget_before(int(self._monotonic() // SLOT_SECONDS) - SLOTS + 1)
        return sum(slot.total for slot in self._slots)

    def milliseconds(self) -> Milliseconds | None:
        """Return what there was, None if there was nothing."""
        total = self.count
        if not total:
            return None
        counts = [sum(column) for column in zip(*(slot.counts for slot in self._slots), strict=True)]
        longest = max(slot.longest for slot in self._slots)
        p50, p99 = (min(_at(counts, math.ceil(total * share)), longest) for share in (0.5, 0.99))
        return Milliseconds(p50=_in_ms(p50), p99=_in_ms(p99), max=_in_ms(longest))

    def _forget_before(self, number: int) -> None:
        while self._slots and self._slots[0].number < number:
            self._slots.pop(0)


def _at(counts: list[int], rank: int) -> float:
    """Return the upper end of the class in which the duration of this rank is, the shortest being the first."""
    for upper, count in zip(_CLASSES, counts, strict=False):
        rank -= count
        if rank <= 0:
            return upper
    return math.inf


def _in_ms(seconds: float) -> float:
    return round(seconds * 1000, 2)
