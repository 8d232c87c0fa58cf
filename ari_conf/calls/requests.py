"""What the REST API asks for: calls to be placed, participants to be added, documents to be run instead."""

from dataclasses import dataclass, field
from typing import Final

from ari_conf.conference import ConferenceSettings, Participant
from ari_conf.media.port import Track
from ari_conf.recordings import RecordingCallback
from ari_conf.rooms import RoomRecording
from ari_conf.twilio_codes import Code, TwilioError
from ari_conf.twiml import CallProgressEvent


class ControlError(TwilioError):
    """What was asked for cannot be done; ``status`` is the HTTP status that says so."""

    def __init__(self, code: Code, message: str, status: int = 400) -> None:
        super().__init__(code, message)
        self.status = status


@dataclass(frozen=True, slots=True)
class ProgressCallback:
    """Where the application wants to be told how a call goes, and which of it."""

    url: str
    method: str = "POST"
    events: frozenset[CallProgressEvent] = frozenset({CallProgressEvent.COMPLETED})


@dataclass(frozen=True, slots=True)
class Fallback:
    """Whom to ask for a document if the application fails; an empty ``url`` is nobody."""

    url: str = ""
    method: str = "POST"


NO_FALLBACK: Final = Fallback()


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where a call's document comes from: ``twiml`` itself, else ``url``; the fallback is asked if that fails."""

    url: str = ""
    method: str = "POST"
    twiml: str = ""
    fallback_url: str = ""
    fallback_method: str = "POST"


@dataclass(frozen=True, slots=True, kw_only=True)
class LegRecordingRequest:
    """The recording of a leg that is asked for with the call."""

    channels: int = 1
    track: Track = Track.BOTH
    trim: bool = True
    callback: RecordingCallback | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CallRequest:
    """A call to be placed. ``to`` is a number, ``client:…`` or ``sip:…``; times are in seconds.

    ``from_`` is who seems to call; ``caller_id`` instead of it, if given. ``send_digits`` are pressed when it is answered.
    """

    to: str
    from_: str
    caller_id: str | None = None
    timeout: float = 60.0
    time_limit: float = 14_400.0
    progress: ProgressCallback | None = None
    username: str = ""
    password: str = field(default="", repr=False)
    send_digits: str = ""
    record: LegRecordingRequest | None = None
    source: Source = Source()


@dataclass(frozen=True, slots=True, kw_only=True)
class ParticipantRequest:
    """A participant to be added to a conference by calling somebody; ``call.source`` means nothing here.

    ``participant`` says how it joins (its ``call_sid`` is replaced by the new call's), ``settings`` and ``recording`` count if
    it is the first one. With ``early_media`` those in the conference hear it ring.
    """

    call: CallRequest
    participant: Participant
    settings: ConferenceSettings = field(default_factory=ConferenceSettings)
    recording: RoomRecording = field(default_factory=RoomRecording)
    early_media: bool = True
    jitter_buffer_ms: int = 60
