"""Lets in who has a session: below ``/dashboard/api``, and to the REST API below ``/dashboard/rest``."""

import hmac
from collections.abc import Sequence
from typing import Final

import structlog
from aiohttp import web
from aiohttp.typedefs import Handler
from pydantic_core import to_json

from ari_conf.accounts import Account
from ari_conf.clock import Clock
from ari_conf.rest.buckets import Buckets
from ari_conf.rest.errors import NotFound, RestCode, RestError
from ari_conf.rest.gate import Login, TooManyRequestsError
from ari_conf.rest.refusals import JSON, answer_or_refuse, unavailable

from .origin import Origins
from .sessions import Sessions
from .visitor import Answer, Route, Visitor

log = structlog.get_logger(__name__)

COOKIE: Final = "ari_conf_session"
CSRF_HEADER: Final = "X-CSRF-Token"

_LOOKS: Final = frozenset({"GET", "HEAD"})
"""Methods that change nothing."""

_NO_CHALLENGE: Final[dict[str, str]] = {}
"""A browser asked by WWW-Authenticate would show a window of its own over the page."""


class Guard:
    """Knows visitors by their cookie. Each session may ask ``rate`` times a second on the average, ``burst`` times at once."""

    def __init__(
        self,
        sessions: Sessions,
        origins: Origins,
        accounts: Sequence[Account],
        clock: Clock,
        *,
        rate: float,
        burst: float,
    ) -> None:
        self._sessions = sessions
        self._origins = origins
        self._accounts = {account.sid: account for account in accounts}
        self._asked = Buckets(rate, burst, clock)

    def visitor(self, request: web.Request) -> Visitor:
        """Return who asks, with a session that may be used so: from a page of ours, if something is to be changed.

        Raises ``RestError``. Whether the role allows it, is not looked at.
        """
        if not self._sessions.restored:
            raise unavailable("controller")
        visitor = self._sessions.find(request.cookies.get(COOKIE, ""))
        if visitor is None:
            raise RestError(RestCode.AUTHENTICATE, "Log in; there is no session, or it has ended.", 401)
        if not self._asked.take(visitor.session):
            raise TooManyRequestsError(self._asked.seconds_until(visitor.session))
        if request.method not in _LOOKS:
            self._expect_our_page(request, visitor)
        return visitor

    def guarded(self, route: Route) -> Handler:
        """Return what answers requests for ``route``: as ``Route`` says, or with what refuses them."""

        async def answer(request: web.Request) -> web.StreamResponse:
            visitor = self._acting(request)
            return answered(await route.handler(request, visitor))

        async def handler(request: web.Request) -> web.StreamResponse:
            return await answer_or_refuse(request, answer(request), _NO_CHALLENGE)

        return handler

    def admit(self, request: web.Request) -> Login:
        """Return the account that a request below ``/dashboard/rest`` is about. Raises ``RestError``.

        The account's token is never shown on this way.
        """
        visitor = self._acting(request)
        _, _, account_sid = request.match_info["path"].partition("/Accounts/")
        account = self._accounts.get(account_sid.partition("/")[0].partition(".")[0])
        if account is None or not visitor.may_see(account.sid):
            raise NotFound
        return Login(account, by_token=False)

    def _acting(self, request: web.Request) -> Visitor:
        visitor = self.visitor(request)
        if request.method in _LOOKS:
            return visitor
        if visitor.role == "read-only":
            raise RestError(RestCode.AUTHENTICATE, f"{visitor.name} may look, but not change anything (role read-only).", 403)
        log.info("something is changed from the dashboard", name=visitor.name, method=request.method, path=request.path)
        return visitor

    def _expect_our_page(self, request: web.Request, visitor: Visitor) -> None:
        if not self._origins.is_ours(request):
            raise RestError(RestCode.AUTHENTICATE, "This was asked by a page of another site.", 403)
        if not _same(request.headers.get(CSRF_HEADER, ""), visitor.csrf):
            raise RestError(RestCode.AUTHENTICATE, f"The header {CSRF_HEADER} is missing or wrong; reload the page.", 403)


def answered(answer: Answer) -> web.StreamResponse:
    """Return the answer of a handler as a response."""
    if isinstance(answer, web.StreamResponse):
        return answer
    return web.Response(body=to_json(answer), content_type=JSON)


def _same(sent: str, expected: str) -> bool:
    return hmac.compare_digest(sent.encode(errors="surrogateescape"), expected.encode())
