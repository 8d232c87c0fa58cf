"""How a leg is to be recorded, as a client says it: with a call that is to be placed, or while a call is up."""

from typing import Annotated, Literal

from ari_conf.calls.requests import LegRecordingRequest
from ari_conf.media.port import Track
from ari_conf.recordings import RecordingCallback, RecordingEvent
from ari_conf.twiml import Trim

from .parameters import WORDS, Method, Parameters, WebUrl


class LegRecordingParameters(Parameters):
    """The fields of the recording of a leg. With one track alone it has one channel, whatever is asked for, as at Twilio."""

    recording_channels: Literal["mono", "dual"] = "mono"
    recording_track: Track = Track.BOTH
    recording_status_callback: WebUrl | None = None
    recording_status_callback_method: Method = "POST"
    recording_status_callback_event: Annotated[frozenset[RecordingEvent], WORDS] = frozenset({RecordingEvent.COMPLETED})
    trim: Trim = Trim.TRIM_SILENCE


class LiveLegRecordingParameters(LegRecordingParameters):
    """Those of a call that is up, whose silence stays if nothing else is said."""

    trim: Trim = Trim.DO_NOT_TRIM


def leg_recording(asked: LegRecordingParameters) -> LegRecordingRequest:
    """Return the recording that is asked for."""
    return LegRecordingRequest(
        channels=2 if asked.recording_channels == "dual" else 1,
        track=asked.recording_track,
        trim=asked.trim is Trim.TRIM_SILENCE,
        callback=recording_callback(
            asked.recording_status_callback, asked.recording_status_callback_method, asked.recording_status_callback_event
        ),
    )


def recording_callback(url: str | None, method: str, events: frozenset[RecordingEvent]) -> RecordingCallback | None:
    """Return where a recording's progress is to be told, if anywhere."""
    return None if url is None else RecordingCallback(url, method, events)
