"""The REST API as an aiohttp application: who may come in, which operation it is, and what is answered."""

import secrets
from collections.abc import Iterable, Mapping, Sequence
from contextvars import ContextVar
from typing import Final

import structlog
from aiohttp import web
from aiohttp.typedefs import Handler as WebHandler
from multidict import MultiDict
from pydantic_core import to_json
from sqlalchemy.exc import SQLAlchemyError

from ari_conf.accounts import Account
from ari_conf.clock import Clock
from ari_conf.media.port import EngineError
from ari_conf.store import plainly
from ari_conf.twilio_codes import TwilioError

from .choices import MAX_BODY_BYTES
from .errors import NotFound, RestCode, RestError, error_body
from .gate import CHALLENGE, Gate, Login, TooManyRequestsError
from .openapi import openapi
from .operation import Asked, Body, Listing, Operation
from .paging import Page, envelope
from .parameters import Parameters, read_parameters

log = structlog.get_logger(__name__)

PREFIX: Final = "/2010-04-01"

_LOGIN: Final[ContextVar[Login]] = ContextVar("login")
"""Whose request it is that is being answered; aiohttp has no keys for requests before 3.14."""

_JSON: Final = "application/json"
_FORM: Final = "application/x-www-form-urlencoded"


class RestApi:
    """The REST API of ``accounts``: ``operations``, each of which may be asked ``rate`` times a second on the average.

    ``rate`` and ``burst`` are those of one account, and of one address.
    """

    def __init__(
        self, operations: Sequence[Operation], accounts: Iterable[Account], clock: Clock, *, rate: float, burst: float
    ) -> None:
        self._gate = Gate(accounts, rate, burst, clock)
        self._operations = operations
        self._description = to_json(openapi(operations, PREFIX))

    def mount(self, app: web.Application) -> None:
        """Serve the API, and ``/openapi.json``, from ``app``."""
        api = web.Application(middlewares=[self._guard])
        for operation in self._operations:
            for suffix in operation.suffixes:
                path = "/Accounts/{AccountSid}" + operation.path
                api.router.add_route(operation.method, _pattern(path) + suffix, self._carrying_out(operation, suffix))
        app.add_subapp(PREFIX, api)
        app.router.add_get("/openapi.json", self._describe)

    async def _describe(self, _request: web.Request) -> web.Response:
        return web.Response(body=self._description, content_type=_JSON)

    @web.middleware
    async def _guard(self, request: web.Request, handler: WebHandler) -> web.StreamResponse:
        request_id = f"RQ{secrets.token_hex(16)}"
        try:
            _LOGIN.set(self._gate.admit(request))
            response = await handler(request)
        except TooManyRequestsError as error:
            response = _refuse(request, error, {"Retry-After": str(error.seconds)})
        except RestError as error:
            response = _refuse(request, error, CHALLENGE if error.status == 401 else {})
        except TwilioError as error:
            refusal = RestError(error.code, error.message, getattr(error, "status", 400))
            response = _refuse(request, refusal)
        except web.HTTPException as error:
            response = _refuse(request, _in_twilios_words(error), _allow(error))
        except SQLAlchemyError as error:
            log.error("a request cannot be answered from the database", request_id=request_id, cause=plainly(error))
            response = _refuse(request, _unavailable("database"))
        except EngineError as error:
            log.error("the engine does not do what a request asks for", request_id=request_id, cause=str(error))
            response = _refuse(request, _unavailable("media engine"))
        except Exception:
            log.exception("a request has failed", request_id=request_id, method=request.method, path=request.path)
            response = _refuse(request, RestError(RestCode.INTERNAL, "An internal error has occurred; it was logged.", 500))
        response.headers["Twilio-Request-Id"] = request_id
        return response

    def _carrying_out(self, operation: Operation, suffix: str) -> WebHandler:
        async def carry_out(request: web.Request) -> web.StreamResponse:
            login = _LOGIN.get()
            path = dict(request.match_info)
            if path.pop("AccountSid") != login.account.sid:
                raise NotFound
            sent = request.rel_url.query if operation.asks_by_query else await _form(request)
            parameters = read_parameters(operation.parameters, sent)
            asked = Asked(login.account, parameters, path, suffix, request.rel_url, login.by_token)
            answer = await operation.handler(asked)
            if isinstance(answer, web.StreamResponse):
                return answer
            if answer is None:
                return web.Response(status=204)
            return web.Response(body=_json(operation, answer, asked), status=operation.status, content_type=_JSON)

        return carry_out


def _pattern(path: str) -> str:
    """Return the path for aiohttp, in which a variable is no longer than it has to be: ``.json`` is not part of it."""
    return path.replace("}", ":[^/]+?}")


def _json(operation: Operation, answer: Body | Page, asked: Asked[Parameters]) -> bytes:
    if isinstance(answer, Page) and isinstance(operation.answer, Listing):
        path = asked.url.raw_path.removesuffix(asked.suffix) + ".json"
        return to_json({operation.answer.key: answer.items, **dict(envelope(answer, asked.url, path))})
    return to_json(answer)


async def _form(request: web.Request) -> MultiDict[str]:
    if not request.can_read_body:
        return MultiDict()
    if request.content_type != _FORM:
        raise RestError(RestCode.INVALID_PARAMETER, f"Send a form ({_FORM}), not {request.content_type}.", 415)
    limited = request.clone(client_max_size=MAX_BODY_BYTES)
    try:
        form = await limited.post()
    except (UnicodeDecodeError, LookupError, ValueError) as error:
        raise RestError(RestCode.INVALID_PARAMETER, "The form is not valid UTF-8.") from error
    return MultiDict((name, value) for name, value in form.items() if isinstance(value, str))


def _refuse(request: web.Request, error: RestError, headers: Mapping[str, str] | None = None) -> web.Response:
    message = error.message
    if isinstance(error, NotFound):
        message = f"The requested resource {request.path} was not found"
        if request.path.endswith((".xml", ".csv")):
            message += "; answers are JSON here, under .json"
    body = to_json(error_body(error.code, message, error.status))
    return web.Response(body=body, status=error.status, content_type=_JSON, headers=headers)


def _unavailable(what: str) -> RestError:
    return RestError(RestCode.UNAVAILABLE, f"The {what} does not answer at the moment; try again later.", 503)


def _in_twilios_words(error: web.HTTPException) -> RestError:
    match error:
        case web.HTTPNotFound():
            return NotFound()
        case web.HTTPMethodNotAllowed():
            allowed = ", ".join(sorted(error.allowed_methods))
            return RestError(RestCode.METHOD_NOT_ALLOWED, f"{error.method} is not allowed here, but {allowed}.", 405)
        case web.HTTPRequestEntityTooLarge():
            return RestError(RestCode.INVALID_PARAMETER, f"The form is larger than {MAX_BODY_BYTES} bytes.", 413)
        case _:
            return RestError(RestCode.INVALID_PARAMETER, error.reason, error.status)


def _allow(error: web.HTTPException) -> dict[str, str]:
    return {"Allow": error.headers["Allow"]} if "Allow" in error.headers else {}
