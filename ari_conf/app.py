"""The controller put together: engine, rooms, calls, webhooks, the health pages, how it stops."""

import asyncio
import contextlib
import os
from functools import partial
from types import TracebackType
from typing import Self

import structlog
from sqlalchemy.exc import SQLAlchemyError

from ari_conf.accounts import Account
from ari_conf.calls import CallBook, Control, Progress, Queues, Revival, Runners, Services, Switchboard, run_screening
from ari_conf.clock import Clock, RealClock, SteadyClock
from ari_conf.conference import SetRecordingPaused
from ari_conf.dashboard import Dashboard
from ari_conf.database import prune_regularly
from ari_conf.health import Condition, Phase
from ari_conf.house import House
from ari_conf.media.port import EngineError, MediaEngine
from ari_conf.metrics import Door, Metrics, metrics_routes
from ari_conf.notifications import Notifications
from ari_conf.programs import OwnRecordings, ProgramPlayer, SoundStore, media_routes
from ari_conf.recordings import Recordings
from ari_conf.rest import Backend, RestApi, operations
from ari_conf.rest.health import health_routes
from ari_conf.rest.media import public_media_routes
from ari_conf.rest.reading import account_path
from ari_conf.rooms import Rooms, RoomSounds
from ari_conf.serving import Mount, routes, serve
from ari_conf.settings import Settings
from ari_conf.starting import StartError, make_folders, make_store, make_voice
from ari_conf.stopping import finished
from ari_conf.store import StoreError, plainly
from ari_conf.timekeeping import Timekeeper
from ari_conf.tracing import TracingOf, tracing_of
from ari_conf.twilio_codes import Code, TwilioError, code_of
from ari_conf.webhooks import Outbox, WebhookClient

log = structlog.get_logger(__name__)

DRAIN_SECONDS = 5.0
"""How long a stopping controller goes on delivering callbacks that are owed; the next one goes on with the rest."""

FLUSH_SECONDS = 5.0
"""How long a stopping controller waits for the database to take what has happened so far."""


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
        tracing: TracingOf | None = None,
    ) -> None:
        clock = SteadyClock(clock or RealClock())
        self._settings = settings
        self._tokens = {account.sid: account.auth_token for account in accounts}
        self._webhooks = webhooks or WebhookClient(private_addresses=settings.webhooks.private_addresses)
        self._clock = clock
        self._tracing_of = tracing or partial(tracing_of, os.environ)
        self._stack = contextlib.AsyncExitStack()
        self._phase = Phase.STARTING
        self.failed: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self.engine = engine
        self.store = make_store(settings)
        self.notifications = Notifications(lambda row: self.outbox.commit([row]), clock.now)
        self.outbox = Outbox(
            self.store,
            self._webhooks,
            self._tokens,
            max_age=settings.webhooks.callback_max_age,
            on_failed=self.notifications.add,
            now=clock.now,
        )
        self.sounds = SoundStore(settings.storage.sounds, speech=make_voice(settings))
        self.recordings = Recordings(
            settings.storage.recordings,
            self.outbox,
            clock,
            self._recording_url,
            engine=engine,
            set_room_paused=self._set_room_paused,
            raw=settings.storage.raw_recordings,
        )
        own = OwnRecordings(self._recording_url, self._tokens)
        programs = ProgramPlayer(self._webhooks, self.sounds, clock, log_in=own.log_in)
        self._room_sounds = RoomSounds(engine, programs, self.notifications, self._tokens)
        always = settings.conferences.detect_talking == "always"
        self.rooms = Rooms(engine, self.outbox, self.recordings, self._room_sounds, clock, detect_talking=always)
        self.queues = Queues(clock, self.outbox.commit)
        self._progress = Progress(self.outbox, clock)
        services = Services(
            engine=engine,
            rooms=self.rooms,
            queues=self.queues,
            recordings=self.recordings,
            book=CallBook(engine, self._progress),
            notifications=self.notifications,
            webhooks=self._webhooks,
            programs=programs,
            ledger=self.outbox,
            clock=clock,
            run_screening=run_screening,
        )
        self._runners = runners = Runners()
        by_sid = {account.sid: account for account in accounts}
        self.control = Control(by_sid, services, runners)
        self.switchboard = Switchboard(settings, accounts, services, runners, self.control, on_engine_gone=self._fail)
        self._revival = Revival(by_sid, services, runners, self.control, self.switchboard.beginning_of)
        backend = Backend(
            settings=settings.rest,
            clock=clock,
            store=self.store,
            outbox=self.outbox,
            rooms=self.rooms,
            control=self.control,
            calls=services.book,
            queues=self.queues,
            recordings=self.recordings,
            recordings_folder=settings.storage.recordings,
        )
        self._timekeeper = Timekeeper(clock, self.outbox.commit, self._goes_by_the_clock)
        self._rest = RestApi(
            operations(backend),
            accounts,
            clock,
            rate=settings.rest.rate,
            burst=settings.rest.burst,
            trusted_proxies=settings.server.trusted_proxies,
        )
        house = House(
            settings=settings,
            accounts=accounts,
            clock=clock,
            engine=engine,
            webhooks=self._webhooks,
            store=self.store,
            outbox=self.outbox,
            notifications=self.notifications,
            rooms=self.rooms,
            calls=services.book,
            queues=self.queues,
            recordings=self.recordings,
            sounds=self.sounds,
            rest=self._rest,
            look=lambda: self.condition,
            times_lost=lambda: self.switchboard.times_lost,
        )
        self.metrics = None if settings.server.metrics == "off" else Metrics(house, settings.engine)
        self.dashboard = Dashboard(house) if settings.dashboard.enabled else None
        self.port = 0

    async def __aenter__(self) -> Self:
        async with contextlib.AsyncExitStack() as stack:
            make_folders(self._settings.storage)
            self._trace(stack)
            await stack.enter_async_context(self._webhooks)
            await self._open_store(stack)
            # Before callbacks are delivered: a second controller by mistake ends here, and has sent nothing.
            self.port = await serve(self._mounts(), self._settings.server, stack)
            await self._start_outbox(stack)
            stack.push_async_callback(self.recordings.drain)
            stack.callback(self.sounds.close)
            try:
                await self.engine.start()
            except EngineError as error:
                raise StartError(str(error)) from error
            self.recordings.go_on()
            self._revival.go_on()
            stack.push_async_callback(self._room_sounds.stop)
            stack.push_async_callback(self.switchboard.stop)
            stack.push_async_callback(self._leave_all_as_it_is)
            for work, name in ((self.switchboard.run(), "switchboard"), (self._timekeeper.keep(), "timekeeper")):
                stack.push_async_callback(_cancel, asyncio.create_task(work, name=name))
            self._rest.open = True
            self._phase = Phase.READY
            if self.dashboard is not None:
                await stack.enter_async_context(self.dashboard)
            self._stack = stack.pop_all()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self._stack.aclose()

    @property
    def condition(self) -> Condition:
        """How it is now."""
        return Condition(
            phase=self._phase,
            connected=self.switchboard.connected,
            calls=len(self.switchboard.calls),
            conferences=len(self.rooms.conferences),
            callbacks_owed=self.outbox.owed,
            database=self.store.failing,
            clock=self._timekeeper.problem,
        )

    def drain(self) -> None:
        """Take no new calls from now on; those that are up go on, with all that they do, and REST for them."""
        self._phase = Phase.DRAINING
        self._rest.take_calls = self.switchboard.take_calls = False

    async def finished(self, within: float) -> bool:
        """Wait until no call is left and its recordings are told, for so many seconds at most; return whether that is so."""
        return await finished(lambda: self.switchboard.busy or self.recordings.busy, self._clock, within)

    async def _leave_all_as_it_is(self) -> None:
        """Let go of the calls as a crash would, so that there is one way only in which a later life finds them."""
        self._phase = Phase.STOPPING
        self._rest.open = False
        self.switchboard.leave_alone()
        await self.recordings.drain()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(FLUSH_SECONDS):
                await self.store.flush()
        self.outbox.freeze()
        await self.engine.stop()

    async def _open_store(self, stack: contextlib.AsyncExitStack) -> None:
        try:
            await self.store.open()
            stack.push_async_callback(self.store.close)
            await self.store.claim(self._fail)
        except StoreError as error:
            raise StartError(str(error)) from error

    async def _start_outbox(self, stack: contextlib.AsyncExitStack) -> None:
        try:
            await self._timekeeper.restore(self.store)
            if self.dashboard is not None:
                await self.dashboard.restore(self.store)
            await self.outbox.start()
            await self.queues.restore(self.store)
            await self.recordings.restore(self.store)
            await self.rooms.restore(self.store)
            if self.metrics is not None:
                self.metrics.take_up()
            await self._revival.read(self.store)
        except (SQLAlchemyError, OSError) as error:
            raise StartError(f"the database {self.store.where} does not tell what is owed: {plainly(error)}") from error
        stack.push_async_callback(self.outbox.stop, DRAIN_SECONDS)
        pruning = prune_regularly(self.store, self._settings, self._clock, lambda: self._timekeeper.trusted)
        stack.push_async_callback(_cancel, asyncio.create_task(pruning, name="pruning"))

    def _trace(self, stack: contextlib.AsyncExitStack) -> None:
        self._tracing = self._tracing_of(self._clock)
        if self._tracing is not None:
            stack.push_async_callback(self._tracing.stop)
            self._tracing.watch(self._runners, self._progress, self.rooms, self.outbox)

    def _goes_by_the_clock(self) -> bool:
        return bool(self.switchboard.calls or self.rooms.conferences or self.recordings.known() or self.outbox.owed)

    def _recording_url(self, account_sid: str, sid: str) -> str:
        server = self._settings.server
        base = server.public_url or f"http://{server.host}:{self.port}"
        return f"{base.rstrip('/')}{account_path(account_sid)}/Recordings/{sid}"

    def _set_room_paused(self, conference_sid: str, paused: bool) -> None:  # noqa: FBT001
        try:
            refused = self.rooms.command(conference_sid, SetRecordingPaused(paused))
        except KeyError:
            raise TwilioError(Code.RECORDING_STATE, f"conference {conference_sid} is over") from None
        if refused:
            raise TwilioError(code_of(refused.code), refused.message)

    def _fail(self, cause: str) -> None:
        if not self.failed.done():
            self.failed.set_result(cause)

    def _mounts(self) -> list[Mount]:
        """Return what is served; of two that match an address, the first."""
        settings = self._settings
        mounts: list[Mount] = [] if self._tracing is None else [self._tracing.mount]
        mounts += [routes(health_routes(lambda: self.condition)), routes(media_routes(self.sounds))]
        if self.metrics is not None:
            mounts.append(routes(metrics_routes(self.metrics.registry, Door(settings.server, self._clock))))
        if settings.server.public_recordings:
            mounts.append(routes(public_media_routes(self.store, settings.storage.recordings, self._clock)))
        if self.dashboard is not None:
            mounts.append(self.dashboard.mount)
        return [*mounts, self._rest.mount]


async def _cancel(task: asyncio.Task[None]) -> None:
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task
