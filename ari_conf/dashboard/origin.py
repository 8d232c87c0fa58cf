"""Where a request comes from: which address, by https or not, and whether it is one of our own pages that asks."""

from collections.abc import Collection
from typing import Final, NamedTuple

from aiohttp import web
from yarl import URL

from ari_conf.rest.addresses import FORWARDED_FOR, Network, client_address, is_within, owner_of, parse_address
from ari_conf.settings import ServerSettings

_SCHEMES: Final = ("http", "https")


class _Origin(NamedTuple):
    scheme: str
    host: str
    port: int | None


class Origins:
    """Judges requests to the server that has these settings."""

    def __init__(self, server: ServerSettings) -> None:
        self._trusted: Collection[Network] = server.trusted_proxies
        self._public = _origin(server.public_url)

    def owner(self, request: web.Request) -> str:
        """Return whom the address belongs to from which a request comes."""
        return owner_of(client_address(request.remote or "", request.headers.getall(FORWARDED_FOR, ()), self._trusted))

    def is_ours(self, request: web.Request) -> bool:
        """Tell whether a page of ours may have sent it, or a program that is no browser; another site's page has not."""
        site = request.headers.get("Sec-Fetch-Site")
        if site is not None:
            return site == "same-origin"
        origin = _origin(request.headers.get("Origin"))
        if origin is None:
            return "Origin" not in request.headers
        if origin == self._public:
            return True
        # A proxy may speak https for us, so the scheme says nothing here.
        return origin == _origin(f"{origin.scheme}://{self._host(request)}")

    def is_secure(self, request: web.Request) -> bool:
        """Tell whether the browser has sent it by https, be it to a proxy in front of us."""
        origin = _origin(request.headers.get("Origin"))
        if origin is not None:
            return origin.scheme == "https"
        if self._is_by_trusted(request) and (told := request.headers.get("X-Forwarded-Proto")):
            return told.rpartition(",")[2].strip().lower() == "https"
        return request.secure or (self._public is not None and self._public.scheme == "https")

    def _host(self, request: web.Request) -> str:
        told = request.headers.get("X-Forwarded-Host") if self._is_by_trusted(request) else None
        return told.rpartition(",")[2].strip() if told else request.host

    def _is_by_trusted(self, request: web.Request) -> bool:
        peer = parse_address(request.remote or "")
        return peer is not None and is_within(peer, self._trusted)


def _origin(text: str | None) -> _Origin | None:
    """Return what a browser names as an origin; None for none, ``null`` or what is no address."""
    try:
        url = URL(text or "")
        port = url.port
    except ValueError:
        return None
    return _Origin(url.scheme, url.host, port) if url.scheme in _SCHEMES and url.host else None
