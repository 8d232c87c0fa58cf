"""Takes what the engine tells and gives it to the calls and rooms that it is about."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import structlog

from ari_conf.accounts import Account
from ari_conf.clock import Clock
from ari_conf.conference import Exit
from ari_conf.media.port import (
    CallArrived,
    CallEnded,
    CallGoneError,
    DigitPressed,
    EngineBack,
    EngineError,
    EngineEvent,
    EngineLost,
    MediaEngine,
    RecordingFinished,
    RejectReason,
    TalkingChanged,
)
from ari_conf.notifications import Notifications
from ari_conf.recordings import Recordings
from ari_conf.rooms import Rooms
from ari_conf.settings import Settings
from ari_conf.webhooks import WebhookClient

from .call import Call
from .runner import CallRunner

log = structlog.get_logger(__name__)


class Switchboard:
    """All calls of this process. ``connected`` tells whether the engine is there."""

    def __init__(
        self,
        settings: Settings,
        accounts: tuple[Account, ...],
        engine: MediaEngine,
        rooms: Rooms,
        recordings: Recordings,
        notifications: Notifications,
        webhooks: WebhookClient,
        clock: Clock,
        *,
        on_engine_gone: Callable[[str], None],
    ) -> None:
        self._settings = settings
        self._accounts = {account.sid: account for account in accounts}
        self._engine = engine
        self._rooms = rooms
        self._recordings = recordings
        self._notifications = notifications
        self._webhooks = webhooks
        self._clock = clock
        self._on_engine_gone = on_engine_gone
        self._calls: dict[str, Call] = {}
        self._runners: dict[str, asyncio.Task[None]] = {}
        self.connected = True

    @property
    def calls(self) -> list[Call]:
        """The calls that are up."""
        return list(self._calls.values())

    async def run(self) -> None:
        """Handle what the engine tells, for ever."""
        while True:
            event = await self._engine.events.get()
            try:
                self._handle(event)
            except Exception:  # one call's fault must not become everybody's
                log.exception("an event of the engine could not be handled; it is passed over", engine_event=event)

    async def stop(self) -> None:
        """Stop serving; calls stay as they are in the engine."""
        runners = list(self._runners.values())
        for runner in runners:
            runner.cancel()
        await asyncio.gather(*runners, return_exceptions=True)

    def take_last_recordings(self) -> None:
        """Take over what the engine has recorded up to its stop, when nobody reads its events any more."""
        while not self._engine.events.empty():
            event = self._engine.events.get_nowait()
            if isinstance(event, RecordingFinished):
                self._recordings.over(event)

    def _handle(self, event: EngineEvent) -> None:
        match event:
            case CallArrived():
                self._on_arrived(event)
            case CallEnded():
                self._on_ended(event)
            case DigitPressed():
                call = self._calls.get(event.call_sid)
                if call is not None and call.hangup_on_star and event.digit == "*":
                    self._rooms.leave(call.sid, Exit.PRESSED_STAR)
            case TalkingChanged():
                self._rooms.talking(event.call_sid, talking=event.talking)
            case RecordingFinished():
                self._recordings.over(event)
            case EngineLost():
                self.connected = False
                log.error("the engine is lost; calls go on there without us", cause=event.reason)
                if event.final:
                    self._on_engine_gone(event.reason)
            case EngineBack():
                self.connected = True
                log.info("the engine is back", gap_seconds=round(event.gap_seconds, 3), calls=len(self._calls))

    def _on_arrived(self, event: CallArrived) -> None:
        number = self._settings.number_for(event.to)
        if number is None:
            log.warning("nothing is configured for this number; the call is rejected", call_sid=event.call_sid, to=event.to)
            self._start(event.call_sid, self._reject(event.call_sid))
            return
        account = self._accounts[number.account] if number.account else next(iter(self._accounts.values()))
        call = self._calls[event.call_sid] = Call(event.call_sid, account, event.from_, event.to)
        runner = CallRunner(
            call,
            number,
            self._engine,
            self._rooms,
            self._recordings,
            self._notifications,
            self._webhooks,
            self._clock,
        )
        with structlog.contextvars.bound_contextvars(call_sid=call.sid):
            self._start(call.sid, runner.run())

    def _on_ended(self, event: CallEnded) -> None:
        call = self._calls.pop(event.call_sid, None)
        if call is not None:
            log.info("call ended", call_sid=call.sid, cause=event.cause)
            call.end(event.cause)
            self._rooms.leave(call.sid, Exit.HUNG_UP)

    async def _reject(self, call_sid: str) -> None:
        try:
            await self._engine.reject(call_sid, RejectReason.REJECTED)
        except CallGoneError:
            return
        except EngineError as error:
            log.error("the call could not be rejected", call_sid=call_sid, cause=str(error))

    def _start(self, call_sid: str, work: Coroutine[Any, Any, None]) -> None:
        task = self._runners[call_sid] = asyncio.create_task(work, name=f"call {call_sid}")
        task.add_done_callback(lambda _done: self._runners.pop(call_sid, None))
