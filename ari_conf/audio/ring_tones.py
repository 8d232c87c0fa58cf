"""Ring tones by country: what a network plays to a caller while it rings at the other side (ITU-T E.180, supplement 2)."""

from typing import Final

import numpy as np

from . import Samples
from .tones import silence, tone

_AMPLITUDE: Final = 0.1

_LONG: Final = (1.0, 4.0)
_DOUBLE: Final = (0.4, 0.2, 0.4, 2.0)

_TONES: Final[dict[str, tuple[tuple[float, ...], tuple[float, ...]]]] = {
    "at": ((420,), (1.0, 5.0)),
    "au": ((413, 438), _DOUBLE),
    "bg": ((425,), _LONG),
    "br": ((425,), _LONG),
    "be": ((425,), (1.0, 3.0)),
    "ch": ((425,), _LONG),
    "cl": ((400,), (1.0, 3.0)),
    "cn": ((450,), _LONG),
    "cz": ((425,), _LONG),
    "de": ((425,), _LONG),
    "dk": ((425,), _LONG),
    "ee": ((425,), _LONG),
    "es": ((425,), (1.5, 3.0)),
    "fi": ((425,), _LONG),
    "fr": ((440,), (1.5, 3.5)),
    "gr": ((425,), _LONG),
    "hu": ((425,), (1.25, 3.75)),
    "il": ((414,), (1.0, 3.0)),
    "in": ((400,), _DOUBLE),
    "it": ((425,), _LONG),
    "jp": ((400,), (1.0, 2.0)),
    "lt": ((425,), _LONG),
    "mx": ((425,), (2.0, 4.0)),
    "my": ((425,), _DOUBLE),
    "nl": ((425,), _LONG),
    "no": ((425,), _LONG),
    "nz": ((400, 450), _DOUBLE),
    "ph": ((425, 480), _LONG),
    "pl": ((425,), _LONG),
    "pt": ((425,), (1.0, 5.0)),
    "ru": ((425,), _LONG),
    "se": ((425,), (1.0, 5.0)),
    "sg": ((425,), _DOUBLE),
    "th": ((420,), (1.0, 5.0)),
    "tw": ((440, 480), (1.0, 2.0)),
    "uk": ((400, 450), _DOUBLE),
    "us": ((440, 480), (2.0, 4.0)),
    "us-old": ((420,), (2.0, 4.0)),
    "ve": ((425,), _LONG),
    "za": ((400,), _DOUBLE),
}
"""Frequencies in Hz, and seconds of sound and silence in turn. Modulated tones are played as their carrier."""


def ring_tone(country: str | None = None, rate: int = 8000) -> Samples:
    """Return one round of the ring tone of ``country`` (the codes of ``<Dial ringTone>``; any other: that of ``us``)."""
    frequencies, cadence = _TONES.get(country or "us", _TONES["us"])
    parts = [
        tone(frequencies, seconds, amplitude=_AMPLITUDE, rate=rate) if on else silence(seconds, rate)
        for seconds, on in zip(cadence, [True, False] * len(cadence), strict=False)
    ]
    return np.concatenate(parts)
