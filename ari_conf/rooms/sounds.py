"""What is played in rooms beside the voices: beeps, announcements, and programs for those who wait or are on hold."""

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import structlog

from ari_conf.conference import (
    AnnouncementDue,
    AnnouncementOver,
    Apart,
    AudioProgram,
    Command,
    Conference,
    OnHold,
    Placement,
)
from ari_conf.media.port import EngineError, MediaEngine, Sound
from ari_conf.notifications import Exchange, Notification, Notifications
from ari_conf.programs import PlaySound, ProgramPlayer, ProgramRequest, problem_of
from ari_conf.twilio_codes import TwilioError
from ari_conf.twiml import Problem
from ari_conf.webhooks import exchange_of, redacted

log = structlog.get_logger(__name__)


@dataclass(slots=True, eq=False)
class _Listener:
    """A call in a room, and what plays to it alone."""

    voice_parameters: Mapping[str, str]
    program: asyncio.Task[None] | None = None
    announcements: set[asyncio.Task[None]] = field(default_factory=set)


class RoomSounds:
    """Plays over the engine. All methods return at once.

    ``tokens`` are the auth tokens by account SID; for who waits in a room without one, nothing is fetched. ``on_wait_failed``
    is told of a call whose waitUrl could not be had, ``on_over`` of an announcement that is over, as a command for its room.
    """

    def __init__(
        self, engine: MediaEngine, programs: ProgramPlayer, notifications: Notifications, tokens: Mapping[str, str]
    ) -> None:
        self._engine = engine
        self._programs = programs
        self._notifications = notifications
        self._tokens = tokens
        self._listeners: dict[str, _Listener] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._stopping = False
        self.on_wait_failed: Callable[[str], None] = lambda _call_sid: None
        self.on_over: Callable[[str, Command], None] = lambda _conference_sid, _command: None

    def meet(self, call_sid: str, voice_parameters: Mapping[str, str]) -> None:
        """Get to know a call that enters a room, and the parameters that describe it to the application."""
        self._listeners[call_sid] = _Listener(voice_parameters)

    def part(self, call_sid: str) -> None:
        """Forget a call that has left its room; what plays to it alone ends."""
        listener = self._listeners.pop(call_sid)
        for task in (listener.program, *listener.announcements):
            if task is not None:
                task.cancel()

    def apply(self, conference: Conference, placed_anew: Mapping[str, Placement], settled: "asyncio.Future[None]") -> None:
        """Let those who are apart now hear their programs, once the audio is as planned, and those who no longer are none.

        ``placed_anew`` are those, by Call SID, whose placement is another than before.
        """
        for call_sid, placement in placed_anew.items():
            listener = self._listeners[call_sid]
            if listener.program is not None:
                listener.program.cancel()
                listener.program = None
            if isinstance(placement, Apart) and placement.program.url and conference.account_sid in self._tokens:
                play = self._play_apart(conference, call_sid, placement, settled)
                listener.program = self._start(play, f"program {call_sid}")

    def beep(self, conference_sid: str, settled: "asyncio.Future[None]") -> None:
        """Beep to a room, once its audio is as planned."""
        self._start(self._beep(conference_sid, settled), f"beep {conference_sid}")

    def announce(self, conference: Conference, event: AnnouncementDue) -> None:
        """Play an announcement, and tell when it is over."""
        task = self._start(self._announce(conference, event), f"announcement {conference.sid}")
        if event.call_sid is not None:
            announcements = self._listeners[event.call_sid].announcements
            announcements.add(task)
            task.add_done_callback(announcements.discard)

    async def stop(self) -> None:
        """Stop everything that plays."""
        self._stopping = True
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _play_apart(
        self, conference: Conference, call_sid: str, placement: Apart, settled: "asyncio.Future[None]"
    ) -> None:
        request = self._request(conference, placement.program, call_sid)
        report = partial(self._report, conference.account_sid, call_sid)
        try:
            program = await self._programs.open(request, report)
            # A room that goes on asks for its programs before the engine has its calls again.
            await asyncio.wait({settled})
            await program.run(partial(self._engine.play, call_sid))
        except TwilioError as error:
            report(problem_of(error), request.url, exchange_of(error))
            if not isinstance(placement, OnHold):
                self.on_wait_failed(call_sid)
        except EngineError as error:
            log.info("a program could not be played to its end", call_sid=call_sid, cause=str(error))

    async def _beep(self, conference_sid: str, settled: "asyncio.Future[None]") -> None:
        await settled
        try:
            await self._engine.play_to_room(conference_sid, Sound.BEEP)
        except EngineError as error:
            log.warning("a beep could not be played", conference_sid=conference_sid, cause=str(error))

    async def _announce(self, conference: Conference, event: AnnouncementDue) -> None:
        request = self._request(conference, event.program, event.call_sid)
        report = partial(self._report, conference.account_sid, event.call_sid or "")
        if event.call_sid is None:
            play: PlaySound = partial(self._engine.play_to_room, conference.sid)
        else:
            play = partial(self._engine.play_to_participant, event.call_sid)
        failure = None
        try:
            program = await self._programs.open(request, report)
            await program.run(play)
        except TwilioError as error:
            report(problem_of(error), request.url, exchange_of(error))
            failure = f"{int(error.code)} {error.message}"
        except EngineError as error:
            failure = str(error)
        except asyncio.CancelledError:
            if self._stopping or event.call_sid is None:
                raise
            # Whom it was for has left: that is the end of it.
        self.on_over(conference.sid, AnnouncementOver(event.program, event.call_sid, failure))

    def _request(self, conference: Conference, program: AudioProgram, call_sid: str | None) -> ProgramRequest:
        described = {"AccountSid": conference.account_sid}
        if call_sid is not None:
            described = dict(self._listeners[call_sid].voice_parameters)
        room = {"ConferenceSid": conference.sid, "FriendlyName": conference.friendly_name}
        token = self._tokens[conference.account_sid]
        return ProgramRequest(program.url or "", program.method, described | room, token, program.twiml)

    def _report(self, account_sid: str, call_sid: str, problem: Problem, url: str, exchange: Exchange | None) -> None:
        code, level, message = problem.code, problem.level, problem.message
        self._notifications.add(Notification(account_sid, call_sid, code, level, message, redacted(url), exchange=exchange))

    def _start(self, work: Coroutine[Any, Any, None], name: str) -> asyncio.Task[None]:
        task = asyncio.create_task(work, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task
