"""Runs the TwiML of one call: document after document, verb after verb, until nothing is left or the caller is gone."""

import asyncio
import contextlib
import re
from collections.abc import Coroutine
from typing import Any, Final, TypeVar
from xml.sax.saxutils import escape

import structlog

from ari_conf.clock import Clock
from ari_conf.conference import Exit, choices
from ari_conf.media.port import CallGoneError, EngineError, MediaEngine, RejectReason, Sound
from ari_conf.notifications import Notification, Notifications
from ari_conf.recordings import Recordings
from ari_conf.rooms import Rooms
from ari_conf.settings import NumberSettings
from ari_conf.twilio_codes import Code, Level, TwilioError
from ari_conf.twiml import (
    ConferenceNoun,
    Dial,
    Hangup,
    Pause,
    Play,
    Redirect,
    Reject,
    Say,
    Verb,
    parse_twiml,
)
from ari_conf.webhooks import CallStatus, FetchedDocument, VoiceCall, WebhookClient, fetch_twiml, redacted, voice_parameters

from .call import Call
from .room_stay import RoomStay, absolute

log = structlog.get_logger(__name__)

T = TypeVar("T")

REJECTED_WITHIN: Final = 5.0
"""Seconds in which a call that was rejected is over."""


class CallRunner:
    """The life of one call, from its arrival to its end."""

    def __init__(
        self,
        call: Call,
        number: NumberSettings,
        engine: MediaEngine,
        rooms: Rooms,
        recordings: Recordings,
        notifications: Notifications,
        webhooks: WebhookClient,
        clock: Clock,
    ) -> None:
        self._call = call
        self._number = number
        self._engine = engine
        self._rooms = rooms
        self._recordings = recordings
        self._notifications = notifications
        self._webhooks = webhooks
        self._clock = clock

    async def run(self) -> None:
        """Serve the call to its end. Whatever goes wrong is logged here; nothing is raised but cancellation."""
        try:
            current: FetchedDocument | None = await self._first_document()
            while current is not None:
                current = await self._run(current)
            await self._engine.hang_up(self._call.sid)
        except CallGoneError:
            log.info("the caller has gone", cause=self._call.ended.result() if self._call.ended.done() else "unknown")
        except TwilioError as error:
            self._notify(error.code, Level.ERROR, error.message)
            await self._say_application_error()
        except EngineError as error:
            log.error("the call cannot be served; it is ended", cause=str(error))
            await self._give_up()
        except Exception:
            log.exception("the call cannot be served because of a fault in ari_conf; it is ended")
            await self._give_up()

    async def _first_document(self) -> FetchedDocument:
        log.info("call arrived", from_=self._call.from_, to=self._call.to)
        if self._number.twiml:
            return self._inline_document(self._number.twiml)
        return await self._fetch(self._number.voice_url, self._number.voice_method)

    def _inline_document(self, twiml: str) -> FetchedDocument:
        values = {"{{To}}": self._call.to, "{{From}}": self._call.from_}
        twiml = re.sub(r"\{\{(?:To|From)\}\}", lambda name: escape(values[name[0]], {'"': "&quot;"}), twiml)
        return self._with_problems_noted(FetchedDocument(parse_twiml(twiml), ""))

    async def _run(self, current: FetchedDocument) -> FetchedDocument | None:
        """Run a document; return the one that takes over, None if the call has nothing more to do."""
        for position, verb in enumerate(current.document.verbs):
            match verb:
                case Dial():
                    taken_over = await self._dial(verb, current)
                    if taken_over is not None:
                        return taken_over
                case Pause():
                    await self._while_up(self._clock.sleep_until(self._clock.monotonic() + verb.length))
                case Redirect():
                    return await self._fetch(absolute(verb.url, current.url), verb.method)
                case Hangup():
                    return None
                case Reject():
                    if position == 0 and self._call.status is CallStatus.RINGING:
                        await self._engine.reject(self._call.sid, RejectReason(verb.reason.value))
                        # Hung up again before it is over, the call would end with the other's cause.
                        await asyncio.wait({self._call.ended}, timeout=REJECTED_WITHIN)
                        return None
                    log.warning("<Reject> counts only as the first verb, before the call is answered; the call is hung up")
                    return None
                case Say() | Play():
                    message = f"{_name(verb)} in a call's own document is not carried out by this version; it is passed over"
                    self._notify(Code.SCHEMA_WARNING, Level.WARNING, message, current.url)
        return None

    async def _dial(self, dial: Dial, current: FetchedDocument) -> FetchedDocument | None:
        """Carry out ``<Dial>``; return the action's document if there is an action, None to go on with the next verb."""
        stay = RoomStay(self._call, dial, current.url, self._engine, self._rooms, self._recordings, self._notify)
        try:
            bridged = dial.noun is not None and await self._stay(stay, dial.noun)
        except CallGoneError as error:
            bridged = False
            self._call.end(str(error))
        result = {
            "DialCallStatus": (choices.DIAL_CALL_STATUS_AFTER_CONFERENCE if bridged else choices.DIAL_CALL_STATUS_WHEN_REFUSED),
            "DialBridged": "true" if bridged else "false",
            **stay.recording_parameters,
        }
        if self._call.ended.done():
            if dial.action:
                await self._tell_action(absolute(dial.action, current.url), dial.method, result)
            raise CallGoneError(f"call {self._call.sid} has ended")
        if not dial.action:
            return None
        return await self._fetch(absolute(dial.action, current.url), dial.method, result)

    async def _stay(self, stay: RoomStay, noun: ConferenceNoun) -> bool:
        await self._answer()
        if self._call.ended.done():
            raise CallGoneError(f"call {self._call.sid} has ended")
        limit = asyncio.create_task(self._limit(stay.time_limit), name=f"time limit {self._call.sid}")
        try:
            return await stay.run(noun, voice_parameters(_described(self._call)), self._clock.now())
        finally:
            limit.cancel()

    async def _limit(self, seconds: float) -> None:
        await self._clock.sleep_until(self._clock.monotonic() + seconds)
        self._rooms.leave(self._call.sid, Exit.TIME_LIMIT)

    async def _answer(self) -> None:
        await self._while_up(self._engine.answer(self._call.sid))
        self._call.status = CallStatus.IN_PROGRESS

    async def _fetch(self, url: str, method: str, more: dict[str, str] | None = None) -> FetchedDocument:
        """Ask the application for a document, and its fallback if that fails. Raises TwilioError, CallGoneError."""
        try:
            return await self._while_up(self._fetch_once(url, method, more or {}))
        except TwilioError as error:
            if not self._number.voice_fallback_url:
                raise
            self._notify(error.code, Level.WARNING, f"the fallback is asked: {error.message}", url)
            reason = {"ErrorCode": str(int(error.code)), "ErrorUrl": url}
            return await self._while_up(
                self._fetch_once(self._number.voice_fallback_url, self._number.voice_fallback_method, reason)
            )

    async def _fetch_once(self, url: str, method: str, more: dict[str, str]) -> FetchedDocument:
        parameters = voice_parameters(_described(self._call)) | more
        token = self._call.account.auth_token
        return self._with_problems_noted(
            await fetch_twiml(self._webhooks, url, method=method, parameters=parameters, auth_token=token)
        )

    async def _tell_action(self, url: str, method: str, result: dict[str, str]) -> None:
        """Tell the action of a call that is over; what it answers means nothing any more."""
        try:
            await self._fetch_once(url, method, result)
        except TwilioError as error:
            self._notify(error.code, Level.WARNING, f"the action of a call that is over: {error.message}", url)

    async def _give_up(self) -> None:
        self._rooms.leave(self._call.sid, Exit.HUNG_UP)
        with contextlib.suppress(EngineError):
            await self._engine.hang_up(self._call.sid)

    def _with_problems_noted(self, fetched: FetchedDocument) -> FetchedDocument:
        for problem in fetched.document.problems:
            self._notify(problem.code, problem.level, problem.message, fetched.url)
        return fetched

    def _notify(self, code: Code, level: Level, message: str, url: str = "") -> None:
        self._notifications.add(Notification(self._call.account.sid, self._call.sid, code, level, message, redacted(url)))

    async def _say_application_error(self) -> None:
        try:
            await self._answer()
            await self._while_up(self._engine.play(self._call.sid, Sound.SPECIAL_INFORMATION))
            await self._engine.hang_up(self._call.sid)
        except CallGoneError:
            return
        except EngineError as error:
            log.error("the caller cannot be told; the call is ended", cause=str(error))
            await self._give_up()

    async def _while_up(self, work: Coroutine[Any, Any, T]) -> T:
        """Wait for ``work`` as long as the call lasts. Raises CallGoneError if the call ends first; the work is cancelled."""
        task = asyncio.ensure_future(work)
        waiting: set[asyncio.Future[Any]] = {task, self._call.ended}
        try:
            await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
            if self._call.ended.done():
                raise CallGoneError(f"call {self._call.sid} has ended")
            return task.result()
        finally:
            if not task.done():
                task.cancel()
                await asyncio.wait({task})
            if not task.cancelled():
                task.exception()  # looked at, so that nobody is warned of what no longer matters


def _described(call: Call) -> VoiceCall:
    return VoiceCall(
        call_sid=call.sid,
        account_sid=call.account.sid,
        from_=call.from_,
        to=call.to,
        status=call.status,
    )


def _name(verb: Verb) -> str:
    return f"<{type(verb).__name__}>"
