"""What every request that places a call can say of it: Calls and Participants have these fields in common."""

from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from ari_conf.calls import CallRequest, LegRecordingRequest
from ari_conf.calls.call import ProgressCallback
from ari_conf.media.port import Track
from ari_conf.recordings import RecordingCallback, RecordingEvent
from ari_conf.twiml import CallProgressEvent, Trim

from .dialled import From, To
from .errors import RestCode
from .parameters import WORDS, Flag, Method, Parameters, WebUrl, Wrong


def _refuse(_value: object) -> None:
    raise ValueError("answering machines are not detected here; leave it out")


NotDone = Annotated[None, BeforeValidator(_refuse)]
"""A field of answering machine detection. Ignoring it would let an application wait for an answer that never comes."""

Text = Annotated[str, Field(max_length=256)]


class PlaceCall(Parameters):
    """Subclass it for a resource that places calls."""

    to: To
    from_: Annotated[From, Field(alias="From")]
    caller_id: Annotated[From | None, Wrong(RestCode.FROM)] = None
    status_callback: Annotated[WebUrl | None, Wrong(RestCode.STATUS_CALLBACK)] = None
    status_callback_method: Method = "POST"
    status_callback_event: Annotated[frozenset[CallProgressEvent], WORDS] = frozenset({CallProgressEvent.COMPLETED})
    timeout: Annotated[int, Field(ge=5, le=600), Wrong(RestCode.TIMEOUT)] = 60
    time_limit: Annotated[int, Field(ge=1, le=86_400)] = 14_400
    record: Flag = False
    recording_channels: Literal["mono", "dual"] = "mono"
    recording_track: Track = Track.BOTH
    recording_status_callback: WebUrl | None = None
    recording_status_callback_method: Method = "POST"
    recording_status_callback_event: Annotated[frozenset[RecordingEvent], WORDS] = frozenset({RecordingEvent.COMPLETED})
    trim: Trim = Trim.TRIM_SILENCE
    sip_auth_username: Text = ""
    sip_auth_password: Annotated[str, Field(max_length=256, repr=False)] = ""
    machine_detection: NotDone = None
    amd_status_callback: NotDone = None

    @model_validator(mode="after")
    def _dual_has_both(self) -> Self:
        if self.recording_channels == "dual" and self.recording_track is not Track.BOTH:
            raise ValueError("RecordingTrack should be both where RecordingChannels is dual")
        return self


def call_request(sent: PlaceCall, **more: Any) -> CallRequest:
    """Return the call that is asked for; ``more`` are fields of ``CallRequest`` that only one resource has."""
    progress = None
    if sent.status_callback is not None:
        progress = ProgressCallback(sent.status_callback, sent.status_callback_method, sent.status_callback_event)
    return CallRequest(
        to=sent.to,
        from_=sent.from_,
        caller_id=sent.caller_id,
        timeout=sent.timeout,
        time_limit=sent.time_limit,
        progress=progress,
        username=sent.sip_auth_username,
        password=sent.sip_auth_password,
        record=_leg_recording(sent) if sent.record else None,
        **more,
    )


def recording_callback(url: str | None, method: str, events: frozenset[RecordingEvent]) -> RecordingCallback | None:
    """Return where a recording's progress is to be told, if anywhere."""
    return None if url is None else RecordingCallback(url, method, events)


def _leg_recording(sent: PlaceCall) -> LegRecordingRequest:
    return LegRecordingRequest(
        channels=2 if sent.recording_channels == "dual" else 1,
        track=sent.recording_track,
        trim=sent.trim is Trim.TRIM_SILENCE,
        callback=recording_callback(
            sent.recording_status_callback, sent.recording_status_callback_method, sent.recording_status_callback_event
        ),
    )
