"""The dashboard put together: who may come in, what is answered, and where its pages are."""

import asyncio
import contextlib
from types import TracebackType
from typing import Final, Self

from aiohttp import web

from ari_conf.house import House
from ari_conf.rest.application import BELOW
from ari_conf.store import Store

from .codes import code_routes
from .guard import Guard
from .headers import add_headers, refuse_as_rest
from .health import HealthWatch
from .history import History
from .identities import Identities
from .live import Feed
from .live_stream import Streams
from .login import PATH, LoginDesk
from .origin import Origins
from .pages import Pages
from .search import Finder
from .sessions import Sessions
from .sounds import Uploads
from .visitor import Route

_REST: Final = "/rest"


class Dashboard:
    """The operators' room of ``house``. ``restore`` lets sessions in that an earlier life has opened.

    As an async context manager it is at work, from when the controller is ready until it begins to stop.
    """

    def __init__(self, house: House) -> None:
        settings = house.settings
        identities = Identities(house.accounts, settings.operators)
        self.sessions = Sessions(
            identities, house.clock, idle_seconds=settings.dashboard.session_hours * 3600.0, keep=house.store.write
        )
        origins = Origins(settings.server)
        self._guard = Guard(
            self.sessions, origins, house.accounts, house.clock, rate=settings.rest.rate, burst=settings.rest.burst
        )
        self._desk = LoginDesk(identities, self.sessions, self._guard, origins, house.clock)
        self._uploads = Uploads(house.sounds)
        self._pages = Pages()
        self._feed = Feed(house, HealthWatch(house))
        self._streams = Streams(self._feed, self.sessions)
        self._history = History(house)
        self._finder = Finder(house)
        self._house = house
        self._stack = contextlib.AsyncExitStack()

    async def restore(self, store: Store) -> None:
        """Know again who was logged in. Raises SQLAlchemy's errors."""
        await self.sessions.restore(store)
        await self._feed.restore(store)

    async def __aenter__(self) -> Self:
        # What is to run, and to end before anything else of the controller does, goes on the stack.
        sweeping = asyncio.create_task(self.sessions.sweep(), name="dashboard sessions")
        self._stack.push_async_callback(_cancel, sweeping)
        self._feed.open()
        self._stack.push_async_callback(_cancel, asyncio.create_task(self._feed.keep(), name="dashboard feed"))
        self._stack.push_async_callback(self._feed.stop)
        self._stack.callback(self._streams.close)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self._stack.aclose()

    def mount(self, app: web.Application) -> None:
        """Serve it from ``app``, below ``/dashboard``; ``/`` leads there."""
        below = web.Application(middlewares=[refuse_as_rest])
        below.on_response_prepare.append(add_headers)
        below.add_routes(self._desk.routes())
        for route in self._routes():
            path, handler = f"/api{route.path}", self._guard.guarded(route)
            below.add_routes([web.get(path, handler) if route.method == "GET" else web.route(route.method, path, handler)])
        below.router.add_route("*", _REST + BELOW, self._house.rest.way_in(PATH + _REST, self._guard.admit, {}))
        below.add_routes(self._pages.routes())
        app.add_subapp(PATH, below)
        app.router.add_get("/", _lead_here)

    def _routes(self) -> list[Route]:
        """Return what visitors are answered below ``/dashboard/api``."""
        parts = (self._streams, self._history, self._finder, self._uploads)
        return [*code_routes(), *(route for part in parts for route in part.routes())]


async def _lead_here(_request: web.Request) -> web.StreamResponse:
    raise web.HTTPSeeOther(f"{PATH}/")


async def _cancel(task: asyncio.Task[None]) -> None:
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task
