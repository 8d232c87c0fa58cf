"""``<Enqueue>``: wait in a queue, hearing its waitUrl, until an agent takes the call or it leaves."""

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial

import structlog

from ari_conf.conference import AudioPlan, AudioProgram, Waiting
from ari_conf.media.port import CallGoneError, EngineError
from ari_conf.programs import Program, ProgramRequest
from ari_conf.queues import (
    Bridge,
    Bridged,
    Connecting,
    Enqueued,
    Exit,
    Left,
    QueueEvent,
    QueueFull,
    Returned,
    action_parameters,
    url_parameters,
    wait_parameters,
)
from ari_conf.queues import Leave as LeaveQueue
from ari_conf.twilio_codes import Level, TwilioError, code_of
from ari_conf.twiml import Enqueue, Gather, Hangup, Leave
from ari_conf.webhooks import exchange_of

from . import choices
from .gather import Keys, gathered
from .queues import RunningQueue
from .session import CallSession, Next, Outcome, absolute

log = structlog.get_logger(__name__)


async def enqueue(session: CallSession, verb: Enqueue, base: str) -> Outcome:
    """Wait, talk with the agent, and hand the result to the action; without one, the next verb comes.

    Raises ``TwilioError`` for a waitUrl that cannot be resolved, before anything has happened.
    """
    wait = AudioProgram(absolute(verb.wait_url, base) if verb.wait_url else verb.wait_url, verb.wait_url_method.value)
    await session.answer()
    running = session.services.queues.named(session.call.account.sid, verb.name)
    stay = _Stay(session, running, wait)
    try:
        over = await stay.run(verb.max_queue_size)
    except asyncio.CancelledError:
        if verb.action and stay.redirected is not None and not session.services.book.left_alone:
            # Twilio asks the action at once; what it answers means nothing, for another document has taken over.
            session.tell_soon(absolute(verb.action, base), verb.method, action_parameters(running.queue, stay.redirected))
        raise
    if isinstance(over, QueueFull):
        session.notify(code_of(over.code), Level.WARNING, over.message)
    return await session.go_on(verb.action, verb.method, base, action_parameters(running.queue, over))


class _Stay:
    """One stay of a caller in a queue. What happens to it switches what it does: wait, hear the agent's document, talk."""

    def __init__(self, session: CallSession, running: RunningQueue, wait: AudioProgram) -> None:
        self._session = session
        self._running = running
        self._wait = wait
        self._call_sid = session.call.sid
        self._doing: asyncio.Task[None] | None = None
        self.redirected: Left | None = None
        """How the stay ended, if the application has taken the call out of it with another document."""

    async def run(self, max_size: int | None) -> Left | QueueFull:
        """Return how it ended."""
        inbox = self._running.enqueue(self._call_sid, max_size)
        try:
            while True:
                over = await self._next(inbox)
                if over is not None:
                    return over
        finally:
            self._running.carry_out(LeaveQueue(self._call_sid, Exit.REDIRECTED))
            lefts = [event for event in _drained(inbox) if isinstance(event, Left)]
            self.redirected = self.redirected or next(iter(lefts), None)
            self._running.forget(self._call_sid)
            await self._stop()

    async def _next(self, inbox: "asyncio.Queue[QueueEvent]") -> Left | QueueFull | None:
        coming = asyncio.create_task(inbox.get(), name=f"queue inbox of {self._call_sid}")
        try:
            await self._session.wait(coming)
        except CallGoneError:
            coming.cancel()
            self._running.carry_out(LeaveQueue(self._call_sid, Exit.HUNG_UP))
            events = ([coming.result()] if coming.done() and not coming.cancelled() else []) + _drained(inbox)
            return next(event for event in events if isinstance(event, Left | QueueFull))
        except BaseException:
            if coming.done() and isinstance(left := coming.result(), Left):
                self.redirected = left
            coming.cancel()
            raise
        match coming.result():
            case Left() | QueueFull() as over:
                return over
            case Enqueued() | Returned():
                await self._do(self._hear_wait_document)
            case Connecting() as connecting:
                await self._do(partial(self._hear_agents_document, connecting))
            case Bridged():
                await self._stop()
        return None

    async def _do(self, work: Callable[[], Awaitable[None]]) -> None:
        await self._stop()
        self._doing = asyncio.create_task(self._heard(work), name=f"in queue {self._call_sid}")

    async def _heard(self, work: Callable[[], Awaitable[None]]) -> None:
        """Let the caller hear something; what goes wrong with it ends neither the call nor its waiting."""
        try:
            await work()
        except CallGoneError:
            return
        except TwilioError as error:
            self._session.notify(
                error.code, Level.ERROR, f"the document for a caller in a queue: {error.message}", exchange=exchange_of(error)
            )
            self._running.carry_out(LeaveQueue(self._call_sid, Exit.DOCUMENT_FAILED))
        except EngineError as error:
            log.error("a caller in a queue hears nothing", call_sid=self._call_sid, cause=str(error))
        except Exception:
            log.exception("a fault in ari_conf ends a caller's waiting", call_sid=self._call_sid)
            self._running.carry_out(LeaveQueue(self._call_sid, Exit.SYSTEM_FAILED))

    async def _stop(self) -> None:
        """Stop what the caller hears, and let it be out of the waiting."""
        doing, self._doing = self._doing, None
        if doing is not None:
            doing.cancel()
            await asyncio.wait({doing})
        await self._session.engine.apply(AudioPlan(self._call_sid, {}))

    async def _hear_wait_document(self) -> None:
        session = self._session
        wait = self._wait
        await session.engine.apply(AudioPlan(self._call_sid, {self._call_sid: Waiting(wait)}))
        if not wait.url:
            return
        request = ProgramRequest(wait.url, wait.method, self._wait_parameters, session.call.account.auth_token)
        program = await session.services.programs.open(request, session.report, stops=(Gather, Hangup, Leave), loops=True)
        while True:
            await self._run(program)

    async def _run(self, program: Program) -> None:
        """Play the program up to the next verb that it cannot carry out itself, and carry that out."""
        session = self._session
        match await program.run(session.play_sound, session.press):
            case Leave():
                self._running.carry_out(LeaveQueue(self._call_sid, Exit.LEFT))
            case Hangup():
                await session.engine.hang_up(self._call_sid)
            case Gather() as gather:
                result = await gathered(session, gather, program.url, Keys(gather))
                if result is not None:
                    await program.fetch(absolute(gather.action or "", program.url), gather.method, result)
                return
            case None:
                pass
        await asyncio.Event().wait()  # until the queue, or the call's end, stops this

    async def _hear_agents_document(self, event: Connecting) -> None:
        session = self._session
        document = self._running.documents.get(event.connection.agent.call_sid)
        if document is not None and document.url is not None:
            try:
                with session.diary.aside():
                    fetched = await session.fetch(document.url, document.method, url_parameters(self._running.queue, event))
                    goes_on = await session.services.run_screening(session, fetched) is Next.VERB
            except TwilioError as error:
                session.notify(error.code, Level.ERROR, f"the url of <Queue>: {error.message}", exchange=exchange_of(error))
                goes_on = choices.FAILED_QUEUE_DOCUMENT_CONNECTS
            except CallGoneError:
                raise
            except EngineError as error:
                log.error("a caller does not hear the document of its agent", call_sid=self._call_sid, cause=str(error))
                goes_on = choices.FAILED_QUEUE_DOCUMENT_CONNECTS
            if not goes_on:
                await session.engine.hang_up(self._call_sid)
                return
        self._running.carry_out(Bridge(self._call_sid))

    def _wait_parameters(self) -> dict[str, str]:
        queue = self._running.queue
        return self._session.parameters() | wait_parameters(queue, self._call_sid, self._session.clock.now())


def _drained(inbox: "asyncio.Queue[QueueEvent]") -> list[QueueEvent]:
    """Return everything that has come and was not taken yet."""
    events = []
    while not inbox.empty():
        events.append(inbox.get_nowait())
    return events
