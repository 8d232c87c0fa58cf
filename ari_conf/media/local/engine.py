"""The engine that mixes by itself: it carries out what the port asks for, 20 ms at a time, on a real or a virtual clock."""

import asyncio
from collections.abc import Callable
from contextlib import suppress

import numpy as np
import structlog

from ari_conf.audio import Samples
from ari_conf.audio.music import wait_music
from ari_conf.audio.tones import special_information
from ari_conf.clock import Clock
from ari_conf.conference import AudioPlan, AudioProgram, Placement, Waiting
from ari_conf.media.port import (
    CallArrived,
    CallEnded,
    CallGoneError,
    DigitPressed,
    EngineError,
    EngineEvent,
    EngineLost,
    EngineUnavailableError,
    RejectReason,
    Sound,
)
from ari_conf.sids import SidKind, new_sid

from .call import Call, Loop, Playback, Source
from .line import Line
from .mixer import FRAME_SECONDS, Mixer

log = structlog.get_logger(__name__)

_KEYS = frozenset("0123456789*#ABCD")

_FRAMES_TO_CATCH_UP = 5

# SIP status, its phrase, and the network's word for it.
_REJECTIONS = {
    RejectReason.BUSY: (486, "Busy Here", "User busy"),
    RejectReason.REJECTED: (404, "Not Found", "Unallocated (unassigned) number"),
}
_NORMAL = "Normal Clearing"


class LocalEngine:
    """A ``MediaEngine`` whose callers are in this process: whatever implements ``Line``, such as a ``VirtualPhone``.

    Rooms are mixed at ``rate`` Hz (8000, 16000 or 48000; ``ValueError`` for others). One event loop is to call all methods.
    """

    def __init__(self, clock: Clock, rate: int = 8000) -> None:
        self.clock = clock
        self.rate = rate
        self.events: asyncio.Queue[EngineEvent] = asyncio.Queue()
        self._mixer = Mixer(rate)
        self._silence = _in_frames(np.zeros(self._mixer.frame_length, np.int16), self._mixer.frame_length)
        self._calls: dict[str, Call] = {}
        self._plans: dict[str, tuple[AudioPlan, list[asyncio.Future[None]]]] = {}
        self._running = False
        self._ticking: asyncio.Task[None] | None = None
        self._to_be_arranged = False
        self._speakers: list[tuple[Callable[[Samples], None], Samples]] = []
        self._listeners: list[tuple[Callable[[Samples], None], Samples]] = []
        self._outside: list[Call] = []

    # The port.

    async def start(self) -> None:
        """Take calls from here on; calls that were left go on."""
        wait_music(self.rate)  # made now, so that no frame has to wait for it
        self._running = True
        self._keep_ticking()

    async def stop(self) -> None:
        """Take no more calls. Those that are there stay, and hear nothing until the engine is started again."""
        self._running = False
        ticking, self._ticking = self._ticking, None
        if ticking is not None:
            ticking.cancel()
            with suppress(asyncio.CancelledError):
                await ticking

    async def answer(self, call_sid: str) -> None:
        """Answer the call; nothing happens if it is answered already."""
        call = self._call(call_sid)
        if not call.answered:
            call.answered = True
            self._to_be_arranged = True
            call.line.answered()

    async def reject(self, call_sid: str, reason: RejectReason) -> None:
        """Turn down a call that has not been answered; ``EngineError`` if it has been."""
        call = self._call(call_sid)
        if call.answered:
            raise EngineError(f"call {call_sid} cannot be rejected, it has been answered; hang it up instead")
        status, phrase, cause = _REJECTIONS[reason]
        self._end(call, cause, status, phrase)

    async def hang_up(self, call_sid: str) -> None:
        """End the call; a call that is gone already is no error. A caller who has not been answered gets a SIP 480."""
        self._check_running()
        call = self._calls.get(call_sid)
        if call is not None:
            self._end(call, _NORMAL, 480, "Temporarily Unavailable")

    async def play(self, call_sid: str, sound: Sound) -> None:
        """Play ``sound`` to an answered call that is in no room, and return when it has been played.

        Sounds for one call are played one after the other. One that is still on when the call comes into a room is cut off.
        Raises ``EngineError`` if the call is in a room or has not been answered, ``CallGoneError`` also if it ends meanwhile.
        """
        call = self._call(call_sid)
        if not call.answered:
            raise EngineError(f"nothing can be played to call {call_sid} before it is answered; answer it first")
        if call.placement is not None:
            raise EngineError(f"call {call_sid} is in room {call.conference_sid}; take it out first to play to it alone")
        playback = Playback(self._frames_of(sound))
        call.playbacks.append(playback)
        await playback.done

    def apply(self, plan: AudioPlan) -> "asyncio.Future[None]":
        """Make the audio of one room what ``plan`` says, from the next frame on; without calls at once."""
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        _, waiting = self._plans.pop(plan.conference_sid, (None, []))
        self._plans[plan.conference_sid] = plan, [*waiting, future]
        if not self._calls:
            self._enforce_plans()
        return future

    # The callers' side.

    def connect(self, line: Line, from_: str, to: str) -> str:
        """Let ``line`` call ``to`` and return the call's SID; it rings until somebody takes it or turns it down.

        Raises ``EngineUnavailableError`` if the engine is not running.
        """
        self._check_running()
        call = Call(new_sid(SidKind.CALL), line)
        self._calls[call.sid] = call
        self.events.put_nowait(CallArrived(call.sid, from_, to))
        self._keep_ticking()
        return call.sid

    def disconnect(self, call_sid: str) -> None:
        """Hang up on the caller's side; a call that is gone is no error. One that has not been answered gets a SIP 487."""
        call = self._calls.get(call_sid)
        if call is not None:
            self._end(call, _NORMAL, 487, "Request Terminated")

    def press(self, call_sid: str, key: str) -> None:
        """Tell that the caller has pressed ``key``. Raises ``ValueError`` if there is no such key, ``CallGoneError``."""
        if key not in _KEYS:
            raise ValueError(f"a phone has no key {key!r}; the keys are 0-9, *, # and A-D")
        self._call(call_sid)
        self.events.put_nowait(DigitPressed(call_sid, key))

    # Calls.

    def _check_running(self) -> None:
        if not self._running:
            raise EngineUnavailableError("the local engine is not running; call start() first")

    def _call(self, call_sid: str) -> Call:
        self._check_running()
        call = self._calls.get(call_sid)
        if call is None:
            raise CallGoneError(f"call {call_sid} has ended or never was; there is nothing to do for it")
        return call

    def _end(self, call: Call, cause: str, status: int, phrase: str) -> None:
        del self._calls[call.sid]
        self._to_be_arranged = True
        for playback in call.playbacks:
            if not playback.done.done():
                playback.done.set_exception(CallGoneError(f"call {call.sid} ended while a sound was being played to it"))
        if call.answered:
            call.line.ended()
        else:
            call.line.refused(status, phrase)
        self.events.put_nowait(CallEnded(call.sid, cause))
        if not self._calls:
            self._enforce_plans()
            if self._ticking is not None:
                self._ticking.cancel()
                self._ticking = None

    def _frames_of(self, sound: Sound) -> Samples:
        match sound:
            case Sound.SPECIAL_INFORMATION:
                return _in_frames(special_information(self.rate), self._mixer.frame_length)

    # Plans.

    def _enforce_plans(self) -> None:
        plans, self._plans = self._plans, {}
        for plan, futures in plans.values():
            for call in self._calls.values():
                if call.conference_sid == plan.conference_sid and call.sid not in plan.placements:
                    self._place(call, None, None)
            for call_sid, placement in plan.placements.items():
                if call_sid in self._calls:
                    self._place(self._calls[call_sid], plan.conference_sid, placement)
            for future in futures:
                if not future.done():
                    future.set_result(None)

    def _place(self, call: Call, conference_sid: str | None, placement: Placement | None) -> None:
        if (call.conference_sid, call.placement) == (conference_sid, placement):
            return
        call.conference_sid, call.placement = conference_sid, placement
        self._to_be_arranged = True
        call.program = self._source_for(placement.program) if isinstance(placement, Waiting) else None
        if placement is not None:
            for playback in call.playbacks:
                if not playback.done.done():
                    playback.done.set_result(None)
            call.playbacks.clear()

    def _source_for(self, program: AudioProgram) -> Source | None:
        if program.url == "":
            return None
        # One of its own for each call: everybody's music begins at its beginning.
        return Loop(_in_frames(wait_music(self.rate), self._mixer.frame_length))

    # Time.

    def _keep_ticking(self) -> None:
        if self._running and self._calls and self._ticking is None:
            self._ticking = asyncio.create_task(self._tick_on(), name="local engine")

    async def _tick_on(self) -> None:
        start = self.clock.monotonic()
        count = 0
        try:
            while True:
                count += 1
                moment = start + count * FRAME_SECONDS
                await self.clock.sleep_until(moment)
                behind = int((self.clock.monotonic() - moment) / FRAME_SECONDS)
                if behind > _FRAMES_TO_CATCH_UP:
                    log.warning("the mixer is late and leaves out audio", frames=behind, calls=len(self._calls))
                    count += behind
                self._tick()
        except Exception as error:
            log.exception("the mixer has stopped")
            self._running = False
            self._ticking = None
            self.events.put_nowait(EngineLost(f"the mixer has stopped: {error!r}", final=True))

    def _tick(self) -> None:
        if self._plans:
            self._enforce_plans()
        if self._to_be_arranged:
            self._arrange()
        for speak, row in self._speakers:
            speak(row)
        if self._listeners:
            self._mixer.mix()
        for hear, row in self._listeners:
            hear(row)
        for call in self._outside:
            source = call.current_source()
            call.line.hear(self._silence[0] if source is None else source.next_frame())

    def _arrange(self) -> None:
        self._to_be_arranged = False
        rooms: dict[str | None, list[Call]] = {}
        for call in self._calls.values():
            if call.in_mix:
                rooms.setdefault(call.conference_sid, []).append(call)
        self._speakers, self._listeners = [], []
        first_rows = self._mixer.arrange([len(room) for room in rooms.values()])
        for first_row, room in zip(first_rows, rooms.values(), strict=True):
            for row, call in enumerate(room, start=first_row):
                self._listeners.append((call.line.hear, self._mixer.outputs[row]))
                if call.heard:
                    self._speakers.append((call.line.speak, self._mixer.inputs[row]))
        self._outside = [call for call in self._calls.values() if call.answered and not call.in_mix]


def _in_frames(samples: Samples, frame_length: int) -> Samples:
    """Cut ``samples`` into frames, shape (frames, frame_length); the last one is filled up with silence."""
    missing = -len(samples) % frame_length
    whole = np.pad(samples, (0, missing)) if missing else samples
    return whole.reshape(-1, frame_length)
