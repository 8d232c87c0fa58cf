"""What the events that we use must have: one that lacks it is passed over before anybody has acted on half of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from .transport import JsonObject


@dataclass(frozen=True, slots=True)
class _Maybe:
    """Of this type, if it is there."""

    type: type


_Shape = Mapping[str, "type | _Maybe | _Shape"]

_CHANNEL: Final[_Shape] = {"id": str}
_CALLER: Final[_Shape] = {
    "id": str,
    "state": str,
    "caller": {"name": str, "number": str},
    "dialplan": {"exten": str, "app_data": _Maybe(str)},
}

_SHAPES: Final[Mapping[str, _Shape]] = {
    "ChannelDestroyed": {"channel": _CHANNEL, "cause": int},
    "ChannelDtmfReceived": {"channel": _CHANNEL, "digit": str},
    "ChannelHangupRequest": {"channel": _CHANNEL, "soft": _Maybe(bool), "cause": _Maybe(int), "tech_cause": _Maybe(int)},
    "ChannelTalkingFinished": {"channel": _CHANNEL},
    "ChannelTalkingStarted": {"channel": _CHANNEL},
    "Dial": {"peer": _CHANNEL, "dialstatus": str},
    "PlaybackFinished": {"playback": {"id": str, "state": str}},
    "RecordingFailed": {"recording": {"name": str, "cause": _Maybe(str)}},
    "RecordingFinished": {"recording": {"name": str}},
    "RecordingStarted": {"recording": {"name": str}},
    "StasisEnd": {"channel": _CHANNEL},
    "StasisStart": {"channel": _CALLER},
}

EVENTS: Final = (*_SHAPES, "ApplicationReplaced", "RESTResponse")
"""The events that we use; Asterisk is told to send no others, for ChannelVarset and its like are most of the traffic.

The answers to requests on the socket are events too: without RESTResponse in the list, they are filtered away.
"""

_KEYS: Final = frozenset("0123456789*#ABCD")


def fault_of(event: JsonObject) -> str:
    """Return what is wrong with an event, empty if nothing is."""
    kind = event["type"]
    fault = _fault(event, _SHAPES.get(kind, {}), kind)
    if not fault and kind == "ChannelDtmfReceived" and event["digit"] not in _KEYS:
        return "ChannelDtmfReceived.digit is no key"
    return fault


def _fault(value: Any, shape: _Shape, where: str) -> str:
    if not isinstance(value, dict):
        return f"{where} is no object"
    for name, wanted in shape.items():
        place, found = f"{where}.{name}", value.get(name)
        if isinstance(wanted, _Maybe):
            if name in value and not isinstance(found, wanted.type):
                return f"{place} is no {wanted.type.__name__}"
        elif isinstance(wanted, type):
            if not isinstance(found, wanted):
                return f"{place} is no {wanted.__name__}"
            if name == "id" and not (found and str(found).isprintable()):
                return f"{place} is empty, or has control characters"
        elif fault := _fault(found, wanted, place):
            return fault
    return ""
