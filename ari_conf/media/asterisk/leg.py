"""One call as Asterisk has it, and what we believe its audio to be."""

import asyncio
from dataclasses import dataclass, field
from enum import Enum, auto

from .errors import ENDS_WITHIN
from .placed import Placed
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
    word for why, as far as it is known. ``placed`` is what is known of a call that we have placed.
    ``key_pressed_until`` is in the loop's time: no other key can be pressed at the other side before. Whoever rings or answers
    has the ``turn`` where Asterisk does not keep the order.
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
    placed: Placed | None = None
    key_pressed_until: float = 0.0
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    ended: asyncio.Event = field(default_factory=asyncio.Event)

    async def key_up(self) -> None:
        """Return when no key is pressed at the other side any more."""
        if (pressed := self.key_pressed_until - asyncio.get_running_loop().time()) > 0:
            await asyncio.sleep(pressed)

    async def ends_soon(self) -> bool:
        """Tell whether a call about which something was refused is about to end: Asterisk refuses before it tells."""
        try:
            async with asyncio.timeout(ENDS_WITHIN):
                await self.ended.wait()
        except TimeoutError:
            return False
        return True
