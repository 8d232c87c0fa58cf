"""What a room is made of, named as Twilio names it. Immutable.

Conferences, their settings and participants, of which events make changed copies, have no slots, for ``immutable.replace``.
"""

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

    @property
    def heard_on_enter(self) -> bool:
        """Whether the participant's coming is announced."""
        return self in {Beep.TRUE, Beep.ON_ENTER}

    @property
    def heard_on_exit(self) -> bool:
        """Whether the participant's going is announced."""
        return self in {Beep.TRUE, Beep.ON_EXIT}


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
class AudioProgram:
    """What a participant hears instead of the room. ``url`` is None for the default music, ``""`` for silence.

    ``twiml`` is the document itself, where there is one; nobody is asked for it then.
    """

    url: str | None = None
    method: str = "POST"
    twiml: str = ""


DEFAULT_MUSIC = AudioProgram()


class RecordingState(StrEnum):
    """Whether a conference is being recorded now. ``off`` before its start, after its end, and where nobody asked for it."""

    OFF = "off"
    ON = "on"
    PAUSED = "paused"


@dataclass(frozen=True)
class Participant:
    """One call in a room. The fields are the attributes of ``<Conference>`` that belong to a participant.

    ``wait`` is heard before the start, ``hold_program`` while ``hold``. ``call_sid_to_coach`` may name somebody who has left.
    """

    call_sid: str
    label: str | None = None
    muted: bool = False
    beep_on_enter: bool = True
    beep_on_exit: bool = True
    start_conference_on_enter: bool = True
    end_conference_on_exit: bool = False
    wait: AudioProgram = DEFAULT_MUSIC
    hold: bool = False
    hold_program: AudioProgram = DEFAULT_MUSIC
    coaching: bool = False
    call_sid_to_coach: str | None = None

    @property
    def coached(self) -> str | None:
        """The call that it means to coach; None for who is no coach."""
        return self.call_sid_to_coach if self.coaching else None


@dataclass(frozen=True)
class ConferenceSettings:
    """The attributes of ``<Conference>`` that belong to the conference: those of the first participant to join count.

    ``region`` alone may come from a later one, if nobody has given it before.
    """

    status_callback: StatusCallback | None = None
    max_participants: int = 250
    record: bool = False
    region: str | None = None


_NOBODY: MappingProxyType[str, Participant] = MappingProxyType({})
_NONE: MappingProxyType[str, str] = MappingProxyType({})
_SILENCE: MappingProxyType[str, float] = MappingProxyType({})


@dataclass(frozen=True)
class Conference:
    """One run of a room: from its first participant to its end. ``participants`` are in order of joining, by Call SID.

    ``expected`` are being called and will join if they answer; a conference does not end by itself while it expects somebody.
    ``talking`` is since when those who talk do, as the audio side tells of who can be heard; it is kept apart from the
    participants, for it changes most often by far.
    Times are seconds since 1970 (UTC), as they were given to ``handle``. ``labels`` are the Call SIDs by label, those expected
    included, ``coaches`` whom each of those present who coach means to coach, ``starters`` counts the present participants with
    ``startConferenceOnEnter``, ``last_sequence_number`` is that of the last callback event (0: none yet); all four are kept so
    that no rule has to walk over the participants.
    """

    sid: str
    account_sid: str
    friendly_name: str
    created_at: float
    status: ConferenceStatus = ConferenceStatus.INIT
    settings: ConferenceSettings = field(default_factory=ConferenceSettings)
    participants: MappingProxyType[str, Participant] = field(default_factory=lambda: _NOBODY)
    expected: MappingProxyType[str, Participant] = field(default_factory=lambda: _NOBODY)
    talking: MappingProxyType[str, float] = field(default_factory=lambda: _SILENCE)
    labels: MappingProxyType[str, str] = field(default_factory=lambda: _NONE)
    coaches: MappingProxyType[str, str] = field(default_factory=lambda: _NONE)
    recording: RecordingState = RecordingState.OFF
    starters: int = 0
    last_sequence_number: int = 0
    started_at: float | None = None
    ended_at: float | None = None
    reason_ended: ReasonConferenceEnded | None = None
    call_sid_ending_conference: str | None = None
