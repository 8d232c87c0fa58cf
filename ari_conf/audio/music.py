"""The wait music: eight bars of soft chords and a slow arpeggio, 24 seconds, in a seamless loop.

``python -m ari_conf.audio.music OUT.wav [RATE]`` writes it to a file.
"""

import sys
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from . import FULL_SCALE, Samples
from .segments import AudioSegment, from_segment, to_segment

VOICE_TONES = tuple(400.0 + 75.0 * step for step in range(32))
"""The frequencies (Hz) that the music stays clear of, so that whoever listens can tell tone phones from music by pitch."""

SECONDS = 24.0

_PEAK_DBFS = -12.0
_BAR_MS = 3000
_STEP_MS = 375
_BREATH_MS = 1200  # how long a chord sounds on into the next
_CLEARANCE_HZ = 18.0

# D major without its seventh. The arpeggio keeps to D, E, F#, A and B, whose pitches are well clear of VOICE_TONES.
_SEMITONES = {"C": -9, "D": -7, "E": -5, "F#": -3, "G": -2, "A": 0, "B": 2}

_BARS: tuple[tuple[str, str], ...] = (
    ("D3 A3 D4 F#4", "D4 A4 F#4 D5 A4 E5 D5 A4"),
    ("B2 F#3 D4 F#4", "B3 F#4 D4 B4 F#4 D5 B4 F#4"),
    ("G2 D3 B3 F#4", "D4 B4 F#4 A4 D5 B4 A4 F#4"),
    ("A2 E3 D4 E4", "E4 A4 D4 B4 A4 E5 D5 B4"),
    ("D3 A3 E4 F#4", "F#4 A4 D5 E5 F#5 E5 D5 A4"),
    ("B2 F#3 D4 A4", "D4 F#4 B4 A4 D5 F#5 D5 B4"),
    ("E3 B3 D4 F#4", "E4 B4 F#4 D5 B4 E5 D5 B4"),
    ("A2 E3 B3 D4", "E4 A4 B4 D5 E5 D5 B4 A4"),
)

_PAD_PARTIALS = (1.0, 0.30, 0.12)
_PLUCK_PARTIALS = (1.0, 0.18, 0.05)


@cache
def wait_music(rate: int = 8000) -> Samples:
    """Return the loop at ``rate`` Hz, 24 s long, with its peak at -12 dBFS. Made once per rate; not to be written to."""
    samples = from_segment(_compose(rate))
    samples.setflags(write=False)
    return samples


def write_wait_music(path: Path, rate: int = 8000) -> None:
    """Write the loop to ``path`` as a mono 16-bit WAV file."""
    to_segment(wait_music(rate), rate).export(str(path), format="wav").close()


def _compose(rate: int) -> AudioSegment:
    length_ms = round(SECONDS * 1000)
    pads = {note: _pad(note, rate) for chord, _ in _BARS for note in chord.split()}
    plucks = {note: _pluck(note, rate) for _, melody in _BARS for note in melody.split()}
    song = AudioSegment.silent(length_ms + _BAR_MS, frame_rate=rate)
    for number, (chord, melody) in enumerate(_BARS):
        bar = AudioSegment.silent(2 * _BAR_MS, frame_rate=rate)
        for note in chord.split():
            bar = bar.overlay(pads[note])
        for step, note in enumerate(melody.split()):
            bar = bar.overlay(plucks[note], position=step * _STEP_MS)
        song = song.overlay(bar, position=number * _BAR_MS)
    # What sounds on after the end is laid over the beginning: that makes the loop seamless.
    loop = song[:length_ms].overlay(song[length_ms:])
    return loop.apply_gain(_PEAK_DBFS - loop.max_dBFS)


def _pad(note: str, rate: int) -> AudioSegment:
    wave = _partials(_frequency(note), _PAD_PARTIALS, (_BAR_MS + _BREATH_MS) / 1000, rate)
    return _faded(0.05 * wave, _BREATH_MS, _BREATH_MS, rate)


def _pluck(note: str, rate: int) -> AudioSegment:
    wave = _partials(_frequency(note), _PLUCK_PARTIALS, 1.5, rate)
    wave *= np.exp(-3.0 * np.arange(len(wave)) / rate)
    return _faded(0.06 * wave, 40, 500, rate)


def _faded(wave: NDArray[np.float64], fade_in_ms: int, fade_out_ms: int, rate: int) -> AudioSegment:
    # Raised cosines keep a note's energy near its pitch; pydub's own fades go in steps of a millisecond, and slowly.
    rise, fall = (_rise(milliseconds * rate // 1000) for milliseconds in (fade_in_ms, fade_out_ms))
    wave[: len(rise)] *= rise
    wave[-len(fall) :] *= fall[::-1]
    return to_segment(np.rint(wave * FULL_SCALE).astype(np.int16), rate)


def _rise(length: int) -> NDArray[np.float64]:
    return 0.5 - 0.5 * np.cos(np.pi * np.arange(length) / length)


def _frequency(note: str) -> float:
    """Return the pitch of a note such as ``F#4``, equal temperament with A4 at 440 Hz."""
    return float(440.0 * 2 ** (_SEMITONES[note[:-1]] / 12 + int(note[-1]) - 4))


def _partials(frequency: float, amplitudes: Sequence[float], seconds: float, rate: int) -> NDArray[np.float64]:
    moments = np.arange(round(seconds * rate)) / rate
    wave = np.zeros(len(moments))
    for number, amplitude in enumerate(amplitudes, start=1):
        partial = number * frequency
        if all(abs(partial - voice) >= _CLEARANCE_HZ for voice in VOICE_TONES):
            wave += amplitude * np.sin(2 * np.pi * partial * moments)
    return wave


def _main(arguments: Sequence[str]) -> int:
    if len(arguments) not in {1, 2} or (len(arguments) == 2 and not arguments[1].isdigit()):
        sys.stderr.write("usage: python -m ari_conf.audio.music OUT.wav [RATE]\n")
        return 2
    write_wait_music(Path(arguments[0]), int(arguments[1]) if len(arguments) == 2 else 8000)
    return 0


if __name__ == "__main__":
    raise SystemExit(_main(sys.argv[1:]))
