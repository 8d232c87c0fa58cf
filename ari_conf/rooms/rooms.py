"""All running rooms of this process, by account and name.

A command to a room is carried out at once and without waiting for anything: the rules are pure and quick, and what follows
from them (audio, callbacks, programs) is handed on, never awaited here. So commands to a room take place one at a time in order
of arrival, and two first joins make one conference.
"""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import structlog

from ari_conf.clock import Clock
from ari_conf.conference import (
    AddFailed,
    AnnouncementDue,
    BeepDue,
    Command,
    Conference,
    ConferenceEvent,
    ConferenceSettings,
    ConferenceStarted,
    Exit,
    Expect,
    Join,
    JoinRefused,
    Leave,
    Participant,
    ParticipantCallStatus,
    ParticipantLeft,
    Refused,
    Talking,
    audio_plan,
    handle,
    new_conference,
)
from ari_conf.media.port import MediaEngine
from ari_conf.recordings import Recording, RecordingCallback, Recordings, Source
from ari_conf.sids import SidKind, new_sid
from ari_conf.webhooks import Ledger

from .journal import Journal
from .logbook import log_event
from .sounds import RoomSounds

log = structlog.get_logger(__name__)

Observer = Callable[[Conference, ConferenceEvent], None]
"""Is told everything that happens in any room, in order. It must not wait."""


@dataclass(frozen=True, slots=True)
class Caller:
    """Whose call it is: the account, and the parameters with which webhooks describe the call."""

    account_sid: str
    voice_parameters: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class RoomRecording:
    """What ``<Conference>`` says of the recording; that of the first participant counts."""

    trim: bool = True
    callback: RecordingCallback | None = None
    event_callback_url: str | None = None


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
    recording: RoomRecording
    journal: Journal
    admissions: dict[str, "asyncio.Future[Left]"] = field(default_factory=dict)


class Rooms:
    """The rooms that are running now. All methods return at once."""

    def __init__(
        self,
        engine: MediaEngine,
        ledger: Ledger,
        recordings: Recordings,
        sounds: RoomSounds,
        clock: Clock,
    ) -> None:
        self._engine = engine
        self._ledger = ledger
        self._recordings = recordings
        self._sounds = sounds
        self._clock = clock
        self._by_name: dict[tuple[str, str], _Room] = {}
        self._by_sid: dict[str, _Room] = {}
        self._by_call: dict[str, _Room] = {}
        self._expecting: dict[str, _Room] = {}
        self.observers: list[Observer] = []
        sounds.on_wait_failed = self._wait_failed
        sounds.on_over = self._announcement_over

    @property
    def conferences(self) -> list[Conference]:
        """Every conference that is not completed."""
        return [room.conference for room in self._by_sid.values()]

    def find(self, account_sid: str, name: str) -> Conference | None:
        """Return the running conference of the account that has this SID or this name."""
        room = self._find(account_sid, name)
        return room.conference if room else None

    def running(self, conference_sid: str) -> Conference | None:
        """Return the conference with this SID, if it is running."""
        room = self._by_sid.get(conference_sid)
        return room.conference if room else None

    def expected(self, conference_sid: str) -> list[str]:
        """Return the calls that are being made into a conference, in order, also when it has ended meanwhile."""
        return [call_sid for call_sid, room in self._expecting.items() if room.conference.sid == conference_sid]

    def journal_of(self, conference_sid: str) -> Journal:
        """Return the times of a running conference. Raises KeyError for another."""
        return self._by_sid[conference_sid].journal

    def expect(
        self,
        account_sid: str,
        name: str,
        participant: Participant,
        settings: ConferenceSettings,
        recording: RoomRecording | None = None,
    ) -> str | JoinRefused:
        """Take note that somebody is being called into the room of this name or SID; return its Conference SID.

        The room is made if there is none of this name.
        """
        room = self._find(account_sid, name) or self._make(account_sid, name, recording or RoomRecording())
        for event in self._carry_out(room, Expect(participant, settings)):
            if isinstance(event, JoinRefused):
                return event
        self._expecting[participant.call_sid] = room
        return room.conference.sid

    def add_failed(self, call_sid: str, call_status: ParticipantCallStatus) -> None:
        """Take note that somebody who is expected does not come, or was not let in; for any other call nothing changes."""
        room = self._expecting.pop(call_sid, None)
        if room is not None:
            self._carry_out(room, AddFailed(call_sid, call_status))

    def join(
        self,
        caller: Caller,
        friendly_name: str,
        participant: Participant,
        settings: ConferenceSettings,
        recording: RoomRecording | None = None,
    ) -> Admission | JoinRefused:
        """Let a call into the room of this name, made if there is none, or into the one where it is expected.

        A call can be in one room only.
        """
        if participant.call_sid in self._by_call:
            raise ValueError(f"call {participant.call_sid} is in a room already")
        name = (caller.account_sid, friendly_name)
        room = self._expecting.get(participant.call_sid) or self._by_name.get(name)
        room = room or self._make(caller.account_sid, friendly_name, recording or RoomRecording())
        left: asyncio.Future[Left] = asyncio.get_running_loop().create_future()
        room.admissions[participant.call_sid] = left
        self._by_call[participant.call_sid] = room
        self._sounds.meet(participant.call_sid, caller.voice_parameters)
        for event in self._carry_out(room, Join(participant, settings)):
            if isinstance(event, JoinRefused):
                return event
        self._expecting.pop(participant.call_sid, None)
        return Admission(room.conference.sid, left)

    def leave(self, call_sid: str, exit_: Exit) -> "asyncio.Future[None] | None":
        """Take a call out of its room, if it is in one; return what is done when its audio is out of it."""
        room = self._by_call.get(call_sid)
        if room is None:
            return None
        left = room.admissions[call_sid]
        self._carry_out(room, Leave(call_sid, exit_))
        return left.result().settled

    def talking(self, call_sid: str, *, talking: bool) -> None:
        """Note that a call, if it is in a room, talks or no longer does."""
        room = self._by_call.get(call_sid)
        if room is not None:
            self._carry_out(room, Talking(call_sid, talking))

    def command(self, conference_sid: str, command: Command) -> Refused | None:
        """Carry out a command of the application; return why it was refused, if it was. Raises KeyError for an unknown room."""
        for event in self._carry_out(self._by_sid[conference_sid], command):
            if isinstance(event, Refused):
                return event
        return None

    def _find(self, account_sid: str, name: str) -> _Room | None:
        room = self._by_sid.get(name) or self._by_name.get((account_sid, name))
        return room if room and room.conference.account_sid == account_sid else None

    def _wait_failed(self, call_sid: str) -> None:
        self.leave(call_sid, Exit.WAIT_URL_FAILED)

    def _announcement_over(self, conference_sid: str, command: Command) -> None:
        if conference_sid in self._by_sid:
            self.command(conference_sid, command)

    def _make(self, account_sid: str, friendly_name: str, recording: RoomRecording) -> _Room:
        sid = new_sid(SidKind.CONFERENCE)
        conference = new_conference(sid=sid, account_sid=account_sid, friendly_name=friendly_name, now=self._clock.now())
        room = self._by_sid[sid] = self._by_name[account_sid, friendly_name] = _Room(
            conference, recording, Journal(self._ledger)
        )
        return room

    def _carry_out(self, room: _Room, command: Command) -> tuple[ConferenceEvent, ...]:
        room.conference, events = handle(room.conference, command, self._clock.now())
        conference = room.conference
        if not conference.participants and not conference.expected:
            self._forget(room)
        plan = audio_plan(conference)
        settled = self._engine.apply(plan)
        self._sounds.apply(conference, plan)
        room.journal.note(conference, events)
        for event in events:
            self._let_happen(room, event, settled)
            self._tell(conference, event)
        return events

    def _forget(self, room: _Room) -> None:
        """Drop a room that is over, or whose only join was refused, so that the name is free."""
        conference = room.conference
        if self._by_sid.pop(conference.sid, None) is not None:
            del self._by_name[conference.account_sid, conference.friendly_name]

    def _let_happen(self, room: _Room, event: ConferenceEvent, settled: "asyncio.Future[None]") -> None:
        conference = room.conference
        match event:
            case ParticipantLeft() if event.participant.call_sid in room.admissions:
                self._let_go(room, event.participant.call_sid).set_result(Left(event, settled))
            case JoinRefused() if event.call_sid in room.admissions:
                self._let_go(room, event.call_sid).cancel()
            case BeepDue():
                self._sounds.beep(conference.sid, settled)
            case AnnouncementDue():
                self._sounds.announce(conference, event)
            case ConferenceStarted() if conference.settings.record:
                self._begin_recording(room, event.at)

    def _let_go(self, room: _Room, call_sid: str) -> "asyncio.Future[Left]":
        del self._by_call[call_sid]
        self._sounds.part(call_sid)
        return room.admissions.pop(call_sid)

    def _begin_recording(self, room: _Room, now: float) -> None:
        conference = room.conference
        recording = Recording(
            sid=new_sid(SidKind.RECORDING),
            account_sid=conference.account_sid,
            source=Source.CONFERENCE,
            started_at=now,
            conference_sid=conference.sid,
            friendly_name=conference.friendly_name,
            trim=room.recording.trim,
            callback=room.recording.callback,
            event_callback_url=room.recording.event_callback_url,
        )
        self._recordings.begin(conference.sid, recording)

    def _tell(self, conference: Conference, event: ConferenceEvent) -> None:
        log_event(conference, event)
        for observer in self.observers:
            try:
                observer(conference, event)
            except Exception:
                log.exception("an observer of the rooms has failed", observer=observer)
