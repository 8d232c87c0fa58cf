"""Where everybody's audio goes. Declared, not commanded: an engine brings what is into what this says should be."""

from collections.abc import Mapping
from dataclasses import dataclass

from .model import Conference, ConferenceStatus


@dataclass(frozen=True, slots=True)
class AudioProgram:
    """What a participant hears instead of the room. ``url`` is None for the default music, ``""`` for silence."""

    url: str | None = None
    method: str = "POST"


@dataclass(frozen=True, slots=True)
class Waiting:
    """Neither heard nor hearing the others; hears ``program``."""

    program: AudioProgram


@dataclass(frozen=True, slots=True)
class InMix:
    """Hears the room; is heard unless ``muted``."""

    muted: bool = False


Placement = Waiting | InMix


@dataclass(frozen=True, slots=True)
class AudioPlan:
    """The audio of one room: a placement for each participant, by Call SID, in order of joining.

    A call that is not in it has no part in the room any more; an empty plan means that the room's mix is no longer needed.
    """

    conference_sid: str
    placements: Mapping[str, Placement]


_LIVE = InMix(muted=False)
_LISTENING = InMix(muted=True)


def audio_plan(conference: Conference) -> AudioPlan:
    """Declare where the audio of every participant goes now."""
    if conference.status is ConferenceStatus.IN_PROGRESS:
        placements: dict[str, Placement] = {
            call_sid: _LISTENING if participant.muted else _LIVE for call_sid, participant in conference.participants.items()
        }
    else:
        placements = {
            call_sid: Waiting(AudioProgram(participant.wait_url, participant.wait_method))
            for call_sid, participant in conference.participants.items()
        }
    return AudioPlan(conference.sid, placements)
