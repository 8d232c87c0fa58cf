"""What is done with a finished recording's file: silence put in for pauses, trimmed, judged, put where it stays."""

import itertools
import wave
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ari_conf.audio.trim import trim_silence
from ari_conf.conference import choices
from ari_conf.twilio_codes import Code

from .course import Gap
from .recording import Recording, RecordingStatus


def finish(recording: Recording, raw: Path, place: Path, gaps: Sequence[Gap] = ()) -> Recording:
    """Make the file at ``raw`` (16-bit WAV) the recording's, at ``place``, and return the recording as it is then.

    Silence is put in at ``gaps``, in order, and counts like any other when the ends are trimmed. With nothing usable in it
    the recording is absent and there is no file. Reads and writes; to be run in a thread. Raises OSError and ``wave.Error`` if
    the file cannot be read or written.
    """
    with wave.open(str(raw), "rb") as file:
        channels, rate = file.getnchannels(), file.getframerate()
        samples = np.frombuffer(file.readframes(file.getnframes()), "<i2").reshape(-1, channels).astype(np.int16)
    raw.unlink()
    samples = with_silence(samples, rate, gaps)
    sounding = trim_silence(samples, rate).samples
    kept = sounding if recording.trim else samples
    seconds = len(kept) / rate
    if not len(sounding):
        return replace(recording, status=RecordingStatus.ABSENT, error_code=int(Code.RECORDING_SILENT))
    if seconds < choices.SHORTEST_RECORDING_SECONDS:
        return replace(recording, status=RecordingStatus.ABSENT, error_code=int(Code.RECORDING_TOO_SHORT))
    with wave.open(str(place), "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(kept.astype("<i2").tobytes())
    return replace(
        recording,
        status=RecordingStatus.COMPLETED,
        duration=max(1, round(seconds)),
        size=place.stat().st_size,
        channels=channels,
    )


def with_silence(samples: NDArray[np.int16], rate: int, gaps: Sequence[Gap]) -> NDArray[np.int16]:
    """Return ``samples``, a row for each moment, with silence put in at ``gaps``, in order; at the end if they are too few."""
    if not gaps:
        return samples
    cuts = [min(len(samples), round(gap.after * rate)) for gap in gaps]
    pieces = np.split(samples, cuts)
    silences = [np.zeros((round(gap.seconds * rate), samples.shape[1]), np.int16) for gap in gaps]
    return np.concatenate([*itertools.chain.from_iterable(zip(pieces, silences, strict=False)), pieces[-1]])
