"""The engine's heartbeat: one tick every 20 ms of its clock."""

import asyncio
from collections.abc import Callable
from contextlib import suppress

import structlog

from ari_conf.clock import Clock

from .mixer import FRAME_SECONDS

log = structlog.get_logger(__name__)

_FRAMES_TO_CATCH_UP = 5


class Ticker:
    """Calls ``tick`` every 20 ms from ``start`` to ``end``.

    If that raises, it ends by itself and calls ``failed`` with the error. A few ticks that could not take place in time are
    made up for; of more, audio is left out.
    """

    def __init__(self, clock: Clock, tick: Callable[[], None], failed: Callable[[Exception], None]) -> None:
        self._clock = clock
        self._tick = tick
        self._failed = failed
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Tick from here on; nothing happens if it does already."""
        if self._task is None:
            self._task = asyncio.create_task(self._tick_on(), name="local engine")

    def end(self) -> None:
        """Tick no more."""
        task, self._task = self._task, None
        if task is not None:
            task.cancel()

    async def stop(self) -> None:
        """Tick no more, and return when nothing is left of it."""
        task = self._task
        self.end()
        if task is not None:
            with suppress(asyncio.CancelledError):
                await task

    async def _tick_on(self) -> None:
        start = self._clock.monotonic()
        count = 0
        try:
            while True:
                count += 1
                moment = start + count * FRAME_SECONDS
                await self._clock.sleep_until(moment)
                behind = int((self._clock.monotonic() - moment) / FRAME_SECONDS)
                if behind > _FRAMES_TO_CATCH_UP:
                    log.warning("the mixer is late and leaves out audio", frames=behind)
                    count += behind
                self._tick()
        except Exception as error:
            log.exception("the mixer has stopped")
            self._task = None
            self._failed(error)
