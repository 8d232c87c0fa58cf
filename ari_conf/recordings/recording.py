"""What is known of a recording. Immutable, named as Twilio names it."""

from dataclasses import dataclass
from enum import StrEnum

from ari_conf.media.port import Track


class RecordingStatus(StrEnum):
    """``absent`` is a recording with nothing usable in it: too short, silent, or lost."""

    IN_PROGRESS = "in-progress"
    COMPLETED = "completed"
    ABSENT = "absent"


class Source(StrEnum):
    """Who asked for it: ``<Conference record>``, ``<Dial record>`` or ``<Record>``."""

    CONFERENCE = "Conference"
    DIAL_VERB = "DialVerb"
    RECORD_VERB = "RecordVerb"


@dataclass(frozen=True, slots=True)
class RecordingCallback:
    """Where a recording's progress is told, and which of it."""

    url: str
    method: str = "POST"
    events: frozenset[RecordingStatus] = frozenset({RecordingStatus.COMPLETED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """One recording. Either ``conference_sid`` or ``call_sid`` says of what; ``friendly_name`` is the room's.

    ``started_at`` is in seconds since 1970 (UTC), ``duration`` in whole seconds, ``size`` in bytes; the last two and
    ``error_code`` are known when it is over. Without a ``callback``, ``event_callback_url`` is told (deprecated by Twilio).
    """

    sid: str
    account_sid: str
    source: Source
    started_at: float
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
