"""Recordings: a room's mix, or what a caller says and hears, frame by frame into a WAV file."""

import wave
from contextlib import suppress
from pathlib import Path

import numpy as np
import structlog

from ari_conf.audio import Samples
from ari_conf.media.port import RecordingFinished, Track

log = structlog.get_logger(__name__)

_HEADER = 44  # bytes before the samples in the files that are written here
_FRAMES_AT_ONCE = 250  # written together: opening the way to the disk costs more than what goes there


class Recorder:
    """A 16-bit WAV file that grows by a frame at a time, after what an earlier life of ours has left under the same name.

    It never raises: what went wrong is told at the end. ``folder`` is made if it is not there; None means that there is no
    place for recordings.
    """

    def __init__(self, folder: Path | None, name: str, rate: int, channels: int = 1) -> None:
        self._name = name
        self._path: Path | None = None
        self._file: wave.Wave_write | None = None
        self._frames: list[bytes] = []
        self._failure = ""
        if folder is None:
            self._fail("the local engine has no folder for recordings; give it one with recordings=")
            return
        self._path = folder / f"{name}.wav"
        try:
            folder.mkdir(parents=True, exist_ok=True)
            left = self._path.read_bytes()[_HEADER:] if self._path.exists() else b""
            self._file = wave.open(str(self._path), "wb")  # noqa: SIM115 - it stays open until the recording is over
            self._file.setnchannels(channels)
            self._file.setsampwidth(2)
            self._file.setframerate(rate)
            if left:
                # Whole frames: the last one may have been cut off.
                self._file.writeframes(left[: len(left) // (2 * channels) * (2 * channels)])
        except OSError as error:
            self._fail(f"{self._path} cannot be written: {error}")

    def take(self, frame: Samples) -> None:
        """Append 20 ms: of shape (samples,), or (samples, channels)."""
        self._frames.append(frame.astype("<i2", copy=False).tobytes())
        if len(self._frames) >= _FRAMES_AT_ONCE:
            self.flush()

    def flush(self) -> None:
        """Write what has been taken so far: the file is whole then, also if nothing follows."""
        data = b"".join(self._frames)
        self._frames.clear()
        if self._file is not None:
            try:
                self._file.writeframes(data)
            except OSError as error:
                self._fail(f"{self._path} cannot be written: {error}")

    def finish(self) -> RecordingFinished:
        """Close the file and return what is to be told of it."""
        self.flush()
        if self._file is not None:
            try:
                self._file.close()
            except OSError as error:
                self._fail(f"{self._path} cannot be written: {error}")
            self._file = None
        return RecordingFinished(self._name, None if self._failure else self._path, self._failure)

    def _fail(self, failure: str) -> None:
        log.error("a recording has failed", name=self._name, failure=failure)
        self._failure = failure
        file, self._file = self._file, None
        if file is not None and self._path is not None:
            with suppress(OSError):
                file.close()
            with suppress(OSError):
                self._path.unlink()


class CallRecorder:
    """Records what a caller says, what it hears, or both: added, or ``dual`` on a channel each; nothing while ``paused``."""

    def __init__(self, folder: Path | None, name: str, rate: int, track: Track, *, dual: bool) -> None:
        self._track = track
        self._dual = dual and track is Track.BOTH
        self.paused = False
        self._recorder = Recorder(folder, name, rate, channels=2 if self._dual else 1)
        self.flush = self._recorder.flush
        self.finish = self._recorder.finish

    def take(self, said: Samples, heard: Samples) -> None:
        """Append 20 ms of both sides, unless it is paused."""
        if self.paused:
            return
        if self._dual:
            frame = np.column_stack((said, heard))
        elif self._track is Track.INBOUND:
            frame = said
        elif self._track is Track.OUTBOUND:
            frame = heard
        else:
            frame = np.clip(np.add(said, heard, dtype=np.int32), -32768, 32767).astype(np.int16)
        self._recorder.take(frame)
