"""Cut the silence off both ends of a recording."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

SILENCE_DBFS: Final = -45.0
"""A window whose RMS level stays below this is silent: above the noise of a telephone line, below a soft voice."""

_WINDOW_SECONDS: Final = 0.02
_MARGIN_WINDOWS: Final = 2  # a word's first consonant is softer than what follows it
_WINDOWS_AT_ONCE: Final = 500  # small enough to stay in the processor's cache


@dataclass(frozen=True, slots=True)
class Trimmed:
    """What is left, as a view of the samples given, and how many seconds were cut off at each end.

    Where everything was silent nothing is left, and all of it counts as cut off at the beginning.
    """

    samples: NDArray[np.int16]
    leading_seconds: float
    trailing_seconds: float


def trim_silence(samples: NDArray[np.int16], rate: int = 8000, *, silence_dbfs: float = SILENCE_DBFS) -> Trimmed:
    """Cut off leading and trailing silence, in steps of 20 ms, but for 40 ms on each side.

    ``samples`` are mono (one dimension) or a row for each moment with a column for each channel, of which the loudest counts.
    """
    length = len(samples)
    window = round(_WINDOW_SECONDS * rate)
    first = _first_loud(samples, window, silence_dbfs)
    if first is None:
        return Trimmed(samples[:0], length / rate, 0.0)
    last = _first_loud(samples[::-1], window, silence_dbfs) or 0
    margin = _MARGIN_WINDOWS * window
    begin = max(0, first - margin)
    cut = max(0, last - margin)
    return Trimmed(samples[begin : length - cut], begin / rate, cut / rate)


def _first_loud(samples: NDArray[np.int16], window: int, silence_dbfs: float) -> int | None:
    """Return where the first window that is not silent begins, None if there is none."""
    lowest_energy = window * (32768.0 * 10 ** (silence_dbfs / 20)) ** 2
    channels = samples if samples.ndim == 2 else samples[:, np.newaxis]
    step = window * _WINDOWS_AT_ONCE
    for start in range(0, len(channels), step):
        block = channels[start : start + step]
        loud = np.zeros(-(-len(block) // window), np.bool_)
        for channel in block.T:
            wave = np.zeros(len(loud) * window, np.float32)
            wave[: len(channel)] = channel
            windows = wave.reshape(-1, window)
            loud |= np.einsum("ws,ws->w", windows, windows) >= lowest_energy
        if loud.any():
            return start + int(loud.argmax()) * window
    return None
