"""The events that we use, and what they must have."""

from collections.abc import Mapping
from typing import Final

from .shapes import CALLER, CHANNEL, Maybe, Shape, fault_in
from .transport import JsonObject

_SHAPES: Final[Mapping[str, Shape]] = {
    "ChannelDestroyed": {"channel": CHANNEL, "cause": int},
    "ChannelDtmfReceived": {"channel": CHANNEL, "digit": str},
    "ChannelHangupRequest": {"channel": CHANNEL, "soft": Maybe(bool), "cause": Maybe(int), "tech_cause": Maybe(int)},
    "ChannelTalkingFinished": {"channel": CHANNEL},
    "ChannelTalkingStarted": {"channel": CHANNEL},
    "Dial": {"peer": CHANNEL, "dialstatus": str},
    "PlaybackFinished": {"playback": {"id": str, "state": str}},
    "RecordingFailed": {"recording": {"name": str, "cause": Maybe(str)}},
    "RecordingFinished": {"recording": {"name": str}},
    "RecordingStarted": {"recording": {"name": str}},
    "StasisEnd": {"channel": CHANNEL},
    "StasisStart": {"channel": CALLER},
}

EVENTS: Final = (*_SHAPES, "ApplicationReplaced", "RESTResponse")
"""The events that we use; Asterisk is told to send no others, for ChannelVarset and its like are most of the traffic.

The answers to requests on the socket are events too: without RESTResponse in the list, they are filtered away.
"""

_KEYS: Final = frozenset("0123456789*#ABCD")


def fault_of(event: JsonObject) -> str:
    """Return what is wrong with an event, empty if nothing is."""
    kind = event["type"]
    fault = fault_in(event, _SHAPES.get(kind, {}), kind)
    if not fault and kind == "ChannelDtmfReceived" and event["digit"] not in _KEYS:
        return "ChannelDtmfReceived.digit is no key"
    return fault
