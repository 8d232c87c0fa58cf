"""The rules of a single participant: muted, on hold, coaching, talking, and what else can be changed during the call."""

from . import roster
from .commands import Modify, SetHold, SetMuted, Talking
from .events import (
    ConferenceEvent,
    ParticipantHoldChanged,
    ParticipantModified,
    ParticipantMuteChanged,
    ParticipantSpeechChanged,
    Refused,
)
from .immutable import replace
from .model import CallbackEvent, Conference, ConferenceStatus, Participant
from .refusals import no_such_participant, why_not_coach

Events = tuple[ConferenceEvent, ...]


def set_muted(conference: Conference, command: SetMuted, now: float) -> tuple[Conference, Events]:
    """Mute and hold are independent of each other. Who is muted no longer talks."""
    participant = conference.participants.get(command.call_sid)
    if participant is None:
        return conference, (Refused(now, *no_such_participant(conference, command.call_sid)),)
    if participant.muted is command.muted:
        return conference, ()
    conference, stopped = set_talking(conference, participant, talking=False, now=now)
    participant = replace(participant, muted=command.muted)
    conference, number = roster.changed(conference, participant, CallbackEvent.MUTE)
    return conference, (*stopped, ParticipantMuteChanged(now, number, participant))


def set_hold(conference: Conference, command: SetHold, now: float) -> tuple[Conference, Events]:
    """Put somebody on hold or take them off it. Only a new program for who is on hold already is told to nobody."""
    participant = conference.participants.get(command.call_sid)
    if participant is None:
        return conference, (Refused(now, *no_such_participant(conference, command.call_sid)),)
    if participant.hold is command.hold:
        if not command.hold:
            return conference, ()
        return roster.changed(conference, replace(participant, hold_program=command.program))[0], ()
    conference, stopped = set_talking(conference, participant, talking=False, now=now)
    participant = replace(participant, hold=command.hold, hold_program=command.program)
    conference, number = roster.changed(conference, participant, CallbackEvent.HOLD)
    return conference, (*stopped, ParticipantHoldChanged(now, number, participant))


def modify(conference: Conference, command: Modify, now: float) -> tuple[Conference, Events]:
    """Change what is given. One event tells of all changes together; no change, no event."""
    before = conference.participants.get(command.call_sid)
    if before is None:
        return conference, (Refused(now, *no_such_participant(conference, command.call_sid)),)
    after = replace(
        before,
        beep_on_exit=before.beep_on_exit if command.beep_on_exit is None else command.beep_on_exit,
        end_conference_on_exit=(
            before.end_conference_on_exit if command.end_conference_on_exit is None else command.end_conference_on_exit
        ),
        coaching=before.coaching if command.coaching is None else command.coaching,
        call_sid_to_coach=command.call_sid_to_coach or before.call_sid_to_coach,
        wait=command.wait or before.wait,
    )
    if not after.coaching:
        after = replace(after, call_sid_to_coach=None)
    # Whoever names somebody is told that there is no such participant, also if that was so before.
    names_nobody = command.call_sid_to_coach is not None and command.call_sid_to_coach not in conference.participants
    if after == before and not (after.coaching and names_nobody):
        return conference, ()
    coaches_anew = after.coaching and (
        names_nobody or (before.coaching, before.call_sid_to_coach) != (True, after.call_sid_to_coach)
    )
    reason = why_not_coach(conference, command.call_sid, after.call_sid_to_coach) if coaches_anew else None
    if reason:
        return conference, (Refused(now, *reason),)
    stopped: Events = ()
    if coaches_anew:
        conference, stopped = set_talking(conference, before, talking=False, now=now)
    conference, number = roster.changed(roster.coached(conference, after), after, CallbackEvent.MODIFY)
    return conference, (*stopped, ParticipantModified(now, number, after))


def talking(conference: Conference, command: Talking, now: float) -> tuple[Conference, Events]:
    """Only somebody who is heard by the room talks."""
    participant = conference.participants.get(command.call_sid)
    if participant is None:
        return conference, ()
    heard = (
        conference.status is ConferenceStatus.IN_PROGRESS
        and not participant.muted
        and not participant.hold
        and not participant.coaching
    )
    return set_talking(conference, participant, talking=command.talking and heard, now=now)


def set_talking(conference: Conference, participant: Participant, *, talking: bool, now: float) -> tuple[Conference, Events]:
    """Note that a participant talks or no longer does, if that is a change: starts and stops come in pairs."""
    call_sid = participant.call_sid
    if (call_sid in conference.talking) is talking:
        return conference, ()
    conference, number = roster.talks(conference, call_sid, now if talking else None)
    return conference, (ParticipantSpeechChanged(now, number, participant, talking),)
