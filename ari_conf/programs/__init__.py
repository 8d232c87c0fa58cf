"""What a caller hears that is no voice: the prompts of a call's TwiML, and programs (waitUrl, HoldUrl, AnnounceUrl)."""

from .content import ProgramRequest, Stop, given_content
from .media_routes import media_routes
from .own_recordings import OwnRecordings
from .program import Program, ProgramPlayer
from .prompter import PlaySound, Press, Prompter, Report, log_problem, problem_of
from .sounds import SoundStore

__all__ = [
    "OwnRecordings",
    "PlaySound",
    "Press",
    "Program",
    "ProgramPlayer",
    "ProgramRequest",
    "Prompter",
    "Report",
    "SoundStore",
    "Stop",
    "given_content",
    "log_problem",
    "media_routes",
    "problem_of",
]
