"""Takes what the engine tells and gives it to the calls and rooms that it is about."""

import asyncio
from collections.abc import Callable, Sequence

import structlog

from ari_conf.accounts import Account
from ari_conf.conference import Exit
from ari_conf.media.port import (
    CallAnswered,
    CallArrived,
    CallEnded,
    CallGoneError,
    CallRinging,
    DigitPressed,
    EngineBack,
    EngineError,
    EngineEvent,
    EngineLost,
    RecordingFinished,
    RejectReason,
    SipRequest,
    TalkingChanged,
)
from ari_conf.settings import NumberSettings, Settings
from ari_conf.twiml import CallProgressEvent
from ari_conf.webhooks import sip_parameters

from .call import Call
from .control import Control
from .position import Added, Arrived, Placed, Redirected
from .requests import Fallback, ProgressCallback
from .runner import Beginning, CallRunner, arrival, document_from
from .runners import Runners
from .session import Services

log = structlog.get_logger(__name__)


class Switchboard:
    """All calls of this process. ``connected`` tells whether the engine is there, ``times_lost`` how often it was lost.

    While it does not ``take_calls``, who calls is turned away with SIP 503; calls that are up go on, and dial whom they like.
    """

    def __init__(
        self,
        settings: Settings,
        accounts: Sequence[Account],
        services: Services,
        runners: Runners,
        control: Control,
        *,
        on_engine_gone: Callable[[str], None],
    ) -> None:
        self._settings = settings
        self._accounts = {account.sid: account for account in accounts}
        self._services = services
        self._on_engine_gone = on_engine_gone
        self._runners = runners
        self._control = control
        self._rejecting: set[asyncio.Task[None]] = set()
        self.connected = True
        self.times_lost = 0
        self.take_calls = True

    @property
    def busy(self) -> bool:
        """Whether any call is up, or on its way."""
        return bool(self.calls) or self._runners.busy

    @property
    def calls(self) -> list[Call]:
        """The calls that are up."""
        return self._services.book.calls

    async def run(self) -> None:
        """Handle what the engine tells, for ever."""
        events = self._services.engine.events
        while True:
            event = await events.get()
            try:
                self._handle(event)
            except Exception:  # one call's fault must not become everybody's
                log.exception("an event of the engine could not be handled; it is passed over", engine_event=event)

    def leave_alone(self) -> None:
        """Let the calls be as they are from now on, for the controller stops."""
        self._services.book.left_alone = True

    async def stop(self) -> None:
        """Stop serving, when the engine is stopped already; a later life goes on with the calls."""
        await self._control.stop()
        await self._runners.stop()
        for task in self._rejecting:
            task.cancel()
        await asyncio.gather(*self._rejecting, return_exceptions=True)

    def _handle(self, event: EngineEvent) -> None:
        services = self._services
        match event:
            case CallArrived():
                self._on_arrived(event)
            case CallEnded():
                if services.book.ended(event) is not None:
                    services.rooms.leave(event.call_sid, Exit.HUNG_UP)
            case RecordingFinished():
                services.recordings.over(event)
            case EngineLost():
                self.connected = False
                self.times_lost += 1
                log.error("the engine is lost; calls go on there without us", cause=event.reason)
                if event.final:
                    self._on_engine_gone(event.reason)
            case EngineBack():
                self.connected = True
                log.warning("the engine is back", gap_seconds=round(event.gap_seconds, 3), calls=len(self.calls))
            case _:
                call = services.book.get(event.call_sid)
                if call is not None:
                    self._on_event_of_call(call, event)

    def _on_event_of_call(self, call: Call, event: CallRinging | CallAnswered | DigitPressed | TalkingChanged) -> None:
        match event:
            case CallRinging():
                self._services.book.progress.ringing(call)
            case CallAnswered():
                self._services.book.progress.answered(call)
            case DigitPressed():
                call.digit(event.digit)
            case TalkingChanged():
                call.talking(talking=event.talking)
                self._services.rooms.talking(call.sid, talking=event.talking)

    def _on_arrived(self, event: CallArrived) -> None:
        if not self.take_calls:
            log.info("a call is turned away, for the controller is about to stop", call_sid=event.call_sid, to=event.to)
            self._reject_soon(event.call_sid, RejectReason.UNAVAILABLE)
            return
        number = self._settings.number_for(event.to)
        if number is None:
            log.warning("nothing is configured for this number; the call is rejected", call_sid=event.call_sid, to=event.to)
            self._reject_soon(event.call_sid, RejectReason.REJECTED)
            return
        call = self._call(event, number)
        self._services.book.arrived(call)
        self._runners.start(CallRunner(call, self._services, arrival(number)))

    def beginning_of(self, call: Call) -> Beginning | None:
        """Return what is done with a call that has no document yet; None, told, if the settings do not know it any more."""
        match call.origin:
            case Arrived(dialled):
                number = self._settings.number_for(dialled)
                if number is not None:
                    return arrival(number)
                log.warning("nothing is configured for this number any more; the call is ended", call_sid=call.sid, to=dialled)
            case Redirected(source):
                return document_from(source)
            case Placed() | Added():
                return self._control.beginning_of(call)
            case None:
                pass
        return None

    def _call(self, event: CallArrived, number: NumberSettings) -> Call:
        sip = event.sip
        as_uris = number.sip_uris and sip is not None
        progress = None
        if number.status_callback:
            events = frozenset(CallProgressEvent(event) for event in number.status_callback_event)
            progress = ProgressCallback(number.status_callback, number.status_callback_method, events)
        return Call(
            sid=event.call_sid,
            account=self._accounts[number.account] if number.account else next(iter(self._accounts.values())),
            from_=sip.from_uri if sip and as_uris else event.from_,
            to=sip.to_uri if sip and as_uris else event.to,
            created_at=self._services.clock.now(),
            parameters=_sip_parameters(sip) if sip else {},
            progress=progress,
            origin=Arrived(event.to),
            fallback=Fallback(number.voice_fallback_url, number.voice_fallback_method),
        )

    def _reject_soon(self, call_sid: str, reason: RejectReason) -> None:
        task = asyncio.create_task(self._reject(call_sid, reason), name=f"call {call_sid}")
        self._rejecting.add(task)
        task.add_done_callback(self._rejecting.discard)

    async def _reject(self, call_sid: str, reason: RejectReason) -> None:
        try:
            await self._services.engine.reject(call_sid, reason)
        except CallGoneError:
            return
        except EngineError as error:
            log.error("the call could not be rejected", call_sid=call_sid, cause=str(error))


def _sip_parameters(sip: SipRequest) -> dict[str, str]:
    return sip_parameters(to_uri=sip.to_uri, call_id=sip.call_id, source_ip=sip.source_ip, headers=sip.headers)
