"""What ``ari-conf top`` knows after it has asked once."""

from dataclasses import dataclass
from typing import Final

from .rooms_controller import UP, RunningController
from .rooms_things import Thing

MOST_ROOMS: Final = 50
"""Of so many rooms it is asked who is in them; no terminal shows more."""


@dataclass(frozen=True, slots=True)
class Look:
    """The controller at one moment: ``condition`` as ``/readyz`` has it, for all accounts; the rest is one account's.

    ``people`` are who is in each of the first rooms, by the room's SID, ``calls`` the calls that are up, by SID.
    """

    url: str
    condition: Thing
    rooms: list[Thing]
    people: dict[str, list[Thing]]
    calls: dict[str, Thing]
    queues: list[Thing]


async def look(controller: RunningController) -> Look:
    """Ask the controller how everything is. Raises ``ControllerError``."""
    condition = await controller.condition()
    rooms = await controller.rooms()
    people = {room["sid"]: await controller.participants(room) for room in rooms[:MOST_ROOMS]}
    queues = [queue for queue in await controller.queues() if queue["current_size"]]
    return Look(str(controller.url), condition, rooms, people, await controller.calls(*UP), queues)
