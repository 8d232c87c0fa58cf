"""Where the audio comes from that nobody speaks: music, and sounds that are played."""

import asyncio
from pathlib import Path
from typing import Protocol
from weakref import WeakValueDictionary

import numpy as np

from ari_conf.audio import Samples
from ari_conf.audio.tones import beep, special_information
from ari_conf.audio.wav import read_wav
from ari_conf.media.port import SOUND_RATE, EngineError, Sound, SoundFile

from .mixer import FRAME_SECONDS

_FILTER_SAMPLES = 16  # on each side, at SOUND_RATE


class Source(Protocol):
    """Where a call outside of the mix gets its frames from."""

    def next_frame(self) -> Samples:
        """Return the next 20 ms; they are not to be written to."""
        ...


class Loop:
    """Frames that are played over and over, from the first one on."""

    def __init__(self, frames: Samples) -> None:
        """Play ``frames``, of shape (frames, frame_length)."""
        self._frames = frames
        self._next = 0

    def next_frame(self) -> Samples:
        """Return the next 20 ms."""
        frame: Samples = self._frames[self._next]
        self._next += 1
        if self._next == len(self._frames):
            self._next = 0
        return frame


class Playback:
    """One sound that is played once; ``done`` is set when its last frame has been given out, or when it is cut off."""

    def __init__(self, frames: Samples) -> None:
        """Play ``frames``, of shape (frames, frame_length); without any it is done at once."""
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._frames = frames
        self._next = 0
        if not len(frames):
            self.done.set_result(None)

    def next_frame(self) -> Samples:
        """Return the next 20 ms; there are some as long as ``done`` is not set."""
        frame: Samples = self._frames[self._next]
        self._next += 1
        if self._next == len(self._frames):
            self.done.set_result(None)
        return frame

    def speak(self, frame: Samples) -> None:
        """Write the next 20 ms into ``frame``; silence when it is over."""
        frame[:] = 0 if self.done.done() else self.next_frame()

    def cut_off(self) -> None:
        """End it now, without an error."""
        if not self.done.done():
            self.done.set_result(None)


class Sounds:
    """Sounds made ready to be played at ``rate`` Hz. Those that play the same file share its samples."""

    def __init__(self, rate: int) -> None:
        self._rate = rate
        self._files: WeakValueDictionary[Path, Samples] = WeakValueDictionary()

    def frames_of(self, sound: Sound | SoundFile) -> Samples:
        """Return the frames of ``sound``, not to be written to. Raises ``EngineError`` if its file cannot be played."""
        match sound:
            case Sound.SPECIAL_INFORMATION:
                return in_frames(special_information(self._rate), self._rate)
            case Sound.BEEP:
                return in_frames(beep(self._rate), self._rate)
            case SoundFile(path):
                frames = self._files.get(path)
                if frames is None:
                    frames = self._files[path] = in_frames(self._read(path), self._rate)
                return frames

    def _read(self, path: Path) -> Samples:
        try:
            samples, rate = read_wav(path)
        except (OSError, ValueError) as error:
            raise EngineError(f"the sound {path} cannot be played: {error}") from error
        if rate != SOUND_RATE:
            raise EngineError(f"the sound {path} has a rate of {rate} Hz; convert it to {SOUND_RATE} Hz first")
        return _upsampled(samples, self._rate // SOUND_RATE)


def in_frames(samples: Samples, rate: int) -> Samples:
    """Cut ``samples`` into frames of 20 ms, shape (frames, frame_length); the last one is filled up with silence."""
    frame_length = round(rate * FRAME_SECONDS)
    missing = -len(samples) % frame_length
    whole = np.pad(samples, (0, missing)) if missing else samples
    return whole.reshape(-1, frame_length)


def _upsampled(samples: Samples, factor: int) -> Samples:
    """Return ``samples`` at ``factor`` times their rate: between them, a windowed sinc says what was there."""
    if factor == 1 or not len(samples):
        return samples
    offsets = np.arange(-_FILTER_SAMPLES, _FILTER_SAMPLES + 1)
    result = np.empty((len(samples), factor))
    result[:, 0] = samples
    for phase in range(1, factor):
        distances = offsets + phase / factor
        taps = np.sinc(distances) * np.cos(0.5 * np.pi * distances / (_FILTER_SAMPLES + 1)) ** 2
        result[:, phase] = np.convolve(samples, taps)[_FILTER_SAMPLES : _FILTER_SAMPLES + len(samples)]
    return np.rint(np.clip(result, -32768, 32767)).astype(np.int16).reshape(-1)
