"""What happened in a room: the whole vocabulary between the rules and those who carry them out.

``sequence_number`` is Twilio's ``SequenceNumber``; it is None for an event that nobody has subscribed to, so that a subscriber
sees numbers without gaps. ``at`` is the time that was given to ``handle``, in seconds since 1970 (UTC). A participant is as it
was just after the event; one that has left, as it was last.
"""

from .immutable import value
from .model import AudioProgram, Participant, ParticipantCallStatus, ReasonConferenceEnded, ReasonParticipantLeft


@value
class ParticipantJoined:
    """A participant is in the room, waiting or live."""

    at: float
    sequence_number: int | None
    participant: Participant


@value
class ParticipantLeft:
    """A participant is no longer in the room."""

    at: float
    sequence_number: int | None
    participant: Participant
    call_status: ParticipantCallStatus
    reason: ReasonParticipantLeft


@value
class ParticipantMuteChanged:
    """A participant was muted or unmuted."""

    at: float
    sequence_number: int | None
    participant: Participant


@value
class ParticipantHoldChanged:
    """A participant was put on hold, or taken off it."""

    at: float
    sequence_number: int | None
    participant: Participant


@value
class ParticipantModified:
    """Another attribute of a participant has changed."""

    at: float
    sequence_number: int | None
    participant: Participant


@value
class ParticipantSpeechChanged:
    """A participant has started or stopped talking. Each start is followed by a stop."""

    at: float
    sequence_number: int | None
    participant: Participant
    talking: bool


@value
class ConferenceStarted:
    """Waiting is over: audio is mixed between all participants."""

    at: float
    sequence_number: int | None


@value
class ConferenceEnded:
    """The conference is completed. ``ended_by`` is the participant that ended it, None if the application did."""

    at: float
    sequence_number: int | None
    reason: ReasonConferenceEnded
    ended_by: Participant | None


@value
class AnnouncementDue:
    """An announcement is to be played now, to ``call_sid`` or to everybody. Not told to the application."""

    at: float
    call_sid: str | None
    program: AudioProgram


@value
class AnnouncementEnded:
    """An announcement is over; with a ``failure`` it was not played. ``participant`` is whom it was for, if still there."""

    at: float
    sequence_number: int | None
    program: AudioProgram
    participant: Participant | None
    failure: str | None


@value
class BeepDue:
    """A beep is to be played to the conference now. Not told to the application."""

    at: float


@value
class JoinRefused:
    """A call was not let in; ``code`` is the Twilio error code, ``message`` one sentence with the cause."""

    at: float
    call_sid: str
    code: int
    message: str


@value
class Refused:
    """A command was not carried out; ``code`` is the Twilio error code, ``message`` one sentence with the cause."""

    at: float
    code: int
    message: str


ToldEvent = (
    ParticipantJoined
    | ParticipantLeft
    | ParticipantMuteChanged
    | ParticipantHoldChanged
    | ParticipantModified
    | ParticipantSpeechChanged
    | ConferenceStarted
    | ConferenceEnded
    | AnnouncementEnded
)
"""Events that an application can subscribe to."""

ConferenceEvent = ToldEvent | AnnouncementDue | BeepDue | JoinRefused | Refused
