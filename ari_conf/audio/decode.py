"""From the sound files of the world to samples: MP3, WAV and AIFF of any kind, AU, FLAC, Ogg, and telephony's raw codecs.

It takes long for long sounds: call it in a thread.
"""

import io
from pathlib import Path
from typing import Any, Final

import numpy as np
import soundfile
import soxr
from numpy.typing import NDArray

from . import FULL_SCALE, Samples

LONGEST_SECONDS: Final = 3600.0
"""Longer sounds are refused."""

_BLOCK_FRAMES: Final = 1 << 16
_MOST_CHANNELS: Final = 16
_LOWEST_RATE: Final = 1000
"""From a lower one a small file would grow too much on the way to ours."""
_HIGHEST_RATE: Final = 768_000
_MOST_VALUES: Final = 3600 * 48_000 * 4
"""So many samples are decoded, an hour of two channels at 96 kHz: hours of silence at a high rate fit into a small file."""

_RAW_SUBTYPES: Final = {
    "audio/basic": "ULAW",
    "audio/ulaw": "ULAW",
    "audio/x-ulaw": "ULAW",
    "audio/alaw": "ALAW",
    "audio/x-alaw": "ALAW",
    "audio/gsm": "GSM610",
    "audio/x-gsm": "GSM610",
}
"""Content types of codecs that are sent without any header: mono at 8000 Hz."""


class DecodeError(ValueError):
    """What was given is no sound that can be played; the text says why."""


def decode(
    sound: bytes | Path, *, content_type: str = "", rate: int = 8000, longest_seconds: float = LONGEST_SECONDS
) -> Samples:
    """Return the sound in ``sound``, its channels mixed to one, at ``rate`` Hz.

    ``content_type`` (lower case, without parameters) matters only for codecs without a header, such as audio/basic.
    Raises ``DecodeError`` for what is no sound, is empty, or lasts longer than ``longest_seconds``; ``OSError`` for a file
    that cannot be read.
    """
    data = sound.read_bytes() if isinstance(sound, Path) else sound
    if not data:
        raise DecodeError("it is empty")
    try:
        with _opened(data, content_type) as file:
            return _read(file, rate, longest_seconds)
    except soundfile.SoundFileError as error:
        raise DecodeError(f"it is no sound in a known format ({_cause(error)})") from error


def _opened(data: bytes, content_type: str) -> soundfile.SoundFile:
    try:
        return soundfile.SoundFile(io.BytesIO(data))
    except soundfile.SoundFileError:
        subtype = _RAW_SUBTYPES.get(content_type)
        if subtype is None:
            raise
        return soundfile.SoundFile(io.BytesIO(data), format="RAW", subtype=subtype, samplerate=8000, channels=1)


def _read(file: soundfile.SoundFile, rate: int, longest_seconds: float) -> Samples:
    if file.channels > _MOST_CHANNELS or not _LOWEST_RATE <= file.samplerate <= _HIGHEST_RATE:
        raise DecodeError(f"it has {file.channels} channels at {file.samplerate} Hz, which is no sound for people")
    most_frames = int(longest_seconds * file.samplerate)
    resample = _resampler(file.samplerate, rate)
    # Block by block: an hour of stereo at 48 kHz in floats would be 1.4 GB.
    blocks: list[Samples] = []
    frames = 0
    while True:
        block = file.read(_BLOCK_FRAMES, dtype="float32", always_2d=True)
        last = len(block) == 0
        frames += len(block)
        if frames > most_frames:
            raise DecodeError(f"it lasts longer than {longest_seconds:g} s")
        if frames * file.channels > _MOST_VALUES:
            raise DecodeError(
                f"it has more than {_MOST_VALUES} samples in {file.channels} channels; send fewer, or a lower rate"
            )
        blocks.append(_pcm(resample(block.mean(axis=1, dtype=np.float32), last)))
        if last:
            break
    if frames == 0:
        raise DecodeError("it has no sound in it")
    return np.concatenate(blocks)


def _resampler(given: int, wanted: int) -> Any:
    if given == wanted:
        return lambda block, _last: block
    return soxr.ResampleStream(given, wanted, 1, dtype="float32").resample_chunk


def _pcm(wave: NDArray[np.float32]) -> Samples:
    # A file of floats may hold anything, not-a-numbers included.
    return np.rint(np.clip(np.nan_to_num(wave), -1.0, 1.0) * FULL_SCALE).astype(np.int16)


def _cause(error: Exception) -> str:
    return " ".join(str(getattr(error, "error_string", error)).split()).rstrip(".")
