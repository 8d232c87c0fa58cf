"""The life of one call that is served: from its beginning, document after document, to its end, whatever happens to it."""

import asyncio
import contextlib
import re
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Final
from xml.sax.saxutils import escape

import structlog

from ari_conf.conference import Exit
from ari_conf.media.port import CallGoneError, EngineError
from ari_conf.settings import NumberSettings
from ari_conf.twilio_codes import Level, TwilioError
from ari_conf.twiml import Say, parse_twiml
from ari_conf.webhooks import CookieJar, FetchedDocument, exchange_of

from . import choices
from .call import Call
from .interpreter import Interpreter
from .meanwhile import meanwhile
from .position import Redirected
from .requests import Fallback, Source
from .session import CallSession, Services

log = structlog.get_logger(__name__)

Beginning = Callable[[CallSession], Awaitable[None]]
"""What is done with a call first; when it returns, the call is hung up."""

_PLACEHOLDERS: Final = re.compile(r"\{\{(To|From)\}\}")


class CallRunner:
    """Serves one call, from ``beginning`` to its end. ``cookies`` are those of an earlier life of the controller."""

    def __init__(self, call: Call, services: Services, beginning: Beginning, cookies: CookieJar | None = None) -> None:
        self.call = call
        self._services = services
        self._beginning = beginning
        self._session = CallSession(call, services, cookies)
        self._doing: asyncio.Task[None] | None = None
        self._source: Source | None = None

    def redirect(self, source: Source) -> None:
        """Let the call run another document from now on, whatever it does."""
        self._source = source
        give_document(self.call, source)
        self._session.diary.keep()
        if self._doing is not None:
            self._doing.cancel()

    def fall_back_to(self, url: str | None, method: str | None) -> None:
        """Ask somebody else from now on if the application fails; a method alone is for the URL that there is."""
        if url:
            self._session.fall_back_to(Fallback(url, method or "POST"))
        elif method:
            self._session.fall_back_to(replace(self.call.fallback, method=method))

    async def run(self) -> None:
        """Serve the call to its end. Whatever goes wrong is logged here; nothing is raised but cancellation."""
        try:
            await self._serve()
        finally:
            for task in self._session.telling:
                task.cancel()

    async def _serve(self) -> None:
        work = self._beginning
        while True:
            self._doing = asyncio.create_task(self._guarded(work), name=f"serving {self.call.sid}")
            if self._source is not None:
                # Redirected before it could begin.
                self._doing.cancel()
            await _to_its_end(self._doing)
            source, self._source = self._source, None
            if source is None or self.call.ended.done():
                return
            log.info("the call is redirected")
            work = document_from(source)

    async def _guarded(self, work: Beginning) -> None:
        call = self.call
        try:
            await self._work(work)
        except CallGoneError:
            log.info("the caller has gone", cause=call.ended.result().cause if call.ended.done() else "unknown")
        except EngineError as error:
            if self._services.book.left_alone:
                return
            log.error("the call cannot be served; it is ended", cause=str(error))
            await self._give_up()
        except Exception:
            log.exception("the call cannot be served because of a fault in ari_conf; it is ended")
            await self._give_up()

    async def _work(self, work: Beginning) -> None:
        session = self._session
        try:
            await work(session)
        except TwilioError as error:
            session.notify(error.code, Level.ERROR, error.message, exchange=exchange_of(error))
            await session.answer()
            await session.play([Say(text=choices.APPLICATION_ERROR)], "")
        await self._services.engine.hang_up(self.call.sid)

    async def _give_up(self) -> None:
        self._services.rooms.leave(self.call.sid, Exit.HUNG_UP)
        with contextlib.suppress(EngineError):
            await self._services.engine.hang_up(self.call.sid)


async def _to_its_end(task: "asyncio.Task[None]") -> None:
    """Wait for a task; being cancelled is handed on to it, as often as that happens, and raised when it has ended."""
    while not task.done():
        try:
            await task
        except asyncio.CancelledError:
            task.cancel()
    # Whoever redirects cancels the task alone, and a task may end as if it had not been cancelled.
    waiting = asyncio.current_task()
    if waiting is not None and waiting.cancelling():
        raise asyncio.CancelledError


def give_document(call: Call, source: Source) -> None:
    """Let a call be one that is to run the document of ``source``, whatever it did before."""
    call.origin = Redirected(source)
    call.position = replace(call.position, in_document=False, memory={}, asking=None)
    if source.fallback_url:
        call.fallback = Fallback(source.fallback_url, source.fallback_method)


def arrival(number: NumberSettings) -> Beginning:
    """Return the beginning of a call that has come to a number: let it ring, and run the number's document."""

    async def begin(session: CallSession) -> None:
        # Nobody waits for it: a document that is there may answer at once, and what is asked of a call is done in order.
        async with meanwhile(_ring(session), f"ringing of {session.call.sid}"):
            await Interpreter(session).run(await _first_document(session, number))

    return begin


def going_on(document: FetchedDocument) -> Beginning:
    """Return what goes on in the document that the call ran when the controller's earlier life ended."""

    async def begin(session: CallSession) -> None:
        await Interpreter(session).resume(document)

    return begin


def document_from(source: Source) -> Beginning:
    """Return what runs the document of ``source``."""

    async def begin(session: CallSession) -> None:
        await Interpreter(session).run(await _document(session, source))

    return begin


async def _ring(session: CallSession) -> None:
    try:
        await session.engine.ring(session.call.sid)
    except CallGoneError:
        return
    except EngineError as error:
        log.warning("the caller does not hear that it rings; the call goes on", cause=str(error))


async def _first_document(session: CallSession, number: NumberSettings) -> FetchedDocument:
    """Return the document of the number that is called."""
    call = session.call
    log.info("call arrived", from_=call.from_, to=call.to)
    values = {"To": call.to, "From": call.from_}
    twiml = _PLACEHOLDERS.sub(lambda name: escape(values[name[1]], {'"': "&quot;"}), number.twiml)
    return await _document(session, Source(url=number.voice_url, method=number.voice_method, twiml=twiml))


async def _document(session: CallSession, source: Source) -> FetchedDocument:
    if source.twiml:
        return session.given(FetchedDocument(parse_twiml(source.twiml), "", source.twiml))
    return await session.fetch(source.url, source.method)
