"""The engine that mixes by itself: it carries out what the port asks for, 20 ms at a time, on a real or a virtual clock."""

import asyncio
from contextlib import suppress
from pathlib import Path

from ari_conf.audio import Samples
from ari_conf.audio.music import wait_music
from ari_conf.clock import Clock
from ari_conf.conference import AudioPlan, AudioProgram
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
    SoundFile,
    Track,
)
from ari_conf.sids import SidKind, new_sid

from .arrangement import Arrangement
from .call import Call
from .line import Line
from .recorder import CallRecorder, Recorder
from .room import Rooms
from .sources import Loop, Playback, Sounds, Source, in_frames
from .ticker import Ticker

_KEYS = frozenset("0123456789*#ABCD")

# SIP status, its phrase, and the network's word for it.
_REJECTIONS = {
    RejectReason.BUSY: (486, "Busy Here", "User busy"),
    RejectReason.REJECTED: (404, "Not Found", "Unallocated (unassigned) number"),
}
_NORMAL = "Normal Clearing"


class LocalEngine:
    """A ``MediaEngine`` whose callers are in this process: whatever implements ``Line``, such as a ``VirtualPhone``.

    Rooms are mixed at ``rate`` Hz (8000, 16000 or 48000; ``ValueError`` for others). What is recorded goes to the folder
    ``recordings``; without one, recordings fail. One event loop is to call all methods.
    """

    def __init__(self, clock: Clock, rate: int = 8000, *, recordings: Path | None = None) -> None:
        self.clock = clock
        self.rate = rate
        self.events: asyncio.Queue[EngineEvent] = asyncio.Queue()
        self._recordings = recordings
        self._arrangement = Arrangement(rate, self.events.put_nowait)
        self._sounds = Sounds(rate)
        self._calls: dict[str, Call] = {}
        self._rooms = Rooms(self._program, lambda name: Recorder(recordings, name, rate), self.events.put_nowait)
        self._running = False
        self._ticker = Ticker(clock, self._tick, self._fail)
        self._to_be_arranged = False

    # The port.

    async def start(self) -> None:
        """Take calls from here on; calls that were left go on."""
        wait_music(self.rate)  # made now, so that no frame has to wait for it
        self._running = True
        self._keep_ticking()

    async def stop(self) -> None:
        """Take no more calls. Those that are there stay, and hear nothing until the engine is started again."""
        self._running = False
        await self._ticker.stop()
        # What has been recorded so far is to be there also if the process ends now.
        self._rooms.flush()
        for call in self._calls.values():
            call.flush()

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

    async def play(self, call_sid: str, sound: Sound | SoundFile) -> None:
        """Play ``sound`` to an answered call that is in no mix, and return when it has been played.

        Sounds for one call are played one after the other, in place of its program. One that is still on when the call comes
        into a mix is cut off. Raises ``EngineError`` if the call is in a mix or has not been answered or the sound cannot be
        played, ``CallGoneError`` also if the call ends meanwhile.
        """
        call = self._call(call_sid)
        if not call.answered:
            raise EngineError(f"nothing can be played to call {call_sid} before it is answered; answer it first")
        frames = self._sounds.frames_of(sound)
        if call.in_mix:
            await self._rooms.in_force()
            call = self._call(call_sid)
        if call.in_mix:
            raise EngineError(
                f"call {call_sid} is in room {call.conference_sid}; take it out first, or put it on hold, to play to it alone"
            )
        playback = Playback(frames)
        call.playbacks.append(playback)
        await playback.done

    async def play_to_participant(self, call_sid: str, sound: SoundFile) -> None:
        """Play ``sound`` to one participant in the mix, over what it hears; return when it has been played.

        Several sounds are heard together. It ends early, without an error, when the call leaves the mix, and returns at once
        if it is in none. Raises ``EngineError`` if the sound cannot be played, ``CallGoneError`` if the call ends meanwhile.
        """
        self._call(call_sid)
        frames = self._sounds.frames_of(sound)
        await self._rooms.in_force()
        call = self._call(call_sid)
        if call.in_mix:
            await self._play_over(call.overlays, frames)

    async def play_to_room(self, conference_sid: str, sound: Sound | SoundFile) -> None:
        """Play ``sound`` to everybody in a room's mix, and into its recording; return when it has been played.

        Several sounds are heard together. It returns at once if nobody is in the mix, and ends early when the room is empty.
        Raises ``EngineError`` if the sound cannot be played.
        """
        self._check_running()
        frames = self._sounds.frames_of(sound)
        await self._rooms.in_force()
        room = self._rooms.rooms.get(conference_sid)
        if room is not None and room.mixed:
            await self._play_over(room.sounds, frames)

    async def set_jitter_buffer(self, call_sid: str, milliseconds: int) -> None:
        """Smooth what comes from a caller with a buffer of this length, rounded up to whole frames of 20 ms; 0 is none.

        Raises ``ValueError`` for a length below 0.
        """
        if milliseconds < 0:
            raise ValueError(f"a jitter buffer cannot be {milliseconds} ms long; choose 0 for none, or more")
        self._call(call_sid).set_jitter_buffer(milliseconds / 1000)
        self._to_be_arranged = True

    async def record(self, call_sid: str, name: str, *, track: Track = Track.BOTH, dual: bool = False) -> None:
        """Record a call from its next frame on, into ``name`` and ``.wav`` in the folder for recordings.

        What a caller says is recorded as it comes out of the jitter buffer, also while it is muted. Raises ``EngineError`` if
        there is a recording of this name already, ``ValueError`` if the name is not one for a file.
        """
        call = self._call(call_sid)
        if not name or Path(name).name != name:
            raise ValueError(f"a recording cannot be named {name!r}; choose a name for a file, without slashes")
        if any(name in other.recorders for other in self._calls.values()):
            raise EngineError(f"the recording {name} is running already; choose another name, or stop it first")
        call.recorders[name] = CallRecorder(self._recordings, name, self.rate, track, dual=dual)
        self._to_be_arranged = True

    async def stop_recording(self, name: str) -> None:
        """End the recording of a call and tell ``RecordingFinished``; one that is over already is no error."""
        for call in self._calls.values():
            recorder = call.recorders.pop(name, None)
            if recorder is not None:
                self._to_be_arranged = True
                self.events.put_nowait(recorder.finish())

    def apply(self, plan: AudioPlan) -> "asyncio.Future[None]":
        """Make the audio of one room what ``plan`` says, from the next frame on; without calls at once."""
        future = self._rooms.apply(plan)
        if not self._calls:
            self._rooms.enforce(self._calls)
        return future

    # The callers' side.

    def connect(self, line: Line, from_: str, to: str) -> str:
        """Let ``line`` call ``to`` and return the call's SID; it rings until somebody takes it or turns it down.

        Raises ``EngineUnavailableError`` if the engine is not running.
        """
        self._check_running()
        call = Call(new_sid(SidKind.CALL), line, self._arrangement.frame_length)
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
        for playback in (*call.playbacks, *call.overlays):
            if not playback.done.done():
                playback.done.set_exception(CallGoneError(f"call {call.sid} ended while a sound was being played to it"))
        if call.answered:
            call.line.ended()
        else:
            call.line.refused(status, phrase)
        self.events.put_nowait(CallEnded(call.sid, cause))
        for recorder in call.recorders.values():
            self.events.put_nowait(recorder.finish())
        if not self._calls:
            self._rooms.enforce(self._calls)
            self._ticker.end()

    async def _play_over(self, playbacks: list[Playback], frames: Samples) -> None:
        playback = Playback(frames)
        playbacks.append(playback)
        self._to_be_arranged = True
        try:
            await playback.done
        finally:
            with suppress(ValueError):  # whoever cut it off may have taken it away
                playbacks.remove(playback)
            self._to_be_arranged = True

    def _program(self, program: AudioProgram) -> Source | None:
        if program.url is not None:
            # Silence, or what somebody who can fetch it plays to the call.
            return None
        # One of its own for each call: everybody's music begins at its beginning.
        return Loop(in_frames(wait_music(self.rate), self.rate))

    # Time.

    def _keep_ticking(self) -> None:
        if self._running and self._calls:
            self._ticker.start()

    def _tick(self) -> None:
        if self._rooms.pending:
            self._rooms.enforce(self._calls)
            self._to_be_arranged = True
        if self._to_be_arranged:
            self._to_be_arranged = False
            self._arrangement.make(self._calls.values(), self._rooms.rooms)
        self._arrangement.pass_frame()

    def _fail(self, error: Exception) -> None:
        self._running = False
        self.events.put_nowait(EngineLost(f"the mixer has stopped: {error!r}", final=True))
