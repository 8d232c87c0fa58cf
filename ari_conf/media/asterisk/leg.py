"""One call as Asterisk has it, and what we believe its audio to be."""

import asyncio
from dataclasses import dataclass, field
from enum import Enum, auto


class Audio(Enum):
    """What a channel outside a bridge is being sent."""

    NOTHING = auto()
    MUSIC = auto()
    SILENCE = auto()
    UNKNOWN = auto()
    """A request about it is under way, or its answer was lost."""


@dataclass(slots=True, eq=False)
class Leg:
    """A channel of ours. ``bridge_id`` and ``muted`` say where it is heard, ``audio`` what it is sent outside a bridge.

    ``hangup_cause`` is the network's word for why it is about to end, as far as it is known.
    """

    call_sid: str
    channel_id: str
    answered: bool = False
    audio: Audio = Audio.NOTHING
    bridge_id: str | None = None
    muted: bool = False
    hangup_cause: str = "Normal Clearing"
    ended: asyncio.Event = field(default_factory=asyncio.Event)
