"""All recordings of this process: begun, paused, stopped, finished, told."""

import asyncio
import wave
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import structlog

from ari_conf.clock import Clock
from ari_conf.media.port import MediaEngine, RecordingFinished, Track
from ari_conf.sids import SidKind, new_sid
from ari_conf.store import RecordingRow
from ari_conf.twilio_codes import Code, TwilioError
from ari_conf.webhooks import Ledger

from . import choices
from .callback import owed_for
from .course import Course, Gap
from .finish import finish
from .recording import (
    FINISHED,
    RUNNING,
    LegRequest,
    PauseBehavior,
    Recording,
    RecordingEvent,
    RecordingStatus,
    Source,
)
from .rows import recording_row

log = structlog.get_logger(__name__)


@dataclass(slots=True, eq=False)
class _Live:
    """A recording that is not finished. ``begun`` is False while the engine is being asked for it."""

    name: str
    recording: Recording
    course: Course
    begun: bool = False
    stopped: float | None = None
    finished: "asyncio.Future[Recording]" = field(default_factory=lambda: asyncio.get_running_loop().create_future())


class Recordings:
    """Recordings by the name that the engine knows them by: the Conference SID, or the Recording SID of a call's.

    ``folder`` is where finished ones stay, as ``RE….wav``. ``url_of`` tells where a recording can be had. ``set_room_paused``
    is called with a Conference SID and whether the room's recording is to pause; it raises ``TwilioError`` if the room refuses.

    Whoever asks for something that does not fit the state that a recording is in gets a ``TwilioError`` (16114).
    """

    def __init__(
        self,
        folder: Path,
        ledger: Ledger,
        clock: Clock,
        url_of: Callable[[str, str], str],
        *,
        engine: MediaEngine,
        set_room_paused: Callable[[str, bool], None],
    ) -> None:
        self._folder = folder
        self.url_of = url_of
        self._ledger = ledger
        self._clock = clock
        self._engine = engine
        self._set_room_paused = set_room_paused
        self._live: dict[str, _Live] = {}
        self._by_name: dict[str, _Live] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def get(self, sid: str) -> Recording | None:
        """Return a recording that is not finished yet; None for all others."""
        live = self._live.get(sid)
        return live.recording if live is not None and live.begun else None

    def running(self, account_sid: str, *, conference_sid: str | None = None, call_sid: str | None = None) -> list[Recording]:
        """Return the account's recordings (of this conference, of this call) that run or are paused, the oldest first."""
        return [
            live.recording
            for live in self._live.values()
            if live.begun
            and live.recording.status in RUNNING
            and live.recording.account_sid == account_sid
            and conference_sid in {None, live.recording.conference_sid}
            and call_sid in {None, live.recording.call_sid}
        ]

    def current(self, account_sid: str, *, conference_sid: str | None = None, call_sid: str | None = None) -> Recording:
        """Return the only recording that ``running`` returns, which ``Twilio.CURRENT`` means.

        Raises ``TwilioError`` (16114) if there is none, or more than one.
        """
        found = self.running(account_sid, conference_sid=conference_sid, call_sid=call_sid)
        if len(found) != 1:
            what = conference_sid or call_sid or account_sid
            raise TwilioError(
                Code.RECORDING_STATE,
                f"{len(found)} recordings of {what} are running; name the one that you mean by its SID."
                if found
                else f"No recording of {what} is running.",
            )
        return found[0]

    def begin(self, name: str, recording: Recording) -> None:
        """Note that the recording of a room has begun, and tell it."""
        self._begun(self._expect(name, recording))

    async def start_leg(
        self, call_sid: str, account_sid: str, request: LegRequest, source: Source = Source.OUTBOUND_API
    ) -> Recording:
        """Record a call that has been answered from now on, until it is stopped or the call ends.

        Raises ``TwilioError`` (16108) if too many recordings of the call are running, ``CallGoneError`` if the call is over,
        ``EngineError`` if the engine cannot record.
        """
        of_call = [live for live in self._live.values() if live.recording.call_sid == call_sid]
        if sum(live.recording.status in RUNNING for live in of_call) >= choices.MOST_RECORDINGS_OF_A_CALL:
            most = choices.MOST_RECORDINGS_OF_A_CALL
            raise TwilioError(
                Code.TOO_MANY_RECORDINGS, f"{most} recordings of call {call_sid} are running already; stop one of them first."
            )
        recording = Recording(
            sid=new_sid(SidKind.RECORDING),
            account_sid=account_sid,
            source=source,
            started_at=self._clock.now(),
            call_sid=call_sid,
            channels=request.channels if request.track is Track.BOTH else 1,
            track=request.track,
            trim=request.trim,
            callback=request.callback,
        )
        await self.start(call_sid, recording)
        return recording

    async def start(self, call_sid: str, recording: Recording) -> "asyncio.Future[Recording]":
        """Record a call as ``recording`` says; return what is done, with the recording, when it is finished.

        Raises ``CallGoneError`` if the call is over, ``EngineError`` if the engine cannot record.
        """
        sid = recording.sid
        # Before the engine begins: the call may end, and its recording with it, before this goes on.
        live = self._expect(sid, recording)
        try:
            await self._engine.record(call_sid, sid, track=recording.track, dual=recording.channels == 2)
        except BaseException:
            self._by_name.pop(sid, None)
            self._live.pop(sid, None)
            raise
        self._begun(live)
        return live.finished

    async def pause(self, sid: str, behavior: PauseBehavior = PauseBehavior.SILENCE) -> Recording:
        """Record nothing from now on; in the file, ``behavior`` stands for it. Return the recording as it is then."""
        live = self._in_state(sid, {RecordingStatus.IN_PROGRESS}, "paused")
        await self._let(live, paused=True)
        self._in_state(sid, {RecordingStatus.IN_PROGRESS}, "paused")
        live.course = live.course.pause(self._clock.monotonic(), behavior)
        return self._change(live, RecordingStatus.PAUSED, RecordingEvent.PAUSED)

    async def resume(self, sid: str) -> Recording:
        """Let a recording that is paused go on, and return it as it is then."""
        live = self._in_state(sid, {RecordingStatus.PAUSED}, "resumed")
        await self._let(live, paused=False)
        self._in_state(sid, {RecordingStatus.PAUSED}, "resumed")
        live.course = live.course.resume(self._clock.monotonic())
        return self._change(live, RecordingStatus.IN_PROGRESS, RecordingEvent.RESUMED)

    async def stop(self, sid: str) -> Recording:
        """End the recording of a call, and return it as it is then; what becomes of it is told later.

        The recording of a conference ends with the conference, and cannot be stopped (16114).
        """
        live = self._in_state(sid, RUNNING, "stopped")
        if live.recording.conference_sid is not None:
            raise TwilioError(
                Code.RECORDING_STATE,
                f"Recording {sid} is of a conference and ends with it; it can be paused, but not stopped.",
            )
        live.stopped = self._clock.monotonic()
        # Noted first: the engine may tell its end before it returns.
        stopped = self._change(live, RecordingStatus.STOPPED, RecordingEvent.STOPPED)
        await self._engine.stop_recording(live.name)
        return stopped

    async def delete(self, row: RecordingRow) -> None:
        """Remove the file of a recording that is finished; what is known of it is kept, as deleted. Raises OSError."""
        if row.sid in self._live or row.status not in FINISHED:
            raise TwilioError(
                Code.RECORDING_STATE, f"Recording {row.sid} is not finished; it can be deleted when it is completed or absent."
            )
        await asyncio.to_thread((self._folder / f"{row.sid}.wav").unlink, missing_ok=True)
        self._ledger.commit([replace(row, status=RecordingStatus.DELETED.value, updated_at=self._clock.now())])

    def over(self, event: RecordingFinished) -> None:
        """Take over what the engine has recorded; returns at once."""
        live = self._by_name.pop(event.name, None)
        if live is None:
            log.warning("a recording that nobody asked for is dropped", recording=event.name)
            if event.path is not None:
                event.path.unlink(missing_ok=True)
            return
        gaps = live.course.until(self._clock.monotonic() if live.stopped is None else live.stopped)
        self._change(live, RecordingStatus.PROCESSING)
        task = asyncio.create_task(self._finish(live, event, gaps), name=f"recording {live.recording.sid}")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def drain(self) -> None:
        """Wait until everything that is over is finished and told."""
        if self._tasks:
            await asyncio.wait(self._tasks)

    async def _finish(self, live: _Live, event: RecordingFinished, gaps: Sequence[Gap]) -> None:
        recording = live.recording
        about = log.bind(recording_sid=recording.sid, conference_sid=recording.conference_sid, call_sid=recording.call_sid)
        failure = event.failure
        finished = replace(recording, status=RecordingStatus.FAILED)
        if event.path is not None:
            place = self._folder / f"{recording.sid}.wav"
            try:
                finished = await asyncio.to_thread(finish, recording, event.path, place, gaps)
            except (OSError, EOFError, ValueError, wave.Error) as error:
                failure = f"its file could not be read or written: {error}"
        match finished.status:
            case RecordingStatus.COMPLETED:
                about.info("a recording is completed", seconds=finished.duration)
                told = RecordingEvent.COMPLETED
            case RecordingStatus.ABSENT:
                about.warning("a recording is absent", code=finished.error_code, cause="nothing usable is in it")
                told = RecordingEvent.ABSENT
            case _:
                about.error("a recording has failed", cause=failure)
                told = RecordingEvent.FAILED
        live.recording = finished
        finished = self._change(live, finished.status, told)
        self._live.pop(recording.sid, None)
        if not live.finished.done():
            live.finished.set_result(finished)

    async def _let(self, live: _Live, *, paused: bool) -> None:
        conference_sid = live.recording.conference_sid
        if conference_sid is not None:
            self._set_room_paused(conference_sid, paused)
        elif paused:
            await self._engine.pause_recording(live.name)
        else:
            await self._engine.resume_recording(live.name)

    def _in_state(self, sid: str, fitting: "frozenset[RecordingStatus] | set[RecordingStatus]", wanted: str) -> _Live:
        live = self._live.get(sid)
        if live is None or not live.begun:
            raise TwilioError(Code.RECORDING_STATE, f"Recording {sid} is not running (any more), and cannot be {wanted}.")
        status = live.recording.status
        if status not in fitting:
            raise TwilioError(Code.RECORDING_STATE, f"Recording {sid} is {status.value}, and cannot be {wanted}.")
        return live

    def _expect(self, name: str, recording: Recording) -> _Live:
        live = _Live(name, recording, Course(self._clock.monotonic()))
        self._live[recording.sid] = self._by_name[name] = live
        return live

    def _begun(self, live: _Live) -> None:
        live.begun = True
        if live.name in self._by_name:
            live.course = Course(self._clock.monotonic())
            self._commit(live.recording, RecordingEvent.IN_PROGRESS)

    def _change(self, live: _Live, status: RecordingStatus, event: RecordingEvent | None = None) -> Recording:
        live.recording = replace(live.recording, status=status, updated_at=self._clock.now())
        self._commit(live.recording, event)
        return live.recording

    def _commit(self, recording: Recording, event: RecordingEvent | None) -> None:
        """Keep a recording as it is now, and owe the callback that tells it."""
        url = self.url_of(recording.account_sid, recording.sid)
        owed = owed_for(recording, event, url, self._clock.now()) if event else None
        self._ledger.commit([recording_row(recording)], [owed] if owed else [])
