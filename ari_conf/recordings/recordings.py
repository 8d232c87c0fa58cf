"""All recordings of this process: begun, finished, told."""

import asyncio
import wave
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import structlog

from ari_conf.clock import Clock
from ari_conf.media.port import RecordingFinished
from ari_conf.store import RecordingRow
from ari_conf.webhooks import CallbackKind, Ledger, Owed

from .callback import record_end_parameters, recording_parameters
from .finish import finish
from .recording import Recording, RecordingStatus

log = structlog.get_logger(__name__)


class Recordings:
    """Recordings by the name that the engine knows them by: the Conference SID, or the Recording SID of a call's.

    ``folder`` is where finished ones stay, as ``RE….wav``. ``url_of`` tells where a recording can be had.
    """

    def __init__(self, folder: Path, ledger: Ledger, clock: Clock, url_of: Callable[[str, str], str]) -> None:
        self._folder = folder
        self.url_of = url_of
        self._ledger = ledger
        self._clock = clock
        self._running: dict[str, tuple[Recording, asyncio.Future[Recording]]] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def begin(self, name: str, recording: Recording) -> "asyncio.Future[Recording]":
        """Note that a recording has begun, and tell it; return what is done, with the recording, when it is finished."""
        finished: asyncio.Future[Recording] = asyncio.get_running_loop().create_future()
        self._running[name] = recording, finished
        self._note(recording)
        return finished

    def over(self, event: RecordingFinished) -> None:
        """Take over what the engine has recorded; returns at once."""
        if event.name not in self._running:
            log.warning("a recording that nobody asked for is dropped", recording=event.name)
            if event.path is not None:
                event.path.unlink(missing_ok=True)
            return
        recording, finished = self._running.pop(event.name)
        task = asyncio.create_task(self._finish(recording, event, finished), name=f"recording {recording.sid}")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def drain(self) -> None:
        """Wait until everything that is over is finished and told."""
        if self._tasks:
            await asyncio.wait(self._tasks)

    async def _finish(self, recording: Recording, event: RecordingFinished, waiting: "asyncio.Future[Recording]") -> None:
        about = log.bind(recording_sid=recording.sid, conference_sid=recording.conference_sid, call_sid=recording.call_sid)
        failure = event.failure
        finished = replace(recording, status=RecordingStatus.ABSENT)
        if event.path is not None:
            try:
                finished = await asyncio.to_thread(finish, recording, event.path, self._folder / f"{recording.sid}.wav")
            except (OSError, EOFError, ValueError, wave.Error) as error:
                failure = f"its file could not be read or written: {error}"
        if finished.status is RecordingStatus.ABSENT:
            about.warning("a recording is absent", code=finished.error_code or None, cause=failure or "nothing usable is in it")
        else:
            about.info("a recording is completed", seconds=finished.duration)
        self._note(finished)
        if not waiting.done():
            waiting.set_result(finished)

    def _note(self, recording: Recording) -> None:
        """Keep a recording as it is now, and owe the callback that tells it."""
        now = self._clock.now()
        over = recording.status is not RecordingStatus.IN_PROGRESS
        row = RecordingRow(
            sid=recording.sid,
            account_sid=recording.account_sid,
            source=recording.source.value,
            status=recording.status.value,
            channels=recording.channels,
            track=recording.track.value,
            started_at=recording.started_at,
            created_at=recording.started_at,
            updated_at=now,
            conference_sid=recording.conference_sid,
            call_sid=recording.call_sid,
            duration=recording.duration if over else None,
            size=recording.size if over else None,
            error_code=recording.error_code or None,
        )
        owed = self._callback(recording, now)
        self._ledger.commit([row], [owed] if owed else [])

    def _callback(self, recording: Recording, now: float) -> Owed | None:
        url = self.url_of(recording.account_sid, recording.sid)
        callback = recording.callback
        if callback is not None:
            if recording.status not in callback.events:
                return None
            return _owed(recording, callback.url, callback.method, recording_parameters(recording, url))
        if recording.event_callback_url and recording.status is RecordingStatus.COMPLETED:
            return _owed(recording, recording.event_callback_url, "POST", record_end_parameters(recording, url, now))
        return None


def _owed(recording: Recording, url: str, method: str, parameters: dict[str, str]) -> Owed:
    return Owed(
        account_sid=recording.account_sid,
        kind=CallbackKind.RECORDING,
        lane=recording.conference_sid or recording.call_sid or recording.sid,
        url=url,
        method=method,
        parameters=parameters,
    )
