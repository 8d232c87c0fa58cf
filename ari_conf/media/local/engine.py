"""The engine that mixes by itself: it carries out what the port asks for, 20 ms at a time, on a real or a virtual clock."""

import asyncio
from collections.abc import Collection, Sequence
from contextlib import suppress
from pathlib import Path

from ari_conf.audio import Samples
from ari_conf.audio.music import wait_music
from ari_conf.clock import Clock
from ari_conf.conference import AudioPlan, AudioProgram
from ari_conf.media.levels import OnLevels
from ari_conf.media.port import (
    EngineError,
    EngineEvent,
    EngineLost,
    KnownCall,
    KnownRecording,
    Meter,
    OutgoingCall,
    RejectReason,
    Sound,
    SoundFile,
    TimedQueue,
    Track,
)

from .arrangement import Arrangement
from .exchange import BUSY, CALLER_GONE, CONGESTED, NOT_FOUND, UNAVAILABLE, Exchange
from .keypad import Dialling
from .levels import LevelWatch
from .past import Past
from .recorder import CallRecorder, Recorder
from .room import Rooms
from .sources import Loop, Playback, Sounds, Source, in_frames
from .ticker import Ticker

_REJECTIONS = {RejectReason.BUSY: BUSY, RejectReason.REJECTED: NOT_FOUND, RejectReason.UNAVAILABLE: CONGESTED}


class LocalEngine:
    """A ``MediaEngine`` whose callers are in this process: whatever implements ``Line``, such as a ``VirtualPhone``.

    Lines call through its ``exchange``; those that can be called are in its ``directory``, by their numbers. Rooms are mixed
    at ``rate`` Hz (8000, 16000 or 48000; ``ValueError`` for others). What is recorded goes to the folder ``recordings``;
    without one, recordings fail. One event loop is to call all methods.
    """

    outlives_us = False

    def __init__(self, clock: Clock, rate: int = 8000, *, recordings: Path | None = None) -> None:
        self.clock = clock
        self.rate = rate
        self.events: TimedQueue[EngineEvent] = TimedQueue()
        self._recordings = recordings
        self._levels = LevelWatch()
        self._arrangement = Arrangement(rate, self.events.put_nowait, self._levels)
        self._sounds = Sounds(rate)
        self.exchange = Exchange(clock, self._arrangement.frame_length, self.events.put_nowait, self._keep_pace)
        self._calls = self.exchange.calls
        self.directory = self.exchange.directory
        self._rooms = Rooms(self._program, lambda name: Recorder(recordings, name, rate), self.events.put_nowait)
        self._ticker = Ticker(clock, self._tick, self._fail)
        self._past = Past(lambda name, channels: Recorder(recordings, name, rate, channels))

    # The port.

    version = ""
    warnings: tuple[str, ...] = ()

    def measure(self, meter: Meter) -> None:
        """Tell nothing: whatever this engine asks, it asks itself."""

    def remember(self, calls: Sequence[KnownCall], recordings: Sequence[KnownRecording] = ()) -> None:
        """Know calls again. Those of another process have ended with it; what had been recorded is told with the start."""
        self._past.remember(calls, recordings)

    async def start(self) -> None:
        """Take calls from here on; calls that this engine has left go on."""
        wait_music(self.rate)  # made now, so that no frame has to wait for it
        self.exchange.running = True
        for event in self._past.told(self._calls, self._rooms.rooms):
            self.events.put_nowait(event)
        self._keep_pace()

    async def stop(self) -> None:
        """Take no more calls. Those that are there stay, and hear nothing until the engine is started again."""
        self.exchange.running = False
        self._ticker.end()
        # What has been recorded so far is to be there also if the process ends now.
        self._rooms.flush()
        for call in self._calls.values():
            call.flush()

    async def place(self, call: OutgoingCall) -> None:
        """Let the phone in the directory ring that ``call.to`` names: a number, ``client:`` and it, or its SIP URI.

        If there is none, the call ends at once with a 404, and with a 486 if it is in another call.
        """
        self.exchange.check_running()
        self.exchange.place(call)

    async def ring(self, call_sid: str) -> None:
        """Let a caller who has not been answered know that it rings; nothing happens if it is answered already."""
        call = self.exchange.call(call_sid)
        if not call.answered and not call.placed:
            call.line.ringing()

    async def answer(self, call_sid: str) -> None:
        """Answer the call; nothing happens if it is answered already. ``EngineError`` for one that was placed and rings."""
        call = self.exchange.call(call_sid)
        if call.placed and not call.answered:
            raise EngineError(f"call {call_sid} was placed from here; only the one who is called can answer it")
        if not call.answered:
            self.exchange.answer(call)

    async def reject(self, call_sid: str, reason: RejectReason) -> None:
        """Turn down a call that has not been answered; ``EngineError`` if it has been, or was placed."""
        call = self.exchange.call(call_sid)
        if call.answered or call.placed:
            why = "was placed from here" if call.placed else "has been answered"
            raise EngineError(f"call {call_sid} cannot be rejected, it {why}; hang it up instead")
        self.exchange.end(call, _REJECTIONS[reason])

    async def hang_up(self, call_sid: str) -> None:
        """End the call; a call that is gone already is no error.

        One that has not been answered gets a SIP 480 if it came, and is cancelled if it was placed.
        """
        self.exchange.check_running()
        call = self._calls.get(call_sid)
        if call is not None:
            self.exchange.end(call, CALLER_GONE if call.placed else UNAVAILABLE)

    async def send_digits(self, call_sid: str, digits: str) -> None:
        """Press keys at an answered call's other side, five a second, and return when the last one is over.

        Several such requests for one call are carried out one after the other. Raises ``ValueError`` for what is no key,
        ``EngineError`` if the call has not been answered, ``CallGoneError`` also if it ends meanwhile.
        """
        call = self.exchange.call(call_sid)
        if not call.answered:
            raise EngineError(f"no keys can be pressed for call {call_sid} before it is answered; wait for that")
        dialling = Dialling(digits)
        call.diallings.append(dialling)
        self.exchange.changed = True
        await dialling.done

    async def detect_talking(self, call_sid: str, *, wanted: bool) -> None:
        """Have ``TalkingChanged`` told of an answered call that is in no mix, or no longer; in a mix, its plan says that.

        Raises ``EngineError`` if the call has not been answered.
        """
        call = self.exchange.call(call_sid)
        if not call.answered:
            raise EngineError(f"nobody can be heard talking in call {call_sid} before it is answered; wait for that")
        if call.in_mix:
            await self._rooms.in_force()
            call = self.exchange.call(call_sid)
        if not call.in_mix and call.detect_talking is not wanted:
            call.detect_talking = wanted
            call.talking = False
            self.exchange.changed = True

    async def play(self, call_sid: str, sound: Sound | SoundFile) -> None:
        """Play ``sound`` to an answered call that is in no mix, and return when it has been played.

        Sounds for one call are played one after the other, in place of its program. One that is still on when the call comes
        into a mix is cut off. Raises ``EngineError`` if the call is in a mix or has not been answered or the sound cannot be
        played, ``CallGoneError`` also if the call ends meanwhile.
        """
        call = self.exchange.call(call_sid)
        if not call.answered:
            raise EngineError(f"nothing can be played to call {call_sid} before it is answered; answer it first")
        frames = self._sounds.frames_of(sound)
        if call.in_mix:
            await self._rooms.in_force()
            call = self.exchange.call(call_sid)
        if call.in_mix:
            raise EngineError(
                f"call {call_sid} is in room {call.mix_sid}; take it out first, or put it on hold, to play to it alone"
            )
        playback = Playback(frames)
        call.playbacks.append(playback)
        await playback.done

    async def play_to_participant(self, call_sid: str, sound: SoundFile) -> None:
        """Play ``sound`` to one participant in the mix, over what it hears; return when it has been played.

        Several sounds are heard together. It ends early, without an error, when the call leaves the mix, and returns at once
        if it is in none. Raises ``EngineError`` if the sound cannot be played, ``CallGoneError`` if the call ends meanwhile.
        """
        self.exchange.call(call_sid)
        frames = self._sounds.frames_of(sound)
        await self._rooms.in_force()
        call = self.exchange.call(call_sid)
        if call.in_mix:
            await self._play_over(call.overlays, frames)

    async def play_to_room(self, mix_sid: str, sound: Sound | SoundFile) -> None:
        """Play ``sound`` to everybody in a room's mix, and into its recording; return when it has been played.

        Several sounds are heard together. It returns at once if nobody is in the mix, and ends early when the room is empty.
        Raises ``EngineError`` if the sound cannot be played.
        """
        self.exchange.check_running()
        frames = self._sounds.frames_of(sound)
        await self._rooms.in_force()
        room = self._rooms.rooms.get(mix_sid)
        if room is not None and room.mixed:
            await self._play_over(room.sounds, frames)

    async def set_jitter_buffer(self, call_sid: str, milliseconds: int) -> None:
        """Smooth what comes from a caller with a buffer of this length, rounded up to whole frames of 20 ms; 0 is none.

        Raises ``ValueError`` for a length below 0.
        """
        if milliseconds < 0:
            raise ValueError(f"a jitter buffer cannot be {milliseconds} ms long; choose 0 for none, or more")
        self.exchange.call(call_sid).set_jitter_buffer(milliseconds / 1000)
        self.exchange.changed = True

    async def record(self, call_sid: str, name: str, *, track: Track = Track.BOTH, dual: bool = False) -> None:
        """Record a call from its next frame on, into ``name`` and ``.wav`` in the folder for recordings.

        What a caller says is recorded as it comes out of the jitter buffer, also while it is muted. Raises ``EngineError`` if
        there is a recording of this name already, ``ValueError`` if the name is not one for a file.
        """
        call = self.exchange.call(call_sid)
        if not name or Path(name).name != name:
            raise ValueError(f"a recording cannot be named {name!r}; choose a name for a file, without slashes")
        if any(name in other.recorders for other in self._calls.values()):
            raise EngineError(f"the recording {name} is running already; choose another name, or stop it first")
        call.recorders[name] = CallRecorder(self._recordings, name, self.rate, track, dual=dual)
        self.exchange.changed = True

    async def pause_recording(self, name: str) -> None:
        """Record nothing from the next frame on; a recording that is over is no error."""
        self._set_recording_paused(name, paused=True)

    async def resume_recording(self, name: str) -> None:
        """Record again from the next frame on; a recording that is over is no error."""
        self._set_recording_paused(name, paused=False)

    async def stop_recording(self, name: str) -> None:
        """End the recording of a call and tell ``RecordingFinished``; one that is over already is no error."""
        for call in self._calls.values():
            recorder = call.recorders.pop(name, None)
            if recorder is not None:
                self.exchange.changed = True
                self.events.put_nowait(recorder.finish())

    def watch_levels(self, call_sids: Collection[str], on_levels: OnLevels) -> None:
        """Have it told how loud these calls speak, any number of them, from the next frame on."""
        self._levels.want(call_sids, on_levels)
        self.exchange.changed = True

    def apply(self, plan: AudioPlan) -> "asyncio.Future[None]":
        """Make the audio of one room what ``plan`` says, from the next frame on; without calls at once."""
        future = self._rooms.apply(plan)
        if not self._calls:
            self._rooms.enforce(self._calls)
        return future

    def _set_recording_paused(self, name: str, *, paused: bool) -> None:
        for call in self._calls.values():
            recorder = call.recorders.get(name)
            if recorder is not None:
                recorder.paused = paused

    async def _play_over(self, playbacks: list[Playback], frames: Samples) -> None:
        playback = Playback(frames)
        playbacks.append(playback)
        self.exchange.changed = True
        try:
            await playback.done
        finally:
            with suppress(ValueError):  # whoever cut it off may have taken it away
                playbacks.remove(playback)
            self.exchange.changed = True

    def _program(self, program: AudioProgram) -> Source | None:
        if program.url is not None:
            # Silence, or what somebody who can fetch it plays to the call.
            return None
        # One of its own for each call: everybody's music begins at its beginning.
        return Loop(in_frames(wait_music(self.rate), self.rate))

    # Time.

    def _keep_pace(self) -> None:
        if not self._calls:
            # Nobody is there to whom a plan could matter, and no frame that it could wait for.
            self._rooms.enforce(self._calls)
            self._ticker.end()
        elif self.exchange.running:
            self._ticker.start()

    def _tick(self) -> bool:
        self.exchange.end_what_rings_too_long()
        stirred = self.exchange.changed or self._rooms.pending
        if self._rooms.pending:
            self._rooms.enforce(self._calls)
            self.exchange.changed = True
        if self.exchange.changed:
            self.exchange.changed = False
            self._arrangement.make(self._calls.values(), self._rooms.rooms)
        return self._arrangement.pass_frame() or stirred or not self.events.empty()

    def _fail(self, error: Exception) -> None:
        self.exchange.running = False
        self.events.put_nowait(EngineLost(f"the mixer has stopped: {error!r}", final=True))
