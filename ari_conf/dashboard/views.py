"""Conferences, participants and recordings as the dashboard's JSON has them. Pure: values in, plain dictionaries out.

All times are in seconds since 1970 (UTC), null where something has not happened.
"""

from typing import TypedDict

from ari_conf.calls import Call
from ari_conf.conference import Conference, ConferenceStatus, Participant, RecordingState
from ari_conf.notifications import Notification
from ari_conf.recordings import Recording
from ari_conf.rest.participants_body import status_of
from ari_conf.rooms import Notes
from ari_conf.store import ConferenceRow, DeliveryRow

JOINED = "connected"
"""The status of a participant who is in the room, as REST has it."""


class ConferenceHead(TypedDict):
    """A conference without those in it. ``max_participants`` is not known any more of one that an earlier life has ended."""

    sid: str
    account_sid: str
    friendly_name: str
    status: str
    region: str | None
    created_at: float
    started_at: float | None
    ended_at: float | None
    reason_ended: str | None
    recording: str
    participants: int
    talking: int
    expected: int
    max_participants: int | None


class ParticipantView(TypedDict("_Addresses", {"from": str, "to": str})):
    """Somebody in a room or, without a ``joined_at``, being called into it."""

    call_sid: str
    label: str | None
    direction: str
    status: str
    joined_at: float | None
    muted: bool
    hold: bool
    coaching: bool
    call_sid_to_coach: str | None
    waiting: bool
    talking: bool
    talking_since: float | None
    start_conference_on_enter: bool
    end_conference_on_exit: bool


class LiveRecording(TypedDict):
    """A recording of a conference that is not finished."""

    sid: str
    status: str
    started_at: float
    source: str


class FailedCallback(TypedDict):
    """A callback that was not accepted at once (``state`` owed), or not at all (given-up)."""

    account_sid: str
    token: str
    kind: str
    lane: str
    state: str
    attempts: int
    http_status: int | None
    error_code: int | None


class NotificationNews(TypedDict):
    """A notification that has just been made."""

    account_sid: str
    sid: str
    call_sid: str
    code: int
    level: str
    at: float


def head(conference: Conference) -> ConferenceHead:
    """Return a conference, running or just ended, as it is now."""
    return ConferenceHead(
        sid=conference.sid,
        account_sid=conference.account_sid,
        friendly_name=conference.friendly_name,
        status=conference.status.value,
        region=conference.settings.region,
        created_at=conference.created_at,
        started_at=conference.started_at,
        ended_at=conference.ended_at,
        reason_ended=conference.reason_ended.value if conference.reason_ended else None,
        recording=conference.recording.value,
        participants=len(conference.participants),
        talking=len(conference.talking),
        expected=len(conference.expected),
        max_participants=conference.settings.max_participants,
    )


def head_of_row(row: ConferenceRow) -> ConferenceHead:
    """Return a conference that is not running any more: it is over, whatever its row says (a controller may have died)."""
    return ConferenceHead(
        sid=row.sid,
        account_sid=row.account_sid,
        friendly_name=row.friendly_name,
        status=ConferenceStatus.COMPLETED.value,
        region=row.region,
        created_at=row.created_at,
        started_at=row.started_at,
        ended_at=row.ended_at,
        reason_ended=row.reason_ended,
        recording=RecordingState.OFF.value,
        participants=0,
        talking=0,
        expected=0,
        max_participants=None,
    )


def present(conference: Conference, participant: Participant, call: Call | None, notes: Notes) -> ParticipantView:
    """Return somebody who is in a running conference, whose journal ``notes`` are.

    ``call`` may be gone from the book already; then what its webhooks said of it counts.
    """
    told = notes.voice_parameters.get(participant.call_sid, {})
    return _view(
        participant,
        from_=call.from_ if call else told.get("From", ""),
        to=call.to if call else told.get("To", ""),
        direction=call.direction.value if call else told.get("Direction", ""),
        status=JOINED,
        joined_at=notes.joined_at.get(participant.call_sid),
        waiting=conference.status is ConferenceStatus.INIT,
        talking_since=conference.talking.get(participant.call_sid),
    )


def expected(participant: Participant, call: Call | None) -> ParticipantView:
    """Return somebody who is being called into a conference; ``call`` is None for a moment before it is made."""
    return _view(
        participant,
        from_=call.from_ if call else "",
        to=call.to if call else "",
        direction=call.direction.value if call else "",
        status=status_of(call) if call else "queued",
        joined_at=None,
        waiting=False,
        talking_since=None,
    )


def recording_view(recording: Recording) -> LiveRecording:
    """Return a recording that is not finished."""
    return LiveRecording(
        sid=recording.sid,
        status=recording.status.value,
        started_at=recording.started_at,
        source=recording.source.value,
    )


def failed_callback(row: DeliveryRow) -> FailedCallback:
    """Return a callback that was not accepted."""
    return FailedCallback(
        account_sid=row.account_sid,
        token=row.token,
        kind=row.kind,
        lane=row.lane,
        state=row.state,
        attempts=row.attempts,
        http_status=row.http_status,
        error_code=row.error_code,
    )


def notification_news(notification: Notification) -> NotificationNews:
    """Return a notification, without its sentence, which may quote an address."""
    return NotificationNews(
        account_sid=notification.account_sid,
        sid=notification.sid,
        call_sid=notification.call_sid,
        code=int(notification.code),
        level=notification.level.value,
        at=notification.at,
    )


def _view(
    participant: Participant,
    *,
    from_: str,
    to: str,
    direction: str,
    status: str,
    joined_at: float | None,
    waiting: bool,
    talking_since: float | None,
) -> ParticipantView:
    return {
        "call_sid": participant.call_sid,
        "label": participant.label,
        "from": from_,
        "to": to,
        "direction": direction,
        "status": status,
        "joined_at": joined_at,
        "muted": participant.muted,
        "hold": participant.hold,
        "coaching": participant.coaching,
        "call_sid_to_coach": participant.call_sid_to_coach,
        "waiting": waiting,
        "talking": talking_since is not None,
        "talking_since": talking_since,
        "start_conference_on_enter": participant.start_conference_on_enter,
        "end_conference_on_exit": participant.end_conference_on_exit,
    }
