"""Runs TwiML: document after document, verb after verb, until nothing is left or the call is over."""

from collections.abc import Sequence

import structlog

from ari_conf.media.port import CallGoneError
from ari_conf.spans import new_span
from ari_conf.twilio_codes import Code, Level
from ari_conf.twiml import (
    Dial,
    Enqueue,
    Gather,
    Hangup,
    Leave,
    Pause,
    Prompt,
    Record,
    Redirect,
    Reject,
    Verb,
)
from ari_conf.webhooks import FetchedDocument

from .dial import dial
from .diary import verb_facts
from .enqueue import enqueue
from .gather import gather
from .record import record
from .reject import reject
from .session import CallSession, Next, Outcome, absolute

log = structlog.get_logger(__name__)


class Interpreter:
    """Runs the documents of one call.

    ``screening``: they are heard by somebody before being connected with somebody else; they cannot dial or enqueue.
    """

    def __init__(self, session: CallSession, *, screening: bool = False) -> None:
        self._session = session
        self._screening = screening

    async def run(self, document: FetchedDocument) -> Next:
        """Run a document and those that take over from it; return how the last one ended: at its last verb, or in a Hangup.

        Raises ``TwilioError`` if a document could not be had, ``CallGoneError`` when the call is over.
        """
        return await self._to_the_end(document)

    async def resume(self, document: FetchedDocument) -> Next:
        """Go on where an earlier life of the controller was in ``document``; otherwise as ``run``."""
        position = self._session.call.position
        if position.asking is not None:
            asking = position.asking
            return await self._to_the_end(await self._session.fetch(asking.url, asking.method, asking.parameters))
        self._session.diary.again()
        return await self._to_the_end(await self._run(document, position.verb))

    async def _to_the_end(self, outcome: Outcome) -> Next:
        while isinstance(outcome, FetchedDocument):
            outcome = await self._run(outcome)
        return outcome

    async def _run(self, current: FetchedDocument, position: int = 0) -> Outcome:
        verbs = current.document.verbs
        while position < len(verbs):
            verb = verbs[position]
            if isinstance(verb, Prompt):
                prompts = _prompts(verbs[position:])
                await self._play(prompts, position, current.url)
                position += len(prompts)
                continue
            outcome = await self._noted(verb, position, current)
            if outcome is not Next.VERB:
                return outcome
            position += 1
        return Next.VERB

    async def _noted(self, verb: Verb, position: int, current: FetchedDocument) -> Outcome:
        session = self._session
        session.result = {}
        row = session.diary.verb(type(verb).__name__, position)
        try:
            with new_span(f"<{row.name}>", verb_facts(row), no_fault=(CallGoneError,)):
                return await self._carry_out(verb, position, current)
        finally:
            session.diary.verb_over(row, session.result, position + 1)

    async def _carry_out(  # noqa: PLR0911 (one line for each verb)
        self, verb: Verb, position: int, current: FetchedDocument
    ) -> Outcome:
        session = self._session
        match verb:
            case Gather():
                return await gather(session, verb, current.url)
            case Record():
                return await record(session, verb, current.url)
            case Redirect():
                return await session.fetch(absolute(verb.url, current.url), verb.method)
            case Hangup():
                await session.answer()
                return Next.END
            case Reject():
                return await reject(session, verb, first=position == 0)
            case Dial() | Enqueue() if self._screening:
                message = (
                    f"<{type(verb).__name__}> cannot stand in a document for somebody who is being called; it is passed over"
                )
                session.notify(Code.DIAL_FROM_DIALLED_LEG, Level.ERROR, message, current.url)
            case Dial():
                return await dial(session, verb, current.url)
            case Enqueue():
                return await enqueue(session, verb, current.url)
            case Leave():
                message = "<Leave> means something in the waitUrl's document of <Enqueue> alone; it is passed over"
                session.notify(Code.SCHEMA_WARNING, Level.WARNING, message, current.url)
        return Next.VERB

    async def _play(self, prompts: Sequence[Prompt], first: int, base: str) -> None:
        """Play prompts; a Pause before anything is heard lets the call go on ringing."""
        session = self._session
        heard = list(prompts)
        with session.diary.prompts(first) as begun:
            while heard and isinstance(pause := heard[0], Pause) and session.call.answered_at is None:
                begun(heard.pop(0))
                await session.sleep(pause.length)
            if heard:
                await session.answer()
                await session.play(heard, base, begun)


def _prompts(verbs: Sequence[Verb]) -> list[Prompt]:
    """Return the prompts that ``verbs`` begin with."""
    prompts: list[Prompt] = []
    for verb in verbs:
        if not isinstance(verb, Prompt):
            break
        prompts.append(verb)
    return prompts


async def run_screening(session: CallSession, document: FetchedDocument) -> Next:
    """Run a document that somebody who was called hears before being connected; raises as ``Interpreter.run`` does."""
    with session.diary.aside():
        return await Interpreter(session, screening=True).run(document)
