"""Sound files of many kinds, made of one tone."""

import io

import numpy as np
import soundfile
from numpy.typing import NDArray

PITCH = 1000.0
AMPLITUDE = 0.3


def wave(seconds: float = 1.0, rate: int = 44100, channels: int = 1) -> NDArray[np.float64]:
    moments = np.arange(round(seconds * rate)) / rate
    mono = AMPLITUDE * np.sin(2 * np.pi * PITCH * moments)
    return np.column_stack([mono] * channels) if channels > 1 else mono


def sound_file(kind: str, subtype: str | None = None, *, seconds: float = 1.0, rate: int = 44100, channels: int = 1) -> bytes:
    file = io.BytesIO()
    soundfile.write(file, wave(seconds, rate, channels), rate, format=kind, subtype=subtype)
    return file.getvalue()
