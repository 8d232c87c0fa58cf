"""Time as a port: the real clock for calls, a virtual one that runs as fast as the machine for tests and demos."""

import asyncio
import heapq
import itertools
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Final, Protocol

_NANOSECONDS = 1_000_000_000

_BOOT_ID: Final = Path("/proc/sys/kernel/random/boot_id")


def boot_id() -> str:
    """Return what names the machine's present run, in which ``monotonic()`` of all processes is one; empty if nobody knows."""
    try:
        return _BOOT_ID.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError):
        return ""


class Alarm(Protocol):
    """What a clock is going to call."""

    def cancel(self) -> None:
        """Have it not called; nothing happens if it has been."""
        ...


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

    def call_at(self, moment: float, call: Callable[[], bool]) -> Alarm:
        """Call ``call`` on the event loop once ``monotonic()`` has reached ``moment``, in no case before this returns.

        It must not raise. It returns whether it may have set anything off: whether there is something in a queue, a future is
        done, a task has begun. A virtual clock leaves the event loop alone while nothing is, and so gets through time faster.
        """
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

    def call_at(self, moment: float, call: Callable[[], bool]) -> Alarm:
        """Call ``call`` once ``monotonic()`` has reached ``moment``."""
        return asyncio.get_running_loop().call_later(max(0.0, moment - time.monotonic()), call)

    async def let_pass(self, seconds: float) -> None:
        """Sleep for ``seconds``."""
        await asyncio.sleep(seconds)


class SteadyClock:
    """The wall clock of ``machine``, but for what is done to that: it goes on as time passes until it is told to ``follow``.

    So a duration is the difference of two times, whoever sets the machine's clock in between.
    """

    def __init__(self, machine: Clock) -> None:
        self._machine = machine
        self.zero = machine.now() - machine.monotonic()
        """The wall-clock time at which ``monotonic()`` was 0."""

    @property
    def behind(self) -> float:
        """By how many seconds the machine's clock is ahead of this one; less than 0 if it is behind."""
        return self._machine.now() - self.now()

    def follow(self) -> None:
        """Show what the machine's clock shows."""
        self.zero = self._machine.now() - self._machine.monotonic()

    def now(self) -> float:
        """Return the wall-clock time in seconds since 1970 (UTC)."""
        return self._machine.monotonic() + self.zero

    def monotonic(self) -> float:
        """Return the machine's monotonic time in seconds."""
        return self._machine.monotonic()

    async def sleep_until(self, moment: float) -> None:
        """Sleep until ``monotonic()`` reaches ``moment``."""
        await self._machine.sleep_until(moment)

    def call_at(self, moment: float, call: Callable[[], bool]) -> Alarm:
        """Call ``call`` once ``monotonic()`` has reached ``moment``."""
        return self._machine.call_at(moment, call)

    async def let_pass(self, seconds: float) -> None:
        """Let ``seconds`` pass."""
        await self._machine.let_pass(seconds)


class _Call:
    """A call at a moment of the virtual clock."""

    __slots__ = ("cancelled", "make")

    def __init__(self, make: Callable[[], bool]) -> None:
        self.make = make
        self.cancelled = False

    def cancel(self) -> None:
        self.cancelled = True


class VirtualClock:
    """A clock that stands still until somebody lets time pass; then it runs as fast as the machine.

    Sleepers wake in the order of their moments, each at the exact moment it asked for, to the nanosecond, and those of one
    moment in the order of asking. Then the event loop gets ``turns`` turns, so that what a sleeper has set off can run before
    time goes on; it gets as many at each moment of the next 200 ms, and every 500 ms in any case. Several tasks may let time
    pass at once: the seconds are shared, not added.
    """

    _STIRRED = 200_000_000
    # For those of whom the clock knows nothing: for sockets, and for who would stop it.
    _LEFT_ALONE = 500_000_000

    def __init__(self, *, start: float = 1_700_000_000.0, turns: int = 3) -> None:
        self._start = start
        # Nanoseconds, because sums of fractions of a second come out a hair beside the moment that was meant.
        self._elapsed = 0
        self._turns = turns
        self._calls: list[tuple[int, bool, int, _Call]] = []
        self._order = itertools.count()
        self._passers = 0
        self._driver: asyncio.Task[None] | None = None

    def now(self) -> float:
        """Return the virtual wall-clock time in seconds since 1970 (UTC)."""
        return self._start + self._elapsed / _NANOSECONDS

    def monotonic(self) -> float:
        """Return the virtual seconds since this clock was made."""
        return self._elapsed / _NANOSECONDS

    async def sleep_until(self, moment: float) -> None:
        """Wait until somebody has let time pass up to ``moment``; a moment in the past returns after one turn of the loop."""
        await self._sleep_until(round(moment * _NANOSECONDS))

    def call_at(self, moment: float, call: Callable[[], bool]) -> Alarm:
        """Call ``call`` when somebody has let time pass up to ``moment``, or lets any pass after it."""
        return self._call_at(round(moment * _NANOSECONDS), call)

    async def let_pass(self, seconds: float) -> None:
        """Run the clock ``seconds`` on, and return when those who slept until the same moment have run too."""
        self._passers += 1
        driver = self._driver
        if driver is None or driver.done():
            driver = self._driver = asyncio.create_task(self._drive(), name="virtual clock")
        try:
            await self._sleep_until(self._elapsed + round(seconds * _NANOSECONDS), last=True)
        finally:
            self._passers -= 1
        for _ in range(self._turns):
            await asyncio.sleep(0)
            if self._passers or driver.done():
                break

    def _call_at(self, moment: int, make: Callable[[], bool], *, last: bool = False) -> _Call:
        call = _Call(make)
        heapq.heappush(self._calls, (moment, last, next(self._order), call))
        return call

    async def _sleep_until(self, moment: int, *, last: bool = False) -> None:
        if moment <= self._elapsed:
            await asyncio.sleep(0)
            return
        woken: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        call = self._call_at(moment, partial(_wake, woken), last=last)
        try:
            await woken
        finally:
            call.cancel()

    async def _drive(self) -> None:
        await self._turn_loop()
        calls = self._calls
        turns_until, turns_again = self._elapsed + self._STIRRED, self._elapsed + self._LEFT_ALONE
        while self._passers and calls:
            moment, _, _, call = heapq.heappop(calls)
            if call.cancelled:
                continue  # time has no reason to stop there
            now = self._elapsed = max(self._elapsed, moment)
            if call.make():
                turns_until = now + self._STIRRED
            if now <= turns_until or now >= turns_again:
                turns_again = now + self._LEFT_ALONE
                await self._turn_loop()

    async def _turn_loop(self) -> None:
        for _ in range(self._turns):
            await asyncio.sleep(0)


def _wake(sleeper: "asyncio.Future[None]") -> bool:
    if not sleeper.done():
        sleeper.set_result(None)
    return True


class Pace:
    """Lets ``at_once`` go on at once, and then one each ``seconds``; who has rested may go at once again."""

    def __init__(self, clock: Clock, *, at_once: int, seconds: float) -> None:
        self._clock = clock
        self._at_once = at_once
        self._seconds = seconds
        self._taken_until = clock.monotonic()

    async def turn(self) -> None:
        """Wait until the next one may go on."""
        self._taken_until = max(self._taken_until, self._clock.monotonic()) + self._seconds
        moment = self._taken_until - self._at_once * self._seconds
        if moment > self._clock.monotonic():
            await self._clock.sleep_until(moment)
