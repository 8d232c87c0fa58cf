"""The files of a recording: the WAV that was recorded, and what else is asked for, made of it once and kept beside it."""

import asyncio
import os
import tempfile
from enum import StrEnum
from pathlib import Path
from typing import Final

import numpy as np
import soundfile


class MediaFormat(StrEnum):
    """The formats in which a recording can be had."""

    WAV = "wav"
    MP3 = "mp3"


CONTENT_TYPES: Final = {MediaFormat.WAV: "audio/x-wav", MediaFormat.MP3: "audio/mpeg"}

MP3_KBIT: Final = 32

_LOWEST_AND_HIGHEST_KBIT: Final = ((32_000, 32, 320), (16_000, 8, 160), (0, 8, 64))
"""Of MP3, from a sample rate (Hz) on."""


class NoSuchChannelsError(Exception):
    """The recording has one channel, and two were asked for."""


class MediaFiles:
    """The files in ``folder``, where finished recordings are as ``RE….wav``."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._making: dict[Path, asyncio.Task[None]] = {}

    async def path(self, sid: str, format_: MediaFormat, channels: int | None) -> Path:
        """Return the file of a recording in a format, with as many channels as it has or as are asked for (1, 2).

        Raises ``FileNotFoundError`` if there is no such recording, ``NoSuchChannelsError`` for two channels of one, OSError and
        ``soundfile.LibsndfileError`` for a file that cannot be read or written.
        """
        recorded = self._folder / f"{sid}.wav"
        has = (await asyncio.to_thread(soundfile.info, recorded)).channels if recorded.exists() else 0
        if not has:
            raise FileNotFoundError(recorded)
        if channels == 2 and has == 1:
            raise NoSuchChannelsError
        mono = channels == 1 and has > 1
        if format_ is MediaFormat.WAV and not mono:
            return recorded
        wanted = self._folder / f"{sid}{'.mono' if mono else ''}.{format_.value}"
        if not wanted.exists():
            await self._make(recorded, wanted, mono=mono)
        return wanted

    def remove_made(self, sid: str) -> None:
        """Remove what was made of a recording; the recording itself stays."""
        for made in self._folder.glob(f"{sid}.*"):
            if made.name != f"{sid}.wav":
                made.unlink(missing_ok=True)

    async def _make(self, recorded: Path, wanted: Path, *, mono: bool) -> None:
        """Make a file, once for all who want it at the same time."""
        making = self._making.get(wanted)
        if making is None:
            work = asyncio.to_thread(convert, recorded, wanted, mono=mono)
            making = self._making[wanted] = asyncio.create_task(work, name=f"making {wanted.name}")
            making.add_done_callback(lambda _done: self._making.pop(wanted, None))
        # One who goes away must not end it for the others.
        await asyncio.shield(making)


def convert(recorded: Path, wanted: Path, *, mono: bool) -> None:
    """Write the sound of ``recorded`` to ``wanted``, whose name tells the format; it is there as a whole or not at all."""
    samples, rate = soundfile.read(recorded, dtype="int16", always_2d=True)
    if mono:
        samples = samples.mean(axis=1).astype(np.int16)
    handle, name = tempfile.mkstemp(dir=wanted.parent, prefix=f".{wanted.name}.", suffix=wanted.suffix)
    os.close(handle)
    made = Path(name)
    try:
        if wanted.suffix == ".mp3":
            level = _compression_level(rate)
            soundfile.write(
                made, samples, rate, format="MP3", subtype="MPEG_LAYER_III", compression_level=level, bitrate_mode="CONSTANT"
            )
        else:
            soundfile.write(made, samples, rate, subtype="PCM_16")
        made.replace(wanted)
    finally:
        made.unlink(missing_ok=True)


def _compression_level(rate: int) -> float:
    """Return how libsndfile is told the bit rate: from 0 for the highest to 1 for the lowest."""
    lowest, highest = next((low, high) for least, low, high in _LOWEST_AND_HIGHEST_KBIT if rate >= least)
    # libsndfile refuses exactly 1.
    return min(0.999, (highest - MP3_KBIT) / (highest - lowest))
