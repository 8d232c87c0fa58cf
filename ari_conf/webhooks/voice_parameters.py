"""The parameters that every voice webhook carries, and those of callbacks about the progress of a call."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from ari_conf.conference import rfc2822

API_VERSION: Final = "2010-04-01"

_SIP_HEADER: Final = re.compile(r"[Xx]-[A-Za-z0-9_.-]{1,100}")
_SIP_HOST: Final = re.compile(r"\s*<?sips?:(?:[^@]*@)?(?P<host>\[[^\]]*\]|[^:;?>\s]*)", re.IGNORECASE)
MOST_SIP_HEADERS: Final = 50
LONGEST_SIP_HEADER: Final = 1024
"""In characters. What is beyond these limits is not told: a GET has to carry it in its URL."""


class CallStatus(StrEnum):
    """Where a call is in its life."""

    QUEUED = "queued"
    INITIATED = "initiated"
    """Of a call that is being placed, as callbacks about its progress have it."""
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
    """What the application is told about a call. ``from_`` and ``to`` are numbers, ``client:`` names or SIP URIs.

    ``more`` are further parameters: those of a SIP request, or what a client brings of its own. None of them takes the place of
    a standard one.
    """

    call_sid: str
    account_sid: str
    from_: str
    to: str
    status: CallStatus
    direction: Direction = Direction.INBOUND
    caller_name: str | None = None
    forwarded_from: str | None = None
    parent_call_sid: str | None = None
    more: Mapping[str, str] = field(default_factory=dict)


def voice_parameters(call: VoiceCall) -> dict[str, str]:
    """Return the standard parameters of a voice webhook about ``call``; those of its occasion are added by the caller."""
    optional = {
        "CallerName": call.caller_name,
        "ForwardedFrom": call.forwarded_from,
        "ParentCallSid": call.parent_call_sid,
    }
    return {
        **call.more,
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


def sip_parameters(to_uri: str, call_id: str, source_ip: str, headers: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Return the parameters of a call that has come by SIP, from its INVITE.

    Of ``headers`` those named ``X-…`` are told, by the name as it came; of several with one name the first.
    """
    domain = _SIP_HOST.match(to_uri)
    parameters = {
        "SipDomain": domain["host"] if domain else "",
        "SipCallId": call_id,
        "SipSourceIp": source_ip,
    }
    told = [(name, value) for name, value in headers if _SIP_HEADER.fullmatch(name) and len(value) <= LONGEST_SIP_HEADER]
    for name, value in told[:MOST_SIP_HEADERS]:
        parameters.setdefault(f"SipHeader_{name}", value)
    return parameters


def call_progress_parameters(
    *, at: float, sequence_number: int, call_duration: int | None = None, sip_response_code: int | None = None
) -> dict[str, str]:
    """Return what a callback about the progress of a call carries besides the standard parameters.

    ``at`` is in seconds since 1970, ``sequence_number`` counts a call's callbacks from 0, ``call_duration`` is in seconds, of
    a call that is over.
    """
    parameters = {
        "Timestamp": rfc2822(at),
        "CallbackSource": "call-progress-events",
        "SequenceNumber": str(sequence_number),
    }
    if call_duration is not None:
        parameters["CallDuration"] = str(call_duration)
        parameters["Duration"] = str(-(-call_duration // 60))
    if sip_response_code is not None:
        parameters["SipResponseCode"] = str(sip_response_code)
    return parameters
