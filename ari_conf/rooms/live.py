"""What is kept of a running room, so that a later life of the controller can go on with it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain, compress, repeat
from operator import is_not
from types import MappingProxyType
from typing import Final

import structlog

from ari_conf.conference import (
    AnnouncementOver,
    AudioProgram,
    Command,
    Conference,
    ConferenceSettings,
    ConferenceStatus,
    EndConference,
    Participant,
    RecordingState,
    Talking,
    counted,
)
from ari_conf.live import Keeper
from ari_conf.store import LiveRow, Store

from . import choices
from .room_recording import RoomRecording

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Announcement:
    """One that was begun and whose end has not been told; ``call_sid`` is for whom alone it is."""

    program: AudioProgram
    call_sid: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveConference:
    """A conference without those in it. ``changed_at`` and ``events`` are the journal's; ``talking`` are Call SIDs."""

    account_sid: str
    friendly_name: str
    created_at: float
    status: ConferenceStatus
    settings: ConferenceSettings
    recording: RecordingState
    last_sequence_number: int
    started_at: float | None
    room_recording: RoomRecording
    changed_at: float
    events: int
    announcements: tuple[Announcement, ...] = ()
    talking: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveParticipant:
    """Somebody in a conference or, without a ``joined_at``, expected there. Who has the lower ``place`` is there for longer."""

    participant: Participant
    place: int
    joined_at: float | None = None
    updated_at: float | None = None
    voice_parameters: Mapping[str, str] = field(default_factory=dict)


_CONFERENCES: Final = Keeper("conference", LiveConference)
_PARTICIPANTS: Final = Keeper("participant", LiveParticipant)


@dataclass(slots=True, eq=False, weakref_slot=True)
class Notes:
    """What a room knows of itself beside the rules' part, by Call SID where it is of somebody in it.

    ``joined_at`` and ``updated_at`` are when each of those present has joined, and was changed last; ``changed_at`` is when the
    conference was. ``events`` counts what was told of it.
    """

    recording: RoomRecording
    joined_at: dict[str, float] = field(default_factory=dict)
    updated_at: dict[str, float] = field(default_factory=dict)
    voice_parameters: dict[str, Mapping[str, str]] = field(default_factory=dict)
    announcements: tuple[Announcement, ...] = ()
    changed_at: float = 0.0
    events: int = 0


class Kept:
    """What was kept of one room last, to be compared with what the room is now.

    Only what has changed is made into rows: their number and size do not grow with the room.
    """

    def __init__(self) -> None:
        self._conference: LiveConference | None = None
        self._present: Mapping[str, Participant] = {}
        self._expected: Mapping[str, Participant] = {}
        self._places: dict[str, int] = {}
        self._last_place = 0

    def rows(self, conference: Conference, notes: Notes) -> list[LiveRow]:
        """Return what has to be written in order to keep ``conference`` as it is now."""
        rows = list(self._people(conference, notes))
        over = conference.status is ConferenceStatus.COMPLETED or not (conference.participants or conference.expected)
        now = None if over else self._head(conference, notes)
        if now != self._conference:
            rows.append(_CONFERENCES.over(conference.sid) if now is None else _CONFERENCES.row(conference.sid, now))
            self._conference = now
        return rows

    def _head(self, conference: Conference, notes: Notes) -> LiveConference:
        return LiveConference(
            account_sid=conference.account_sid,
            friendly_name=conference.friendly_name,
            created_at=conference.created_at,
            status=conference.status,
            settings=conference.settings,
            recording=conference.recording,
            last_sequence_number=conference.last_sequence_number,
            started_at=conference.started_at,
            room_recording=notes.recording,
            changed_at=notes.changed_at,
            events=notes.events,
            announcements=notes.announcements,
            talking=tuple(conference.talking),
        )

    def _people(self, conference: Conference, notes: Notes) -> Iterator[LiveRow]:
        present, expected = conference.participants, conference.expected
        if present is self._present and expected is self._expected:
            return
        if len(present) + len(expected) < len(self._present) + len(self._expected):
            for call_sid in (self._present.keys() | self._expected.keys()) - present.keys() - expected.keys():
                del self._places[call_sid]
                yield _PARTICIPANTS.over(f"{conference.sid}/{call_sid}")
        # Mostly one of them has changed, and all are where they were before.
        moved = map(is_not, present.values(), chain(self._present.values(), repeat(None)))
        for participant in compress(present.values(), moved):
            call_sid = participant.call_sid
            before = self._present.get(call_sid)
            if participant is not before:
                yield self._person(conference.sid, participant, notes, came=before is None)
        for call_sid, participant in expected.items():
            if call_sid not in self._expected:
                yield self._person(conference.sid, participant, notes, came=True)
        self._present, self._expected = present, expected

    def _person(self, conference_sid: str, participant: Participant, notes: Notes, *, came: bool) -> LiveRow:
        call_sid = participant.call_sid
        if came:
            self._last_place += 1
            self._places[call_sid] = self._last_place
        live = LiveParticipant(
            participant=participant,
            place=self._places[call_sid],
            joined_at=notes.joined_at.get(call_sid),
            updated_at=notes.updated_at.get(call_sid),
            voice_parameters=notes.voice_parameters.get(call_sid, {}),
        )
        return _PARTICIPANTS.row(f"{conference_sid}/{call_sid}", live)

    def take_up(self, conference: Conference, kept: LiveConference, places: Mapping[str, int]) -> None:
        """Know what an earlier life has kept."""
        self._conference = kept
        self._present, self._expected = conference.participants, conference.expected
        self._places = dict(places)
        self._last_place = max(places.values(), default=0)


async def kept_rooms(store: Store) -> list[tuple[Conference, Notes, Kept]]:
    """Return the rooms that an earlier life has kept, the oldest first. Raises SQLAlchemy's errors."""
    people: dict[str, dict[str, LiveParticipant]] = {}
    for sid, live in (await _PARTICIPANTS.read(store)).items():
        conference_sid, _, call_sid = sid.partition("/")
        people.setdefault(conference_sid, {})[call_sid] = live
    conferences = await _CONFERENCES.read(store)
    for conference_sid in people.keys() - conferences.keys():
        log.error("participants are left out, for their conference is not kept", conference_sid=conference_sid)
    oldest_first = sorted(conferences.items(), key=lambda item: item[1].created_at)
    return [_room(sid, live, people.get(sid, {})) for sid, live in oldest_first]


def _room(sid: str, live: LiveConference, people: Mapping[str, LiveParticipant]) -> tuple[Conference, Notes, Kept]:
    in_order = sorted(people.items(), key=lambda item: item[1].place)
    present = {call_sid: one.participant for call_sid, one in in_order if one.joined_at is not None}
    expected = {call_sid: one.participant for call_sid, one in in_order if one.joined_at is None}
    uncounted = Conference(
        sid=sid,
        account_sid=live.account_sid,
        friendly_name=live.friendly_name,
        created_at=live.created_at,
        status=live.status,
        settings=live.settings,
        participants=MappingProxyType(present),
        expected=MappingProxyType(expected),
        talking=MappingProxyType({call_sid: live.changed_at for call_sid in live.talking if call_sid in present}),
        recording=live.recording,
        last_sequence_number=live.last_sequence_number,
        started_at=live.started_at,
    )
    conference = counted(uncounted)
    notes = Notes(
        recording=live.room_recording,
        joined_at={call_sid: one.joined_at for call_sid, one in in_order if one.joined_at is not None},
        updated_at={call_sid: one.updated_at for call_sid, one in in_order if one.updated_at is not None},
        voice_parameters={call_sid: one.voice_parameters for call_sid, one in in_order if call_sid in present},
        announcements=live.announcements,
        changed_at=live.changed_at,
        events=live.events,
    )
    kept = Kept()
    kept.take_up(conference, live, {call_sid: one.place for call_sid, one in people.items()})
    return conference, notes, kept


def endings(conference: Conference, notes: Notes) -> list[Command]:
    """Return what has ended with the earlier life of a room, as commands for it."""
    stopped = [Talking(call_sid, talking=False) for call_sid in conference.talking]
    cut_off = [
        AnnouncementOver(announcement.program, announcement.call_sid, choices.ANNOUNCEMENT_CUT_OFF)
        for announcement in notes.announcements
    ]
    # Nobody is left if what was kept of those in it cannot be read.
    deserted = not (conference.participants or conference.expected)
    return [*stopped, *cut_off, *([EndConference()] if deserted else [])]
