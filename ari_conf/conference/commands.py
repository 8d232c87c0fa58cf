"""What can be asked of a room, and what it can be told. Immutable data; ``rules.handle`` carries it out."""

from dataclasses import dataclass, field
from enum import StrEnum

from .model import DEFAULT_MUSIC, AudioProgram, ConferenceSettings, Participant, ParticipantCallStatus


class Exit(StrEnum):
    """The ways in which a call leaves a room by itself or is made to leave it alone."""

    HUNG_UP = "hung-up"
    PRESSED_STAR = "pressed-star"
    TIME_LIMIT = "time-limit"
    REDIRECTED = "redirected"
    KICKED = "kicked"
    WAIT_URL_FAILED = "wait-url-failed"


@dataclass(frozen=True, slots=True)
class Join:
    """A call enters. ``settings`` count if this is the first participant."""

    participant: Participant
    settings: ConferenceSettings = field(default_factory=ConferenceSettings)


@dataclass(frozen=True, slots=True)
class Expect:
    """Somebody is being called who is to join. ``settings`` count if nobody is in the conference or expected there before."""

    participant: Participant
    settings: ConferenceSettings = field(default_factory=ConferenceSettings)


@dataclass(frozen=True, slots=True)
class AddFailed:
    """Somebody who was expected does not come. ``call_status`` says why."""

    call_sid: str
    call_status: ParticipantCallStatus


@dataclass(frozen=True, slots=True)
class Leave:
    """A call leaves. Leaving a room that it is not in changes nothing."""

    call_sid: str
    exit: Exit = Exit.HUNG_UP


@dataclass(frozen=True, slots=True)
class SetMuted:
    """A participant is heard no more, or again."""

    call_sid: str
    muted: bool


@dataclass(frozen=True, slots=True)
class SetHold:
    """A participant neither hears the room nor is heard there, and hears ``program``; or comes back."""

    call_sid: str
    hold: bool
    program: AudioProgram = DEFAULT_MUSIC


@dataclass(frozen=True, slots=True)
class Modify:
    """Other attributes of a participant change; None leaves one as it is.

    ``coaching`` needs to know whom: ``call_sid_to_coach`` here or from before. With ``coaching=False`` the coach becomes an
    ordinary participant.
    """

    call_sid: str
    beep_on_exit: bool | None = None
    end_conference_on_exit: bool | None = None
    coaching: bool | None = None
    call_sid_to_coach: str | None = None
    wait: AudioProgram | None = None


@dataclass(frozen=True, slots=True)
class Announce:
    """``program`` is to be played over the conference: to everybody, or to one participant alone."""

    program: AudioProgram
    call_sid: str | None = None


@dataclass(frozen=True, slots=True)
class AnnouncementOver:
    """An announcement has been played, or could not be: then ``failure`` says why."""

    program: AudioProgram
    call_sid: str | None = None
    failure: str | None = None


@dataclass(frozen=True, slots=True)
class Talking:
    """The audio side has noticed that somebody talks, or no longer does."""

    call_sid: str
    talking: bool


@dataclass(frozen=True, slots=True)
class SetRecordingPaused:
    """A running recording pauses or goes on."""

    paused: bool


@dataclass(frozen=True, slots=True)
class EndConference:
    """The application ends the conference (REST: ``Status=completed``)."""


Command = (
    Join
    | Expect
    | AddFailed
    | Leave
    | SetMuted
    | SetHold
    | Modify
    | Announce
    | AnnouncementOver
    | Talking
    | SetRecordingPaused
    | EndConference
)
