"""Audio tools: tones, the wait music, WAV files. All audio is mono 16-bit PCM, rates are in Hz, times in seconds."""

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.int16]
"""Mono 16-bit PCM; one dimension, unless its owner says otherwise."""

FULL_SCALE = 32767
"""The sample value that amplitude 1.0 stands for."""
