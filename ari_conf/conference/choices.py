"""Our choices where Twilio's public material is silent, all of them, in one place.

Each is a guess that can be changed here without touching a rule. What *is* documented is not here but in the rules.
"""

from typing import Final

from .commands import Exit
from .model import ParticipantCallStatus, ReasonConferenceEnded, ReasonParticipantLeft

FIRST_SEQUENCE_NUMBER: Final = 1
"""``SequenceNumber`` of the first callback event of a conference (third-party handlers take 1 for the first join)."""

END_ON_EXIT_COUNTS_BEFORE_START: Final = True
"""Whether ``endConferenceOnExit`` ends a conference that has not started yet."""

EXIT_TOLD_AS: Final[dict[Exit, tuple[ReasonParticipantLeft, ParticipantCallStatus]]] = {
    Exit.HUNG_UP: (ReasonParticipantLeft.HUNG_UP, ParticipantCallStatus.COMPLETED),
    Exit.PRESSED_STAR: (ReasonParticipantLeft.HUNG_UP, ParticipantCallStatus.IN_PROGRESS),
    Exit.TIME_LIMIT: (ReasonParticipantLeft.HUNG_UP, ParticipantCallStatus.IN_PROGRESS),
    Exit.REDIRECTED: (ReasonParticipantLeft.UPDATED_VIA_API, ParticipantCallStatus.IN_PROGRESS),
    Exit.KICKED: (ReasonParticipantLeft.UPDATED_VIA_API, ParticipantCallStatus.IN_PROGRESS),
    Exit.WAIT_URL_FAILED: (ReasonParticipantLeft.ADD_FAILED, ParticipantCallStatus.IN_PROGRESS),
}
"""How each way of leaving is told in ``participant-leave``."""

END_TOLD_AS: Final[dict[ReasonConferenceEnded, str]] = {
    ReasonConferenceEnded.ENDED_VIA_API: "The conference was ended via API",
    ReasonConferenceEnded.LAST_PARTICIPANT_KICKED: "The last participant was removed from the conference via API",
    ReasonConferenceEnded.LAST_PARTICIPANT_LEFT: "The last participant left the conference",
    ReasonConferenceEnded.END_ON_EXIT_PARTICIPANT_KICKED: (
        "A participant with endConferenceOnExit set was removed from the conference via API"
    ),
    ReasonConferenceEnded.END_ON_EXIT_PARTICIPANT_LEFT: "A participant with endConferenceOnExit set left the conference",
}
"""The text of ``Reason`` in ``conference-end``; Twilio documents that there is one, not its words."""

DIAL_CALL_STATUS_AFTER_CONFERENCE: Final = "answered"
"""``DialCallStatus`` for the action after any stay in a room, whatever ended it."""

DIAL_CALL_STATUS_WHEN_REFUSED: Final = "failed"
"""``DialCallStatus`` for the action of a call that was not let into the room, or whose waitUrl could not be had."""

ANNOUNCEMENT_NEEDS_THE_MIX: Final = True
"""Whether an announcement is refused while it would go to somebody who waits or is on hold."""

COACH_CANNOT_BE_COACHED: Final = 16000
"""Twilio's code ("whisper not available") for coaching a coach: who coaches is not in the mix, and would hear no whisper.

It counts both ways: who is being coached cannot become a coach either. So nobody coaches in a circle.
"""

SHORTEST_RECORDING_SECONDS: Final = 0.5
"""A recording that is shorter, after trimming, is absent (16101)."""
