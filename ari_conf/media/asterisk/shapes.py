"""What that which Asterisk describes must have: what lacks it is passed over before anybody has acted on half of it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import structlog

from ari_conf.media.port import EngineError

from .transport import AriResponse, JsonObject, beginning

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Maybe:
    """Of this type, if it is there."""

    type: type


Shape = Mapping[str, "type | Maybe | Shape"]
"""The fields of an object; a ``list`` is one of texts."""

CHANNEL: Final[Shape] = {"id": str}
CALLER: Final[Shape] = {
    "id": str,
    "state": str,
    "creationtime": str,
    "caller": {"name": str, "number": str},
    "dialplan": {"exten": str, "app_name": Maybe(str), "app_data": Maybe(str)},
}
BRIDGE: Final[Shape] = {"id": str, "channels": list}
ENDPOINT: Final[Shape] = {"resource": str}


def listed(answer: AriResponse, shape: Shape, what: str) -> list[JsonObject]:
    """Return the things of a list; one that is not as it should be is told and left out, and does not spoil the others.

    ``what`` is the word for one of them. Raises ``EngineError`` if there is no list.
    """
    try:
        things = answer.json()
    except (ValueError, RecursionError):
        things = None
    if not isinstance(things, list):
        raise EngineError(f"Asterisk was asked for a list, each thing of it a {what}, and does not give one")
    return sound_among(things, shape, what)


def sound_among(things: Iterable[Any], shape: Shape, what: str) -> list[JsonObject]:
    """Return those of the things that are as they should be, and tell of the others."""
    sound = []
    for thing in things:
        fault = fault_in(thing, shape, what)
        if fault:
            log.warning(
                "Asterisk lists something that is not as it should be; it is left out", cause=fault, ari=beginning(thing)
            )
        else:
            sound.append(thing)
    return sound


def fault_in(value: Any, shape: Shape, where: str) -> str:
    """Return what is wrong with an object that is to have this shape, empty if nothing is."""
    if not isinstance(value, dict):
        return f"{where} is no object"
    for name, wanted in shape.items():
        place, found = f"{where}.{name}", value.get(name)
        if isinstance(wanted, Maybe):
            if name in value and not isinstance(found, wanted.type):
                return f"{place} is no {wanted.type.__name__}"
        elif isinstance(wanted, type):
            if fault := _fault_in_value(found, wanted, name):
                return f"{place} {fault}"
        elif fault := fault_in(found, wanted, place):
            return fault
    return ""


def _fault_in_value(found: Any, wanted: type, name: str) -> str:
    if not isinstance(found, wanted):
        return f"is no {wanted.__name__}"
    if isinstance(found, list) and not all(isinstance(one, str) for one in found):
        return "has something in it that is no text"
    if name == "id" and not (found and str(found).isprintable()):
        return "is empty, or has control characters"
    return ""
