"""What is wrong with a request: Twilio's error codes of its REST API, and the answer that tells it."""

from collections.abc import Iterable
from enum import IntEnum


class RestCode(IntEnum):
    """Codes that only the REST API uses; those that calls and TwiML have too are in ``ari_conf.twilio_codes``."""

    INVALID_PARAMETER = 20001
    FRIENDLY_NAME = 20002
    AUTHENTICATE = 20003
    METHOD_NOT_ALLOWED = 20004
    PAGE_SIZE = 20007
    NOT_OVER_YET = 20009
    """What is not over cannot be deleted."""
    NOT_FOUND = 20404
    CONFLICT = 20409
    TOO_MANY_REQUESTS = 20429
    INTERNAL = 20500
    UNAVAILABLE = 20503
    TO_MISSING = 21201
    URL = 21205
    SEND_DIGITS = 21206
    TIMEOUT = 21208
    METHOD = 21209
    TO = 21211
    FROM = 21212
    FROM_MISSING = 21213
    APPLICATION_SID = 21218
    SIP_CREDENTIALS = 21225
    PAGE_TOKEN = 21481
    STATUS_CALLBACK = 21609
    CONFERENCE_ATTRIBUTE = 16002
    LABEL = 16024
    REQUESTED_CHANNELS = 16113


class RestError(Exception):
    """Why a request is refused: ``code`` is Twilio's, ``message`` a sentence for the client, ``status`` that of HTTP."""

    def __init__(self, code: int, message: str, status: int = 400) -> None:
        # Some come as they are logged, which is a part of a sentence; a single word is Twilio's own.
        self.message = f"{message[:1].upper()}{message[1:].removesuffix('.')}." if " " in message else message
        super().__init__(f"{int(code)}: {self.message}")
        self.code = int(code)
        self.status = status


class NotFound(RestError):  # noqa: N818 - it is named as what it tells
    """There is nothing at this address, or nothing that this account may see."""

    def __init__(self) -> None:
        super().__init__(RestCode.NOT_FOUND, "the requested resource was not found", 404)


class MethodNotAllowed(RestError):  # noqa: N818 - it is named as what it tells
    """There is something at this address, but not for this method; ``allowed`` has those that are, as ``Allow`` names them."""

    def __init__(self, method: str, allowed: Iterable[str]) -> None:
        self.allowed = ", ".join(sorted(allowed))
        super().__init__(RestCode.METHOD_NOT_ALLOWED, f"{method} is not allowed here, but {self.allowed}.", 405)


def error_body(code: int, message: str, status: int) -> dict[str, object]:
    """Return an error as Twilio words it."""
    return {"code": code, "message": message, "more_info": f"https://www.twilio.com/docs/errors/{code}", "status": status}
