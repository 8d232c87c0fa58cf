"""What is wrong with a request: Twilio's error codes of its REST API, and the answer that tells it."""

from enum import IntEnum


class RestCode(IntEnum):
    """Codes that only the REST API uses; those that calls and TwiML have too are in ``ari_conf.twilio_codes``."""

    INVALID_PARAMETER = 20001
    AUTHENTICATE = 20003
    METHOD_NOT_ALLOWED = 20004
    PAGE_SIZE = 20007
    NOT_FOUND = 20404
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
    PAGE_TOKEN = 21481
    STATUS_CALLBACK = 21609
    CONFERENCE_ATTRIBUTE = 16002
    LABEL = 16024
    COACHED_NOT_THERE = 16028


class RestError(Exception):
    """Why a request is refused: ``code`` is Twilio's, ``message`` one sentence for the client, ``status`` that of HTTP."""

    def __init__(self, code: int, message: str, status: int = 400) -> None:
        super().__init__(f"{int(code)}: {message}")
        self.code = int(code)
        self.message = message
        self.status = status


class NotFound(RestError):  # noqa: N818 - it is named as what it tells
    """There is nothing at this address, or nothing that this account may see."""

    def __init__(self) -> None:
        super().__init__(RestCode.NOT_FOUND, "the requested resource was not found", 404)


def error_body(code: int, message: str, status: int) -> dict[str, object]:
    """Return an error as Twilio words it."""
    return {"code": code, "message": message, "more_info": f"https://www.twilio.com/docs/errors/{code}", "status": status}
