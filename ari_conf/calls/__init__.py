"""One call's life: ask for TwiML, run its verbs in order, talk with others, go on, end."""

from .book import CallBook
from .call import Call
from .control import Control, PendingParticipant
from .interpreter import run_screening
from .progress import Progress, call_row
from .queues import Queues
from .requests import CallRequest, ControlError, LegRecordingRequest, ParticipantRequest, Source
from .revival import Revival
from .runners import Runners
from .session import Services
from .switchboard import Switchboard

__all__ = [
    "Call",
    "CallBook",
    "CallRequest",
    "Control",
    "ControlError",
    "LegRecordingRequest",
    "ParticipantRequest",
    "PendingParticipant",
    "Progress",
    "Queues",
    "Revival",
    "Runners",
    "Services",
    "Source",
    "Switchboard",
    "call_row",
    "run_screening",
]
