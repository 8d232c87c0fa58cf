"""The REST API as an aiohttp application: who may come in, which operation it is, and what is answered."""

import asyncio
import time
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Final, cast
from urllib.parse import parse_qsl

from aiohttp import web
from aiohttp.typedefs import Handler
from multidict import MultiDict
from pydantic_core import to_json

from ari_conf.accounts import Account
from ari_conf.clock import Clock
from ari_conf.webhooks.voice_parameters import API_VERSION

from .addresses import Network
from .bodies import read_body
from .choices import BODY_SECONDS, MAX_BODY_BYTES
from .errors import NotFound, RestCode, RestError
from .gate import CHALLENGE, Gate, Login
from .openapi import openapi
from .operation import Asked, Body, Listing, Operation
from .paging import Page, envelope
from .parameters import Parameters, read_parameters
from .refusals import JSON, answer_or_refuse, unavailable
from .routes import Routes

PREFIX: Final = f"/{API_VERSION}"

BELOW: Final = r"{path:(/[\s\S]*)?}"
"""Of a route: whatever follows."""

Admit = Callable[[web.Request], Login]
"""Says whose request it is. Raises ``RestError`` for one that may not come in."""

ROUTE: Final = web.RequestKey("route", str)
"""Where a request has the path of its operation, with the names of the variables in it, once that is known."""

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
        self._operations = operations
        self._description: bytes | None = None

    def mount(self, app: web.Application) -> None:
        """Serve the API, and ``/openapi.json``, from ``app``."""
        app.router.add_route("*", PREFIX + BELOW, self.way_in(PREFIX, self._gate.admit, CHALLENGE))
        app.router.add_get("/openapi.json", self._describe)

    async def _describe(self, _request: web.Request) -> web.Response:
        if self._description is None:
            # Only for who asks, and in a thread: it takes as long as all else that a start does.
            self._description = await asyncio.to_thread(lambda: to_json(openapi(self._operations, PREFIX)))
        return web.Response(body=self._description, content_type=JSON)

    def way_in(self, prefix: str, admit: Admit, challenge: Mapping[str, str]) -> Handler:
        """Return what answers requests for ``{prefix}/Accounts/…``, routed there with ``*``.

        ``admit`` says whose a request is, or raises ``RestError``; ``challenge`` are the headers of a refusal with 401.
        """

        async def answer(request: web.Request) -> web.StreamResponse:
            began = time.monotonic()
            response = await answer_or_refuse(request, self._carry_out(request, prefix, admit), challenge)
            self.on_answered(request.method, response.status, time.monotonic() - began)
            return response

        return answer

    async def _carry_out(self, request: web.Request, prefix: str, admit: Admit) -> web.StreamResponse:
        login = admit(request)
        if not self.open:
            raise unavailable("controller")
        url = request.rel_url
        route, path = self._routes.find(request.method, url.path_safe.removeprefix(prefix))
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
        return web.Response(body=_json(operation, answer, asked), status=operation.status, content_type=JSON)


def _json(operation: Operation, answer: Body | Page, asked: Asked[Parameters]) -> bytes:
    if not (isinstance(answer, Page) and isinstance(operation.answer, Listing)):
        return to_json(answer)
    path = asked.url.raw_path.removesuffix(asked.suffix) + ".json"
    items = [item.as_json for item in cast("Sequence[Body]", answer.items)]
    around = to_json(envelope(answer, asked.url, path))
    return b'{"%b":[%b],%b' % (operation.answer.key.encode(), b",".join(items), around.removeprefix(b"{"))


async def _form(request: web.Request) -> MultiDict[str]:
    if not request.can_read_body:
        return MultiDict()
    if request.content_type != _FORM:
        raise RestError(RestCode.INVALID_PARAMETER, f"Send a form ({_FORM}), not {request.content_type}.", 415)
    charset = (request.charset or "utf-8").lower()
    if charset not in _CHARSETS:
        raise RestError(RestCode.INVALID_PARAMETER, "Send the form in UTF-8.", 415)
    body = await read_body(request, "form", most=MAX_BODY_BYTES, seconds=BODY_SECONDS)
    try:
        fields = parse_qsl(body.rstrip().decode(charset), keep_blank_values=True, encoding=charset, errors="strict")
    except ValueError as error:
        raise RestError(RestCode.INVALID_PARAMETER, "The form is not valid UTF-8.") from error
    return MultiDict(fields)
