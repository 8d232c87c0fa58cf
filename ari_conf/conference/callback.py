"""The parameters of a conference statusCallback request, for each event, as Twilio sends them (all values are text)."""

from datetime import UTC, datetime
from email.utils import format_datetime

from .choices import END_TOLD_AS
from .events import ConferenceEnded, ConferenceEvent, ConferenceStarted, JoinRefused, ParticipantJoined, ParticipantLeft
from .model import Conference, Participant


def callback_parameters(conference: Conference, event: ConferenceEvent) -> dict[str, str]:
    """Return the form parameters that tell ``event`` to the application.

    Raises ValueError for an event that has no sequence number, for nobody has subscribed to it.
    """
    if isinstance(event, JoinRefused) or event.sequence_number is None:
        raise ValueError(f"{event!r} is not told to the application")
    parameters = {
        "ConferenceSid": conference.sid,
        "FriendlyName": conference.friendly_name,
        "AccountSid": conference.account_sid,
        "SequenceNumber": str(event.sequence_number),
        "Timestamp": rfc2822(event.at),
    }
    match event:
        case ParticipantJoined():
            parameters |= {"StatusCallbackEvent": "participant-join", **_of(event.participant)}
        case ParticipantLeft():
            parameters |= {
                "StatusCallbackEvent": "participant-leave",
                **_of(event.participant),
                "ParticipantCallStatus": event.call_status.value,
                "ReasonParticipantLeft": event.reason.value,
            }
        case ConferenceStarted():
            parameters["StatusCallbackEvent"] = "conference-start"
        case ConferenceEnded():
            parameters |= {
                "StatusCallbackEvent": "conference-end",
                "ReasonConferenceEnded": event.reason.value,
                "Reason": END_TOLD_AS[event.reason],
            }
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
    return parameters


def _flag(value: bool) -> str:  # noqa: FBT001
    return "true" if value else "false"
