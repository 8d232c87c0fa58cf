"""Where requests come in: so many connections and no more, none of them idle for long, and nothing unpacked on the way."""

import asyncio
from collections import Counter
from collections.abc import Collection
from typing import Any, Final

import structlog
from aiohttp import web
from aiohttp.http import HttpProcessingError

from .addresses import Network, is_within, owner_of, parse_address

log = structlog.get_logger(__name__)

MOST_CONNECTIONS: Final = 400
"""Open at the same time; a process usually may have 1024 files, and calls need theirs."""

MOST_OF_ONE_ADDRESS: Final = 100
"""Of them from one address; not of this machine's own and not of a trusted proxy, which stand for everybody."""

IDLE_SECONDS: Final = 75.0
"""How long a connection may take to send the head of its first request, and of each further one."""

LINGERING_SECONDS: Final = 1.0
"""How long the rest of a body is read that nobody wants, so that its sender gets the answer."""


class _Places:
    """Counts the connections, and says once when there is no place for another."""

    def __init__(self) -> None:
        self._taken: Counter[str] = Counter()
        self._told = False

    def take(self, owner: str, *, shared: bool) -> bool:
        everybody = self._taken.total()
        if everybody >= MOST_CONNECTIONS or (not shared and self._taken[owner] >= MOST_OF_ONE_ADDRESS):
            if not self._told:
                self._told = True
                log.warning("a connection is refused, for there are too many", address=owner, connections=everybody)
            return False
        self._taken[owner] += 1
        return True

    def give_back(self, owner: str) -> None:
        self._taken[owner] -= 1
        if not self._taken[owner]:
            del self._taken[owner]
        self._told = self._told and self._taken.total() > MOST_CONNECTIONS // 2


class _Connection(web.RequestHandler):
    """One connection, if there is a place for it."""

    __slots__ = ("_owner", "_places", "_shared")

    def __init__(
        self, places: _Places, shared: Collection[Network], server: web.Server, loop: asyncio.AbstractEventLoop
    ) -> None:
        super().__init__(
            server,
            loop=loop,
            access_log=None,  # type: ignore[arg-type]
            keepalive_timeout=IDLE_SECONDS,
            lingering_time=LINGERING_SECONDS,
            auto_decompress=False,
        )
        self._places = places
        self._shared = shared
        self._owner: str | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        address = (transport.get_extra_info("peername") or ("",))[0]
        owner = owner_of(address)
        parsed = parse_address(address)
        shared = parsed is not None and (parsed.is_loopback or is_within(parsed, self._shared))
        if self._places.take(owner, shared=shared):
            self._owner = owner
            super().connection_made(transport)
        else:
            self.force_close()
            transport.abort()  # type: ignore[attr-defined]

    def connection_lost(self, exc: BaseException | None) -> None:
        owner, self._owner = self._owner, None
        if owner is not None:
            self._places.give_back(owner)
            super().connection_lost(exc)

    def log_exception(self, *args: Any, **kw: Any) -> None:
        # Whoever sends something else than HTTP is told so; a traceback for each would fill the log.
        if not isinstance(kw.get("exc_info"), HttpProcessingError):
            super().log_exception(*args, **kw)


class Site(web.TCPSite):
    """A TCP site whose connections are counted; bodies come to handlers as they were sent, compressed ones too.

    One address may have so many connections and no more, unless it is this machine's or in ``shared`` networks.
    """

    def __init__(self, runner: web.BaseRunner, host: str, port: int, shared: Collection[Network] = ()) -> None:
        super().__init__(runner, host, port)
        self._shared = shared

    async def start(self) -> None:
        """Listen. Raises OSError."""
        await web.BaseSite.start(self)
        server = self._runner.server
        if server is None:
            raise RuntimeError("the runner has not been set up")
        loop = asyncio.get_running_loop()
        places = _Places()
        self._server = await loop.create_server(
            lambda: _Connection(places, self._shared, server, loop), self._host, self._port, backlog=self._backlog
        )
