"""A recording that is not finished: as it is known while the controller lives, and as it is kept for a later life."""

import asyncio
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from ari_conf.clock import Clock
from ari_conf.live import Keeper
from ari_conf.store import LiveRow, Store

from .course import Course, Gap
from .recording import FINISHED, Recording


@dataclass(frozen=True, slots=True)
class Ended:
    """What the engine has handed over: a file at ``path``, or a ``failure``; with ``gaps`` to be filled."""

    path: Path | None
    failure: str
    gaps: tuple[Gap, ...]


@dataclass(slots=True, eq=False)
class Live:
    """A recording that is not finished, and the ``name`` that the engine knows it by.

    ``begun`` is False while the engine is being asked for it; one that is ``restored`` is an earlier life's. Moments are on the
    monotonic clock. ``ended`` is there as soon as the engine has told the end.
    """

    name: str
    recording: Recording
    course: Course
    begun: bool = False
    restored: bool = False
    stopped: float | None = None
    ended: Ended | None = None
    finished: "asyncio.Future[Recording]" = field(default_factory=lambda: asyncio.get_running_loop().create_future())


@dataclass(frozen=True, slots=True, kw_only=True)
class _Kept:
    """As ``Live``. Moments are in seconds since 1970, for what is monotonic means nothing to a later life."""

    name: str
    recording: Recording
    course: Course
    stopped: float | None
    ended: Ended | None
    begun: bool = True


_KEEPER: Final = Keeper("recording", _Kept)


def live_row(live: Live, clock: Clock) -> LiveRow:
    """Return what keeps a recording as it is now; one that is finished is forgotten."""
    recording = live.recording
    if recording.status in FINISHED:
        return _KEEPER.over(recording.sid)
    since_1970 = clock.now() - clock.monotonic()
    kept = _Kept(
        name=live.name,
        recording=recording,
        course=live.course.moved(since_1970),
        stopped=None if live.stopped is None else live.stopped + since_1970,
        ended=live.ended,
        begun=live.begun,
    )
    return _KEEPER.row(recording.sid, kept)


def no_longer(live: Live) -> LiveRow:
    """Return what lets a recording be forgotten that has not begun."""
    return _KEEPER.over(live.recording.sid)


async def kept_recordings(store: Store, clock: Clock) -> list[Live]:
    """Return the recordings that an earlier life has not finished, the oldest first. Raises SQLAlchemy's errors."""
    since_1970 = clock.now() - clock.monotonic()
    found = (await _KEEPER.read(store)).values()
    return [
        Live(
            kept.name,
            kept.recording,
            kept.course.moved(-since_1970),
            begun=kept.begun,
            restored=True,
            stopped=None if kept.stopped is None else kept.stopped - since_1970,
            ended=kept.ended,
        )
        for kept in sorted(found, key=lambda kept: kept.recording.started_at)
    ]
