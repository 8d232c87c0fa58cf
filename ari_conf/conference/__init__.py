"""The rules of a conference room. Pure: data in, data out; no clock, no socket, nothing of ours is imported here.

Three laws:

1. Everything that changes a room lives in ``rules.py``; the only way in is ``handle(conference, command, now)``.
2. The rules do not know who carries them out. ``audio_plan`` *declares* where audio goes; events tell what happened.
3. What Twilio does not document stands in ``choices.py``, and nowhere else.
"""

from .audio import AudioPlan, AudioProgram, InMix, Placement, Waiting, audio_plan
from .callback import callback_parameters
from .commands import Command, EndConference, Exit, Join, Leave
from .events import (
    ConferenceEnded,
    ConferenceEvent,
    ConferenceStarted,
    JoinRefused,
    ParticipantJoined,
    ParticipantLeft,
)
from .model import (
    Beep,
    CallbackEvent,
    Conference,
    ConferenceStatus,
    Participant,
    ParticipantCallStatus,
    ReasonConferenceEnded,
    ReasonParticipantLeft,
    StatusCallback,
)
from .rules import handle, new_conference

__all__ = [
    "AudioPlan",
    "AudioProgram",
    "Beep",
    "CallbackEvent",
    "Command",
    "Conference",
    "ConferenceEnded",
    "ConferenceEvent",
    "ConferenceStarted",
    "ConferenceStatus",
    "EndConference",
    "Exit",
    "InMix",
    "Join",
    "JoinRefused",
    "Leave",
    "Participant",
    "ParticipantCallStatus",
    "ParticipantJoined",
    "ParticipantLeft",
    "Placement",
    "ReasonConferenceEnded",
    "ReasonParticipantLeft",
    "StatusCallback",
    "Waiting",
    "audio_plan",
    "callback_parameters",
    "handle",
    "new_conference",
]
