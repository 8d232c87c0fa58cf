"""Recordings in Asterisk: their end awaited, their files fetched."""

import asyncio
import contextlib
import re
import struct
from collections.abc import Coroutine
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import structlog

from ari_conf.media.port import EngineError, EngineUnavailableError

from .errors import AriRefusedError
from .link import AriLink
from .patience import Patience
from .transport import JsonObject

log = structlog.get_logger(__name__)

_NAME: Final = re.compile(r"[A-Za-z0-9._-]{1,100}")
_HEADER: Final = 44
"""Bytes before the samples in the WAV files that Asterisk writes."""

_START_TIMEOUT: Final = 5.0
"""Seconds for a recording to be told as started."""

_OVER: Final = frozenset({404, 409})
"""Answers to a request about a recording that has started, which mean that it has ended."""

_END_TIMEOUT: Final = 5.0
"""Seconds for a recording that was stopped to be told as finished."""


class RecordingError(EngineError):
    """There is no recording; the text says why."""


@dataclass(slots=True, eq=False)
class _Live:
    """A recording that Asterisk makes, or has been asked for. ``ended`` has the failure, empty if there was none."""

    started: asyncio.Event = field(default_factory=asyncio.Event)
    ended: "asyncio.Future[str]" = field(default_factory=lambda: asyncio.get_running_loop().create_future())


def require_name(name: str) -> None:
    """Raise ``ValueError`` unless ``name`` can be a recording's: Asterisk would make directories of a name with slashes."""
    if not _NAME.fullmatch(name):
        raise ValueError(f"a recording cannot be called {name!r}; use letters, digits, ., _ and -")


class Recordings:
    """All recordings of ours that Asterisk is making, and the way to their files in ``folder``."""

    def __init__(self, link: AriLink, patience: Patience, folder: Path) -> None:
        self._link = link
        self._patience = patience
        self._folder = folder
        self._handing_over: set[asyncio.Task[None]] = set()
        self._live: dict[str, _Live] = {}
        self._stored: set[str] = set()

    def prepare(self) -> None:
        """Make the folder. Raises ``EngineError`` if that fails."""
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise EngineError(f"recordings cannot be put into {self._folder}: {error.strerror}; make it writable") from error

    def has(self, name: str) -> bool:
        """Tell whether there is, or may be, a file of this name to be fetched."""
        return name in self._stored

    def begin(self, name: str) -> "asyncio.Future[str]":
        """Expect the end of a recording; the future then has the failure, empty if there was none."""
        live = self._live.get(name)
        if live is None:
            live = self._live[name] = _Live()
            self._stored.add(name)
        return live.ended

    async def take_over(self, name: str) -> JsonObject | None:
        """Expect the end of a recording that an earlier life of ours has begun, and return what Asterisk says of it.

        None if it does not run; then there may be a file.
        """
        try:
            live: JsonObject = (await self._link.call("recordings", "getLive", recordingName=name)).json()
        except AriRefusedError:
            if await self._is_stored(name):
                self._stored.add(name)
            return None
        self.begin(name)
        if live["state"] != "queued":
            self.started(name)
        return live

    def on_event(self, event: JsonObject) -> None:
        """Asterisk has told something of a recording: RecordingStarted, RecordingFinished, RecordingFailed."""
        recording = event["recording"]
        match event["type"]:
            case "RecordingStarted":
                self.started(recording["name"])
            case "RecordingFinished":
                self.finished(recording["name"], "")
            case "RecordingFailed":
                self.finished(recording["name"], recording.get("cause", "Asterisk cannot record"))

    def started(self, name: str) -> None:
        """Note that a recording has started."""
        live = self._live.get(name)
        if live is not None:
            live.started.set()

    def finished(self, name: str, failure: str) -> None:
        """Note that a recording has ended."""
        live = self._live.pop(name, None)
        if live is not None:
            live.started.set()
            if not live.ended.done():
                live.ended.set_result(failure)

    def forget(self, name: str) -> None:
        """Expect nothing of a recording any more."""
        self._live.pop(name, None)
        self._stored.discard(name)

    async def pause(self, name: str) -> None:
        """Let a recording not grow for a while; one that is paused or has ended already is no error.

        Raises ``RecordingError`` if it does not begin, ``EngineUnavailableError`` if the connection breaks.
        """
        await self._ask("pause", name)

    async def resume(self, name: str) -> None:
        """Let a recording go on; one that is not paused, or has ended already, is no error. Raises what ``pause`` raises."""
        await self._ask("unpause", name)

    async def stop(self, name: str) -> None:
        """End a recording and return when it has ended; one that has ended already is no error.

        Raises ``EngineUnavailableError`` if the connection breaks.
        """
        live = self._live.get(name)
        if live is None:
            return
        try:
            await self._ask("stop", name)
        except RecordingError as error:
            self.finished(name, str(error))
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_END_TIMEOUT):
                await asyncio.shield(live.ended)
        self.finished(name, "")

    async def compare(self) -> None:
        """Find out, after a gap, which recordings have ended meanwhile."""
        for name in list(self._live):
            try:
                answer = await self._link.call("recordings", "getLive", recordingName=name)
            except AriRefusedError:
                self.finished(name, "")
            else:
                if answer.json()["state"] != "queued":
                    self.started(name)

    async def fetch(self, name: str) -> Path:
        """Move the file of a recording that has ended out of Asterisk, and return where it is.

        Waits for the connection while that is lost. Raises ``RecordingError`` if there is no file.
        """
        try:
            return await self._patience.until_done(lambda: self._fetch(name))
        finally:
            self._stored.discard(name)

    def hand_over(self, work: Coroutine[Any, Any, None]) -> None:
        """Fetch and tell without being waited for."""
        task = asyncio.create_task(_unless_replaced(work), name="recording")
        self._handing_over.add(task)
        task.add_done_callback(self._handing_over.discard)

    async def settle(self, seconds: float) -> None:
        """Give those that are being handed over so long to come to an end."""
        if self._handing_over:
            _, late = await asyncio.wait(self._handing_over, timeout=seconds)
            for task in late:
                task.cancel()

    async def _ask(self, operation: str, name: str) -> None:
        live = self._live.get(name)
        if live is None:
            return
        try:
            # One that is queued cannot be paused, and stopping it would be told by nothing.
            async with asyncio.timeout(_START_TIMEOUT):
                await live.started.wait()
        except TimeoutError as error:
            raise RecordingError(f"Asterisk has not begun the recording {name} within {_START_TIMEOUT:g} s") from error
        try:
            await self._link.call("recordings", operation, recordingName=name)
        except AriRefusedError as error:
            if error.status not in _OVER:
                raise

    def file(self, name: str) -> Path:
        """Return where the file of a recording is when it has been fetched."""
        return self._folder / f"{name}.wav"

    async def _is_stored(self, name: str) -> bool:
        if self.file(name).exists():
            return True
        try:
            await self._link.call("recordings", "getStored", recordingName=name)
        except AriRefusedError:
            return False
        return True

    async def _fetch(self, name: str) -> Path:
        target = self.file(name)
        part = target.with_suffix(".part")
        try:
            await self._link.download(name, part)
            _complete_header(part)
            part.replace(target)
        except AriRefusedError as error:
            if error.status != 404 or not target.exists():
                raise RecordingError(f"the recording {name} cannot be fetched: {error}") from error
            # It has been fetched before, but the answer was lost, or what was to be done with it.
            return target
        except OSError as error:
            raise RecordingError(f"the recording {name} cannot be written to {target}: {error.strerror}") from error
        finally:
            part.unlink(missing_ok=True)
        with contextlib.suppress(AriRefusedError):
            await self._link.call("recordings", "deleteStored", recordingName=name)
        return target


async def _unless_replaced(work: Coroutine[Any, Any, None]) -> None:
    try:
        await work
    except EngineUnavailableError as error:
        log.warning("a recording stays in Asterisk", cause=str(error))


def _complete_header(file: Path) -> None:
    """Make the sizes in a WAV header true: an Asterisk that ended in the middle has not written them."""
    size = file.stat().st_size
    if size < _HEADER:
        raise RecordingError(f"the recording {file.stem} is not a WAV file: it has {size} bytes")
    with file.open("r+b") as wav:
        wav.seek(4)
        wav.write(struct.pack("<I", size - 8))
        wav.seek(_HEADER - 4)
        wav.write(struct.pack("<I", size - _HEADER))
