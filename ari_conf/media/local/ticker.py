"""The engine's heartbeat: one tick every 20 ms of its clock."""

from collections.abc import Callable

import structlog

from ari_conf.clock import Alarm, Clock

from .mixer import FRAME_SECONDS

log = structlog.get_logger(__name__)

_FRAMES_TO_CATCH_UP = 5


class Ticker:
    """Calls ``tick`` every 20 ms from ``start`` to ``end``; it returns whether it may have set anything off, see ``Clock``.

    If that raises, it ends by itself and calls ``failed`` with the error. A few ticks that could not take place in time are
    made up for; of more, audio is left out.
    """

    def __init__(self, clock: Clock, tick: Callable[[], bool], failed: Callable[[Exception], None]) -> None:
        self._clock = clock
        self._tick = tick
        self._failed = failed
        self._start = 0.0
        self._count = 0
        self._moment = 0.0
        self._next: Alarm | None = None

    def start(self) -> None:
        """Tick from here on; nothing happens if it does already."""
        if self._next is None:
            self._start = self._clock.monotonic()
            self._count = 0
            self._await_next()

    def end(self) -> None:
        """Tick no more."""
        if self._next is not None:
            self._next.cancel()
            self._next = None

    def _await_next(self) -> None:
        self._count += 1
        self._moment = self._start + self._count * FRAME_SECONDS
        self._next = self._clock.call_at(self._moment, self._tick_on)

    def _tick_on(self) -> bool:
        behind = int((self._clock.monotonic() - self._moment) / FRAME_SECONDS)
        if behind > _FRAMES_TO_CATCH_UP:
            log.warning("the mixer is late and leaves out audio", frames=behind)
            self._count += behind
        # Before the tick, which may end the ticking.
        self._await_next()
        try:
            return self._tick()
        except Exception as error:
            log.exception("the mixer has stopped")
            self.end()
            self._failed(error)
            return True
