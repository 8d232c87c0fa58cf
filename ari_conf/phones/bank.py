"""The thread in which the phones of a process live: its own event loop, one clock for everybody's RTP, one port for calls."""

import asyncio
import atexit
import functools
import sys
import threading
from collections.abc import Callable, Coroutine
from typing import Any, Protocol, TypeVar

from .exchange import Exchange

FRAME_SECONDS = 0.02

_SWITCH_SECONDS = 0.0005

_CATCH_UP = 5  # frames: a longer stall is skipped, as a phone's sound card would

T = TypeVar("T")


class Paced(Protocol):
    """What the bank's clock drives."""

    def send_frame(self, frame: int) -> None:
        """Send the 20 ms number ``frame``."""
        ...


class PhoneBank:
    """Runs SIP and RTP apart from the caller's event loop, so that a busy test does not disturb the 20 ms pace.

    While a phone is in a call, the interpreter's switch interval is at most 0.5 ms: each packet takes the interpreter lock
    anew, and with the usual 5 ms a caller that computes without a pause would hold up five packets for longer than they last.

    ``run`` may be awaited in any loop; everything else but ``close`` belongs to the bank's own thread.
    """

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._paced: set[Paced] = set()
        self._timer: asyncio.Handle | None = None
        self._epoch = 0.0
        self._frame = 0
        self._usual_switch = sys.getswitchinterval()
        self._closers: set[Callable[[], None]] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._thread = threading.Thread(target=self._serve, name="phones", daemon=True)
        self._thread.start()
        self.exchange = asyncio.run_coroutine_threadsafe(_open_exchange(), self._loop).result()

    @property
    def address(self) -> tuple[str, int]:
        """Where the phones of this bank can be called, host and port: there a number leads to its phone."""
        return self.exchange.address

    async def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Run ``work`` in the bank's thread; cancelling this cancels it there."""
        return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(work, self._loop))

    def spawn(self, work: Coroutine[Any, Any, None]) -> None:
        """Start ``work`` and let it run by itself."""
        task = self._loop.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def attach(self, stream: Paced) -> None:
        """Let the clock drive ``stream`` from the next frame on."""
        self._paced.add(stream)
        if self._timer is None:
            self._usual_switch = sys.getswitchinterval()
            sys.setswitchinterval(min(self._usual_switch, _SWITCH_SECONDS))
            self._epoch = self._loop.time()
            self._frame = 0
            self._timer = self._loop.call_soon(self._tick)

    def detach(self, stream: Paced) -> None:
        """Leave ``stream`` alone from now on."""
        self._paced.discard(stream)

    def on_close(self, closer: Callable[[], None]) -> Callable[[], None]:
        """Have ``closer`` called when the bank closes; call what is returned to take that back."""
        self._closers.add(closer)
        return lambda: self._closers.discard(closer)

    def close(self) -> None:
        """Stop the thread and close all sockets. Calls that are still up are not ended."""
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join()

    def _tick(self) -> None:
        if not self._paced:
            self._timer = None
            sys.setswitchinterval(self._usual_switch)
            return
        due = int((self._loop.time() - self._epoch) / FRAME_SECONDS + 0.5)
        first = max(self._frame, due - _CATCH_UP)
        for frame in range(first, due + 1):
            for stream in tuple(self._paced):
                stream.send_frame(frame)
        self._frame = max(self._frame, due + 1)
        self._timer = self._loop.call_at(self._epoch + self._frame * FRAME_SECONDS, self._tick)

    def _serve(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_forever()
        self._loop.run_until_complete(_cancel_others())
        self.exchange.close()
        for closer in tuple(self._closers):
            closer()
        if self._timer is not None:
            sys.setswitchinterval(self._usual_switch)
        self._loop.close()


async def _open_exchange() -> Exchange:
    return Exchange()


async def _cancel_others() -> None:
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)


@functools.cache
def shared_bank() -> PhoneBank:
    """Return the bank that all phones of this process share; it closes when the process ends."""
    bank = PhoneBank()
    atexit.register(bank.close)
    return bank
