"""The rules of a room: who gets in, when a conference starts, who is heard, and what ends it.

Everything that changes a ``Conference`` happens in ``handle``. The states and what leads from one to the next:

=============  ==============================================================  =============
status         what happens                                                    next
=============  ==============================================================  =============
(none)         the first participant joins                                     init
init           at least two are in, one of them with startConferenceOnEnter    in-progress
init           the last one leaves · a participant with endConferenceOnExit    completed
in-progress    leaves · the application ends it                                completed
completed      nothing more, for ever
=============  ==============================================================  =============

Once started, a conference never goes back to waiting, not with a single participant either. What a participant may do is in
``participants.py``, what starts and ends the conference is here.
"""

from collections.abc import Callable
from types import MappingProxyType
from typing import Any

from . import choices, participants, roster
from .commands import (
    AddFailed,
    Announce,
    AnnouncementOver,
    Command,
    EndConference,
    Exit,
    Expect,
    Join,
    Leave,
    Modify,
    SetHold,
    SetMuted,
    SetRecordingPaused,
    Talking,
)
from .events import (
    AnnouncementDue,
    AnnouncementEnded,
    BeepDue,
    ConferenceEnded,
    ConferenceEvent,
    ConferenceStarted,
    JoinRefused,
    ParticipantJoined,
    ParticipantLeft,
    Refused,
)
from .immutable import replace
from .model import (
    CallbackEvent,
    Conference,
    ConferenceStatus,
    Participant,
    ParticipantCallStatus,
    ReasonConferenceEnded,
    ReasonParticipantLeft,
    RecordingState,
)
from .refusals import (
    conference_not_active,
    conference_over,
    no_such_participant,
    not_recording,
    participant_on_hold,
    why_not_in,
)

Events = tuple[ConferenceEvent, ...]


def new_conference(*, sid: str, account_sid: str, friendly_name: str, now: float) -> Conference:
    """Return an empty room; it exists for others from its first ``Join`` on."""
    return Conference(sid=sid, account_sid=account_sid, friendly_name=friendly_name, created_at=now)


def handle(conference: Conference, command: Command, now: float) -> tuple[Conference, Events]:
    """Carry out one command and return the room as it is then, with what happened, in order.

    The same input gives the same output. ``now`` is in seconds since 1970 (UTC). A command that changes nothing (leaving a room
    one is not in, muting who is muted) returns the room as it was and no events; one that must not be carried out returns the
    room as it was and a refusal.
    """
    return _HANDLERS[type(command)](conference, command, now)


def _join(conference: Conference, command: Join, now: float) -> tuple[Conference, Events]:
    participant = command.participant
    if participant.call_sid in conference.participants:
        return conference, ()
    settings = command.settings if _is_first(conference) else conference.settings
    before, conference = conference, roster.expect_no_more(conference, participant.call_sid)
    reason = why_not_in(conference, participant, settings)
    if reason:
        return before, (JoinRefused(now, participant.call_sid, *reason),)
    if settings.region is None and command.settings.region is not None:
        settings = replace(settings, region=command.settings.region)
    conference = roster.put_in(replace(conference, settings=settings), participant)
    conference, number = roster.numbered(conference, CallbackEvent.JOIN)
    joined = ParticipantJoined(now, number, participant)
    beep = (BeepDue(now),) if participant.beep_on_enter else ()
    if conference.status is ConferenceStatus.IN_PROGRESS:
        return conference, (joined, *beep)
    if len(conference.participants) < 2 or not conference.starters:
        return conference, (joined,)
    conference, number = roster.numbered(conference, CallbackEvent.START)
    conference = replace(
        conference,
        status=ConferenceStatus.IN_PROGRESS,
        started_at=now,
        recording=RecordingState.ON if settings.record else RecordingState.OFF,
    )
    return conference, (joined, ConferenceStarted(now, number), *beep)


def _expect(conference: Conference, command: Expect, now: float) -> tuple[Conference, Events]:
    participant = command.participant
    settings = command.settings if _is_first(conference) else conference.settings
    reason = why_not_in(conference, participant, settings)
    if reason:
        return conference, (JoinRefused(now, participant.call_sid, *reason),)
    return roster.expect(replace(conference, settings=settings), participant), ()


def _add_failed(conference: Conference, command: AddFailed, now: float) -> tuple[Conference, Events]:
    participant = conference.expected.get(command.call_sid)
    if participant is None:
        return conference, ()
    conference = roster.expect_no_more(conference, command.call_sid)
    conference, number = roster.numbered(conference, CallbackEvent.LEAVE)
    failed = ParticipantLeft(now, number, participant, command.call_status, ReasonParticipantLeft.ADD_FAILED)
    if conference.participants or conference.expected:
        return conference, (failed,)
    conference, ended = _end(
        conference,
        ReasonConferenceEnded.LAST_PARTICIPANT_LEFT,
        ReasonParticipantLeft.MODERATOR_ENDED_CONFERENCE,
        participant,
        now,
    )
    return conference, (failed, *ended)


def _is_first(conference: Conference) -> bool:
    """Tell whether whoever comes now decides about the settings."""
    return not conference.participants and not conference.expected and conference.status is ConferenceStatus.INIT


def _leave(conference: Conference, command: Leave, now: float) -> tuple[Conference, Events]:
    participant = conference.participants.get(command.call_sid)
    if participant is None:
        return conference, ()
    reason, call_status = choices.EXIT_TOLD_AS[command.exit]
    conference, events = _take_out(conference, participant, reason, call_status, now)
    kicked = command.exit is Exit.KICKED
    running = conference.status is ConferenceStatus.IN_PROGRESS
    if participant.end_conference_on_exit and (running or choices.END_ON_EXIT_COUNTS_BEFORE_START):
        why = (
            ReasonConferenceEnded.END_ON_EXIT_PARTICIPANT_KICKED
            if kicked
            else ReasonConferenceEnded.END_ON_EXIT_PARTICIPANT_LEFT
        )
    elif not conference.participants and not conference.expected:
        why = ReasonConferenceEnded.LAST_PARTICIPANT_KICKED if kicked else ReasonConferenceEnded.LAST_PARTICIPANT_LEFT
    elif running and participant.beep_on_exit:
        return conference, (*events, BeepDue(now))
    else:
        return conference, events
    conference, ended = _end(conference, why, ReasonParticipantLeft.MODERATOR_ENDED_CONFERENCE, participant, now)
    return conference, events + ended


def _announce(conference: Conference, command: Announce, now: float) -> tuple[Conference, Events]:
    if conference.status is ConferenceStatus.COMPLETED:
        return conference, (Refused(now, *conference_over(conference)),)
    if command.call_sid is not None and command.call_sid not in conference.participants:
        return conference, (Refused(now, *no_such_participant(conference, command.call_sid)),)
    waiting = conference.status is ConferenceStatus.INIT
    if waiting and choices.ANNOUNCEMENT_NEEDS_THE_MIX:
        return conference, (Refused(now, *conference_not_active(conference)),)
    if command.call_sid is not None and conference.participants[command.call_sid].hold and choices.ANNOUNCEMENT_NEEDS_THE_MIX:
        return conference, (Refused(now, *participant_on_hold(command.call_sid)),)
    return conference, (AnnouncementDue(now, command.call_sid, command.program),)


def _announcement_over(conference: Conference, command: AnnouncementOver, now: float) -> tuple[Conference, Events]:
    if conference.status is ConferenceStatus.COMPLETED:
        return conference, ()
    participant = conference.participants.get(command.call_sid or "")
    conference, number = roster.numbered(conference, CallbackEvent.ANNOUNCEMENT)
    return conference, (AnnouncementEnded(now, number, command.program, participant, command.failure),)


def _set_recording_paused(conference: Conference, command: SetRecordingPaused, now: float) -> tuple[Conference, Events]:
    if conference.recording is RecordingState.OFF:
        return conference, (Refused(now, *not_recording(conference)),)
    return replace(conference, recording=RecordingState.PAUSED if command.paused else RecordingState.ON), ()


def _end_conference(conference: Conference, _command: EndConference, now: float) -> tuple[Conference, Events]:
    if conference.status is ConferenceStatus.COMPLETED:
        return conference, ()
    return _end(conference, ReasonConferenceEnded.ENDED_VIA_API, ReasonParticipantLeft.CONFERENCE_ENDED_VIA_API, None, now)


def _end(
    conference: Conference,
    why: ReasonConferenceEnded,
    others_left: ReasonParticipantLeft,
    ended_by: Participant | None,
    now: float,
) -> tuple[Conference, Events]:
    """Take everybody out, then end: a leave for each, before the end."""
    events: Events = ()
    for participant in conference.participants.values():
        conference, left = _take_out(conference, participant, others_left, ParticipantCallStatus.IN_PROGRESS, now)
        events += left
    conference, number = roster.numbered(conference, CallbackEvent.END)
    conference = replace(
        conference,
        status=ConferenceStatus.COMPLETED,
        expected=MappingProxyType({}),
        recording=RecordingState.OFF,
        ended_at=now,
        reason_ended=why,
        call_sid_ending_conference=ended_by.call_sid if ended_by else None,
    )
    return conference, (*events, ConferenceEnded(now, number, why, ended_by))


def _take_out(
    conference: Conference,
    participant: Participant,
    reason: ReasonParticipantLeft,
    call_status: ParticipantCallStatus,
    now: float,
) -> tuple[Conference, Events]:
    """Take a participant out; one who is talking stops before."""
    conference, events = participants.set_talking(conference, participant, talking=False, now=now)
    conference = roster.take_out(conference, participant)
    conference, number = roster.numbered(conference, CallbackEvent.LEAVE)
    return conference, (*events, ParticipantLeft(now, number, participant, call_status, reason))


_HANDLERS: dict[type[Command], Callable[[Conference, Any, float], tuple[Conference, Events]]] = {
    Join: _join,
    Expect: _expect,
    AddFailed: _add_failed,
    Leave: _leave,
    SetMuted: participants.set_muted,
    SetHold: participants.set_hold,
    Modify: participants.modify,
    Announce: _announce,
    AnnouncementOver: _announcement_over,
    Talking: participants.talking,
    SetRecordingPaused: _set_recording_paused,
    EndConference: _end_conference,
}
