"""How the controller is, for whoever watches over it."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

HEALTHY: Final = {"status": "ok"}
"""What ``/healthz`` answers as long as the process does."""


class Phase(StrEnum):
    """Where a controller is in its life; calls are taken in one of them alone."""

    STARTING = "starting"
    READY = "ready"
    DRAINING = "draining"
    """Nobody new is taken, and those who are there may finish."""
    STOPPING = "stopping"


@dataclass(frozen=True, slots=True)
class Condition:
    """How a controller is at a moment. ``database`` and ``clock`` are what is wrong with them, None if nothing is."""

    phase: Phase
    connected: bool
    calls: int
    conferences: int
    callbacks_owed: int
    database: str | None
    clock: str | None

    @property
    def ready(self) -> bool:
        """Whether calls are taken."""
        return self.connected and self.phase is Phase.READY

    @property
    def status(self) -> str:
        """The phase, or what is worse."""
        return self.phase.value if self.connected else "the engine is lost"

    @property
    def sentence(self) -> str:
        """All of it for a person, on one line."""
        return f"{self.status}: {counted(self.calls, 'call')} in {counted(self.conferences, 'room')}"


def counted(number: int, what: str) -> str:
    """Return a number of things in words."""
    return f"{number or 'no'} {what}{'' if number == 1 else 's'}"
