"""One row of each kind, with all its fields filled in, and rows that tests make many of."""

from ari_conf.store import (
    AccountRow,
    CallRow,
    ConferenceRow,
    DeliveryRow,
    DocumentRow,
    EventRow,
    LiveRow,
    NotificationRow,
    ParticipantRow,
    QueueRow,
    RecordingRow,
    Row,
    VerbRow,
)

ACCOUNT = "AC" + "1" * 32
OTHER_ACCOUNT = "AC" + "2" * 32
CALL = "CA" + "1" * 32
CONFERENCE = "CF" + "1" * 32
NOW = 1_760_000_000.125


def conference(
    number: int = 1, *, status: str = "in-progress", account: str = ACCOUNT, ended_at: float | None = None
) -> ConferenceRow:
    return ConferenceRow(
        sid=f"CF{number:032x}",
        account_sid=account,
        friendly_name=f"room {number}",
        status=status,
        created_at=NOW,
        updated_at=NOW,
        ended_at=ended_at,
    )


def delivery(
    number: int = 1, *, state: str = "owed", ended_at: float | None = None, position: int | None = None
) -> DeliveryRow:
    return DeliveryRow(
        token=f"token-{number}",
        position=number if position is None else position,
        account_sid=ACCOUNT,
        kind="conference",
        lane=CONFERENCE,
        url="https://bob:sesame@app.example/events?a=1",
        method="POST",
        parameters={"FriendlyName": "Zimmer Ä 🎉", "StatusCallbackEvent": "conference-start"},
        created_at=NOW,
        state=state,
        ended_at=ended_at,
    )


def happened(number: int = 1, conference_sid: str = CONFERENCE) -> EventRow:
    return EventRow(
        conference_sid=conference_sid,
        number=number,
        kind="participant-join",
        at=NOW,
        call_sid=CALL,
        sequence_number=number,
        data={"Muted": "false"},
    )


def call(number: int = 1, *, account: str = ACCOUNT, ended_at: float | None = None) -> CallRow:
    return CallRow(
        sid=f"CA{number:032x}",
        account_sid=account,
        from_="+4930123",
        to="sip:büro@example.org",
        direction="inbound",
        status="completed" if ended_at else "in-progress",
        created_at=NOW,
        parent_call_sid=CALL,
        answered_at=NOW + 1,
        ended_at=ended_at,
        cause="16",
        sip_status=200,
    )


def notification(number: int = 1, *, at: float = NOW) -> NotificationRow:
    return NotificationRow(
        sid=f"NO{number:032x}",
        account_sid=ACCOUNT,
        call_sid=CALL,
        code=11200,
        level="error",
        message="HTTP retrieval failure",
        at=at,
        url="https://bob:sesame@app.example/voice",
        request_method="POST",
        request_variables="CallSid=CA&To=x",
        response_headers="Content-Type: text/plain",
        response_body="oops",
    )


def recording(number: int = 1, *, status: str = "completed", updated_at: float = NOW) -> RecordingRow:
    return RecordingRow(
        sid=f"RE{number:032x}",
        account_sid=ACCOUNT,
        source="Conference",
        status=status,
        channels=1,
        track="both",
        started_at=NOW,
        created_at=NOW,
        updated_at=updated_at,
        conference_sid=CONFERENCE,
        call_sid=CALL,
        duration=12,
        size=5_000_000_000,
        error_code=0,
    )


def queue(number: int = 1, *, deleted_at: float | None = None) -> QueueRow:
    return QueueRow(
        sid=f"QU{number:032x}",
        account_sid=ACCOUNT,
        friendly_name=f"Schlange {number} 🐍",
        max_size=100,
        created_at=NOW,
        updated_at=NOW,
        deleted_at=deleted_at,
    )


def document(number: int = 1, call_sid: str = CALL) -> DocumentRow:
    return DocumentRow(
        call_sid=call_sid,
        number=number,
        url="https://app.example/voice",
        method="POST",
        fetched_at=NOW,
        twiml="<Response><Redirect>https://bob:sesame@app.example/next</Redirect><Sip>sip:bob@example.org</Sip></Response>",
    )


def verb(number: int = 1, call_sid: str = CALL) -> VerbRow:
    return VerbRow(
        call_sid=call_sid,
        number=number,
        document=1,
        name="Dial",
        started_at=NOW,
        ended_at=NOW + 3,
        data={"DialCallStatus": "completed"},
    )


def participant(number: int = 1, conference_sid: str = CONFERENCE) -> ParticipantRow:
    return ParticipantRow(
        conference_sid=conference_sid,
        call_sid=f"CA{number:032x}",
        joined_at=NOW,
        updated_at=NOW,
        label="agent",
        muted=True,
        hold=True,
        coaching=True,
        call_sid_to_coach=CALL,
        start_conference_on_enter=False,
        end_conference_on_exit=True,
        left_at=NOW + 2,
        reason_left="participant-hung-up",
    )


def live(number: int = 1, data: str | None = '{"label": "Zoë"}') -> LiveRow:
    return LiveRow(kind="participant", sid=f"{CONFERENCE}/CA{number:032x}", data=data)


ALL_KINDS: tuple[Row, ...] = (
    AccountRow(sid=ACCOUNT, auth_token="sesame", created_at=NOW),
    call(ended_at=NOW + 9),
    document(),
    verb(),
    conference(ended_at=NOW + 5),
    participant(),
    happened(),
    recording(),
    queue(deleted_at=NOW + 6),
    notification(),
    delivery(ended_at=NOW + 7),
    live(),
)
