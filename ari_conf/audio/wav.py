"""WAV files of mono 16-bit PCM."""

import wave
from pathlib import Path

import numpy as np

from . import Samples


def write_wav(path: Path, samples: Samples, rate: int) -> None:
    """Write ``samples`` to ``path``, replacing what is there."""
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(np.ascontiguousarray(samples, "<i2").data)


def wav_seconds(path: Path) -> float:
    """Return how long the sound at ``path`` is, which is a file that ``write_wav`` has written."""
    with wave.open(str(path), "rb") as file:
        return file.getnframes() / file.getframerate()


def read_wav(path: Path) -> tuple[Samples, int]:
    """Return the samples of ``path`` and their rate. Raises ``ValueError`` if it is not mono 16-bit PCM."""
    try:
        with wave.open(str(path), "rb") as file:
            shape = file.getnchannels(), file.getsampwidth()
            data = file.readframes(file.getnframes())
            rate = file.getframerate()
    except (wave.Error, EOFError) as error:
        raise ValueError(f"{path} is not a PCM WAV file: {error}") from error
    if shape != (1, 2):
        raise ValueError(f"{path} has {shape[0]} channels of {8 * shape[1]} bits; convert it to mono 16-bit first")
    samples = np.frombuffer(data, "<i2").astype(np.int16)
    return samples, rate
