"""The keys of a telephone as tones (DTMF, ITU-T Q.23)."""

import numpy as np

from ari_conf.audio import Samples
from ari_conf.audio.tones import silence, tone
from ari_conf.media.port import SOUND_RATE

_ROWS = (697.0, 770.0, 852.0, 941.0)
_COLUMNS = (1209.0, 1336.0, 1477.0, 1633.0)
_KEYS = ("123A", "456B", "789C", "*0#D")
_PITCHES = {
    key: (row, column) for row, keys in zip(_ROWS, _KEYS, strict=True) for key, column in zip(keys, _COLUMNS, strict=True)
}
_WAITS = {"w": 0.5, "W": 1.0}


def dial_tones(digits: str) -> Samples:
    """Return keys out of ``0-9A-D*#`` as tones of 0.1 s with as much silence after each; ``w`` waits 0.5 s, ``W`` 1 s."""
    parts = [
        silence(_WAITS[digit], SOUND_RATE)
        if digit in _WAITS
        else np.concatenate([tone(_PITCHES[digit], 0.1, rate=SOUND_RATE), silence(0.1, SOUND_RATE)])
        for digit in digits
    ]
    return np.concatenate(parts)
