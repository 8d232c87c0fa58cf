"""A recording as it is answered: a little different in the account's list, under its conference and under its call."""

from typing import Any, Final

from ari_conf.recordings import RecordingStatus
from ari_conf.store import RecordingRow
from ari_conf.webhooks.voice_parameters import API_VERSION

from .operation import Body
from .reading import PRICE_UNIT, account_path, dated

NOT_FINISHED: Final = frozenset({RecordingStatus.IN_PROGRESS, RecordingStatus.PAUSED, RecordingStatus.STOPPED})
"""What is told as ``processing`` unless it is the answer to an update, as Twilio documents it."""


class ConferenceRecordingBody(Body):
    """A recording under its conference. ``duration`` is in seconds."""

    account_sid: str
    api_version: str = API_VERSION
    call_sid: str | None
    conference_sid: str | None
    date_created: str
    date_updated: str
    start_time: str
    duration: str | None
    sid: str
    price: None = None
    price_unit: str = PRICE_UNIT
    status: str
    channels: int
    source: str
    error_code: int | None
    encryption_details: None = None
    uri: str


class CallRecordingBody(ConferenceRecordingBody):
    """A recording under its call. ``track`` is inbound, outbound or both."""

    track: str


class RecordingBody(ConferenceRecordingBody):
    """A recording of the account. ``media_url`` is where it can be had."""

    subresource_uris: dict[str, str]
    media_url: str | None


def conference_recording_body(row: RecordingRow, *, updated: bool = False) -> ConferenceRecordingBody:
    """Return a recording under its conference; ``updated`` in the answer to an update."""
    return ConferenceRecordingBody(**_fields(row, f"Conferences/{row.conference_sid}/Recordings/{row.sid}", updated=updated))


def call_recording_body(row: RecordingRow, *, updated: bool = False) -> CallRecordingBody:
    """Return a recording under its call; ``updated`` in the answer to an update."""
    fields = _fields(row, f"Calls/{row.call_sid}/Recordings/{row.sid}", updated=updated)
    return CallRecordingBody(**fields, track=row.track)


def recording_body(row: RecordingRow, media_url: str) -> RecordingBody:
    """Return a recording of the account, which can be had at ``media_url``."""
    path = f"{account_path(row.account_sid)}/Recordings/{row.sid}"
    gone = row.status == RecordingStatus.DELETED
    return RecordingBody(
        **_fields(row, f"Recordings/{row.sid}", updated=False),
        subresource_uris={"add_on_results": f"{path}/AddOnResults.json", "transcriptions": f"{path}/Transcriptions.json"},
        media_url=None if gone else media_url,
    )


def _fields(row: RecordingRow, place: str, *, updated: bool) -> dict[str, Any]:
    return {
        "account_sid": row.account_sid,
        "call_sid": row.call_sid,
        "conference_sid": row.conference_sid,
        "date_created": dated(row.created_at),
        "date_updated": dated(row.updated_at),
        "start_time": dated(row.started_at),
        "duration": None if row.duration is None else str(row.duration),
        "sid": row.sid,
        "status": row.status if updated else _status(row.status),
        "channels": row.channels,
        "source": row.source,
        "error_code": row.error_code,
        "uri": f"{account_path(row.account_sid)}/{place}.json",
    }


def _status(status: str) -> str:
    if status in NOT_FINISHED:
        return RecordingStatus.PROCESSING.value
    # Twilio tells this only to callbacks; as a status there is no such word.
    return RecordingStatus.ABSENT.value if status == RecordingStatus.FAILED else status
