"""Time as a port: the real clock for calls, a virtual one that runs as fast as the machine for tests and demos."""

import asyncio
import heapq
import itertools
import time
from typing import Protocol


class Clock(Protocol):
    """Where time comes from. Seconds everywhere."""

    def now(self) -> float:
        """Return the wall-clock time in seconds since 1970 (UTC)."""
        ...

    def monotonic(self) -> float:
        """Return seconds since some fixed moment; it never jumps."""
        ...

    async def sleep_until(self, moment: float) -> None:
        """Return once ``monotonic()`` has reached ``moment``."""
        ...

    async def let_pass(self, seconds: float) -> None:
        """Let ``seconds`` pass: wait for them on the real clock, make them happen on a virtual one."""
        ...


class RealClock:
    """The machine's own clock."""

    def now(self) -> float:
        """Return the wall-clock time in seconds since 1970 (UTC)."""
        return time.time()

    def monotonic(self) -> float:
        """Return the event loop's time base in seconds."""
        return time.monotonic()

    async def sleep_until(self, moment: float) -> None:
        """Sleep until ``monotonic()`` reaches ``moment``; a moment in the past returns after one turn of the loop."""
        await asyncio.sleep(max(0.0, moment - time.monotonic()))

    async def let_pass(self, seconds: float) -> None:
        """Sleep for ``seconds``."""
        await asyncio.sleep(seconds)


class VirtualClock:
    """A clock that stands still until somebody lets time pass; then it runs as fast as the machine.

    Sleepers wake in the order of their moments, each to the exact moment it asked for. Between two moments the event loop gets
    ``turns`` turns, so that what a sleeper has set off can run before time goes on. Several tasks may let time pass at once:
    the seconds are shared, not added.
    """

    def __init__(self, *, start: float = 1_700_000_000.0, turns: int = 3) -> None:
        self._start = start
        self._elapsed = 0.0
        self._turns = turns
        self._sleepers: list[tuple[float, int, asyncio.Future[None]]] = []
        self._order = itertools.count()
        self._foreground = 0
        self._driver: asyncio.Task[None] | None = None

    def now(self) -> float:
        """Return the virtual wall-clock time in seconds since 1970 (UTC)."""
        return self._start + self._elapsed

    def monotonic(self) -> float:
        """Return the virtual seconds since this clock was made."""
        return self._elapsed

    async def sleep_until(self, moment: float) -> None:
        """Wait until somebody has let time pass up to ``moment``."""
        if moment <= self._elapsed:
            await asyncio.sleep(0)
            return
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._sleepers, (moment, next(self._order), future))
        await future

    async def let_pass(self, seconds: float) -> None:
        """Run the clock ``seconds`` on."""
        self._foreground += 1
        if self._driver is None or self._driver.done():
            self._driver = asyncio.create_task(self._drive(), name="virtual clock")
        try:
            await self.sleep_until(self._elapsed + seconds)
        finally:
            self._foreground -= 1

    async def _drive(self) -> None:
        await self._turn_loop()
        while self._foreground and self._sleepers:
            moment = self._sleepers[0][0]
            self._elapsed = max(self._elapsed, moment)
            while self._sleepers and self._sleepers[0][0] <= moment:
                future = heapq.heappop(self._sleepers)[2]
                if not future.done():
                    future.set_result(None)
            await self._turn_loop()

    async def _turn_loop(self) -> None:
        for _ in range(self._turns):
            await asyncio.sleep(0)
