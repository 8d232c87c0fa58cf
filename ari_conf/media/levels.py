"""How loud somebody speaks: what both engines reckon in the same way."""

import math
from collections.abc import Callable, Mapping
from typing import Final

import numpy as np

from ari_conf.audio import FULL_SCALE, Samples

LEVEL_SECONDS: Final = 0.2
"""How often levels are told, and over how long each is taken: short enough to look alive, long enough for a calm needle."""

LOWEST_LEVEL: Final = -96.0
"""Silence, in dBFS: what the last of 16 bits is below full scale."""

OnLevels = Callable[[Mapping[str, float]], None]
"""Is told levels in dBFS by Call SID. It must neither wait nor raise."""


class Loudness:
    """The level of one voice since it was asked for last."""

    __slots__ = ("_energy", "_samples")

    def __init__(self) -> None:
        self._energy = 0.0
        self._samples = 0

    def add(self, samples: Samples) -> None:
        """Take note of what was said next."""
        voice = samples.astype(np.float32)
        self._energy += float(np.dot(voice, voice))
        self._samples += len(voice)

    def take(self) -> float:
        """Return the root mean square since the last time in dBFS (a square wave at full scale is 0); nothing is silence."""
        energy, samples = self._energy, self._samples
        self._energy, self._samples = 0.0, 0
        if not energy:
            return LOWEST_LEVEL
        return max(LOWEST_LEVEL, 10 * math.log10(energy / samples / FULL_SCALE**2))
