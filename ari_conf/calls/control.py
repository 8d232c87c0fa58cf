"""What the REST API can do with live calls and conferences."""

import asyncio
from collections.abc import Coroutine, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Final

import structlog

from ari_conf.accounts import Account
from ari_conf.conference import (
    Conference,
    ConferenceEnded,
    ConferenceEvent,
    Exit,
    JoinRefused,
    Participant,
    ParticipantCallStatus,
)
from ari_conf.media.port import EngineError, OutgoingCall
from ari_conf.recordings import Source as RecordingSource
from ari_conf.rooms import Caller
from ari_conf.sids import SidKind, is_sid, new_sid
from ari_conf.twilio_codes import Code, code_of
from ari_conf.webhooks import CallStatus, Direction

from .call import Call
from .callee import TIMEOUT_BUFFER
from .leg_recording import record_leg
from .meanwhile import meanwhile
from .requests import CallRequest, ControlError, ParticipantRequest, Source
from .ringback import ring
from .runner import Beginning, CallRunner, document_from
from .runners import Runners
from .session import NO_FALLBACK, CallSession, Fallback, Services

log = structlog.get_logger(__name__)

_LABEL_IN_USE: Final = {Code.PARTICIPANT_LABEL_IN_USE: Code.API_PARTICIPANT_LABEL_IN_USE}


@dataclass(frozen=True, slots=True)
class PendingParticipant:
    """Somebody who is being called into a conference."""

    call: Call
    participant: Participant

    @property
    def created_at(self) -> float:
        """Since when, in seconds since 1970 (UTC)."""
        return self.call.created_at


class Control:
    """Acts on calls; other accounts' calls are as if they were not there. Raises ``ControlError``."""

    def __init__(self, accounts: Mapping[str, Account], services: Services, runners: Runners) -> None:
        self._accounts = accounts
        self._services = services
        self._runners = runners
        self._tasks: set[asyncio.Task[None]] = set()
        self._limits: dict[str, asyncio.Task[None]] = {}
        services.rooms.observers.append(self._on_room_event)

    def pending(self, conference_sid: str) -> list[PendingParticipant]:
        """Return who is being called into a conference and has not joined it yet, in order."""
        conference = self._services.rooms.running(conference_sid)
        expected = conference.expected.values() if conference else ()
        # A call is served from its making on, before it is in the book.
        served = [(self._runners.get(participant.call_sid), participant) for participant in expected]
        return [PendingParticipant(runner.call, participant) for runner, participant in served if runner]

    async def call(self, account_sid: str, request: CallRequest) -> Call:
        """Place a call and return it at once, ``queued`` or further; the document is run when it is answered."""
        call = self._new_call(account_sid, request)
        source = request.source
        self._place(call, request, document_from(source), Fallback(source.fallback_url, source.fallback_method))
        return call

    async def add_participant(self, account_sid: str, conference: str, request: ParticipantRequest) -> tuple[str, Call]:
        """Call somebody into a conference, named by its SID or its name (made if there is none of that name).

        Returns at once the Conference SID and the call. 16022 for a SID that is not live, 16026 for a label in use, 16020 if it
        is full.
        """
        rooms = self._services.rooms
        if is_sid(conference, SidKind.CONFERENCE) and rooms.find(account_sid, conference) is None:
            raise ControlError(Code.CONFERENCE_OVER, f"conference {conference} does not exist or is completed", 404)
        call = self._new_call(account_sid, request.call)
        participant = replace(request.participant, call_sid=call.sid)
        expected = rooms.expect(account_sid, conference, participant, request.settings, request.recording)
        if isinstance(expected, JoinRefused):
            code = code_of(expected.code)
            raise ControlError(_LABEL_IN_USE.get(code, code), expected.message)
        # However it ends, also one that could not even be placed: it is expected no more, unless it has joined.
        call.ended.add_done_callback(lambda _ended: rooms.add_failed(call.sid, ParticipantCallStatus(call.status.value)))
        self._place(call, request.call, self._in_conference(expected, participant, request), NO_FALLBACK)
        if request.early_media:
            self._start(self._let_hear(expected, call), f"ring tone in {expected}")
        return expected, call

    async def redirect(self, account_sid: str, call_sid: str, source: Source) -> Call:
        """Let a live call run another document from now on, whatever it does.

        21220 if it is not live, or was placed and has not been answered.
        """
        call = self._live(account_sid, call_sid)
        if call.answered_at is None and call.direction is not Direction.INBOUND:
            raise _not_in_progress()
        runner = self._runners.get(call_sid)
        if runner is not None:
            rooms = self._services.rooms
            rooms.leave(call_sid, Exit.REDIRECTED)
            rooms.add_failed(call_sid, ParticipantCallStatus.IN_PROGRESS)
            runner.redirect(source)
        elif call.taken is not None and call.released is not None:
            if call.taken.done():
                # Somebody else is just taking it over: theirs begins first, then this takes over from it.
                await asyncio.wait({call.released})
                return await self.redirect(account_sid, call_sid, source)
            call.taken.set_result(None)
            await asyncio.wait({call.released})
            fallback = Fallback(source.fallback_url, source.fallback_method)
            self._runners.start(CallRunner(call, self._services, document_from(source), fallback))
        else:
            raise _not_in_progress()
        return call

    def limit(self, account_sid: str, call_sid: str, seconds: float) -> None:
        """Let a live call end so many seconds after its answer, whatever limit it had. 21220 if it is not live."""
        self._limit_to(self._live(account_sid, call_sid), seconds)

    def fall_back_to(self, account_sid: str, call_sid: str, url: str | None, method: str | None) -> None:
        """Let somebody else be asked from now on if a live call's application fails. 21220 if it is not live.

        A method alone is for the URL that the call has.
        """
        self._live(account_sid, call_sid)
        runner = self._runners.get(call_sid)
        if runner is not None:
            runner.fall_back_to(url, method)

    async def complete(self, account_sid: str, call_sid: str) -> Call:
        """End a live call, in whatever state."""
        call = self._live(account_sid, call_sid)
        await self._services.book.hang_up(call)
        return call

    async def cancel(self, account_sid: str, call_sid: str) -> Call:
        """End a call that has not been answered yet; nothing happens to one that has."""
        call = self._live(account_sid, call_sid)
        if call.answered_at is None:
            await self._services.book.hang_up(call)
        return call

    async def stop(self) -> None:
        """Stop what is under way; calls stay as they are in the engine."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _live(self, account_sid: str, call_sid: str) -> Call:
        call = self._services.book.get(call_sid)
        if call is None or call.account.sid != account_sid:
            raise _not_in_progress()
        return call

    def _new_call(self, account_sid: str, request: CallRequest) -> Call:
        return Call(
            sid=new_sid(SidKind.CALL),
            account=self._accounts[account_sid],
            from_=request.caller_id or request.from_,
            to=request.to,
            created_at=self._services.clock.now(),
            direction=Direction.OUTBOUND_API,
            status=CallStatus.QUEUED,
            progress=request.progress,
        )

    def _place(self, call: Call, request: CallRequest, beginning: Beginning, fallback: Fallback) -> None:
        outgoing = OutgoingCall(
            call_sid=call.sid,
            to=request.to,
            caller_id=call.from_,
            timeout=request.timeout + TIMEOUT_BUFFER,
            username=request.username,
            password=request.password,
        )

        async def begin(session: CallSession) -> None:
            await self._services.book.place(call, outgoing)
            await session.wait(call.answered)
            if request.record is not None:
                await record_leg(session, request.record, RecordingSource.OUTBOUND_API)
            if request.send_digits:
                await session.while_up(session.engine.send_digits(call.sid, request.send_digits))
            await beginning(session)

        self._limit_to(call, request.time_limit)
        self._runners.start(CallRunner(call, self._services, begin, fallback))

    def _in_conference(self, conference_sid: str, participant: Participant, request: ParticipantRequest) -> Beginning:
        rooms = self._services.rooms

        async def begin(session: CallSession) -> None:
            call = session.call
            await session.while_up(session.engine.set_jitter_buffer(call.sid, request.jitter_buffer_ms))
            conference = rooms.find(call.account.sid, conference_sid)
            if conference is None:
                return
            caller = Caller(call.account.sid, session.parameters())
            admission = rooms.join(caller, conference.friendly_name, participant, request.settings, request.recording)
            if isinstance(admission, JoinRefused):
                rooms.add_failed(call.sid, ParticipantCallStatus.FAILED)
                log.warning("a participant that was called is not let in", call_sid=call.sid, cause=admission.message)
                return
            # Not awaited itself: whoever stops waiting must not cancel what the room is to set.
            await asyncio.wait({admission.left})
            await admission.left.result().settled

        return begin

    async def _let_hear(self, conference_sid: str, call: Call) -> None:
        """Let those in a conference hear it ring."""
        over: set[asyncio.Future[Any]] = {call.answered, call.ended}
        await asyncio.wait({call.rings, *over}, return_when=asyncio.FIRST_COMPLETED)
        if any(future.done() for future in over):
            return
        play = partial(self._services.engine.play_to_room, conference_sid)
        async with meanwhile(ring(self._services, play), f"ring tone in {conference_sid}"):
            await asyncio.wait(over, return_when=asyncio.FIRST_COMPLETED)

    def _on_room_event(self, conference: Conference, event: ConferenceEvent) -> None:
        if isinstance(event, ConferenceEnded):
            for runner in map(self._runners.get, self._services.rooms.expected(conference.sid)):
                if runner is not None:
                    self._start(self._give_up(runner.call), f"giving up {runner.call.sid}")

    async def _give_up(self, call: Call) -> None:
        try:
            await self._services.book.hang_up(call)
        except EngineError as error:
            log.warning("a call could not be given up", call_sid=call.sid, cause=str(error))

    def _limit_to(self, call: Call, seconds: float) -> None:
        earlier = self._limits.pop(call.sid, None)
        if earlier is not None:
            earlier.cancel()
        self._limits[call.sid] = self._start(self._limit(call, seconds), f"time limit of {call.sid}")
        call.ended.add_done_callback(lambda _ended: self._limits.pop(call.sid, None))

    async def _limit(self, call: Call, seconds: float) -> None:
        clock = self._services.clock
        begun: set[asyncio.Future[Any]] = {call.answered, call.ended}
        await asyncio.wait(begun, return_when=asyncio.FIRST_COMPLETED)
        if call.answered_at is None:
            return
        left = seconds - (clock.now() - call.answered_at)
        limit = asyncio.create_task(clock.sleep_until(clock.monotonic() + left))
        over: set[asyncio.Future[Any]] = {limit, call.ended}
        try:
            await asyncio.wait(over, return_when=asyncio.FIRST_COMPLETED)
            if not call.ended.done():
                await self._give_up(call)
        finally:
            limit.cancel()

    def _start(self, work: Coroutine[Any, Any, None], name: str) -> asyncio.Task[None]:
        task = asyncio.create_task(work, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task


def _not_in_progress() -> ControlError:
    return ControlError(Code.CALL_STATE, "Call is not in-progress. Cannot redirect.")
