"""Requests to the application: signed, bounded in time and size, redirects followed, failures tried again."""

import ssl as tls
import time
from collections.abc import Callable
from types import TracebackType
from typing import Final, Self

import aiohttp

from ari_conf.webhooks.errors import WebhookError
from ari_conf.webhooks.fetching import Fetching, Sessions
from ari_conf.webhooks.network_rules import NetworkRules
from ari_conf.webhooks.overrides import overridden
from ari_conf.webhooks.policy import HttpPolicy
from ari_conf.webhooks.request import WebhookRequest, WebhookResponse

_HEADERS: Final = {"User-Agent": "TwilioProxy/1.1", "Accept": "*/*", "Accept-Encoding": "identity"}


class WebhookClient:
    """Sends webhooks. An async context manager; one for the whole process is enough, any number of requests run at once.

    A request that is not repeatable has a connection of its own: a pooled one may be closed by the application just as a POST
    goes out, and nobody could tell whether that was seen. Cookies are kept only where a request brings a jar for them.
    ``tls_context`` replaces the usual trust in the system's certificate authorities. Without ``private_addresses`` hosts on
    this machine and in private networks are refused; link-local and metadata addresses are in any case.
    ``on_answered`` is told of each request how many seconds it took, and whether it succeeded; it must not raise.
    """

    def __init__(
        self,
        policy: HttpPolicy | None = None,
        *,
        tls_context: tls.SSLContext | None = None,
        private_addresses: bool = True,
    ) -> None:
        self._policy = policy or HttpPolicy()
        self._tls_context = tls_context
        self._rules = NetworkRules(private_addresses)
        self._sessions: Sessions | None = None
        self.on_answered: Callable[[WebhookRequest, float, bool], None] = lambda _request, _seconds, _succeeded: None

    async def __aenter__(self) -> Self:
        self._sessions = Sessions(fresh=self._session(pooled=False), pooled=self._session(pooled=True))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        sessions, self._sessions = self._sessions, None
        if sessions is not None:
            await sessions.fresh.close()
            await sessions.pooled.close()

    async def fetch(self, request: WebhookRequest) -> WebhookResponse:
        """Send ``request`` and return the answer.

        Raises ``WebhookError``: 11100 the URL is no http or https URL, 11240 to 11243 bad overrides in its fragment, 11205 no
        connection (or to an address that is refused), 11210 no such host, 11220 and 11235 to 11237 TLS, 11203 too slow, 11206
        not HTTP or broken off, 11215 too many redirects, 11216 a redirect that leads nowhere, 11200 another status that is not
        2xx, 11750 the body is too large. Nothing is logged but retries; the error says all there is to say.
        """
        if self._sessions is None:
            raise RuntimeError("the webhook client is not open; use it with `async with`")
        began = time.monotonic()
        try:
            response = await Fetching(self._sessions, request, overridden(self._policy, request.url)).run()
        except WebhookError:
            self.on_answered(request, time.monotonic() - began, False)  # noqa: FBT003
            raise
        self.on_answered(request, time.monotonic() - began, True)  # noqa: FBT003
        return response

    def _session(self, *, pooled: bool) -> aiohttp.ClientSession:
        return aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(
                force_close=not pooled, limit=0, ssl=self._tls_context or True, socket_factory=self._rules.open_socket
            ),
            cookie_jar=aiohttp.DummyCookieJar(),
            headers=_HEADERS,
            auto_decompress=False,
        )
