"""Whether a phone has heard a sentence, and when: compared with the sound that the controller has made of it."""

import asyncio
import math
import time
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ari_conf.audio.wav import read_wav
from ari_conf.phones.phone import Heard, Phone
from tests.stage import DEADLINE, Stage

ALIKE = 0.7
"""Correlation from which on a sentence counts as heard: the same one has 0.99, another one less than 0.5."""

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
        await phone.hear(0.1)


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
    return await asyncio.to_thread(lambda: [_found(heard, _wave(*read_wav(sound.path), heard.rate)) for sound in sounds])


def _wave(samples: NDArray[np.int16], rate: int, wanted_rate: int) -> Wave:
    assert rate == wanted_rate
    sounding = np.flatnonzero(np.abs(samples) > SOUNDING)
    return samples[sounding[0] : sounding[-1]].astype(np.float64)


def _found(heard: Heard, wanted: Wave) -> list[float]:
    moments: list[int] = []
    # The first packet may have come a little before the phone knew that it was answered.
    early = heard.rate // 10
    samples = np.concatenate((np.zeros(early), heard.samples.astype(np.float64)))
    for place in np.flatnonzero(_likeness(samples, wanted) > ALIKE):
        if not moments or place - moments[-1] > len(wanted):
            moments.append(int(place))
    return [(place - early) / heard.rate for place in moments]


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
