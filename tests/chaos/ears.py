"""For how long a voice was missing: looked at in steps of 10 ms."""

import numpy as np

from ari_conf.phones.phone import Heard

STEP, LOOK = 0.01, 0.04
"""Seconds from one look to the next, and of each look."""

PRESENT = 0.35
"""The part of its usual amplitude from which on a voice counts as there: a look of which half is silent has half of it."""


def longest_gap(heard: Heard, tone: float) -> float:
    """Return for how many seconds at a time a tone (Hz) was missing that is there in most looks."""
    step, look = round(STEP * heard.rate), round(LOOK * heard.rate)
    if len(heard.samples) < look:
        return 0.0
    looks = np.lib.stride_tricks.sliding_window_view(heard.samples.astype(np.float32), look)[::step]
    probe = np.hanning(look) * np.exp(-2j * np.pi * tone / heard.rate * np.arange(look))
    amplitudes = np.abs(looks @ probe.astype(np.complex64))
    missing = amplitudes < PRESENT * np.median(amplitudes)
    edges = np.flatnonzero(np.diff(np.concatenate(([0], missing.astype(np.int8), [0]))))
    runs = edges[1::2] - edges[::2]
    return float(runs.max() * STEP) if runs.size else 0.0
