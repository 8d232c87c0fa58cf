"""All recordings of this process: begun, finished, told."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import structlog

from ari_conf.clock import Clock
from ari_conf.media.port import RecordingFinished

from .callback import record_end_parameters, recording_parameters
from .finish import finish
from .recording import Recording, RecordingStatus

log = structlog.get_logger(__name__)

Teller = Callable[[str, str, str, str, dict[str, str]], None]
"""Takes over a callback that is owed: its lane, the account, method, URL, parameters. It must not wait."""


class Recordings:
    """Recordings by the name that the engine knows them by: the Conference SID, or the Recording SID of a call's.

    ``folder`` is where finished ones stay, as ``RE….wav``. ``url_of`` tells where a recording can be had.
    """

    def __init__(self, folder: Path, tell: Teller, clock: Clock, url_of: Callable[[str, str], str]) -> None:
        self.folder = folder
        self._tell = tell
        self._clock = clock
        self.url_of = url_of
        self._running: dict[str, Recording] = {}
        self._finished: dict[str, Recording] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def begin(self, name: str, recording: Recording) -> None:
        """Note that a recording has begun, and tell it."""
        self._running[name] = recording
        self._tell_status(recording)

    def over(self, event: RecordingFinished) -> None:
        """Take over what the engine has recorded; returns at once."""
        recording = self._running.pop(event.name, None)
        if recording is None:
            log.warning("a recording that nobody asked for is dropped", recording=event.name)
            if event.path is not None:
                event.path.unlink(missing_ok=True)
            return
        task = asyncio.create_task(self._finish(recording, event), name=f"recording {recording.sid}")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def get(self, sid: str) -> Recording | None:
        """Return a finished recording."""
        return self._finished.get(sid)

    async def drain(self) -> None:
        """Wait until everything that is over is finished and told."""
        if self._tasks:
            await asyncio.wait(self._tasks)

    async def _finish(self, recording: Recording, event: RecordingFinished) -> None:
        about = log.bind(recording_sid=recording.sid, conference_sid=recording.conference_sid, call_sid=recording.call_sid)
        failure = event.failure
        finished = replace(recording, status=RecordingStatus.ABSENT)
        if event.path is not None:
            try:
                finished = await asyncio.to_thread(finish, recording, event.path, self.folder / f"{recording.sid}.wav")
            except (OSError, EOFError, ValueError) as error:
                failure = f"its file could not be read or written: {error}"
        self._finished[recording.sid] = finished
        if finished.status is RecordingStatus.ABSENT:
            about.warning("a recording is absent", code=finished.error_code or None, cause=failure or "nothing usable is in it")
        else:
            about.info("a recording is completed", seconds=finished.duration)
        self._tell_status(finished)

    def _tell_status(self, recording: Recording) -> None:
        url = self.url_of(recording.account_sid, recording.sid)
        lane = recording.conference_sid or recording.call_sid or recording.sid
        callback = recording.callback
        if callback is not None:
            if recording.status in callback.events:
                parameters = recording_parameters(recording, url)
                self._tell(lane, recording.account_sid, callback.method, callback.url, parameters)
        elif recording.event_callback_url and recording.status is RecordingStatus.COMPLETED:
            parameters = record_end_parameters(recording, url, self._clock.now())
            self._tell(lane, recording.account_sid, "POST", recording.event_callback_url, parameters)
