"""Logging in and out: ``/dashboard/api/session``."""

from dataclasses import asdict, dataclass
from typing import Annotated, Final

import structlog
from aiohttp import web
from aiohttp.typedefs import Handler
from pydantic import BaseModel, ConfigDict, StringConstraints, ValidationError

from ari_conf import __version__
from ari_conf.clock import Clock
from ari_conf.rest.bodies import read_body
from ari_conf.rest.buckets import Buckets
from ari_conf.rest.choices import BODY_SECONDS, GUESSES_AT_ONCE, GUESSES_PER_SECOND
from ari_conf.rest.errors import RestCode, RestError
from ari_conf.rest.gate import MOST_PROVEN, TooManyRequestsError
from ari_conf.rest.refusals import JSON, answer_or_refuse, unavailable

from .choices import GUESSES_OF_ADDRESS_AT_ONCE, GUESSES_OF_ADDRESS_PER_SECOND, LOGIN_BYTES
from .guard import COOKIE, Guard, answered
from .identities import Identities, Identity, usual
from .origin import Origins
from .sessions import Sessions
from .visitor import Role, Visitor

log = structlog.get_logger(__name__)

PATH: Final = "/dashboard"
"""Where the cookie is sent to."""


class _Credentials(BaseModel):
    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    name: Annotated[str, StringConstraints(min_length=1, max_length=128)]
    password: Annotated[str, StringConstraints(min_length=1, max_length=1024)]


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionBody:
    """A session as its page is told. ``expires_at`` is when it ends if nobody uses it, in seconds since 1970."""

    name: str
    role: Role
    accounts: tuple[str, ...]
    all_accounts: bool
    csrf: str
    expires_at: float
    version: str


class Guesses:
    """How many wrong passwords are borne: of an address, and, from wherever they come, of a name.

    Guesses do not shut out who has the name: an address from which they have logged in goes on.
    """

    def __init__(self, clock: Clock) -> None:
        self._addresses = Buckets(GUESSES_OF_ADDRESS_PER_SECOND, GUESSES_OF_ADDRESS_AT_ONCE, clock)
        self._names = Buckets(GUESSES_PER_SECOND, GUESSES_AT_ONCE, clock)
        self._proven: set[tuple[str, str]] = set()

    def take(self, name: str, address: str) -> None:
        """Count an attempt, which is a guess until it has turned out to be none. Raises ``TooManyRequestsError``."""
        if not self._addresses.take(address):
            raise TooManyRequestsError(self._addresses.seconds_until(address))
        if (name, address) not in self._proven and not self._names.take(name):
            raise TooManyRequestsError(self._names.seconds_until(name))

    def forgive(self, name: str, address: str) -> None:
        """Say that the attempt does not count, for no password was compared."""
        self._addresses.give_back(address)
        if (name, address) not in self._proven:
            self._names.give_back(name)

    def prove(self, name: str, address: str) -> None:
        """Say that the attempt was no guess: somebody has logged in."""
        self.forgive(name, address)
        if len(self._proven) >= MOST_PROVEN:
            self._proven.clear()
        self._proven.add((name, address))


class LoginDesk:
    """Opens sessions for ``identities``, shows them and ends them."""

    def __init__(self, identities: Identities, sessions: Sessions, guard: Guard, origins: Origins, clock: Clock) -> None:
        self._identities = identities
        self._sessions = sessions
        self._guard = guard
        self._origins = origins
        self._guesses = Guesses(clock)

    def routes(self) -> list[web.RouteDef]:
        """Return the routes of ``/api/session``, below the dashboard."""
        path = "/api/session"
        return [
            web.get(path, self._handler(self._show)),
            web.post(path, self._handler(self._log_in)),
            web.delete(path, self._handler(self._log_out)),
        ]

    @staticmethod
    def _handler(work: Handler) -> Handler:
        async def handler(request: web.Request) -> web.StreamResponse:
            return await answer_or_refuse(request, work(request), {})

        return handler

    async def _show(self, request: web.Request) -> web.StreamResponse:
        return answered(_body(self._guard.visitor(request)))

    async def _log_in(self, request: web.Request) -> web.StreamResponse:
        if not self._sessions.restored:
            raise unavailable("controller")
        if not self._origins.is_ours(request):
            raise RestError(RestCode.AUTHENTICATE, "This was asked by a page of another site.", 403)
        credentials = await _credentials(request)
        identity = await self._identify(credentials, self._origins.owner(request))
        former = self._sessions.find(request.cookies.get(COOKIE, ""))
        if former is not None:
            self._sessions.end(former.session)
        token = self._sessions.begin(identity)
        visitor = self._sessions.find(token)
        if visitor is None:
            raise unavailable("session")
        response = answered(_body(visitor))
        secure = self._origins.is_secure(request)
        response.set_cookie(COOKIE, token, path=PATH, httponly=True, samesite="Strict", secure=secure)
        return response

    async def _log_out(self, request: web.Request) -> web.StreamResponse:
        self._sessions.end(self._guard.visitor(request).session)
        response = web.Response(status=204)
        response.del_cookie(COOKIE, path=PATH, httponly=True, samesite="Strict", secure=self._origins.is_secure(request))
        return response

    async def _identify(self, credentials: _Credentials, address: str) -> Identity:
        name = usual(credentials.name)
        self._guesses.take(name, address)
        try:
            identity = await self._identities.prove(name, credentials.password)
        except TooManyRequestsError:
            self._guesses.forgive(name, address)
            raise
        if identity is None:
            # A name that nobody has may be a password, typed in the wrong place.
            known = name if self._identities.find(name) else None
            log.warning("somebody could not log in to the dashboard", name=known, address=address)
            raise RestError(RestCode.AUTHENTICATE, "There is no such name with this password.", 401)
        self._guesses.prove(name, address)
        log.info("somebody has logged in to the dashboard", name=name, address=address)
        return identity


async def _credentials(request: web.Request) -> _Credentials:
    if request.content_type != JSON:
        # A form of another site could send anything else without asking.
        raise RestError(RestCode.INVALID_PARAMETER, f"Send name and password as {JSON}.", 415)
    body = await read_body(request, "log-in", most=LOGIN_BYTES, seconds=BODY_SECONDS)
    try:
        return _Credentials.model_validate_json(body)
    except ValidationError as error:
        raise RestError(RestCode.INVALID_PARAMETER, "Send an object with name and password, both texts.") from error


def _body(visitor: Visitor) -> SessionBody:
    shown = asdict(visitor)
    del shown["session"]
    return SessionBody(**shown, version=__version__)
