"""A phone without wires: it calls the local engine and is called by it, in the same process and on the same clock."""

import asyncio
import zlib
from collections.abc import Callable

import numpy as np

from ari_conf.audio.tones import Oscillator
from ari_conf.media.local import FRAME_SECONDS, Invitation, LocalEngine
from ari_conf.media.port import CallGoneError, EngineUnavailableError

from .phone import CallRefusedError, Heard, Incoming, Samples

TALKING_AMPLITUDE = 0.2

# While something is awaited that may need time to pass, so much real time is left, each 20 ms, to what needs none.
_REAL_SECONDS_PER_FRAME = 0.005

_GRACE_SECONDS = 1.0


class _Call:
    """One call of a phone, as the engine's ``Line``; ``incoming`` is None if the phone has dialled."""

    def __init__(
        self,
        oscillator: Oscillator,
        transit: Callable[[], float] | None,
        *,
        talking: bool,
        sid: str = "",
        incoming: Incoming | None = None,
    ) -> None:
        self.transit = transit
        self.talking = talking
        self.sid = sid
        self.incoming = incoming
        self.keys = ""
        self.rings_there = False
        self.accepted: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.over: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._oscillator = oscillator
        self._frames: list[bytes] = []

    def speak(self, frame: Samples) -> None:
        frame[...] = self._oscillator.next_frame() if self.talking else 0

    def hear(self, frame: Samples) -> None:
        self._frames.append(frame.tobytes())

    def pressed(self, key: str) -> None:
        self.keys += key

    def ringing(self) -> None:
        self.rings_there = True

    def answered(self) -> None:
        if not self.accepted.done():
            self.accepted.set_result(None)

    def refused(self, status: int, reason: str) -> None:
        if self.incoming is None and not self.accepted.done():
            self.accepted.set_exception(CallRefusedError(status, reason))
        self.ended()

    def ended(self) -> None:
        if not self.over.done():
            self.over.set_result(None)

    @property
    def rings_here(self) -> bool:
        return self.incoming is not None and not self.accepted.done() and not self.over.done()

    @property
    def frames_heard(self) -> int:
        return len(self._frames)

    def heard_since(self, frame: int) -> Samples:
        return np.frombuffer(b"".join(self._frames[frame:]), np.int16).copy()


class VirtualPhone:
    """A ``Phone`` on a ``LocalEngine``, where it can be called by its ``number``; without one, its name is its number.

    On a virtual clock ``hear`` makes its seconds pass; ``dial``, ``ringing`` and ``wait_ended`` let a little pass whenever
    nothing happens without.

    Each 20 ms packet that it sends is under way for 0 to ``jitter`` seconds, at random, but the same in each run for a phone of
    the same name. Whether one that comes late is heard is up to the call's jitter buffer, see ``media.local.reception``.
    """

    def __init__(self, engine: LocalEngine, name: str, tone: float, *, number: str | None = None, jitter: float = 0.0) -> None:
        self.name = name
        self.tone = tone
        self.number = number or name
        self._engine = engine
        self._exchange = engine.exchange
        self._oscillator = Oscillator(
            tone,
            amplitude=TALKING_AMPLITUDE,
            rate=engine.rate,
            frame_length=round(engine.rate * FRAME_SECONDS),
        )
        self._jitter = jitter
        self._random = np.random.default_rng(zlib.crc32(name.encode()))
        self._call: _Call | None = None
        self._talking = True
        self._called: asyncio.Future[None] | None = None
        engine.directory[self.number] = self._ring

    @property
    def keys_heard(self) -> str:
        """The keys that the other side of the present call, or of the last one, has pressed, in order."""
        return self._call.keys if self._call is not None else ""

    @property
    def hears_ringing(self) -> bool:
        """Tell whether the other side of the call that this phone has dialled last said that it rings."""
        return self._call is not None and self._call.rings_there

    async def ringing(self) -> Incoming:
        """Wait until somebody calls this phone, and return who; it rings until ``pick_up``, ``refuse`` or the caller's end."""
        while self._call is None or self._call.incoming is None or not self._call.rings_here:
            if self._called is None:
                self._called = asyncio.get_running_loop().create_future()
            await self._until(self._called)
        return self._call.incoming

    async def pick_up(self) -> None:
        """Answer the call that rings, already talking. Raises ``RuntimeError`` if none does (any more)."""
        self._exchange.pick_up(self._ringing_call().sid)

    async def refuse(self, status: int = 486) -> None:
        """Refuse the call that rings with this SIP status. Raises ``RuntimeError`` if none does (any more)."""
        self._exchange.refuse(self._ringing_call().sid, status)

    async def dial(self, to: str) -> None:
        """Call ``to`` and return when it is answered, already talking.

        Raises ``CallRefusedError``: 486 or 404 if it is rejected, 480 or 487 if it is hung up before it is answered (there or
        here), 503 if the engine is not running. Raises ``RuntimeError`` if the phone is in a call already.
        """
        if self._busy:
            raise RuntimeError(f"{self.name} is in a call already; hang up first")
        call = self._call = self._new_call()
        try:
            call.sid = self._exchange.connect(call, self.number, to)
        except EngineUnavailableError as error:
            call.ended()
            raise CallRefusedError(503, "Service Unavailable") from error
        try:
            await self._until(call.accepted)
        except asyncio.CancelledError:
            call.accepted.cancel()
            self._exchange.disconnect(call.sid)
            raise
        call.accepted.result()

    def talk(self, *, on: bool) -> None:
        """Send the tone, or silence."""
        self._talking = on
        if self._call is not None:
            self._call.talking = on

    async def hear(self, seconds: float) -> Heard:
        """Listen from now on for ``seconds`` and return what was heard: just as much, or less if the call ended meanwhile."""
        call = self._call
        first = call.frames_heard if call is not None else 0
        length = round(seconds * self._engine.rate)
        await self._engine.clock.let_pass(seconds)
        if call is None:
            return Heard(np.zeros(0, np.int16), self._engine.rate)
        # Listening may begin between two frames and, on a busy machine, frames come late.
        wanted = first + -(-length // round(self._engine.rate * FRAME_SECONDS))
        patience = round(_GRACE_SECONDS / FRAME_SECONDS)
        while call.frames_heard < wanted and not call.over.done() and patience:
            patience -= 1
            await self._engine.clock.let_pass(FRAME_SECONDS)
        return Heard(call.heard_since(first)[:length], self._engine.rate)

    async def press(self, key: str) -> None:
        """Press one of ``0123456789*#``. Raises ``ValueError`` for any other, ``CallGoneError`` without a call."""
        if self._call is None:
            raise CallGoneError(f"{self.name} is in no call; dial first")
        self._exchange.press(self._call.sid, key)

    async def hang_up(self) -> None:
        """End the call, or refuse the one that rings with a 480; does nothing if there is none."""
        if self._call is not None:
            self._exchange.disconnect(self._call.sid)

    async def wait_ended(self) -> None:
        """Return when the call is over, whoever ended it."""
        if self._call is not None:
            await self._until(self._call.over)

    def recording(self) -> Heard:
        """Return everything heard since the call was answered; after its end too, until the next one."""
        samples = self._call.heard_since(0) if self._call is not None else np.zeros(0, np.int16)
        return Heard(samples, self._engine.rate)

    @property
    def _busy(self) -> bool:
        return self._call is not None and not self._call.over.done()

    def _new_call(self, sid: str = "", incoming: Incoming | None = None) -> _Call:
        transit = self._transit if self._jitter else None
        return _Call(self._oscillator, transit, talking=self._talking, sid=sid, incoming=incoming)

    def _ring(self, invitation: Invitation) -> _Call | None:
        if self._busy:
            return None
        incoming = Incoming(invitation.from_, invitation.to, invitation.headers)
        self._call = self._new_call(invitation.call_sid, incoming)
        called, self._called = self._called, None
        if called is not None:
            called.set_result(None)
        return self._call

    def _ringing_call(self) -> _Call:
        if self._call is None or not self._call.rings_here:
            raise RuntimeError(f"{self.name} does not ring; wait for ringing() first")
        return self._call

    def _transit(self) -> float:
        return self._random.uniform(0.0, self._jitter)

    async def _until(self, future: "asyncio.Future[None]") -> None:
        while not future.done():
            await asyncio.wait({future}, timeout=_REAL_SECONDS_PER_FRAME)
            if not future.done():
                await self._engine.clock.let_pass(FRAME_SECONDS)
