"""The parameters of a conference statusCallback request, for each event, as Twilio sends them (all values are text)."""

from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any, Final

from .choices import END_TOLD_AS
from .events import (
    AnnouncementEnded,
    ConferenceEnded,
    ConferenceStarted,
    ParticipantHoldChanged,
    ParticipantJoined,
    ParticipantLeft,
    ParticipantModified,
    ParticipantMuteChanged,
    ParticipantSpeechChanged,
    ToldEvent,
)
from .model import Conference, Participant


def callback_parameters(conference: Conference, event: ToldEvent) -> dict[str, str]:
    """Return the form parameters that tell ``event`` to the application.

    Raises ValueError for an event that has no sequence number, for nobody has subscribed to it.
    """
    if event.sequence_number is None:
        raise ValueError(f"{event!r} is not told to the application")
    return {
        "ConferenceSid": conference.sid,
        "FriendlyName": conference.friendly_name,
        "AccountSid": conference.account_sid,
        "SequenceNumber": str(event.sequence_number),
        "Timestamp": rfc2822(event.at),
        **_details(event),
    }


def event_name(event: ToldEvent) -> str:
    """Return the event's name, as ``StatusCallbackEvent`` has it."""
    return _NAMES[type(event)](event)


def _details(event: ToldEvent) -> dict[str, str]:
    parameters = {"StatusCallbackEvent": event_name(event)}
    match event:
        case ConferenceStarted():
            return parameters
        case ConferenceEnded():
            return parameters | _end_of(event)
        case AnnouncementEnded():
            failure = {} if event.failure is None else {"ReasonAnnouncementFailed": event.failure}
            participant = {} if event.participant is None else _of(event.participant)
            return parameters | {"AnnounceUrl": event.program.url or ""} | participant | failure
        case ParticipantLeft():
            left = {"ParticipantCallStatus": event.call_status.value, "ReasonParticipantLeft": event.reason.value}
            return parameters | _of(event.participant) | left
        case _:
            return parameters | _of(event.participant)


_NAMES: Final[dict[type[ToldEvent], Callable[[Any], str]]] = {
    ParticipantJoined: lambda _: "participant-join",
    ParticipantLeft: lambda _: "participant-leave",
    ParticipantMuteChanged: lambda event: "participant-mute" if event.participant.muted else "participant-unmute",
    ParticipantHoldChanged: lambda event: "participant-hold" if event.participant.hold else "participant-unhold",
    ParticipantModified: lambda _: "participant-modify",
    ParticipantSpeechChanged: lambda event: "participant-speech-start" if event.talking else "participant-speech-stop",
    ConferenceStarted: lambda _: "conference-start",
    ConferenceEnded: lambda _: "conference-end",
    AnnouncementEnded: lambda event: "announcement-end" if event.failure is None else "announcement-fail",
}


def _end_of(event: ConferenceEnded) -> dict[str, str]:
    parameters = {"ReasonConferenceEnded": event.reason.value, "Reason": END_TOLD_AS[event.reason]}
    if event.ended_by:
        parameters["CallSidEndingConference"] = event.ended_by.call_sid
        if event.ended_by.label is not None:
            parameters["ParticipantLabelEndingConference"] = event.ended_by.label
    return parameters


def rfc2822(seconds: float) -> str:
    """Write a time as Twilio does: ``Thu, 01 Jun 2017 20:48:32 +0000``."""
    return format_datetime(datetime.fromtimestamp(seconds, UTC))


def _of(participant: Participant) -> dict[str, str]:
    parameters = {
        "CallSid": participant.call_sid,
        "Muted": _flag(participant.muted),
        "Hold": _flag(participant.hold),
        "Coaching": _flag(participant.coaching),
        "EndConferenceOnExit": _flag(participant.end_conference_on_exit),
        "StartConferenceOnEnter": _flag(participant.start_conference_on_enter),
    }
    if participant.label is not None:
        parameters["ParticipantLabel"] = participant.label
    if participant.call_sid_to_coach is not None:
        parameters["CallSidToCoach"] = participant.call_sid_to_coach
    return parameters


def _flag(value: bool) -> str:  # noqa: FBT001
    return "true" if value else "false"
