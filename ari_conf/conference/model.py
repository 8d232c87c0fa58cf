"""What a room is made of, named as Twilio names it. Immutable."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType


class ConferenceStatus(StrEnum):
    """``init`` until the conference has started, ``completed`` for ever after its end."""

    INIT = "init"
    IN_PROGRESS = "in-progress"
    COMPLETED = "completed"


class Beep(StrEnum):
    """When a participant's own coming and going is announced by a beep."""

    TRUE = "true"
    FALSE = "false"
    ON_ENTER = "onEnter"
    ON_EXIT = "onExit"


class CallbackEvent(StrEnum):
    """The words of ``statusCallbackEvent``."""

    START = "start"
    END = "end"
    JOIN = "join"
    LEAVE = "leave"
    MUTE = "mute"
    HOLD = "hold"
    MODIFY = "modify"
    SPEAKER = "speaker"
    ANNOUNCEMENT = "announcement"


class ReasonConferenceEnded(StrEnum):
    """Values of the callback parameter of this name."""

    ENDED_VIA_API = "conference-ended-via-api"
    LAST_PARTICIPANT_KICKED = "last-participant-kicked"
    LAST_PARTICIPANT_LEFT = "last-participant-left"
    END_ON_EXIT_PARTICIPANT_KICKED = "participant-with-end-conference-on-exit-kicked"
    END_ON_EXIT_PARTICIPANT_LEFT = "participant-with-end-conference-on-exit-left"


class ReasonParticipantLeft(StrEnum):
    """Values of the callback parameter of this name."""

    CONFERENCE_ENDED_VIA_API = "conference_ended_via_api"
    MODERATOR_ENDED_CONFERENCE = "moderator_ended_conference"
    UPDATED_VIA_API = "participant_updated_via_api"
    HUNG_UP = "participant_hung_up"
    ADD_FAILED = "participant_add_failed"


class ParticipantCallStatus(StrEnum):
    """Values of the callback parameter of this name."""

    NO_ANSWER = "no-answer"
    BUSY = "busy"
    IN_PROGRESS = "in-progress"
    FAILED = "failed"
    CANCELED = "canceled"
    COMPLETED = "completed"


@dataclass(frozen=True, slots=True)
class StatusCallback:
    """Where the events of a conference are told, and which; set by the first participant, later ones are ignored."""

    url: str
    method: str = "POST"
    events: frozenset[CallbackEvent] = frozenset()


@dataclass(frozen=True, slots=True)
class Participant:
    """One call in a room. The fields are the attributes of ``<Conference>`` that belong to a participant.

    ``wait_url`` is None for the default music, ``""`` for silence, otherwise an absolute URL.
    """

    call_sid: str
    label: str | None = None
    muted: bool = False
    beep: Beep = Beep.TRUE
    start_conference_on_enter: bool = True
    end_conference_on_exit: bool = False
    wait_url: str | None = None
    wait_method: str = "POST"
    hold: bool = False
    coaching: bool = False


_NOBODY: Mapping[str, Participant] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Conference:
    """One run of a room: from its first participant to its end. ``participants`` are in order of joining, by Call SID.

    Times are seconds since 1970 (UTC), as they were given to ``handle``. ``starters`` counts the present participants with
    ``startConferenceOnEnter``, ``last_sequence_number`` is that of the last callback event (0: none yet); both are kept so that
    no rule has to walk over the participants.
    """

    sid: str
    account_sid: str
    friendly_name: str
    created_at: float
    status: ConferenceStatus = ConferenceStatus.INIT
    participants: Mapping[str, Participant] = field(default_factory=lambda: _NOBODY)
    status_callback: StatusCallback | None = None
    starters: int = 0
    last_sequence_number: int = 0
    started_at: float | None = None
    ended_at: float | None = None
    reason_ended: ReasonConferenceEnded | None = None
    call_sid_ending_conference: str | None = None
