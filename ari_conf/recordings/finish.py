"""What is done with a finished recording's file: trimmed, judged, put where it stays."""

import wave
from dataclasses import replace
from pathlib import Path
from typing import Final

import numpy as np

from ari_conf.audio.trim import trim_silence
from ari_conf.conference import choices

from .recording import Recording, RecordingStatus

TOO_SHORT: Final = 16101
SILENT: Final = 16102


def finish(recording: Recording, raw: Path, place: Path) -> Recording:
    """Make the file at ``raw`` (16-bit WAV) the recording's, at ``place``, and return the recording as it is then.

    With nothing usable in it the recording is absent and there is no file. Reads and writes; to be run in a thread. Raises
    OSError and ``wave.Error`` if the file cannot be read or written.
    """
    with wave.open(str(raw), "rb") as file:
        channels, rate = file.getnchannels(), file.getframerate()
        samples = np.frombuffer(file.readframes(file.getnframes()), "<i2").reshape(-1, channels).astype(np.int16)
    raw.unlink()
    sounding = trim_silence(samples, rate).samples
    kept = sounding if recording.trim else samples
    seconds = len(kept) / rate
    if not len(sounding):
        return replace(recording, status=RecordingStatus.ABSENT, error_code=SILENT)
    if seconds < choices.SHORTEST_RECORDING_SECONDS:
        return replace(recording, status=RecordingStatus.ABSENT, error_code=TOO_SHORT)
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
