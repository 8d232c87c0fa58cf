"""What every request that places a call can say of it: Calls and Participants have these fields in common."""

from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field

from ari_conf.calls import CallRequest
from ari_conf.calls.requests import ProgressCallback
from ari_conf.twiml import CallProgressEvent

from .dialled import From, To
from .errors import RestCode, RestError
from .parameters import WORDS, Flag, Method, WebUrl, Wrong
from .recordings_leg import LegRecordingParameters, leg_recording


def _refuse(_value: object) -> None:
    raise ValueError("answering machines are not detected here; leave it out")


def _refuse_true(value: bool) -> bool:  # noqa: FBT001 - pydantic calls it
    if value:
        _refuse(value)
    return value


NotDone = Annotated[None, BeforeValidator(_refuse)]
"""A field of answering machine detection. Ignoring it would let an application wait for an answer that never comes."""

NotTrue = Annotated[Flag, AfterValidator(_refuse_true)]
"""The same where false says that nothing is to be detected."""

Text = Annotated[str, Field(max_length=256)]


class PlaceCall(LegRecordingParameters):
    """Subclass it for a resource that places calls. What it says of a recording counts with ``record``."""

    to: To
    from_: Annotated[From, Field(alias="From")]
    caller_id: Annotated[From | None, Wrong(RestCode.FROM)] = None
    status_callback: Annotated[WebUrl | None, Wrong(RestCode.STATUS_CALLBACK)] = None
    status_callback_method: Method = "POST"
    status_callback_event: Annotated[frozenset[CallProgressEvent], WORDS] = frozenset({CallProgressEvent.COMPLETED})
    timeout: Annotated[int, Field(ge=1, le=600), Wrong(RestCode.TIMEOUT)] = 60
    time_limit: Annotated[int, Field(ge=1, le=86_400)] = 14_400
    record: Flag = False
    sip_auth_username: Text = ""
    sip_auth_password: Annotated[str, Field(max_length=256, repr=False)] = ""
    machine_detection: NotDone = None
    amd_status_callback: NotDone = None


def call_request(sent: PlaceCall, **more: Any) -> CallRequest:
    """Return the call that is asked for; ``more`` are fields of ``CallRequest`` that only one resource has.

    Raises ``RestError`` for half a login.
    """
    if bool(sent.sip_auth_username) is not bool(sent.sip_auth_password):
        raise RestError(RestCode.SIP_CREDENTIALS, "SipAuthUsername and SipAuthPassword are needed both, or none of them.")
    progress = None
    if sent.status_callback is not None:
        progress = ProgressCallback(sent.status_callback, sent.status_callback_method, sent.status_callback_event)
    return CallRequest(
        to=sent.to,
        from_=sent.from_,
        caller_id=sent.caller_id,
        timeout=sent.timeout,
        time_limit=sent.time_limit,
        progress=progress,
        username=sent.sip_auth_username,
        password=sent.sip_auth_password,
        record=leg_recording(sent) if sent.record else None,
        **more,
    )
