"""What a client says of a call that is to be placed, checked and read."""

from typing import Annotated

from pydantic import Field

from ari_conf.calls import CallRequest
from ari_conf.calls.requests import Source

from .errors import RestCode, RestError
from .parameters import Method, Twiml, WebUrl, Wrong
from .placing import NotDone, NotTrue, PlaceCall, call_request


class CreateCall(PlaceCall):
    """Whom to call, and what to do when the call is answered."""

    url: WebUrl | None = None
    method: Method = "POST"
    twiml: Twiml | None = None
    application_sid: str | None = None
    fallback_url: WebUrl | None = None
    fallback_method: Method = "POST"
    send_digits: Annotated[str, Field(pattern=r"^[0-9A-Da-d#*wW]{0,32}$"), Wrong(RestCode.SEND_DIGITS)] = ""
    async_amd: NotTrue = False
    async_amd_status_callback: NotDone = None


def request_of(wanted: CreateCall) -> CallRequest:
    """Return the call that is asked for. Raises ``RestError`` for what cannot be done."""
    if wanted.application_sid is not None:
        raise RestError(RestCode.APPLICATION_SID, "There are no TwiML applications here; give Url or Twiml instead.")
    if wanted.url is None and wanted.twiml is None:
        raise RestError(RestCode.URL, "Url parameter is required, or Twiml.")
    source = Source(
        url=wanted.url or "",
        method=wanted.method,
        # If there are both, the URL counts.
        twiml="" if wanted.url else wanted.twiml or "",
        fallback_url=wanted.fallback_url or "",
        fallback_method=wanted.fallback_method,
    )
    return call_request(wanted, source=source, send_digits=wanted.send_digits)
