"""The parameters of requests that tell of a recording, as Twilio sends them (all values are text)."""

from ari_conf.conference import rfc2822

from .recording import Recording, RecordingStatus


def recording_parameters(recording: Recording, url: str) -> dict[str, str]:
    """Return the form parameters of a recordingStatusCallback; ``url`` is where the recording can be had."""
    parameters = {
        "AccountSid": recording.account_sid,
        "RecordingSid": recording.sid,
        "RecordingUrl": url,
        "RecordingStatus": recording.status.value,
        "RecordingChannels": str(recording.channels),
        "RecordingStartTime": rfc2822(recording.started_at),
        "RecordingSource": recording.source.value,
        "RecordingTrack": recording.track.value,
        "ErrorCode": str(recording.error_code),
    }
    if recording.conference_sid is not None:
        parameters["ConferenceSid"] = recording.conference_sid
    if recording.call_sid is not None:
        parameters["CallSid"] = recording.call_sid
    if recording.status is RecordingStatus.COMPLETED:
        parameters["RecordingDuration"] = str(recording.duration)
    return parameters


def record_end_parameters(recording: Recording, url: str, ended_at: float) -> dict[str, str]:
    """Return the form parameters of the deprecated ``conference-record-end`` event for ``eventCallbackUrl``."""
    return {
        "EventName": "conference-record-end",
        "AccountSid": recording.account_sid,
        "ConferenceSid": recording.conference_sid or "",
        "FriendlyName": recording.friendly_name or "",
        "Timestamp": rfc2822(ended_at),
        "RecordingUrl": url,
        "Duration": str(recording.duration),
        "RecordingFileSize": str(recording.size),
    }
