"""Who calls on an evening in a small call centre, and how they sound."""

from typing import Final

import numpy as np

from ari_conf.audio import Samples
from ari_conf.audio.tones import Oscillator
from ari_conf.media.local import FRAME_SECONDS

CASTING: Final = {
    "chief": "+12125550101",
    "agent Tom": "+12125550102",
    "agent Lena": "+12125550103",
    "coach Ines": "+12125550104",
    "Ruth": "+14155550117",
    "Omar": "+13105550142",
    "Paula": "+17185550163",
    "driver": "+12125550120",
    "billing": "+12125550121",
    "chair": "+16175550110",
    "treasurer": "+16175550111",
    "secretary": "+16175550112",
    "Jonas": "+14155550176",
    "guest 1": "+15035550181",
    "guest 2": "+15035550182",
    "guest 3": "+15035550183",
    "guest 4": "+15035550184",
    "buyer 1": "+13125550191",
    "buyer 2": "+13125550192",
    "buyer 3": "+13125550193",
}
"""Who calls from where: numbers that are kept for fiction."""

STAFF: Final = ("chief", "agent Tom", "agent Lena", "coach Ines", "chair", "treasurer", "secretary")
"""Those whose label says who they are; the others are known by their number."""

NAMES: Final = {number: name for name, number in CASTING.items()}


class Voice:
    """Says syllables: the tone of a phone that grows and fades, so that a recording of it looks like one of somebody."""

    def __init__(self, tone: float, rate: int, seed: int) -> None:
        length = round(rate * FRAME_SECONDS)
        self._oscillator = Oscillator(tone, amplitude=0.6, rate=rate, frame_length=length)
        self._random = np.random.default_rng(seed)
        self._loudness = 0.3 + 0.4 * float(self._random.random())
        self._syllable: list[float] = []

    def next_frame(self) -> Samples:
        if not self._syllable:
            frames = int(self._random.integers(6, 16))
            peak = self._loudness * float(self._random.uniform(0.25, 1.0))
            self._syllable = (peak * np.sin(np.linspace(0.15, np.pi - 0.15, frames)) ** 2).tolist()
        return (self._oscillator.next_frame() * self._syllable.pop()).astype(np.int16)
