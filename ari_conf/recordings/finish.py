"""What is done with a finished recording's file: silence put in for pauses, trimmed, judged, put where it stays."""

import asyncio
import itertools
import os
import wave
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import structlog
from numpy.typing import NDArray

from ari_conf.audio.trim import trim_silence
from ari_conf.conference import choices
from ari_conf.twilio_codes import Code

from .course import Gap
from .live import Ended
from .recording import Recording, RecordingEvent, RecordingStatus

log = structlog.get_logger(__name__)


async def finished(recording: Recording, ended: Ended, place: Path) -> tuple[Recording, RecordingEvent]:
    """Return a recording as it is when it is finished, its file at ``place``, and as what that is told.

    It may be done again, should the process die before the outcome is kept.
    """
    about = log.bind(recording_sid=recording.sid, conference_sid=recording.conference_sid, call_sid=recording.call_sid)
    failure = ended.failure
    outcome = replace(recording, status=RecordingStatus.FAILED)
    if ended.path is not None:
        try:
            outcome = await asyncio.to_thread(finish, recording, ended.path, place, ended.gaps)
        except (OSError, EOFError, ValueError, wave.Error) as error:
            failure = f"its file could not be read or written: {error}"
    match outcome.status:
        case RecordingStatus.COMPLETED:
            about.info("a recording is completed", seconds=outcome.duration)
            return outcome, RecordingEvent.COMPLETED
        case RecordingStatus.ABSENT:
            about.warning("a recording is absent", code=outcome.error_code, cause="nothing usable is in it")
            return outcome, RecordingEvent.ABSENT
        case _:
            about.error("a recording has failed", cause=failure)
            return outcome, RecordingEvent.FAILED


def finish(recording: Recording, raw: Path, place: Path, gaps: Sequence[Gap] = ()) -> Recording:
    """Make the recording's file at ``place`` of that at ``raw`` (16-bit WAV), and return the recording as it is then.

    Silence is put in at ``gaps``, in order, and counts like any other when the ends are trimmed. With nothing usable in it
    the recording is absent and there is no file. ``raw`` stays. Reads and writes; to be run in a thread. Raises OSError and
    ``wave.Error`` if the file cannot be read or written.
    """
    with wave.open(str(raw), "rb") as file:
        channels, rate = file.getnchannels(), file.getframerate()
        samples = np.frombuffer(file.readframes(file.getnframes()), "<i2").reshape(-1, channels).astype(np.int16)
    samples = with_silence(samples, rate, gaps)
    sounding = trim_silence(samples, rate).samples
    kept = sounding if recording.trim else samples
    seconds = len(kept) / rate
    if not len(sounding):
        return replace(recording, status=RecordingStatus.ABSENT, error_code=int(Code.RECORDING_SILENT))
    if seconds < choices.SHORTEST_RECORDING_SECONDS:
        return replace(recording, status=RecordingStatus.ABSENT, error_code=int(Code.RECORDING_TOO_SHORT))
    part = place.with_suffix(".part")
    with part.open("wb") as out:
        with wave.open(out, "wb") as file:
            file.setnchannels(channels)
            file.setsampwidth(2)
            file.setframerate(rate)
            file.writeframes(kept.astype("<i2").tobytes())
        out.flush()
        os.fsync(out.fileno())
    part.replace(place)
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
