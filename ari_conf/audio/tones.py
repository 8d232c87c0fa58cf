"""Tones made of sines: what networks play to callers, and what test phones talk with."""

from collections.abc import Sequence

import numpy as np

from . import FULL_SCALE, Samples

_SPECIAL_INFORMATION = (950.0, 1400.0, 1800.0)  # ITU-T E.180: three rising tones of 330 ms
BEEP = 1243.75
"""The pitch of the beep (Hz): half-way between two of the tones that test phones talk with."""

_BEEP_EDGE_SECONDS = 0.050
_RINGING = (440.0, 480.0)  # the North American cadence, as Twilio's callers know it: 2 s on, 4 s off


def tone(frequencies: float | Sequence[float], seconds: float, *, amplitude: float = 0.2, rate: int = 8000) -> Samples:
    """Return a tone of one frequency, or of several at once, ``amplitude`` (1.0 is full scale) each.

    What goes beyond full scale is clipped.
    """
    together = [frequencies] if isinstance(frequencies, int | float) else list(frequencies)
    moments = np.arange(round(seconds * rate)) / rate
    wave = np.zeros(len(moments))
    for frequency in together:
        wave += np.sin(2 * np.pi * frequency * moments)
    return np.rint(np.clip(wave * amplitude, -1.0, 1.0) * FULL_SCALE).astype(np.int16)


def silence(seconds: float, rate: int = 8000) -> Samples:
    """Return digital silence."""
    return np.zeros(round(seconds * rate), np.int16)


def special_information(rate: int = 8000) -> Samples:
    """Return the special information tone: 950, 1400 and 1800 Hz, 330 ms each, at amplitude 0.2."""
    return np.concatenate([tone(frequency, 0.330, rate=rate) for frequency in _SPECIAL_INFORMATION])


def beep(rate: int = 8000) -> Samples:
    """Return the beep that tells of somebody who comes or goes: 0.25 s of ``BEEP`` Hz at amplitude 0.2, with soft edges."""
    # An edge that is cut off would be heard at the pitches of its neighbours too.
    wave = tone(BEEP, 0.25, rate=rate).astype(np.float64)
    rise = 0.5 - 0.5 * np.cos(np.pi * np.arange(round(_BEEP_EDGE_SECONDS * rate)) / round(_BEEP_EDGE_SECONDS * rate))
    wave[: len(rise)] *= rise
    wave[-len(rise) :] *= rise[::-1]
    return np.rint(wave).astype(np.int16)


def ringing(rate: int = 8000) -> Samples:
    """Return one round of the ring tone that a caller hears: 2 s of 440 and 480 Hz at amplitude 0.1 each, 4 s of silence."""
    return np.concatenate([tone(_RINGING, 2.0, amplitude=0.1, rate=rate), silence(4.0, rate)])


class Oscillator:
    """An endless tone, cut into frames of ``frame_length`` samples whose phase goes on from one to the next."""

    # A sine costs far less per sample in long runs than frame by frame.
    _FRAMES_AT_ONCE = 50

    def __init__(self, frequency: float, *, amplitude: float = 0.2, rate: int = 8000, frame_length: int = 160) -> None:
        self._cycles = frequency / rate * np.arange(self._FRAMES_AT_ONCE * frame_length)
        self._cycles_in_block = frequency * len(self._cycles) / rate
        self._amplitude = amplitude * FULL_SCALE
        self._frame_length = frame_length
        self._phase = 0.0
        self._frames: list[Samples] = []
        self._next = 0

    def next_frame(self) -> Samples:
        """Return the next ``frame_length`` samples."""
        if self._next == len(self._frames):
            # A block of whole cycles is followed by the same one: tones of whole Hz are made once.
            if not self._frames or self._cycles_in_block % 1.0:
                wave = np.sin(2 * np.pi * (self._phase + self._cycles)) * self._amplitude
                self._frames = list(np.rint(wave).astype(np.int16).reshape(-1, self._frame_length))
                self._phase = (self._phase + self._cycles_in_block) % 1.0
            self._next = 0
        frame = self._frames[self._next]
        self._next += 1
        return frame
