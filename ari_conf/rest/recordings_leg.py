"""How a leg is to be recorded, as a client asks for it while the call is up."""

from typing import Annotated, Literal

from ari_conf.calls.requests import LegRecordingRequest
from ari_conf.media.port import Track
from ari_conf.recordings import RecordingEvent

from .parameters import WORDS, Method, Parameters, WebUrl
from .placing import recording_callback


class LegRecordingParameters(Parameters):
    """The fields of a recording of a leg. With one track alone it has one channel, as at Twilio."""

    recording_channels: Literal["mono", "dual"] = "mono"
    recording_track: Literal["inbound", "outbound", "both"] = "both"
    recording_status_callback: WebUrl | None = None
    recording_status_callback_method: Method = "POST"
    recording_status_callback_event: Annotated[frozenset[RecordingEvent], WORDS] = frozenset({RecordingEvent.COMPLETED})
    trim: Literal["trim-silence", "do-not-trim"] = "do-not-trim"


def leg_recording(asked: LegRecordingParameters) -> LegRecordingRequest:
    """Return the recording that is asked for."""
    track = Track(asked.recording_track)
    return LegRecordingRequest(
        channels=2 if asked.recording_channels == "dual" and track is Track.BOTH else 1,
        track=track,
        trim=asked.trim == "trim-silence",
        callback=recording_callback(
            asked.recording_status_callback, asked.recording_status_callback_method, asked.recording_status_callback_event
        ),
    )
