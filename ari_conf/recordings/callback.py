"""Which of a recording's events are told to whom, and with what parameters, as Twilio sends them (all values are text)."""

from ari_conf.conference import rfc2822
from ari_conf.webhooks import CallbackKind, Owed

from .recording import Recording, RecordingEvent


def owed_for(recording: Recording, event: RecordingEvent, url: str, now: float) -> Owed | None:
    """Return the callback that is owed when ``event`` has made ``recording`` what it is; ``url`` is where it can be had."""
    callback = recording.callback
    if callback is None:
        if recording.event_callback_url and event is RecordingEvent.COMPLETED:
            return _owed(recording, recording.event_callback_url, "POST", record_end_parameters(recording, url, now))
        return None
    told = _told(event, callback.events)
    return _owed(recording, callback.url, callback.method, recording_parameters(recording, told, url)) if told else None


def recording_parameters(recording: Recording, told: RecordingEvent, url: str) -> dict[str, str]:
    """Return the form parameters of a recordingStatusCallback; ``url`` is where the recording can be had."""
    parameters = {
        "AccountSid": recording.account_sid,
        "RecordingSid": recording.sid,
        "RecordingUrl": url,
        "RecordingStatus": told.value,
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
    if told is RecordingEvent.COMPLETED:
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


def _told(event: RecordingEvent, subscribed: frozenset[RecordingEvent]) -> RecordingEvent | None:
    """Return as what an event is told to somebody who has subscribed to these; None if it is not told."""
    if event is RecordingEvent.IN_PROGRESS and RecordingEvent.STARTED in subscribed:
        return event
    if event is RecordingEvent.FAILED and event not in subscribed:
        # TwiML has no word for it, and nothing usable is what its author has to know.
        event = RecordingEvent.ABSENT
    return event if event in subscribed else None


def _owed(recording: Recording, url: str, method: str, parameters: dict[str, str]) -> Owed:
    return Owed(
        account_sid=recording.account_sid,
        kind=CallbackKind.RECORDING,
        lane=recording.conference_sid or recording.call_sid or recording.sid,
        url=url,
        method=method,
        parameters=parameters,
    )
