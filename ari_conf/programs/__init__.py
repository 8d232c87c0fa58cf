"""Audio programs: what a caller hears instead of the room (waitUrl, HoldUrl, AnnounceUrl), fetched, made ready and played."""

from .media_routes import media_routes
from .program import Play, Program, ProgramPlayer, ProgramRequest, Report, log_problem
from .sounds import SoundStore

__all__ = [
    "Play",
    "Program",
    "ProgramPlayer",
    "ProgramRequest",
    "Report",
    "SoundStore",
    "log_problem",
    "media_routes",
]
