"""One moment of the demo's story: what everybody should hear, and what they heard."""

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from ari_conf.phones.phone import AUDIBLE, Heard, Phone

VOICES: Final = {"Ann": 400.0, "Bob": 550.0, "Mia": 700.0, "Cora": 850.0}
"""The tone (Hz) that each caller talks with. Mia is the moderator, Cora coaches Bob."""

LISTENING_SECONDS: Final = 1.2
DEADLINE: Final = 10.0


@dataclass(slots=True)
class Scene:
    """What each phone heard at one moment of the story, and what it should have: the names of the voices, and music or not."""

    title: str
    heard: Mapping[str, Heard]
    expected: Mapping[str, frozenset[str]]
    music: bool

    def voices(self, listener: str) -> frozenset[str]:
        """Return whose voices ``listener`` heard."""
        return frozenset(name for name, tone in VOICES.items() if self.heard[listener].hears(tone))

    def sound(self, listener: str) -> bool:
        """Tell whether ``listener`` heard anything at all."""
        return self.heard[listener].level >= AUDIBLE

    @property
    def as_expected(self) -> bool:
        """Whether everybody heard what they should have."""
        return all(self.right_for(listener) for listener in self.heard)

    def right_for(self, listener: str) -> bool:
        """Tell whether ``listener`` heard what they should have, and nothing else."""
        expected = self.expected[listener]
        return self.voices(listener) == expected and self.sound(listener) == (self.music or bool(expected))


async def listen(title: str, phones: list[Phone], expected: Mapping[str, frozenset[str]], *, music: bool) -> Scene:
    """Listen until everybody hears what they should, or the deadline has passed; the scene is what was heard last."""
    gives_up = time.monotonic() + DEADLINE
    while True:
        heard = await asyncio.gather(*(phone.hear(LISTENING_SECONDS) for phone in phones))
        scene = Scene(title, dict(zip((phone.name for phone in phones), heard, strict=True)), expected, music)
        if scene.as_expected or time.monotonic() > gives_up:
            return scene
