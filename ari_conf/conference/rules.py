"""The rules of a room: who gets in, when a conference starts, and what ends it.

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

Once started, a conference never goes back to waiting, not with a single participant either.
"""

from collections.abc import Callable
from dataclasses import replace
from types import MappingProxyType
from typing import Any

from . import choices
from .commands import Command, EndConference, Exit, Join, Leave
from .events import ConferenceEnded, ConferenceEvent, ConferenceStarted, JoinRefused, ParticipantJoined, ParticipantLeft
from .model import (
    CallbackEvent,
    Conference,
    ConferenceStatus,
    Participant,
    ParticipantCallStatus,
    ReasonConferenceEnded,
    ReasonParticipantLeft,
)

Events = tuple[ConferenceEvent, ...]

CONFERENCE_OVER = 16022
"""Twilio's code for a conference that does not exist or is completed."""


def new_conference(*, sid: str, account_sid: str, friendly_name: str, now: float) -> Conference:
    """Return an empty room; it exists for others from its first ``Join`` on."""
    return Conference(sid=sid, account_sid=account_sid, friendly_name=friendly_name, created_at=now)


def handle(conference: Conference, command: Command, now: float) -> tuple[Conference, Events]:
    """Carry out one command and return the room as it is then, with what happened, in order.

    The same input gives the same output. ``now`` is in seconds since 1970 (UTC). A command that changes nothing (leaving a room
    one is not in, ending a completed conference) returns the room as it was and no events.
    """
    return _HANDLERS[type(command)](conference, command, now)


def _join(conference: Conference, command: Join, now: float) -> tuple[Conference, Events]:
    participant = command.participant
    if conference.status is ConferenceStatus.COMPLETED:
        return conference, (
            JoinRefused(now, participant.call_sid, CONFERENCE_OVER, f"conference {conference.sid} is completed"),
        )
    if participant.call_sid in conference.participants:
        return conference, ()
    first = not conference.participants and conference.status is ConferenceStatus.INIT
    conference = replace(
        conference,
        participants=MappingProxyType({**conference.participants, participant.call_sid: participant}),
        starters=conference.starters + participant.start_conference_on_enter,
        status_callback=command.status_callback if first else conference.status_callback,
    )
    conference, number = _numbered(conference, CallbackEvent.JOIN)
    joined = ParticipantJoined(now, number, participant)
    if conference.status is ConferenceStatus.INIT and len(conference.participants) >= 2 and conference.starters:
        conference, number = _numbered(conference, CallbackEvent.START)
        conference = replace(conference, status=ConferenceStatus.IN_PROGRESS, started_at=now)
        return conference, (joined, ConferenceStarted(now, number))
    return conference, (joined,)


def _leave(conference: Conference, command: Leave, now: float) -> tuple[Conference, Events]:
    participant = conference.participants.get(command.call_sid)
    if participant is None:
        return conference, ()
    reason, call_status = choices.EXIT_TOLD_AS[command.exit]
    conference, left = _take_out(conference, participant, reason, call_status, now)
    kicked = command.exit is Exit.KICKED
    if participant.end_conference_on_exit and (
        choices.END_ON_EXIT_COUNTS_BEFORE_START or conference.status is ConferenceStatus.IN_PROGRESS
    ):
        why = (
            ReasonConferenceEnded.END_ON_EXIT_PARTICIPANT_KICKED
            if kicked
            else ReasonConferenceEnded.END_ON_EXIT_PARTICIPANT_LEFT
        )
    elif not conference.participants:
        why = ReasonConferenceEnded.LAST_PARTICIPANT_KICKED if kicked else ReasonConferenceEnded.LAST_PARTICIPANT_LEFT
    else:
        return conference, (left,)
    conference, ended = _end(conference, why, ReasonParticipantLeft.MODERATOR_ENDED_CONFERENCE, participant, now)
    return conference, (left, *ended)


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
    events: list[ConferenceEvent] = []
    for participant in conference.participants.values():
        conference, left = _take_out(conference, participant, others_left, ParticipantCallStatus.IN_PROGRESS, now)
        events.append(left)
    conference, number = _numbered(conference, CallbackEvent.END)
    conference = replace(
        conference,
        status=ConferenceStatus.COMPLETED,
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
) -> tuple[Conference, ParticipantLeft]:
    remaining = dict(conference.participants)
    del remaining[participant.call_sid]
    conference, number = _numbered(conference, CallbackEvent.LEAVE)
    conference = replace(
        conference,
        participants=MappingProxyType(remaining),
        starters=conference.starters - participant.start_conference_on_enter,
    )
    return conference, ParticipantLeft(now, number, participant, call_status, reason)


def _numbered(conference: Conference, event: CallbackEvent) -> tuple[Conference, int | None]:
    """Give the next ``SequenceNumber`` to an event that is subscribed to."""
    callback = conference.status_callback
    if callback is None or event not in callback.events:
        return conference, None
    number = conference.last_sequence_number + 1 if conference.last_sequence_number else choices.FIRST_SEQUENCE_NUMBER
    return replace(conference, last_sequence_number=number), number


_HANDLERS: dict[type[Command], Callable[[Conference, Any, float], tuple[Conference, Events]]] = {
    Join: _join,
    Leave: _leave,
    EndConference: _end_conference,
}
