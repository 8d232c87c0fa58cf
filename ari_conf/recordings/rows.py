"""A recording as the database keeps it."""

from ari_conf.store import RecordingRow

from .recording import FINISHED, Recording


def recording_row(recording: Recording) -> RecordingRow:
    """Return the row of a recording as it is now."""
    finished = recording.status in FINISHED
    return RecordingRow(
        sid=recording.sid,
        account_sid=recording.account_sid,
        source=recording.source.value,
        status=recording.status.value,
        channels=recording.channels,
        track=recording.track.value,
        started_at=recording.started_at,
        created_at=recording.started_at,
        updated_at=recording.started_at if recording.updated_at is None else recording.updated_at,
        conference_sid=recording.conference_sid,
        call_sid=recording.call_sid,
        duration=recording.duration if finished else None,
        size=recording.size if finished else None,
        error_code=recording.error_code or None,
    )
