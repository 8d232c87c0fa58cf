"""Whether a phone has heard a sentence, and when: compared with the sound that the controller has made of it."""

import asyncio
import math
import time
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ari_conf.audio.wav import read_wav
from ari_conf.phones.phone import Heard, Phone, Samples
from tests.stage import DEADLINE, Stage

ALIKE = 0.75
"""Correlation from which a sentence counts as heard: the same has 0.99, with three stops of 40 ms 0.94; others up to 0.67."""

PIECE = 0.5
"""A sentence is looked for in pieces of about so many seconds."""

SLIP = 0.2
"""So many seconds later than in the sentence a piece may be heard."""

EARLY = 0.1
"""So many seconds before the phone knew that it was answered a sentence may have begun."""

SOUNDING = 100
"""What is quieter at a sound's ends, on the scale of 16 bits, is not looked for."""

Wave = NDArray[np.float64]


async def heard_at(stage: Stage, phone: Phone, text: str) -> list[float]:
    """Return each time at which a phone has heard ``text``, in seconds since its call was answered."""
    (moments,) = await _moments(stage, phone.recording(), [text])
    return moments


async def until_said(stage: Stage, phone: Phone, *texts: str) -> None:
    """Wait until a phone has heard these sentences to their ends, one after the other, since its call was answered."""
    gives_up = time.monotonic() + DEADLINE + sum(len(text) / 10 for text in texts)
    while True:
        moments = await _moments(stage, phone.recording(), texts)
        if _in_order(moments):
            return
        assert time.monotonic() < gives_up, f"{phone.name} was to hear this, and has heard it at: {[*zip(texts, moments)]}"  # noqa: B905
        await phone.hear(0.3)


def _in_order(moments: Sequence[Sequence[float]]) -> bool:
    after = -math.inf
    for of_one in moments:
        later = [moment for moment in of_one if moment > after]
        if not later:
            return False
        after = later[0]
    return True


async def _moments(stage: Stage, heard: Heard, texts: Sequence[str]) -> list[list[float]]:
    sounds = [await stage.controller.sounds.from_speech(text) for text in texts]
    return await asyncio.to_thread(lambda: [moments_in(heard, *read_wav(sound.path)) for sound in sounds])


def moments_in(heard: Heard, sentence: Samples, rate: int) -> list[float]:
    """Return when (seconds) ``sentence`` is heard: piece by piece, for where a busy machine stops, what follows comes later."""
    assert rate == heard.rate
    sounding = np.flatnonzero(np.abs(sentence) > SOUNDING)
    wanted = sentence[sounding[0] : sounding[-1]].astype(np.float64)
    # The first packet may have come a little before the phone knew that it was answered.
    early, slip = round(EARLY * heard.rate), round(SLIP * heard.rate)
    samples = np.concatenate((np.zeros(early), heard.samples.astype(np.float64)))
    places = len(samples) - len(wanted) + 1
    if places < 1:
        return []
    pieces = np.array_split(wanted, max(1, round(len(wanted) / heard.rate / PIECE)))
    starts = np.cumsum([0, *map(len, pieces)])
    weights = np.sqrt([np.sum(piece**2) for piece in pieces])
    likeness = [_widest(_likeness(samples, piece), start, places, slip) for piece, start in zip(pieces, starts, strict=False)]
    moments: list[int] = []
    for place in np.flatnonzero(np.average(likeness, axis=0, weights=weights) > ALIKE):
        if not moments or place - moments[-1] > len(wanted):
            moments.append(int(place))
    return [(place - early) / heard.rate for place in moments]


def _widest(likeness: Wave, start: int, places: int, slip: int) -> Wave:
    """Return the most that each of ``places`` has from ``start`` samples later to ``slip`` samples after that."""
    most = np.concatenate((likeness[start:], np.zeros(slip)))
    width = 1
    while width <= slip:
        step = min(width, slip + 1 - width)
        most = np.maximum(most[:-step], most[step:])
        width += step
    return most[:places]


def _likeness(heard: Wave, wanted: Wave) -> Wave:
    """Return the normalised correlation of ``wanted`` with what was heard from each sample on."""
    places = len(heard) - len(wanted) + 1
    if places < 1:
        return np.zeros(0)
    size = 1 << (len(heard) + len(wanted)).bit_length()
    product = np.fft.irfft(np.fft.rfft(heard, size) * np.conj(np.fft.rfft(wanted, size)), size)[:places]
    sums = np.concatenate(([0.0], np.cumsum(heard**2)))
    energy = np.maximum(sums[len(wanted) :] - sums[:places], 1.0)
    likeness: Wave = product / np.sqrt(energy * np.sum(wanted**2))
    return likeness
