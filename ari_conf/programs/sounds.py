"""The folder of sounds that engines play from: each sound once, named after its content."""

import asyncio
import hashlib
import os
import re
import tempfile
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from enum import StrEnum
from pathlib import Path
from typing import Final, TypeVar

import structlog

from ari_conf.audio import Samples
from ari_conf.audio.decoding import Decoders
from ari_conf.audio.speech import EspeakSpeech, SpeechPort
from ari_conf.audio.wav import wav_seconds, write_wav
from ari_conf.media.port import SOUND_RATE, SoundFile

_log = structlog.get_logger(__name__)

LARGEST_FOLDER: Final = 1_000_000_000
"""Bytes: some 17 hours of sound."""

SOUND_NAME: Final = re.compile(r"[0-9a-f]{64}\.wav")
"""The file names of the store's sounds."""

_IN_USE_SECONDS: Final = 2 * 3600.0
"""A sound that was used in this time stays, however large the folder is: it may be playing, and none lasts over an hour."""

_MOST_KNOWN: Final = 2000
_LONG_BYTES: Final = 2_000_000
"""A larger file takes seconds to decode."""

T = TypeVar("T")


class _Queue(StrEnum):
    """Work that waits for its like alone."""

    FILES = "files"
    SPEECH = "speech"
    MEDIA = "media"
    LONG_MEDIA = "long-media"


_THREADS: Final = {_Queue.FILES: 2, _Queue.SPEECH: 2, _Queue.MEDIA: 2, _Queue.LONG_MEDIA: 1}


class SoundStore:
    """Makes sounds ready for engines and keeps them in ``folder``, which is made if it is missing.

    The work is done in threads of its own, so that no call stutters meanwhile, and no prompt waits for a long sound. The same
    media file is decoded once, the same text spoken once, also when several callers want it at the same time. When the folder
    grows beyond ``largest`` bytes, the sounds that were not used for longest are removed.
    """

    def __init__(self, folder: Path, *, speech: SpeechPort | None = None, largest: int = LARGEST_FOLDER) -> None:
        self.folder = folder
        self._speech = speech or EspeakSpeech()
        self._largest = largest
        self._decoders = Decoders()
        self._threads = {
            queue: ThreadPoolExecutor(threads, thread_name_prefix=f"sounds-{queue}") for queue, threads in _THREADS.items()
        }
        self._known: OrderedDict[str, Future[SoundFile]] = OrderedDict()
        self._tidying = threading.Lock()
        self._written = largest  # since the folder was tidied last; what an earlier process has left counts too
        folder.mkdir(parents=True, exist_ok=True)

    def close(self) -> None:
        """Begin nothing more; what is under way in the threads comes to its end and is not waited for."""
        for threads in self._threads.values():
            threads.shutdown(wait=False, cancel_futures=True)
        self._decoders.close()

    async def add(self, samples: Samples) -> SoundFile:
        """Keep ``samples``, which are at 8000 Hz, and return their file; one of the same content is reused."""
        return await self.in_background(lambda: self._store(samples))

    async def stored(self, name: str) -> SoundFile | None:
        """Return the sound of the store that has this file name; None if there is none, or none any more.

        ``name`` may come from anybody: what is no name of a sound is none.
        """

        def find() -> SoundFile | None:
            # The name decides alone, so that no path leads out of the folder.
            path = self.folder / name
            return SoundFile(path, wav_seconds(path)) if SOUND_NAME.fullmatch(name) and _touch(path) else None

        return await self.in_background(find)

    async def from_media(self, data: bytes, *, content_type: str = "") -> SoundFile:
        """Decode a sound of any format and keep it. Raises ``audio.decode.DecodeError``."""

        def make() -> SoundFile:
            return self._store(self._decoders.decode(data, content_type=content_type, rate=SOUND_RATE))

        digest = await self.in_background(lambda: hashlib.sha256(data).hexdigest())
        return await self._once(
            f"media {content_type} {digest}", _Queue.LONG_MEDIA if len(data) > _LONG_BYTES else _Queue.MEDIA, make
        )

    async def from_speech(
        self, text: str, *, ssml: str | None = None, voice: str | None = None, language: str | None = None
    ) -> SoundFile:
        """Speak ``text``, or the same with its speech markup, and keep that. Raises ``audio.speech.SpeechError``."""

        def make() -> SoundFile:
            return self._store(self._speech.speak(text, ssml=ssml, voice=voice, language=language))

        return await self._once(f"speech {(voice, language, ssml, text)}", _Queue.SPEECH, make)

    async def keep(self, sound: SoundFile) -> bool:
        """Note that ``sound`` is used now, so that it stays for some time; False if it has been removed already."""
        return await self.in_background(lambda: _touch(sound.path))

    async def in_background(self, work: Callable[[], T]) -> T:
        """Do a small piece of work with files in a thread, and return its result."""
        return await _result(self._threads[_Queue.FILES].submit(work))

    async def _once(self, key: str, queue: "_Queue", make: Callable[[], SoundFile]) -> SoundFile:
        under_way = self._known.get(key)
        if under_way is not None and not _has_failed(under_way):
            self._known.move_to_end(key)
            sound = await _result(under_way)
            if await self.keep(sound):
                return sound
        if self._known.get(key) is under_way:
            # Nobody else has begun it anew meanwhile.
            self._known[key] = self._threads[queue].submit(make)
            while len(self._known) > _MOST_KNOWN:
                self._known.popitem(last=False)
        return await _result(self._known[key])

    def _store(self, samples: Samples) -> SoundFile:
        path = self.folder / f"{hashlib.sha256(samples.astype('<i2', copy=False).data).hexdigest()}.wav"
        if not _touch(path):
            self._write(path, samples)
            with self._tidying:
                self._written += 2 * len(samples)
                if self._written > self._largest // 100:
                    self._written = 0
                    self._tidy()
        return SoundFile(path, len(samples) / SOUND_RATE)

    def _write(self, path: Path, samples: Samples) -> None:
        handle, unfinished = tempfile.mkstemp(suffix=".part", dir=self.folder)
        os.close(handle)
        try:
            write_wav(Path(unfinished), samples, SOUND_RATE)
            # Asterisk reads it as another user; mkstemp makes files for their owner alone.
            Path(unfinished).chmod(0o644)
            Path(unfinished).replace(path)
        except BaseException:
            Path(unfinished).unlink(missing_ok=True)
            raise

    def _tidy(self) -> None:
        entries = (Path(entry) for entry in os.scandir(self.folder) if entry.name.endswith((".wav", ".part")))
        files = sorted(((path.stat(), path) for path in entries), key=lambda file: file[0].st_mtime)
        size = sum(status.st_size for status, _ in files)
        used_before = time.time() - _IN_USE_SECONDS
        for status, path in files:
            if status.st_mtime >= used_before:
                break
            if size > self._largest or path.suffix == ".part":
                path.unlink(missing_ok=True)
                size -= status.st_size
        if size > self._largest:
            _log.warning("the sounds in use take more room than they should", folder=str(self.folder), bytes=size)


def _touch(path: Path) -> bool:
    try:
        os.utime(path)
    except FileNotFoundError:
        return False
    return True


def _has_failed(future: "Future[SoundFile]") -> bool:
    return future.done() and (future.cancelled() or future.exception() is not None)


async def _result(future: "Future[T]") -> T:
    # Whoever stops waiting must not stop the work: others may wait for it too.
    return await asyncio.shield(asyncio.wrap_future(future))
