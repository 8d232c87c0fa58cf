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
from ari_conf.media.port import EngineError
from ari_conf.sids import SidKind, is_sid, new_sid
from ari_conf.twilio_codes import Code, code_of
from ari_conf.webhooks import CallStatus, Direction

from .call import Call
from .live import live_rows
from .meanwhile import meanwhile
from .outbound import in_conference, placed
from .position import Added, Placed
from .requests import CallRequest, ControlError, Fallback, ParticipantRequest, ProgressCallback, Source
from .ringback import ring
from .runner import Beginning, CallRunner, document_from, give_document
from .runners import Runners
from .session import Services

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
        call = self._new_call(account_sid, request, Placed(replace(request, password="")))
        source = request.source
        call.fallback = Fallback(source.fallback_url, source.fallback_method)
        self._serve(call, placed(request, document_from(source)), request.time_limit)
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
        request = replace(request, participant=replace(request.participant, call_sid=call.sid))
        expected = rooms.expect(account_sid, conference, request.participant, request.settings, request.recording)
        if isinstance(expected, JoinRefused):
            code = code_of(expected.code)
            raise ControlError(_LABEL_IN_USE.get(code, code), expected.message)
        call.origin = Added(expected, replace(request, call=replace(request.call, password="")))
        self._expected(call, expected, early_media=request.early_media)
        self._serve(call, placed(request.call, in_conference(expected, request)), request.call.time_limit)
        return expected, call

    def beginning_of(self, call: Call) -> Beginning | None:
        """Return what is done with a call of an earlier life that was asked for here and has no document yet."""
        match call.origin:
            case Placed(request):
                return placed(request, document_from(request.source))
            case Added(conference_sid, request):
                return placed(request.call, in_conference(conference_sid, request))
            case _:
                return None

    def take_up(self, call: Call) -> None:
        """Have what was asked here of a call in an earlier life of the controller hold in this one."""
        if call.time_limit is not None:
            self._limit_to(call, call.time_limit)
        if isinstance(call.origin, Added):
            self._expected(call, call.origin.conference_sid, early_media=call.origin.participant.early_media)

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
            give_document(call, source)
            self._services.ledger.commit(live_rows(call))
            self._runners.start(CallRunner(call, self._services, document_from(source)))
        else:
            raise _not_in_progress()
        return call

    def limit(self, account_sid: str, call_sid: str, seconds: float) -> None:
        """Let a live call end so many seconds after its answer, whatever limit it had. 21220 if it is not live."""
        call = self._live(account_sid, call_sid)
        self._limit_to(call, seconds)
        self._services.ledger.commit(live_rows(call))

    def fall_back_to(self, account_sid: str, call_sid: str, url: str | None, method: str | None) -> None:
        """Let somebody else be asked from now on if a live call's application fails. 21220 if it is not live.

        A method alone is for the URL that the call has.
        """
        self._live(account_sid, call_sid)
        runner = self._runners.get(call_sid)
        if runner is not None:
            runner.fall_back_to(url, method)

    def report_to(self, account_sid: str, call_sid: str, progress: ProgressCallback | None) -> None:
        """Tell from now on somebody else, or nobody, how a live call goes. 21220 if it is not live."""
        call = self._live(account_sid, call_sid)
        call.progress = progress
        self._services.ledger.commit(live_rows(call))

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

    def _new_call(self, account_sid: str, request: CallRequest, origin: Placed | None = None) -> Call:
        return Call(
            sid=new_sid(SidKind.CALL),
            account=self._accounts[account_sid],
            from_=request.caller_id or request.from_,
            to=request.to,
            created_at=self._services.clock.now(),
            direction=Direction.OUTBOUND_API,
            status=CallStatus.QUEUED,
            progress=request.progress,
            origin=origin,
        )

    def _serve(self, call: Call, beginning: Beginning, time_limit: float) -> None:
        self._limit_to(call, time_limit)
        self._runners.start(CallRunner(call, self._services, beginning))

    def _expected(self, call: Call, conference_sid: str, *, early_media: bool) -> None:
        """Let a call that is expected in a conference be heard ringing there, and be expected no more at its end."""
        rooms = self._services.rooms
        # However it ends, also one that could not even be placed; if it has joined, nothing happens.
        call.ended.add_done_callback(lambda _ended: rooms.add_failed(call.sid, ParticipantCallStatus(call.status.value)))
        if early_media:
            self._start(self._let_hear(conference_sid, call), f"ring tone in {conference_sid}")

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
        call.time_limit = seconds
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
