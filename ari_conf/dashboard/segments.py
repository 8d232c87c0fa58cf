"""Segments of time: from when until when something was so. Pure; times are in seconds since 1970 (UTC)."""

from collections.abc import Iterable, Sequence
from math import inf

Segment = tuple[float, float | None]
"""From when until when; None: it still is so."""


def segments(changes: Iterable[tuple[float, bool]], begin: float, end: float | None, *, initially: bool) -> list[Segment]:
    """Return when something was so between ``begin`` and ``end`` (None: it goes on), in order, without overlaps.

    ``changes`` are in order: from when it was so, or was not so, any more. What is shorter than the clock can tell is left out.
    """
    latest = inf if end is None else end
    found: list[Segment] = []
    since = begin if initially else None
    for at, is_so in changes:
        moment = min(max(at, begin), latest)
        if is_so and since is None:
            since = moment
        elif not is_so and since is not None:
            _add(found, since, moment)
            since = None
    if since is not None:
        _add(found, since, end)
    return found


def union(some: Iterable[Segment]) -> list[Segment]:
    """Return when any of ``some``, in any order, is so."""
    found: list[Segment] = []
    for begin, end in sorted(some, key=lambda segment: (segment[0], _end(segment))):
        if found and begin <= _end(found[-1]):
            last_begin, last_end = found.pop()
            end = None if last_end is None or end is None else max(last_end, end)  # noqa: PLW2901
            begin = last_begin  # noqa: PLW2901
        found.append((begin, end))
    return found


def within(some: Iterable[Segment], spans: Sequence[Segment]) -> list[Segment]:
    """Return what of ``some`` lies in ``spans``."""
    found: list[Segment] = []
    for one in some:
        for span in spans:
            begin, end = max(one[0], span[0]), min(_end(one), _end(span))
            if begin < end:
                found.append((begin, None if end == inf else end))
    return found


def _add(found: list[Segment], begin: float, end: float | None) -> None:
    # One that goes on where the last has ended is the same one.
    if found and found[-1][1] == begin:
        begin = found.pop()[0]
    if end is None or begin < end:
        found.append((begin, end))


def _end(segment: Segment) -> float:
    return inf if segment[1] is None else segment[1]
