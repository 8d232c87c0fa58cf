"""What happened in a room: the whole vocabulary between the rules and those who carry them out.

``sequence_number`` is Twilio's ``SequenceNumber``; it is None for an event that nobody has subscribed to, so that a subscriber
sees numbers without gaps. ``at`` is the time that was given to ``handle``, in seconds since 1970 (UTC).
"""

from dataclasses import dataclass

from .model import Participant, ParticipantCallStatus, ReasonConferenceEnded, ReasonParticipantLeft


@dataclass(frozen=True, slots=True)
class ParticipantJoined:
    """A participant is in the room, waiting or live."""

    at: float
    sequence_number: int | None
    participant: Participant


@dataclass(frozen=True, slots=True)
class ParticipantLeft:
    """A participant is no longer in the room; ``participant`` is as it was last."""

    at: float
    sequence_number: int | None
    participant: Participant
    call_status: ParticipantCallStatus
    reason: ReasonParticipantLeft


@dataclass(frozen=True, slots=True)
class ConferenceStarted:
    """Waiting is over: audio is mixed between all participants."""

    at: float
    sequence_number: int | None


@dataclass(frozen=True, slots=True)
class ConferenceEnded:
    """The conference is completed. ``ended_by`` is the participant that ended it, None if the application did."""

    at: float
    sequence_number: int | None
    reason: ReasonConferenceEnded
    ended_by: Participant | None


@dataclass(frozen=True, slots=True)
class JoinRefused:
    """A call was not let in; ``code`` is the Twilio error code, ``message`` one sentence with the cause."""

    at: float
    call_sid: str
    code: int
    message: str


ConferenceEvent = ParticipantJoined | ParticipantLeft | ConferenceStarted | ConferenceEnded | JoinRefused
