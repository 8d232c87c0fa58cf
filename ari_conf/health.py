"""How the controller is, for whoever watches over it: ``/healthz``, ``/readyz``, and a sentence."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from aiohttp import web

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
    """How a controller is at a moment. ``database`` is what is wrong with it, None if nothing is."""

    phase: Phase
    connected: bool
    calls: int
    conferences: int
    callbacks_owed: int
    database: str | None

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


def health_routes(look: Callable[[], Condition]) -> list[web.RouteDef]:
    """Return the pages; each request looks anew."""

    async def healthz(_request: web.Request) -> web.Response:
        return web.json_response(HEALTHY)

    async def readyz(_request: web.Request) -> web.Response:
        condition = look()
        body = {
            "status": condition.status,
            "calls": condition.calls,
            "conferences": condition.conferences,
            "callbacks_owed": condition.callbacks_owed,
            "database": condition.database or "ok",
        }
        return web.json_response(body, status=200 if condition.ready else 503)

    return [web.get("/healthz", healthz), web.get("/readyz", readyz)]
