"""What the database keeps: one dataclass for each table. Writing a row puts it in the place of the row with the same key.

Times are in seconds since 1970 (UTC), None where something has not happened (yet). ``data`` fields are written as JSON.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountRow:
    """An account that was made because none was configured."""

    sid: str
    auth_token: str = field(repr=False)
    created_at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class CallRow:
    """A call. ``status`` and ``direction`` are Twilio's words, ``cause`` the network's for its end."""

    sid: str
    account_sid: str
    from_: str
    to: str
    direction: str
    status: str
    created_at: float
    parent_call_sid: str | None = None
    answered_at: float | None = None
    ended_at: float | None = None
    cause: str = ""
    sip_status: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentRow:
    """A TwiML document that a call was given, without its passwords; the key is the call and its ``number`` there."""

    call_sid: str
    number: int
    url: str
    method: str
    fetched_at: float
    twiml: str


@dataclass(frozen=True, slots=True, kw_only=True)
class VerbRow:
    """A verb that a call has run; the key is the call and the ``number`` of the verb in it.

    ``document`` is the document's number, ``data`` what came of the verb (``DialCallStatus``, ``Digits``, …).
    """

    call_sid: str
    number: int
    document: int
    name: str
    started_at: float
    ended_at: float | None = None
    data: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class ConferenceRow:
    """A conference, running or over."""

    sid: str
    account_sid: str
    friendly_name: str
    status: str
    created_at: float
    updated_at: float
    region: str | None = None
    started_at: float | None = None
    ended_at: float | None = None
    reason_ended: str | None = None
    call_sid_ending: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ParticipantRow:
    """One stay of a call in a conference; the key is the conference, the call and ``joined_at``. Flags are the latest."""

    conference_sid: str
    call_sid: str
    joined_at: float
    updated_at: float
    label: str | None = None
    muted: bool = False
    hold: bool = False
    coaching: bool = False
    call_sid_to_coach: str | None = None
    start_conference_on_enter: bool = True
    end_conference_on_exit: bool = False
    left_at: float | None = None
    reason_left: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EventRow:
    """Something that happened in a conference; the key is the conference and the ``number`` of the event in it, from 1.

    ``kind`` is the word of ``StatusCallbackEvent`` where there is one; ``sequence_number`` is there if it was told.
    """

    conference_sid: str
    number: int
    kind: str
    at: float
    call_sid: str | None = None
    sequence_number: int | None = None
    data: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingRow:
    """A recording, running or over. ``duration`` is in seconds, ``size`` in bytes."""

    sid: str
    account_sid: str
    source: str
    status: str
    channels: int
    track: str
    started_at: float
    created_at: float
    updated_at: float
    conference_sid: str | None = None
    call_sid: str | None = None
    duration: int | None = None
    size: int | None = None
    error_code: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueRow:
    """A queue, without those who are in it. One that was removed keeps its row for a while, with ``deleted_at``."""

    sid: str
    account_sid: str
    friendly_name: str
    max_size: int
    created_at: float
    updated_at: float
    deleted_at: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NotificationRow:
    """What went wrong, with the request and the answer where there were any. ``level`` is error or warning."""

    sid: str
    account_sid: str
    call_sid: str
    code: int
    level: str
    message: str
    at: float
    url: str = ""
    request_method: str = ""
    request_variables: str = ""
    response_headers: str = ""
    response_body: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryRow:
    """A callback that is owed, delivered or given up; ``token`` is the key, and its idempotency token over all attempts.

    Callbacks of one ``lane`` (a Conference SID or a Call SID) to one endpoint are delivered in order of ``position``, which is
    unique; a negative one was put there by somebody who wants it sent again, and means: behind all others. ``kind`` is
    conference, recording or call. ``state`` is owed, delivered or given-up.
    """

    token: str
    position: int
    account_sid: str
    kind: str
    lane: str
    url: str
    method: str
    parameters: Mapping[str, str]
    created_at: float
    state: str = "owed"
    attempts: int = 0
    next_at: float | None = None
    ended_at: float | None = None
    http_status: int | None = None
    error_code: int | None = None
    error: str = ""
    seconds: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveRow:
    """What a later life of the controller needs in order to go on with something; the key is ``kind`` and ``sid``.

    ``data`` is JSON; None says that it is over, and removes the row.
    """

    kind: str
    sid: str
    data: str | None = field(repr=False)


Row = (
    AccountRow
    | CallRow
    | DocumentRow
    | VerbRow
    | ConferenceRow
    | ParticipantRow
    | EventRow
    | RecordingRow
    | QueueRow
    | NotificationRow
    | DeliveryRow
    | LiveRow
)
