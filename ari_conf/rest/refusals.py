"""What becomes of a request that cannot be answered: one place where causes turn into statuses, codes and sentences."""

import secrets
from collections.abc import Awaitable, Mapping
from typing import Final

import structlog
from aiohttp import web
from pydantic_core import to_json
from sqlalchemy.exc import SQLAlchemyError

from ari_conf.media.port import EngineError
from ari_conf.store import plainly
from ari_conf.twilio_codes import TwilioError

from .errors import MethodNotAllowed, NotFound, RestCode, RestError, error_body
from .gate import TooManyRequestsError

log = structlog.get_logger(__name__)

JSON: Final = "application/json"


async def answer_or_refuse(
    request: web.Request, answer: Awaitable[web.StreamResponse], challenge: Mapping[str, str]
) -> web.StreamResponse:
    """Return the answer, or what tells why there is none; either has an id by which it is found in the log.

    ``challenge`` are the headers for who has not logged in.
    """
    request_id = f"RQ{secrets.token_hex(16)}"
    try:
        response = await answer
    except TooManyRequestsError as error:
        response = refuse(request, error, {"Retry-After": str(error.seconds)})
    except MethodNotAllowed as error:
        response = refuse(request, error, {"Allow": error.allowed})
    except RestError as error:
        response = refuse(request, error, challenge if error.status == 401 else {})
    except TwilioError as error:
        response = refuse(request, RestError(error.code, error.message, getattr(error, "status", 400)))
    except SQLAlchemyError as error:
        log.error("a request cannot be answered from the database", request_id=request_id, cause=plainly(error))
        response = refuse(request, unavailable("database"))
    except EngineError as error:
        log.error("the engine does not do what a request asks for", request_id=request_id, cause=str(error))
        response = refuse(request, unavailable("media engine"))
    except Exception:
        log.exception("a request has failed", request_id=request_id, method=request.method, path=request.path)
        response = refuse(request, RestError(RestCode.INTERNAL, "An internal error has occurred; it was logged.", 500))
    if not response.prepared:
        response.headers["Twilio-Request-Id"] = request_id
    return response


def refuse(request: web.Request, error: RestError, headers: Mapping[str, str] | None = None) -> web.Response:
    """Return the answer that tells of an error."""
    message = error.message
    if isinstance(error, NotFound):
        message = f"The requested resource {request.path} was not found"
        if request.path.endswith((".xml", ".csv")):
            message += "; answers are JSON here, under .json"
    body = to_json(error_body(error.code, message, error.status))
    return web.Response(body=body, status=error.status, content_type=JSON, headers=headers)


def unavailable(what: str) -> RestError:
    """Return the error for a part that does not answer."""
    return RestError(RestCode.UNAVAILABLE, f"The {what} does not answer at the moment; try again later.", 503)
