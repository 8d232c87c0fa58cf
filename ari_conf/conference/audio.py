"""Where everybody's audio goes. Declared, not commanded: an engine brings what is into what this says should be."""

from collections.abc import Mapping

from .commands import Command, EndConference, Expect, Join, SetRecordingPaused
from .immutable import value
from .model import AudioProgram, CallbackEvent, Conference, ConferenceStatus, Participant, RecordingState


@value
class Waiting:
    """The conference has not started: neither heard nor hearing the others; hears ``program``."""

    program: AudioProgram


@value
class OnHold:
    """Neither heard nor hearing the others; hears ``program``."""

    program: AudioProgram


Apart = Waiting | OnHold
"""Out of the mix, with a program of one's own."""


@value
class InMix:
    """Hears the room; is heard unless ``muted``."""

    muted: bool = False


@value
class Coaching:
    """Hears the room; is heard by ``call_sid_to_coach`` alone, who is in the mix, and by nobody if ``muted``."""

    call_sid_to_coach: str
    muted: bool = False


Placement = Waiting | OnHold | InMix | Coaching


@value
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
    placements = {call_sid: _placement(conference, participant) for call_sid, participant in conference.participants.items()}
    return _plan(conference, placements, detect_talking=detect_talking)


def revised(
    plan: AudioPlan, before: Conference, conference: Conference, command: Command, *, detect_talking: bool = False
) -> tuple[AudioPlan, Mapping[str, Placement]]:
    """Return ``audio_plan(conference)``, and those in it who have come, or whose placement is another one than in ``plan``.

    ``plan`` is that of ``before``, which ``command`` has made into ``conference``. Unless it has started or ended the
    conference, only whom it is about is looked at, and who coaches them.
    """
    placements = plan.placements
    if conference.status is not before.status:
        whole = audio_plan(conference, detect_talking=detect_talking)
        return whole, {sid: placement for sid, placement in whole.placements.items() if placements.get(sid) != placement}
    anew: dict[str, Placement] = {}
    for call_sid in _touched(conference, command):
        participant = conference.participants.get(call_sid)
        placement = _placement(conference, participant) if participant else None
        if placement is None and call_sid in placements:
            placements = {**placements}
            del placements[call_sid]
        elif placement is not None and placements.get(call_sid) != placement:
            anew[call_sid] = placement
    return _plan(conference, {**placements, **anew} if anew else placements, detect_talking=detect_talking), anew


def _touched(conference: Conference, command: Command) -> list[str]:
    """Return whom a command is about, and who coaches them; nobody for one that is about everybody."""
    match command:
        case Join() | Expect():
            about: str | None = command.participant.call_sid
        case EndConference() | SetRecordingPaused():
            about = None
        case _:
            about = command.call_sid
    if about is None:
        return []
    if not conference.coaches:
        return [about]
    return [about, *(coach for coach, coached in conference.coaches.items() if coached == about)]


def _plan(conference: Conference, placements: Mapping[str, Placement], *, detect_talking: bool) -> AudioPlan:
    callback = conference.settings.status_callback
    return AudioPlan(
        conference.sid,
        placements,
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
