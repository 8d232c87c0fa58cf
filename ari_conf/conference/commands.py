"""What can be asked of a room. Immutable data; ``rules.handle`` carries it out."""

from dataclasses import dataclass
from enum import StrEnum

from .model import Participant, StatusCallback


class Exit(StrEnum):
    """The ways in which a call leaves a room by itself or is made to leave it alone."""

    HUNG_UP = "hung-up"
    PRESSED_STAR = "pressed-star"
    REDIRECTED = "redirected"
    KICKED = "kicked"


@dataclass(frozen=True, slots=True)
class Join:
    """A call enters. ``status_callback`` counts only if this is the first participant."""

    participant: Participant
    status_callback: StatusCallback | None = None


@dataclass(frozen=True, slots=True)
class Leave:
    """A call leaves. Leaving a room that it is not in changes nothing."""

    call_sid: str
    exit: Exit = Exit.HUNG_UP


@dataclass(frozen=True, slots=True)
class EndConference:
    """The application ends the conference (REST: ``Status=completed``)."""


Command = Join | Leave | EndConference
