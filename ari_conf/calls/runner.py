"""The life of one call that has come: ask for TwiML, run it, hang up; and what happens when the application fails."""

import asyncio
import contextlib
import re
from typing import Final
from xml.sax.saxutils import escape

import structlog

from ari_conf.conference import Exit
from ari_conf.media.port import CallGoneError, EngineError
from ari_conf.settings import NumberSettings
from ari_conf.twilio_codes import Level, TwilioError
from ari_conf.twiml import Say, parse_twiml
from ari_conf.webhooks import FetchedDocument, exchange_of

from . import choices
from .call import Call
from .diary import Diary
from .interpreter import Interpreter
from .session import CallSession, Fallback, Services

log = structlog.get_logger(__name__)

_PLACEHOLDERS: Final = re.compile(r"\{\{(To|From)\}\}")


class CallRunner:
    """Serves one call, from its arrival to its end."""

    def __init__(self, call: Call, number: NumberSettings, services: Services) -> None:
        self._call = call
        self._number = number
        self._services = services
        fallback = Fallback(number.voice_fallback_url, number.voice_fallback_method)
        self._session = CallSession(call, services, Diary(call.sid, services.ledger, services.clock), fallback)

    async def run(self) -> None:
        """Serve the call to its end. Whatever goes wrong is logged here; nothing is raised but cancellation."""
        try:
            await self._serve()
        except CallGoneError:
            log.info("the caller has gone", cause=self._call.ended.result().cause if self._call.ended.done() else "unknown")
        except EngineError as error:
            log.error("the call cannot be served; it is ended", cause=str(error))
            await self._give_up()
        except Exception:
            log.exception("the call cannot be served because of a fault in ari_conf; it is ended")
            await self._give_up()

    async def _serve(self) -> None:
        log.info("call arrived", from_=self._call.from_, to=self._call.to)
        try:
            ringing = self._session.while_up(self._services.engine.ring(self._call.sid))
            document, _ = await asyncio.gather(self._first_document(), ringing)
            await Interpreter(self._session).run(document)
        except TwilioError as error:
            self._session.notify(error.code, Level.ERROR, error.message, exchange=exchange_of(error))
            await self._session.answer()
            await self._session.play([Say(text=choices.APPLICATION_ERROR)], "")
        await self._services.engine.hang_up(self._call.sid)

    async def _first_document(self) -> FetchedDocument:
        number = self._number
        if not number.twiml:
            return await self._session.fetch(number.voice_url, number.voice_method)
        values = {"To": self._call.to, "From": self._call.from_}
        twiml = _PLACEHOLDERS.sub(lambda name: escape(values[name[1]], {'"': "&quot;"}), number.twiml)
        return self._session.given(FetchedDocument(parse_twiml(twiml), "", twiml))

    async def _give_up(self) -> None:
        self._services.rooms.leave(self._call.sid, Exit.HUNG_UP)
        with contextlib.suppress(EngineError):
            await self._services.engine.hang_up(self._call.sid)
