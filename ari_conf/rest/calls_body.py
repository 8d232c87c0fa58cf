"""A call as it is answered."""

from typing import Final

from pydantic import Field

from ari_conf.store import CallRow
from ari_conf.webhooks import CallStatus, Direction
from ari_conf.webhooks.voice_parameters import API_VERSION

from .calls_list import shown_status
from .operation import Body
from .reading import PRICE_UNIT, account_path, dated, dated_or_none

SUBRESOURCES: Final = {
    "notifications": "Notifications",
    "recordings": "Recordings",
    "payments": "Payments",
    "events": "Events",
    "siprec": "Siprec",
    "streams": "Streams",
    "transcriptions": "Transcriptions",
    "user_defined_message_subscriptions": "UserDefinedMessageSubscriptions",
    "user_defined_messages": "UserDefinedMessages",
}
"""Twilio's, so that the field is as it is there; only notifications and recordings are to be found here."""


class CallBody(Body):
    """A call. What only Twilio's network knows of it is null."""

    sid: str
    date_created: str
    date_updated: str
    parent_call_sid: str | None
    account_sid: str
    to: str
    to_formatted: str
    from_: str = Field(serialization_alias="from")
    from_formatted: str
    phone_number_sid: None = None
    status: str
    start_time: str | None
    end_time: str | None
    duration: str | None
    price: None = None
    price_unit: str = PRICE_UNIT
    direction: str
    answered_by: None = None
    api_version: str = API_VERSION
    forwarded_from: None = None
    group_sid: None = None
    caller_name: None = None
    queue_time: str = "0"
    stir_verstat: None = None
    trunk_sid: None = None
    uri: str
    subresource_uris: dict[str, str]


def call_body(row: CallRow) -> CallBody:
    """Return a call as it is answered."""
    path = f"{account_path(row.account_sid)}/Calls/{row.sid}"
    placed = row.direction == Direction.INBOUND or shown_status(row) != CallStatus.QUEUED
    over = row.status == CallStatus.COMPLETED and row.answered_at is not None and row.ended_at is not None
    return CallBody(
        sid=row.sid,
        date_created=dated(row.created_at),
        date_updated=dated(row.ended_at or row.answered_at or row.created_at),
        parent_call_sid=row.parent_call_sid,
        account_sid=row.account_sid,
        to=row.to,
        to_formatted=formatted(row.to),
        from_=row.from_,
        from_formatted=formatted(row.from_),
        status=shown_status(row),
        start_time=dated(row.created_at) if placed else None,
        end_time=dated_or_none(row.ended_at),
        duration=str(round((row.ended_at or 0) - (row.answered_at or 0))) if over else None,
        direction=row.direction,
        uri=f"{path}.json",
        subresource_uris={name: f"{path}/{segment}.json" for name, segment in SUBRESOURCES.items()},
    )


def formatted(party: str) -> str:
    """Return a party for people: a North American number as (415) 555-2671, anything else as it is."""
    digits = party.removeprefix("+1")
    if len(party) == 12 and len(digits) == 10 and digits.isascii() and digits.isdigit():
        return f"({digits[:3]}) {digits[3:6]}-{digits[6:]}"
    return party
