"""The words that attributes of TwiML may have."""

from enum import StrEnum


class HttpMethod(StrEnum):
    """How a URL is requested."""

    GET = "GET"
    POST = "POST"


class JitterBufferSize(StrEnum):
    """How much jitter is smoothed for a participant: 20, 40 or 60 ms, or none."""

    SMALL = "small"
    MEDIUM = "medium"
    LARGE = "large"
    OFF = "off"


class ConferenceRecord(StrEnum):
    """Whether a conference is recorded."""

    DO_NOT_RECORD = "do-not-record"
    RECORD_FROM_START = "record-from-start"


class DialRecord(StrEnum):
    """Whether this leg is recorded, from when on, and on how many channels."""

    DO_NOT_RECORD = "do-not-record"
    FROM_ANSWER = "record-from-answer"
    FROM_RINGING = "record-from-ringing"
    FROM_ANSWER_DUAL = "record-from-answer-dual"
    FROM_RINGING_DUAL = "record-from-ringing-dual"


class Region(StrEnum):
    """Where a conference is mixed."""

    US1 = "us1"
    US2 = "us2"
    IE1 = "ie1"
    DE1 = "de1"
    SG1 = "sg1"
    BR1 = "br1"
    AU1 = "au1"
    JP1 = "jp1"


class Trim(StrEnum):
    """Whether silence at both ends of a recording is removed."""

    TRIM_SILENCE = "trim-silence"
    DO_NOT_TRIM = "do-not-trim"


class RecordingEvent(StrEnum):
    """The words of ``recordingStatusCallbackEvent``."""

    IN_PROGRESS = "in-progress"
    COMPLETED = "completed"
    ABSENT = "absent"


class RecordingTrack(StrEnum):
    """Which direction of a leg is recorded."""

    INBOUND = "inbound"
    OUTBOUND = "outbound"
    BOTH = "both"


class RejectReason(StrEnum):
    """What a rejected caller hears: busy, or not in service."""

    REJECTED = "rejected"
    BUSY = "busy"


class CallProgressEvent(StrEnum):
    """The words of ``statusCallbackEvent`` of whoever is called."""

    INITIATED = "initiated"
    RINGING = "ringing"
    ANSWERED = "answered"
    COMPLETED = "completed"
