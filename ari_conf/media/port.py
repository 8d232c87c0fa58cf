"""The port between the rules and the audio: what an engine is asked, and what it tells.

A call is known here by its Call SID alone; which channel or stream that is, is the engine's own affair. Sample rates are in Hz,
times in seconds.
"""

import asyncio
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Final, Protocol

from ari_conf.conference import AudioPlan

from .events import (
    CallAnswered,
    CallArrived,
    CallEnded,
    CallRinging,
    DigitPressed,
    EngineBack,
    EngineEvent,
    EngineLost,
    RecordingFinished,
    SipRequest,
    TalkingChanged,
    Unanswered,
)
from .levels import OnLevels
from .timed_queue import TimedQueue

__all__ = [
    "SOUND_RATE",
    "CallAnswered",
    "CallArrived",
    "CallEnded",
    "CallGoneError",
    "CallRinging",
    "DigitPressed",
    "EngineBack",
    "EngineError",
    "EngineEvent",
    "EngineLost",
    "EngineUnavailableError",
    "KnownCall",
    "KnownRecording",
    "MediaEngine",
    "Meter",
    "OutgoingCall",
    "RecordingFinished",
    "RejectReason",
    "SipRequest",
    "Sound",
    "SoundFile",
    "TalkingChanged",
    "TimedQueue",
    "Track",
    "Unanswered",
]


class EngineError(Exception):
    """The engine could not do what it was asked; the text says why and what helps."""


class EngineUnavailableError(EngineError):
    """There is no connection to the engine now."""


class CallGoneError(EngineError):
    """The call has ended, or the engine has never heard of it."""


class RejectReason(StrEnum):
    """Why a call is not taken.

    Busy (SIP 486) and rejected (SIP 404) are those of TwiML's ``<Reject reason>``. Unavailable (SIP 503) is ours: a carrier
    tries another server then.
    """

    BUSY = "busy"
    REJECTED = "rejected"
    UNAVAILABLE = "unavailable"


class Sound(StrEnum):
    """Sounds that every engine has of its own."""

    SPECIAL_INFORMATION = "special-information"
    """Three rising tones, as networks send them before "your call cannot be completed"; then silence."""
    BEEP = "beep"
    """A short tone that somebody has come or gone."""


@dataclass(frozen=True, slots=True)
class SoundFile:
    """A sound made ready for engines: a WAV file, mono, 16 bits, ``SOUND_RATE`` Hz, whose name is derived from its content.

    It is in the folder that the engine was told of, and lasts ``seconds``.
    """

    path: Path
    seconds: float


SOUND_RATE: Final = 8000
"""Samples per second of every sound file; phones bring 8 kHz."""


class Track(StrEnum):
    """Which side of a call is recorded: what the caller says, what the caller hears, or both."""

    INBOUND = "inbound"
    OUTBOUND = "outbound"
    BOTH = "both"


@dataclass(frozen=True, slots=True, kw_only=True)
class OutgoingCall:
    """A call to be placed, known by our ``call_sid``.

    ``to`` is a number, ``client:`` and a name, or a SIP URI; the query of the last two (``?X-Name=value&…``) is headers to be
    sent. ``caller_id`` is who seems to call. It may ring for ``timeout`` seconds. ``username`` and ``password`` answer a
    challenge of the called side.
    """

    call_sid: str
    to: str
    caller_id: str
    timeout: float
    username: str = ""
    password: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownRecording:
    """A recording whose end has not been told: ``name`` and ``dual`` as given to ``record``, or the SID of a mix."""

    name: str
    dual: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownCall:
    """A call of which an earlier life of the controller knew: what was told of it last, and its ``recordings``.

    ``ringing`` is of a call that was placed: ``CallRinging`` has been told.
    """

    call_sid: str
    placed: bool
    answered: bool
    ringing: bool = False
    recordings: tuple[KnownRecording, ...] = ()


class Meter(Protocol):
    """Is told how an engine does. Its methods return at once and raise nothing; times are in seconds."""

    def asked(self, operation: str, seconds: float, failure: str) -> None:
        """Note how long whatever mixes took for a request.

        ``operation`` is one of a few dozen names. ``failure`` is empty, ``refused``, or ``unavailable`` if there was no answer.
        """
        ...

    def read(self, waited: float) -> None:
        """Note for how long something that whatever mixes has told had waited to be looked at."""
        ...


class MediaEngine(Protocol):
    """What plays, mixes and hangs up.

    Methods about a call raise ``CallGoneError`` when it has ended. While the connection to the engine is lost they wait for
    it to come back; they raise ``EngineUnavailableError`` if it will not.
    """

    events: "TimedQueue[EngineEvent]"
    """What happens, in order. One reader."""

    outlives_us: bool
    """Whether calls, and their recordings, go on there when this process ends."""

    @property
    def version(self) -> str:
        """The version of whatever mixes; empty before ``start``, and of an engine that is a part of this program."""
        ...

    @property
    def warnings(self) -> Sequence[str]:
        """What whoever runs it should know of whatever mixes: sentences with the cause and what helps."""
        ...

    def measure(self, meter: Meter) -> None:
        """Let ``meter``, too, be told; before ``start``. An engine that asks nobody has nothing to tell."""
        ...

    def remember(self, calls: Sequence[KnownCall], recordings: Sequence[KnownRecording] = ()) -> None:
        """Know the calls again that were up when an earlier life of the controller ended; called once, before ``start``.

        ``recordings`` are those of mixes, and of calls whose end has been told. Plans are to be given between this and
        ``start``, which then takes over the calls that are still there, with all that the plans say of them, unheard by
        anybody; a mix without a plan is removed. What has become of the calls meanwhile is told: ``CallRinging``,
        ``CallAnswered``, ``CallEnded`` for those that are gone, and ``RecordingFinished``. Who talks is told anew.
        """
        ...

    async def start(self) -> None:
        """Connect; calls arrive from here on. What has become of remembered calls is in ``events`` before any other call.

        What an earlier life has left and nobody remembers is removed; its callers arrive as if they called now, with the
        same Call SIDs. Raises ``EngineError``, with the cause and the remedy, if that fails.
        """
        ...

    async def stop(self) -> None:
        """Disconnect. Calls are left as they are."""
        ...

    async def place(self, call: OutgoingCall) -> None:
        """Begin to call somebody, and return when that is under way.

        What becomes of it is told: ``CallRinging``, ``CallAnswered``, in any case ``CallEnded``. Once answered it is a call
        like any other. Raises ``EngineError`` if there is no way to dial it; then nothing is told of it.
        """
        ...

    async def ring(self, call_sid: str) -> None:
        """Let a caller who has not been answered hear that it rings (SIP 180); nothing happens if it is answered already."""
        ...

    async def answer(self, call_sid: str) -> None:
        """Answer the call; nothing happens if it is answered already."""
        ...

    async def reject(self, call_sid: str, reason: RejectReason) -> None:
        """Turn down a call that has not been answered."""
        ...

    async def hang_up(self, call_sid: str) -> None:
        """End the call, also one that was placed and is not answered yet; a call that is gone already is no error."""
        ...

    async def send_digits(self, call_sid: str, digits: str) -> None:
        """Press keys (0-9 A-D # *; ``w`` waits half a second, ``W`` one) at an answered call's other side; return when done.

        They go as telephone events where the other side takes those, else as tones. Cancelling stops after the present key at
        the latest.
        """
        ...

    async def detect_talking(self, call_sid: str, *, wanted: bool) -> None:
        """Have ``TalkingChanged`` told of an answered call that is in no mix, or no longer.

        A call that is put into a mix is told of as that mix's plan says, and no longer for this.
        """
        ...

    async def play(self, call_sid: str, sound: Sound | SoundFile) -> None:
        """Play to a call that is in no mix: in no room, waiting or on hold. Return when it has been played.

        It ends early, without an error, when a plan puts the call into the mix; cancelling stops it at once.
        """
        ...

    async def play_to_participant(self, call_sid: str, sound: SoundFile) -> None:
        """Play to one participant in the mix, over what it hears; it stays audible to the others. Return when played.

        It ends early, without an error, when the call leaves the mix; cancelling stops it at once.
        """
        ...

    async def play_to_room(self, mix_sid: str, sound: Sound | SoundFile) -> None:
        """Play to everybody in a room's mix, coaches included. Return when played; cancelling stops it at once.

        A room without a mix hears nothing, and this returns at once.
        """
        ...

    async def set_jitter_buffer(self, call_sid: str, milliseconds: int) -> None:
        """Smooth what comes from a caller with a buffer of this length; 0 is none."""
        ...

    async def record(self, call_sid: str, name: str, *, track: Track = Track.BOTH, dual: bool = False) -> None:
        """Record a call from now on until ``stop_recording`` or its end; then ``RecordingFinished`` is told.

        ``dual`` with both tracks puts what the caller says on the first channel, what it hears on the second.
        """
        ...

    async def pause_recording(self, name: str) -> None:
        """Record nothing of a call from now on; the file does not grow. One that is paused or over already is no error."""
        ...

    async def resume_recording(self, name: str) -> None:
        """Go on with the recording of a call; one that is not paused, or over already, is no error."""
        ...

    async def stop_recording(self, name: str) -> None:
        """End the recording of a call, paused or not; one that is over already is no error."""
        ...

    def watch_levels(self, call_sids: Collection[str], on_levels: OnLevels) -> None:
        """Have it told every 200 ms how loud these calls speak, and no others any longer; an empty collection ends it.

        Returns at once; the same calls again change nothing. ``on_levels`` gets the root mean square of the last 200 ms in
        dBFS; -96 is silence, also of who is muted. A call that is not measured, or not yet, is left out: one that has ended,
        or that is beyond as many as the engine measures at once. Nobody hears anything of it.
        """
        ...

    def apply(self, plan: AudioPlan) -> "asyncio.Future[None]":
        """Make the audio of one room what ``plan`` says; a newer plan for the room replaces an older one.

        Returns at once. The future is done when this plan, or a newer one, is in force as far as its calls still exist.
        While the engine is lost, the plan is kept and applied when it is back.
        """
        ...
