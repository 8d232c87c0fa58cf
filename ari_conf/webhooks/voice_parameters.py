"""The parameters that every voice webhook carries."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

API_VERSION: Final = "2010-04-01"


class CallStatus(StrEnum):
    """Where a call is in its life."""

    QUEUED = "queued"
    RINGING = "ringing"
    IN_PROGRESS = "in-progress"
    COMPLETED = "completed"
    BUSY = "busy"
    FAILED = "failed"
    NO_ANSWER = "no-answer"
    CANCELED = "canceled"


class Direction(StrEnum):
    """Who has placed a call."""

    INBOUND = "inbound"
    OUTBOUND_API = "outbound-api"
    OUTBOUND_DIAL = "outbound-dial"


@dataclass(frozen=True, slots=True, kw_only=True)
class VoiceCall:
    """What the application is told about a call. ``from_`` and ``to`` are numbers, ``client:`` names or SIP URIs."""

    call_sid: str
    account_sid: str
    from_: str
    to: str
    status: CallStatus
    direction: Direction = Direction.INBOUND
    caller_name: str | None = None
    forwarded_from: str | None = None
    parent_call_sid: str | None = None


def voice_parameters(call: VoiceCall) -> dict[str, str]:
    """Return the standard parameters of a voice webhook about ``call``; those of its occasion are added by the caller."""
    optional = {
        "CallerName": call.caller_name,
        "ForwardedFrom": call.forwarded_from,
        "ParentCallSid": call.parent_call_sid,
    }
    return {
        "CallSid": call.call_sid,
        "AccountSid": call.account_sid,
        "From": call.from_,
        "To": call.to,
        "Caller": call.from_,
        "Called": call.to,
        "CallStatus": call.status.value,
        "ApiVersion": API_VERSION,
        "Direction": call.direction.value,
        **{name: value for name, value in optional.items() if value is not None},
    }
