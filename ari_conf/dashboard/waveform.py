"""The waveform of a finished recording: how loud it is, place by place, as it is drawn."""

import asyncio
import itertools
import wave
from collections import OrderedDict
from pathlib import Path
from typing import Final, TypedDict

import numpy as np

MOST_PEAKS: Final = 800
"""So many of each channel: more than a page has pixels for would not be seen."""

REMEMBERED: Final = 64
"""So many waveforms are kept in memory: those of a page of recordings that is looked at again."""

AT_ONCE: Final = 2
"""So many are made at the same time: each reads a whole file, and calls need the disk and the cores."""

_FULL_SCALE: Final = 32_768.0


class Waveform(TypedDict):
    """``peaks`` has for each channel up to 800 values from 0 to 1, each the loudest sample of its part of the recording."""

    seconds: float
    channels: int
    peaks: list[list[float]]


class Waveforms:
    """The waveforms of the files ``RE….wav`` in ``folder``; what was made lately is remembered."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._made: OrderedDict[str, Waveform] = OrderedDict()
        self._making: dict[str, asyncio.Task[Waveform]] = {}
        self._room = asyncio.Semaphore(AT_ONCE)

    async def get(self, sid: str) -> Waveform:
        """Return the waveform of a recording that is completed.

        Raises ``FileNotFoundError`` if there is no file of it, OSError, EOFError, ``wave.Error`` for one that cannot be read.
        """
        if sid in self._made:
            self._made.move_to_end(sid)
            return self._made[sid]
        making = self._making.get(sid)
        if making is None:
            making = self._making[sid] = asyncio.create_task(self._make(sid), name=f"waveform of {sid}")
            making.add_done_callback(lambda _done: self._making.pop(sid, None))
        # One who goes away must not end it for the others.
        return await asyncio.shield(making)

    async def _make(self, sid: str) -> Waveform:
        async with self._room:
            made = await asyncio.to_thread(waveform_of, self._folder / f"{sid}.wav")
        self._made[sid] = made
        if len(self._made) > REMEMBERED:
            self._made.popitem(last=False)
        return made


def waveform_of(path: Path) -> Waveform:
    """Return the waveform of a 16-bit WAV file. Reads it part by part; to be run in a thread. Raises as ``Waveforms.get``."""
    with wave.open(str(path), "rb") as file:
        channels, frames, rate = file.getnchannels(), file.getnframes(), file.getframerate()
        if file.getsampwidth() != 2:
            raise wave.Error(f"{8 * file.getsampwidth()} bits a sample, not 16")
        parts = min(MOST_PEAKS, frames)
        edges = [part * frames // parts for part in range(parts + 1)] if parts else [0]
        loudest = np.zeros((parts, channels))
        for part, (begin, end) in enumerate(itertools.pairwise(edges)):
            samples = np.frombuffer(file.readframes(end - begin), "<i2").reshape(-1, channels)
            if len(samples):
                # Not the greatest absolute value: that of the lowest sample does not fit into 16 bits.
                loudest[part] = np.maximum(samples.max(axis=0), -samples.min(axis=0).astype(np.int32)) / _FULL_SCALE
    return Waveform(seconds=frames / rate, channels=channels, peaks=np.round(loudest.T, 4).tolist())
