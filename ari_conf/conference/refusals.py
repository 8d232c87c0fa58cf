"""Why a room refuses: Twilio's error code, and one sentence with the cause."""

from . import choices
from .model import Conference, ConferenceSettings, ConferenceStatus, Participant

Reason = tuple[int, str]
"""A Twilio error code, and the cause in a sentence."""


def conference_over(conference: Conference) -> Reason:
    """Say that the conference is completed."""
    return 16022, f"conference {conference.sid} is completed"


def conference_not_active(conference: Conference) -> Reason:
    """Say that the conference has not started."""
    return 16001, f"conference {conference.sid} has not started"


def no_such_participant(conference: Conference, call_sid: str) -> Reason:
    """Say that the call is not in the conference."""
    return 20404, f"call {call_sid} is not in conference {conference.sid}"


def participant_on_hold(call_sid: str) -> Reason:
    """Say that the participant does not hear the conference now."""
    return 16001, f"call {call_sid} is on hold"


def not_recording(conference: Conference) -> Reason:
    """Say that there is no recording to pause or resume."""
    return 16114, f"conference {conference.sid} is not being recorded"


def why_not_in(conference: Conference, participant: Participant, settings: ConferenceSettings) -> Reason | None:
    """Say why a call is not let in; None if it may come in."""
    if conference.status is ConferenceStatus.COMPLETED:
        return conference_over(conference)
    if len(conference.participants) + len(conference.expected) >= settings.max_participants:
        return 16020, f"conference {conference.sid} is full: {settings.max_participants} participants are allowed"
    if participant.label is not None and participant.label in conference.labels:
        return 16025, f"another participant of conference {conference.sid} has the label {participant.label!r}"
    if participant.coaching and conference.status is not ConferenceStatus.IN_PROGRESS:
        return 13240, f"there is nobody to coach in conference {conference.sid}, which is not in progress"
    if participant.coaching:
        missing = why_not_coach(conference, participant.call_sid, participant.call_sid_to_coach)
        return (13240, missing[1]) if missing else None
    return None


def why_not_coach(conference: Conference, coach: str, coached: str | None) -> Reason | None:
    """Say why one participant cannot coach another; None if it can."""
    if coached is None:
        return 16002, "a coach needs to know whom to coach: CallSidToCoach is missing"
    target = conference.participants.get(coached)
    if target is None or coached == coach:
        return 16028, f"the call to be coached, {coached}, is not another participant of conference {conference.sid}"
    if target.hold:
        return 16027, f"the call to be coached, {coached}, is on hold"
    if target.coaching:
        return choices.COACH_CANNOT_BE_COACHED, f"the call to be coached, {coached}, is a coach itself"
    if coach in conference.coaches.values():
        return choices.COACH_CANNOT_BE_COACHED, f"the call that is to coach, {coach}, is being coached itself"
    return None


def why_not_called_as_coach(conference: Conference | None, coached: str | None) -> Reason | None:
    """Say why nobody can be called into a conference, None if there is none yet, to coach there; None if somebody can.

    It is said before anybody is called, for a coach with nobody to coach would hear nothing of it.
    """
    if coached is None:
        return 16002, "CallSidToCoach is required where Coaching is true"
    if conference is None or conference.status is not ConferenceStatus.IN_PROGRESS:
        return 16028, "there is nobody to coach in a conference that is not in progress"
    return why_not_coach(conference, "", coached)
