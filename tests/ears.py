"""For how long a voice was missing: looked at in steps of 10 ms."""

import numpy as np

from ari_conf.phones.phone import Heard

STEP, LOOK = 0.01, 0.04
"""Seconds from one look for a gap to the next, and of each look."""


def longest_gap(heard: Heard, tone: float, present: float) -> float:
    """Return for how many seconds at a time a tone (Hz) was no louder than the amplitude ``present`` (1.0: full scale)."""
    step, look = round(STEP * heard.rate), round(LOOK * heard.rate)
    if len(heard.samples) < look:
        return 0.0
    looks = np.lib.stride_tricks.sliding_window_view(heard.samples.astype(np.float32), look)[::step]
    window = np.hanning(look)
    probe = window * np.exp(-2j * np.pi * tone / heard.rate * np.arange(look))
    amplitudes = 2 * np.abs(looks @ probe.astype(np.complex64)) / np.sum(window) / 32768
    missing = (amplitudes <= present).astype(np.int8)
    edges = np.flatnonzero(np.diff(missing, prepend=0, append=0))
    runs = edges[1::2] - edges[::2]
    return float(runs.max() * STEP) if runs.size else 0.0
