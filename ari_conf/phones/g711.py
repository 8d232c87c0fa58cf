"""G.711 µ-law (PCMU) by table: 65 536 entries one way, 256 the other."""

import numpy as np
from numpy.typing import NDArray

from .phone import Samples

SILENCE = 0xFF
"""The µ-law code of a zero sample."""

_BIAS = 33  # of the 14-bit scale that G.711 is defined on
_CLIP = 8158


def _encode_table() -> NDArray[np.uint8]:
    samples = np.arange(65536, dtype=np.uint16).view(np.int16).astype(np.int32) >> 2
    magnitude = np.minimum(np.abs(samples), _CLIP) + _BIAS
    segment = np.floor(np.log2(magnitude)).astype(np.int32) - 5
    code = (segment << 4) | ((magnitude >> (segment + 1)) & 0x0F)
    table: NDArray[np.uint8] = (code ^ np.where(samples < 0, 0x7F, 0xFF)).astype(np.uint8)
    return table


def _decode_table() -> NDArray[np.int16]:
    code = ~np.arange(256) & 0xFF
    magnitude = ((((code & 0x0F) << 3) + 4 * _BIAS) << ((code & 0x70) >> 4)) - 4 * _BIAS
    return np.where(code & 0x80, -magnitude, magnitude).astype(np.int16)


_ENCODE = _encode_table()
_DECODE = _decode_table()


def encode(samples: Samples) -> bytes:
    """Return one µ-law byte for each 16-bit sample."""
    return _ENCODE[samples.view(np.uint16)].tobytes()


def decode(payload: bytes) -> Samples:
    """Return one 16-bit sample for each µ-law byte."""
    return _DECODE[np.frombuffer(payload, dtype=np.uint8)]
