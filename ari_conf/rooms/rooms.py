"""All running rooms of this process, by account and name.

A command to a room is carried out at once and without waiting for anything: the rules are pure and quick, and what follows
from them (audio, callbacks) is handed on, never awaited here. So commands to a room take place one at a time in order of
arrival, and two first joins make one conference.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

import structlog

from ari_conf.clock import Clock
from ari_conf.conference import (
    Command,
    Conference,
    ConferenceEnded,
    ConferenceEvent,
    ConferenceStarted,
    EndConference,
    Exit,
    Join,
    JoinRefused,
    Leave,
    Participant,
    ParticipantJoined,
    ParticipantLeft,
    StatusCallback,
    audio_plan,
    callback_parameters,
    handle,
    new_conference,
)
from ari_conf.media.port import MediaEngine
from ari_conf.sids import SidKind, new_sid

log = structlog.get_logger(__name__)

Observer = Callable[[Conference, ConferenceEvent], None]
"""Is told everything that happens in any room, in order. It must not wait."""

CallbackSender = Callable[[Conference, StatusCallback, dict[str, str]], None]
"""Takes over a callback that is owed: the conference, where it goes, its parameters. It must not wait."""


@dataclass(frozen=True, slots=True)
class Left:
    """How a stay in a room ended: by ``event``, and its audio is out of the room once ``settled`` is done."""

    event: ParticipantLeft
    settled: "asyncio.Future[None]"


@dataclass(frozen=True, slots=True)
class Admission:
    """A call that was let into a room. ``left`` is done when it is no longer in it."""

    conference_sid: str
    left: "asyncio.Future[Left]"


@dataclass(slots=True, eq=False)
class _Room:
    conference: Conference
    admissions: dict[str, "asyncio.Future[Left]"] = field(default_factory=dict)


class Rooms:
    """The rooms that are running now. All methods return at once."""

    def __init__(self, engine: MediaEngine, send_callback: CallbackSender, clock: Clock) -> None:
        self._engine = engine
        self._send_callback = send_callback
        self._clock = clock
        self._by_name: dict[tuple[str, str], _Room] = {}
        self._by_call: dict[str, _Room] = {}
        self.observers: list[Observer] = []

    @property
    def conferences(self) -> list[Conference]:
        """Every conference that is not completed."""
        return [room.conference for room in self._by_name.values()]

    def join(
        self, account_sid: str, friendly_name: str, participant: Participant, status_callback: StatusCallback | None
    ) -> Admission | JoinRefused:
        """Let a call into the room of this name, made if there is none. A call can be in one room only."""
        if participant.call_sid in self._by_call:
            raise ValueError(f"call {participant.call_sid} is in a room already")
        room = self._by_name.get((account_sid, friendly_name))
        now = self._clock.now()
        if room is None:
            sid = new_sid(SidKind.CONFERENCE)
            room = _Room(new_conference(sid=sid, account_sid=account_sid, friendly_name=friendly_name, now=now))
        left: asyncio.Future[Left] = asyncio.get_running_loop().create_future()
        room.admissions[participant.call_sid] = left
        self._by_name[account_sid, friendly_name] = self._by_call[participant.call_sid] = room
        refused = self._carry_out(room, Join(participant, status_callback))
        return refused or Admission(room.conference.sid, left)

    def leave(self, call_sid: str, exit_: Exit) -> None:
        """Take a call out of its room, if it is in one."""
        room = self._by_call.get(call_sid)
        if room is not None:
            self._carry_out(room, Leave(call_sid, exit_))

    def end(self, conference_sid: str) -> None:
        """End a conference for all its participants, if it is running."""
        for room in list(self._by_name.values()):
            if room.conference.sid == conference_sid:
                self._carry_out(room, EndConference())

    def _carry_out(self, room: _Room, command: Command) -> JoinRefused | None:
        room.conference, events = handle(room.conference, command, self._clock.now())
        conference = room.conference
        if not conference.participants:  # over, or never begun because its first join was refused
            self._by_name.pop((conference.account_sid, conference.friendly_name), None)
        settled = self._engine.apply(audio_plan(conference))
        refused = None
        for event in events:
            if isinstance(event, ParticipantLeft):
                self._let_go(room, event.participant.call_sid).set_result(Left(event, settled))
            elif isinstance(event, JoinRefused):
                self._let_go(room, event.call_sid).cancel()
                refused = event
            self._tell(conference, event)
        return refused

    def _let_go(self, room: _Room, call_sid: str) -> "asyncio.Future[Left]":
        del self._by_call[call_sid]
        return room.admissions.pop(call_sid)

    def _tell(self, conference: Conference, event: ConferenceEvent) -> None:
        _log_event(conference, event)
        callback = conference.status_callback
        if callback is not None and not isinstance(event, JoinRefused) and event.sequence_number is not None:
            self._send_callback(conference, callback, callback_parameters(conference, event))
        for observer in self.observers:
            try:
                observer(conference, event)
            except Exception:
                log.exception("an observer of the rooms has failed", observer=observer)


def _log_event(conference: Conference, event: ConferenceEvent) -> None:
    about = log.bind(conference_sid=conference.sid, room=conference.friendly_name)
    match event:
        case ParticipantJoined():
            about.info("participant joined", call_sid=event.participant.call_sid, participants=len(conference.participants))
        case ParticipantLeft():
            about.info("participant left", call_sid=event.participant.call_sid, reason=event.reason.value)
        case ConferenceStarted():
            about.info("conference started")
        case ConferenceEnded():
            about.info("conference ended", reason=event.reason.value)
        case JoinRefused():
            about.warning("participant refused", call_sid=event.call_sid, code=event.code, cause=event.message)
