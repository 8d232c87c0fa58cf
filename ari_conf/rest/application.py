"""The REST API as an aiohttp application: who may come in, which operation it is, and what is answered."""

import asyncio
import secrets
import time
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Final, cast
from urllib.parse import parse_qsl

import structlog
from aiohttp import web
from multidict import MultiDict
from pydantic_core import to_json
from sqlalchemy.exc import SQLAlchemyError

from ari_conf.accounts import Account
from ari_conf.clock import Clock
from ari_conf.media.port import EngineError
from ari_conf.store import plainly
from ari_conf.twilio_codes import TwilioError
from ari_conf.webhooks.voice_parameters import API_VERSION

from .addresses import Network
from .choices import BODY_SECONDS, MAX_BODY_BYTES
from .errors import MethodNotAllowed, NotFound, RestCode, RestError, error_body
from .gate import CHALLENGE, Gate, Login, TooManyRequestsError
from .openapi import openapi
from .operation import Asked, Body, Listing, Operation
from .paging import Page, envelope
from .parameters import Parameters, read_parameters
from .routes import Routes

log = structlog.get_logger(__name__)

PREFIX: Final = f"/{API_VERSION}"

ROUTE: Final = web.RequestKey("route", str)
"""Where a request has the path of its operation, with the names of the variables in it, once that is known."""

_JSON: Final = "application/json"
_FORM: Final = "application/x-www-form-urlencoded"
_CHARSETS: Final = frozenset({"utf-8", "utf8", "us-ascii", "ascii", "iso-8859-1"})
"""Others can carry half a character, which fits into no JSON and no database."""


class RestApi:
    """The REST API of ``accounts``: ``operations``, each of which may be asked ``rate`` times a second on the average.

    ``rate`` and ``burst`` are those of one account, and of one address; ``trusted_proxies`` tell whose that is. Until it is
    ``open`` everything is refused with 503, and while it does not ``take_calls`` what would begin one. ``on_answered`` is told
    of each request its method, the status of its answer and the seconds between; it must not raise.
    """

    def __init__(
        self,
        operations: Sequence[Operation],
        accounts: Iterable[Account],
        clock: Clock,
        *,
        rate: float,
        burst: float,
        trusted_proxies: Collection[Network] = (),
    ) -> None:
        self._gate = Gate(accounts, rate, burst, clock, trusted_proxies)
        self._routes = Routes(operations)
        self.open = False
        self.take_calls = True
        self.on_answered: Callable[[str, int, float], None] = lambda _method, _status, _seconds: None
        self._description = to_json(openapi(operations, PREFIX))

    def mount(self, app: web.Application) -> None:
        """Serve the API, and ``/openapi.json``, from ``app``."""
        app.router.add_route("*", PREFIX + r"{path:(/[\s\S]*)?}", self._answer)
        app.router.add_get("/openapi.json", self._describe)

    async def _describe(self, _request: web.Request) -> web.Response:
        return web.Response(body=self._description, content_type=_JSON)

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        request_id = f"RQ{secrets.token_hex(16)}"
        began = time.monotonic()
        try:
            response = await self._carry_out(request, self._gate.admit(request))
        except TooManyRequestsError as error:
            response = _refuse(request, error, {"Retry-After": str(error.seconds)})
        except MethodNotAllowed as error:
            response = _refuse(request, error, {"Allow": error.allowed})
        except RestError as error:
            response = _refuse(request, error, CHALLENGE if error.status == 401 else {})
        except TwilioError as error:
            refusal = RestError(error.code, error.message, getattr(error, "status", 400))
            response = _refuse(request, refusal)
        except web.HTTPRequestEntityTooLarge:
            response = _refuse(request, _too_large())
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
        self.on_answered(request.method, response.status, time.monotonic() - began)
        return response

    async def _carry_out(self, request: web.Request, login: Login) -> web.StreamResponse:
        if not self.open:
            raise _unavailable("controller")
        url = request.rel_url
        route, path = self._routes.find(request.method, url.path_safe.removeprefix(PREFIX))
        if path.pop("AccountSid") != login.account.sid:
            raise NotFound
        operation = route.operation
        request[ROUTE] = route.path
        sent = url.query if operation.asks_by_query else await _form(request)
        parameters = read_parameters(operation.parameters, sent)
        asked = Asked(login.account, parameters, path, route.suffix, url, login.by_token)
        # Not before the form has come, which may take a while.
        if operation.begins_call and not self.take_calls:
            raise RestError(
                RestCode.UNAVAILABLE, "No new calls are taken, for the controller is about to stop; try later.", 503
            )
        answer = await operation.handler(asked)
        if isinstance(answer, web.StreamResponse):
            return answer
        if answer is None:
            return web.Response(status=204)
        return web.Response(body=_json(operation, answer, asked), status=operation.status, content_type=_JSON)


def _json(operation: Operation, answer: Body | Page, asked: Asked[Parameters]) -> bytes:
    if not (isinstance(answer, Page) and isinstance(operation.answer, Listing)):
        return to_json(answer)
    path = asked.url.raw_path.removesuffix(asked.suffix) + ".json"
    items = b",".join([item.as_json for item in cast("Sequence[Body]", answer.items)])
    around = to_json(envelope(answer, asked.url, path))
    return b"".join((b'{"', operation.answer.key.encode(), b'":[', items, b"],", around.removeprefix(b"{")))


async def _form(request: web.Request) -> MultiDict[str]:
    if not request.can_read_body:
        return MultiDict()
    if request.content_type != _FORM:
        raise RestError(RestCode.INVALID_PARAMETER, f"Send a form ({_FORM}), not {request.content_type}.", 415)
    if request.headers.get("Content-Encoding", "identity").strip().lower() != "identity":
        raise RestError(RestCode.INVALID_PARAMETER, "Send the form as it is, without a Content-Encoding.", 415)
    charset = (request.charset or "utf-8").lower()
    if charset not in _CHARSETS:
        raise RestError(RestCode.INVALID_PARAMETER, "Send the form in UTF-8.", 415)
    try:
        async with asyncio.timeout(BODY_SECONDS):
            # One without a length is read as far as aiohttp reads bodies.
            if (request.content_length or 0) > MAX_BODY_BYTES or len(body := await request.read()) > MAX_BODY_BYTES:
                raise _too_large()
    except TimeoutError as error:
        sentence = f"The form has not arrived within {BODY_SECONDS:g} s."
        raise RestError(RestCode.INVALID_PARAMETER, sentence, 408) from error
    except (ConnectionError, web.RequestPayloadError) as error:
        raise RestError(RestCode.INVALID_PARAMETER, "The form has broken off.") from error
    try:
        fields = parse_qsl(body.rstrip().decode(charset), keep_blank_values=True, encoding=charset, errors="strict")
    except ValueError as error:
        raise RestError(RestCode.INVALID_PARAMETER, "The form is not valid UTF-8.") from error
    return MultiDict(fields)


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


def _too_large() -> RestError:
    return RestError(RestCode.INVALID_PARAMETER, f"The form is larger than {MAX_BODY_BYTES} bytes.", 413)
