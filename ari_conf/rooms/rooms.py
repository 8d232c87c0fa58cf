"""All running rooms of this process, by account and name.

A command to a room is carried out at once and without waiting for anything: the rules are pure and quick, and what follows
from them (audio, callbacks, programs) is handed on, never awaited here. So commands to a room take place one at a time in order
of arrival, and two first joins make one conference.
"""

import asyncio
from collections.abc import Callable, Container
from functools import partial

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
    ParticipantJoined,
    ParticipantLeft,
    RecordingState,
    Refused,
    SetRecordingPaused,
    Talking,
    audio_plan,
    handle,
    new_conference,
    revised,
)
from ari_conf.media.port import MediaEngine
from ari_conf.recordings import Recordings, RecordingStatus
from ari_conf.sids import SidKind, new_sid
from ari_conf.spans import current_span, new_span
from ari_conf.store import Store
from ari_conf.webhooks import Ledger

from .journal import Journal
from .live import Notes, endings, kept_rooms
from .logbook import log_event
from .room import Admission, Caller, Left, Room
from .room_recording import RoomRecording, new_recording
from .sounds import RoomSounds

log = structlog.get_logger(__name__)

Observer = Callable[[Conference, ConferenceEvent], None]
"""Is told everything that happens in any room, in order. It must not wait."""


class Rooms:
    """The rooms that are running now. All methods return at once.

    With ``detect_talking`` it is known of every room who talks, else of those whose application wants to be told.
    ``on_joined`` is told of each call that joins, and what is done when it hears what it is to hear; it must not raise.
    """

    def __init__(
        self,
        engine: MediaEngine,
        ledger: Ledger,
        recordings: Recordings,
        sounds: RoomSounds,
        clock: Clock,
        *,
        detect_talking: bool = False,
    ) -> None:
        self._engine = engine
        self._ledger = ledger
        self._recordings = recordings
        self._sounds = sounds
        self._clock = clock
        self._plan = partial(audio_plan, detect_talking=detect_talking)
        self._revised = partial(revised, detect_talking=detect_talking)
        self._by_name: dict[tuple[str, str], Room] = {}
        self._by_sid: dict[str, Room] = {}
        self._by_call: dict[str, Room] = {}
        self._expecting: dict[str, Room] = {}
        self.observers: list[Observer] = []
        self.on_joined: Callable[[str, asyncio.Future[None]], None] = lambda _call_sid, _settled: None
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

    def expecting(self, call_sid: str) -> Conference | None:
        """Return the conference into which a call is being made, if there is one."""
        room = self._expecting.get(call_sid)
        return room.conference if room else None

    def journal_of(self, conference_sid: str) -> Notes:
        """Return the times of a running conference. Raises KeyError for another."""
        return self._by_sid[conference_sid].journal.notes

    async def restore(self, store: Store) -> None:
        """Take up the rooms of an earlier life, before anything else happens; its recordings have to be there again.

        The engine is given their plans, and whoever waits or is on hold hears the program from its beginning. What nobody can
        know any more is told as ended: that somebody talked, and announcements. Raises SQLAlchemy's errors.
        """
        settled: list[asyncio.Future[None]] = []
        for conference, notes, kept in await kept_rooms(store):
            room = self._enter(conference, Journal(self._ledger, notes, kept))
            self._expecting.update(dict.fromkeys(conference.expected, room))
            for call_sid in conference.participants:
                room.admit(call_sid)
                self._by_call[call_sid] = room
                self._sounds.meet(call_sid, notes.voice_parameters[call_sid])
            settled.append(self._engine.apply(room.plan))
            self._sounds.apply(conference, room.plan.placements, settled[-1])
            self._mend(room)
            log.info("a room goes on", conference_sid=conference.sid, participants=len(conference.participants))
        if settled:
            # All of them: who waits for one and leaves cancels it.
            asyncio.gather(*settled, return_exceptions=True).add_done_callback(
                lambda _done: log.info("all rooms from before the start are as they should be", rooms=len(settled))
            )

    def resume(self, call_sid: str) -> Admission | None:
        """Return the stay of a call that an earlier life has let into a room; None if it is in none (any more)."""
        room = self._by_call.get(call_sid)
        return Admission(room.conference.sid, room.admissions[call_sid]) if room else None

    def keep_only(self, calls: Container[str]) -> None:
        """Take everybody out whose call is not one of these, and expect nobody else: such calls are over."""
        for call_sid in [call_sid for call_sid in self._by_call if call_sid not in calls]:
            self.leave(call_sid, Exit.HUNG_UP)
        for call_sid in [call_sid for call_sid in self._expecting if call_sid not in calls]:
            self.add_failed(call_sid, ParticipantCallStatus.FAILED)

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
        room = self._expecting.get(participant.call_sid) or self._by_name.get((caller.account_sid, friendly_name))
        room = room or self._make(caller.account_sid, friendly_name, recording or RoomRecording())
        left = room.admit(participant.call_sid)
        self._by_call[participant.call_sid] = room
        room.journal.notes.voice_parameters[participant.call_sid] = caller.voice_parameters
        self._sounds.meet(participant.call_sid, caller.voice_parameters)
        sids = {"ari_conf.call_sid": participant.call_sid, "ari_conf.conference_sid": room.conference.sid}
        with new_span("join", sids) as joining:
            for event in self._carry_out(room, Join(participant, settings)):
                if isinstance(event, JoinRefused):
                    joining.fail(str(event.code))
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
        if room is None:
            return
        # The most frequent of all commands changes nothing of the audio.
        before, command, now = room.conference, Talking(call_sid, talking), self._clock.now()
        room.conference, events = handle(before, command, now)
        room.journal.note(before, room.conference, command, events, now)
        for event in events:
            self._tell(room.conference, event)

    def command(self, conference_sid: str, command: Command) -> Refused | None:
        """Carry out a command of the application; return why it was refused, if it was. Raises KeyError for an unknown room."""
        for event in self._carry_out(self._by_sid[conference_sid], command):
            if isinstance(event, Refused):
                return event
        return None

    def _find(self, account_sid: str, name: str) -> Room | None:
        room = self._by_sid.get(name) or self._by_name.get((account_sid, name))
        return room if room and room.conference.account_sid == account_sid else None

    def _wait_failed(self, call_sid: str) -> None:
        self.leave(call_sid, Exit.WAIT_URL_FAILED)

    def _announcement_over(self, conference_sid: str, command: Command) -> None:
        if conference_sid in self._by_sid:
            self.command(conference_sid, command)

    def _make(self, account_sid: str, friendly_name: str, recording: RoomRecording) -> Room:
        sid = new_sid(SidKind.CONFERENCE)
        conference = new_conference(sid=sid, account_sid=account_sid, friendly_name=friendly_name, now=self._clock.now())
        return self._enter(conference, Journal(self._ledger, Notes(recording)))

    def _enter(self, conference: Conference, journal: Journal) -> Room:
        room = Room(conference, self._plan(conference), journal)
        self._by_sid[conference.sid] = self._by_name[conference.account_sid, conference.friendly_name] = room
        return room

    def _mend(self, room: Room) -> None:
        """Bring a room of an earlier life up to date with what has ended with that life, or was not begun any more."""
        for command in endings(room.conference, room.journal.notes):
            self._carry_out(room, command)
        conference = room.conference
        if conference.recording is not RecordingState.OFF:
            running = self._recordings.running(conference.account_sid, conference_sid=conference.sid)
            if not running:
                self._begin_recording(room, self._clock.now())
            paused = any(recording.status is RecordingStatus.PAUSED for recording in running)
            if paused is not (conference.recording is RecordingState.PAUSED):
                self._carry_out(room, SetRecordingPaused(paused))

    def _carry_out(self, room: Room, command: Command) -> tuple[ConferenceEvent, ...]:
        before, now = room.conference, self._clock.now()
        room.conference, events = handle(before, command, now)
        conference = room.conference
        if not conference.participants and not conference.expected:
            self._forget(room)
        room.plan, placed_anew = self._revised(room.plan, before, conference, command)
        settled = self._engine.apply(room.plan)
        self._sounds.apply(conference, placed_anew, settled)
        room.journal.note(before, conference, command, events, now)
        for event in events:
            self._let_happen(room, event, settled)
            self._tell(conference, event)
        return events

    def _forget(self, room: Room) -> None:
        """Drop a room that is over, or whose only join was refused, so that the name is free."""
        conference = room.conference
        if self._by_sid.pop(conference.sid, None) is not None:
            del self._by_name[conference.account_sid, conference.friendly_name]

    def _let_happen(self, room: Room, event: ConferenceEvent, settled: "asyncio.Future[None]") -> None:
        conference = room.conference
        match event:
            case ParticipantJoined():
                self.on_joined(event.participant.call_sid, settled)
                current_span().last_until(settled)
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

    def _let_go(self, room: Room, call_sid: str) -> "asyncio.Future[Left]":
        del self._by_call[call_sid]
        room.journal.notes.voice_parameters.pop(call_sid, None)
        self._sounds.part(call_sid)
        return room.admissions.pop(call_sid)

    def _begin_recording(self, room: Room, now: float) -> None:
        conference = room.conference
        self._recordings.begin(conference.sid, new_recording(conference, room.journal.notes.recording, now))

    def _tell(self, conference: Conference, event: ConferenceEvent) -> None:
        log_event(conference, event)
        for observer in self.observers:
            try:
                observer(conference, event)
            except Exception:
                log.exception("an observer of the rooms has failed", observer=observer)
