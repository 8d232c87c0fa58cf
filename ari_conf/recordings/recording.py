"""What is known of a recording. Immutable, named as Twilio names it."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Protocol

from ari_conf.media.port import Track


class RecordingStatus(StrEnum):
    """How far a recording is.

    ``stopped`` is one that was asked to end, ``processing`` one that has ended and is being finished. ``absent`` is one with
    nothing usable in it: too short, or silent. ``failed`` is one that the engine could not make, or whose file could not be
    read or written; ``deleted`` is all that is left of one whose file was removed.
    """

    IN_PROGRESS = "in-progress"
    PAUSED = "paused"
    STOPPED = "stopped"
    PROCESSING = "processing"
    COMPLETED = "completed"
    ABSENT = "absent"
    FAILED = "failed"
    DELETED = "deleted"


RUNNING: Final = frozenset({RecordingStatus.IN_PROGRESS, RecordingStatus.PAUSED})
"""Something may still come into it."""

FINISHED: Final = frozenset({RecordingStatus.COMPLETED, RecordingStatus.ABSENT, RecordingStatus.FAILED})
"""It is what it will be, and can be deleted."""


class RecordingEvent(StrEnum):
    """The words of ``recordingStatusCallbackEvent``, of TwiML and of REST, which calls the first one ``started`` too."""

    STARTED = "started"
    IN_PROGRESS = "in-progress"
    PAUSED = "paused"
    RESUMED = "resumed"
    STOPPED = "stopped"
    COMPLETED = "completed"
    ABSENT = "absent"
    FAILED = "failed"


class PauseBehavior(StrEnum):
    """What stands in a recording in the place of a pause: nothing, or silence of the same length."""

    SKIP = "skip"
    SILENCE = "silence"


class Source(StrEnum):
    """Who asked for it: ``<Conference record>``, ``<Dial record>``, ``<Record>``, a call placed over REST, or REST later on."""

    CONFERENCE = "Conference"
    DIAL_VERB = "DialVerb"
    RECORD_VERB = "RecordVerb"
    OUTBOUND_API = "OutboundAPI"
    START_CALL_RECORDING_API = "StartCallRecordingAPI"


@dataclass(frozen=True, slots=True)
class RecordingCallback:
    """Where a recording's progress is told, and which of it."""

    url: str
    method: str = "POST"
    events: frozenset[RecordingEvent] = frozenset({RecordingEvent.COMPLETED})


class LegRequest(Protocol):
    """How a leg is to be recorded. One direction alone is on one channel, whatever is asked for."""

    @property
    def channels(self) -> int:
        """1, or 2 with a channel for each direction."""
        ...

    @property
    def track(self) -> Track:
        """Which direction."""
        ...

    @property
    def trim(self) -> bool:
        """Whether silence at both ends is removed."""
        ...

    @property
    def callback(self) -> RecordingCallback | None:
        """Where its progress is told."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """One recording. Either ``conference_sid`` or ``call_sid`` says of what; ``friendly_name`` is the room's.

    ``started_at`` and ``updated_at`` (None: nothing has changed since) are in seconds since 1970 (UTC), ``duration`` in whole
    seconds, ``size`` in bytes; the last two and ``error_code`` are known when it is finished. Without a ``callback``,
    ``event_callback_url`` is told (deprecated by Twilio).
    """

    sid: str
    account_sid: str
    source: Source
    started_at: float
    updated_at: float | None = None
    conference_sid: str | None = None
    friendly_name: str | None = None
    call_sid: str | None = None
    channels: int = 1
    track: Track = Track.BOTH
    trim: bool = True
    callback: RecordingCallback | None = None
    event_callback_url: str | None = None
    status: RecordingStatus = RecordingStatus.IN_PROGRESS
    duration: int = 0
    size: int = 0
    error_code: int = 0
