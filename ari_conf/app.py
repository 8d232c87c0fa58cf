"""The controller put together: engine, rooms, calls, webhooks, the health pages."""

import asyncio
import contextlib
from types import TracebackType
from typing import Self

import structlog
from aiohttp import web

from ari_conf.accounts import Account
from ari_conf.calls import Switchboard
from ari_conf.clock import Clock, RealClock
from ari_conf.conference import Conference, StatusCallback
from ari_conf.media.asterisk.engine import AsteriskEngine
from ari_conf.media.asterisk.link import AriAddress
from ari_conf.media.local import LocalEngine
from ari_conf.media.port import EngineError, MediaEngine
from ari_conf.rooms import Rooms
from ari_conf.settings import Settings
from ari_conf.webhooks import Callbacks, WebhookClient

log = structlog.get_logger(__name__)

DRAIN_SECONDS = 5.0
"""How long a stopping controller goes on delivering callbacks that are owed."""


class StartError(Exception):
    """The controller cannot start; the text says why and what helps."""


def make_engine(settings: Settings, clock: Clock) -> MediaEngine:
    """Return the engine that the settings ask for, not started yet."""
    if settings.engine == "local":
        return LocalEngine(clock)
    asterisk = settings.asterisk
    return AsteriskEngine(AriAddress(asterisk.url, asterisk.username, asterisk.password.get_secret_value(), asterisk.app))


class Controller:
    """A running ari_conf, as an async context manager. Raises ``StartError`` when it cannot start.

    ``failed`` is done, with the cause, when it cannot go on.
    """

    def __init__(
        self,
        settings: Settings,
        accounts: tuple[Account, ...],
        engine: MediaEngine,
        *,
        clock: Clock | None = None,
        webhooks: WebhookClient | None = None,
    ) -> None:
        clock = clock or RealClock()
        self._settings = settings
        self._tokens = {account.sid: account.auth_token for account in accounts}
        self._webhooks = webhooks or WebhookClient()
        self._stack = contextlib.AsyncExitStack()
        self.failed: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self.engine = engine
        self.callbacks = Callbacks(self._webhooks)
        self.rooms = Rooms(engine, self._owe_callback, clock)
        self.switchboard = Switchboard(settings, accounts, engine, self.rooms, self._webhooks, clock, on_engine_gone=self._fail)
        self.port = 0

    async def __aenter__(self) -> Self:
        async with contextlib.AsyncExitStack() as stack:
            await stack.enter_async_context(self._webhooks)
            stack.push_async_callback(self.callbacks.drain, DRAIN_SECONDS)
            await self._serve_health(stack)
            try:
                await self.engine.start()
            except EngineError as error:
                raise StartError(str(error)) from error
            stack.push_async_callback(self.engine.stop)
            stack.push_async_callback(self.switchboard.stop)
            events = asyncio.create_task(self.switchboard.run(), name="switchboard")
            stack.push_async_callback(_cancel, events)
            self._stack = stack.pop_all()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self._stack.aclose()

    def _owe_callback(self, conference: Conference, callback: StatusCallback, parameters: dict[str, str]) -> None:
        token = self._tokens[conference.account_sid]
        self.callbacks.post(conference.sid, callback.url, callback.method, parameters, token)

    def _fail(self, cause: str) -> None:
        if not self.failed.done():
            self.failed.set_result(cause)

    async def _serve_health(self, stack: contextlib.AsyncExitStack) -> None:
        app = web.Application()
        app.add_routes([web.get("/healthz", self._healthz), web.get("/readyz", self._readyz)])
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        stack.push_async_callback(runner.cleanup)
        server = self._settings.server
        try:
            await web.TCPSite(runner, server.host, server.port).start()
        except OSError as error:
            raise StartError(
                f"cannot listen on {server.host}:{server.port} ({error.strerror or error}); choose another address in [server]"
            ) from error
        self.port = runner.addresses[0][1]

    async def _healthz(self, _request: web.Request) -> web.Response:
        return web.json_response({"status": "ok"})

    async def _readyz(self, _request: web.Request) -> web.Response:
        connected = self.switchboard.connected
        body = {
            "status": "ready" if connected else "the engine is lost",
            "calls": len(self.switchboard.calls),
            "conferences": len(self.rooms.conferences),
        }
        return web.json_response(body, status=200 if connected else 503)


async def _cancel(task: asyncio.Task[None]) -> None:
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task
