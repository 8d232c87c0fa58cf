"""Who may read the metrics, which tell of all accounts: this machine, or who shows the token."""

import hashlib
import hmac
import math
import re
from typing import Final

from aiohttp import web

from ari_conf.clock import Clock
from ari_conf.rest.addresses import FORWARDED_FOR, client_address, is_within, owner_of, parse_address
from ari_conf.rest.buckets import Buckets
from ari_conf.settings import ServerSettings

from .choices import GUESSES_AT_ONCE, GUESSES_PER_SECOND

_OF_PROXIES: Final = (FORWARDED_FOR, "Forwarded", "Via", "X-Real-IP", "X-Forwarded-Host", "X-Forwarded-Proto")
"""What a proxy adds. From one that is not trusted it says no more than that somebody else asks."""

_NEAR: Final = re.compile(r"(?:localhost|127\.[0-9]{1,3}\.[0-9]{1,3}\.[0-9]{1,3}|\[::1\])(?::[0-9]{1,5})?", re.IGNORECASE)
"""How a program on this machine calls it. A browser names the site whose page asks."""


class Door:
    """Lets in whom ``[server] metrics`` names. Addresses that guess the token have to wait."""

    def __init__(self, server: ServerSettings, clock: Clock) -> None:
        self._wants_token = server.metrics == "token"
        self._token = _digest(server.metrics_token.get_secret_value())
        self._trusted = server.trusted_proxies
        self._guesses = Buckets(GUESSES_PER_SECOND, GUESSES_AT_ONCE, clock)

    def refusal(self, request: web.Request) -> web.Response | None:
        """Return what is answered to somebody who may not come in, None for who may."""
        if self._wants_token:
            return self._refuse_without_token(request)
        if self._is_near(request):
            return None
        sentence = 'The metrics are for the controller\'s own machine; [server] metrics = "token" lets others read them.\n'
        return web.Response(status=403, text=sentence)

    def _refuse_without_token(self, request: web.Request) -> web.Response | None:
        owner = owner_of(self._client(request))
        if not self._guesses.take(owner, 0.0):
            wait = math.ceil(self._guesses.seconds_until(owner))
            return web.Response(status=429, text="Too many wrong tokens.\n", headers={"Retry-After": str(wait)})
        kind, _, token = request.headers.get("Authorization", "").partition(" ")
        if kind.lower() == "bearer" and hmac.compare_digest(_digest(token.strip()), self._token):
            return None
        self._guesses.take(owner)
        challenge = {"WWW-Authenticate": 'Bearer realm="ari_conf metrics"'}
        return web.Response(status=401, text="Show the token of [server] metrics_token.\n", headers=challenge)

    def _is_near(self, request: web.Request) -> bool:
        """Tell whether a program on this machine asks for itself, and not for a page of strangers that it shows."""
        peer = parse_address(request.remote or "")
        if peer is None or not peer.is_loopback:
            return False
        if not is_within(peer, self._trusted) and any(name in request.headers for name in _OF_PROXIES):
            return False
        client = parse_address(self._client(request))
        return client is not None and client.is_loopback and _NEAR.fullmatch(request.host) is not None

    def _client(self, request: web.Request) -> str:
        return client_address(request.remote or "", request.headers.getall(FORWARDED_FOR, ()), self._trusted)


def _digest(secret: str) -> bytes:
    return hashlib.sha256(secret.encode(errors="surrogateescape")).digest()
