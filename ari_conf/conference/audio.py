"""Where everybody's audio goes. Declared, not commanded: an engine brings what is into what this says should be."""

from collections.abc import Mapping
from dataclasses import dataclass

from .model import AudioProgram, CallbackEvent, Conference, ConferenceStatus, Participant, RecordingState


@dataclass(frozen=True, slots=True)
class Waiting:
    """The conference has not started: neither heard nor hearing the others; hears ``program``."""

    program: AudioProgram


@dataclass(frozen=True, slots=True)
class OnHold:
    """Neither heard nor hearing the others; hears ``program``."""

    program: AudioProgram


Apart = Waiting | OnHold
"""Out of the mix, with a program of one's own."""


@dataclass(frozen=True, slots=True)
class InMix:
    """Hears the room; is heard unless ``muted``."""

    muted: bool = False


@dataclass(frozen=True, slots=True)
class Coaching:
    """Hears the room; is heard by ``call_sid_to_coach`` alone, who is in the mix, and by nobody if ``muted``."""

    call_sid_to_coach: str
    muted: bool = False


Placement = Waiting | OnHold | InMix | Coaching


@dataclass(frozen=True, slots=True)
class AudioPlan:
    """The audio of one room: a placement for each participant, by Call SID, in order of joining.

    ``mix_sid`` names the mix: the Conference SID or, of two calls of which one has dialled the other, the first one's Call SID.
    A call that is not in it has no part in the room any more; an empty plan means that the room's mix is no longer needed.
    ``recording`` is of the mix. With ``detect_talking``, the engine tells who in the mix starts and stops talking.
    """

    mix_sid: str
    placements: Mapping[str, Placement]
    recording: RecordingState = RecordingState.OFF
    detect_talking: bool = False


_LIVE = InMix(muted=False)
_LISTENING = InMix(muted=True)


def audio_plan(conference: Conference, *, detect_talking: bool = False) -> AudioPlan:
    """Declare where the audio of every participant goes now.

    With ``detect_talking`` the engine tells who talks also where no application has asked for it.
    """
    callback = conference.settings.status_callback
    return AudioPlan(
        conference.sid,
        {call_sid: _placement(conference, participant) for call_sid, participant in conference.participants.items()},
        recording=conference.recording,
        detect_talking=detect_talking or (callback is not None and CallbackEvent.SPEAKER in callback.events),
    )


def _placement(conference: Conference, participant: Participant) -> Placement:
    if participant.hold:
        return OnHold(participant.hold_program)
    if conference.status is not ConferenceStatus.IN_PROGRESS:
        return Waiting(participant.wait)
    if participant.coaching:
        coached = conference.participants.get(participant.call_sid_to_coach or "")
        if coached is None or coached.hold:
            # Whoever meant to be heard by one alone must not be heard by all when that one is away.
            return _LISTENING
        return Coaching(coached.call_sid, muted=participant.muted)
    return _LISTENING if participant.muted else _LIVE
