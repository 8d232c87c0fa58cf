"""One call as Asterisk has it, and what we believe its audio to be."""

import asyncio
from dataclasses import dataclass, field
from enum import Enum, auto

from .playback import Playback


class Audio(Enum):
    """What a channel outside a bridge is being sent."""

    NOTHING = auto()
    MUSIC = auto()
    SILENCE = auto()
    UNKNOWN = auto()
    """A request about it is under way, or its answer was lost."""


@dataclass(slots=True, eq=False)
class Leg:
    """A channel of ours. ``bridge_id`` says where it is heard, ``audio`` what it is sent outside a bridge.

    ``muted`` and ``detects_talking`` are None while they are not known. ``plays`` are the playbacks to it outside the mix,
    ``whispers`` those over what it hears in the mix. Once ``hanging_up`` it is about to end; ``hangup_cause`` is the network's
    word for why, as far as it is known.
    """

    call_sid: str
    channel_id: str
    answered: bool = False
    audio: Audio = Audio.NOTHING
    bridge_id: str | None = None
    muted: bool | None = False
    detects_talking: bool | None = False
    plays: set[Playback] = field(default_factory=set)
    whispers: set[Playback] = field(default_factory=set)
    hanging_up: bool = False
    hangup_cause: str = "Normal Clearing"
    ended: asyncio.Event = field(default_factory=asyncio.Event)
