"""All recordings of this process: begun, paused, stopped, finished, told."""

import asyncio
import contextlib
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

import structlog

from ari_conf.clock import Clock
from ari_conf.media.port import EngineError, MediaEngine, RecordingFinished, Track
from ari_conf.sids import SidKind, new_sid
from ari_conf.store import RecordingRow, Store
from ari_conf.twilio_codes import Code, TwilioError
from ari_conf.webhooks import Ledger

from . import choices
from .callback import owed_for
from .course import Course
from .finish import finished
from .live import Ended, Live, kept_recordings, live_row, no_longer
from .raw import left_behind, remove, sweep
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
from .register import Register
from .rows import recording_row

log = structlog.get_logger(__name__)


class Recordings(Register):
    """Recordings by the name that the engine knows them by: the Conference SID, or the Recording SID of a call's.

    ``folder`` is where finished ones stay, as ``RE….wav``. ``url_of`` tells where a recording can be had. ``set_room_paused``
    is called with a Conference SID and whether the room's recording is to pause; it raises ``TwilioError`` if the room refuses.
    ``raw`` is the folder where the engine puts what it has recorded. Each of ``observers`` is told of a recording
    whenever it has changed, from its beginning on until it is finished; it must not raise.

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
        raw: Path | None = None,
    ) -> None:
        super().__init__()
        self._folder = folder
        self._raw = raw
        self.url_of = url_of
        self.observers: list[Callable[[Recording], None]] = []
        self._ledger = ledger
        self._clock = clock
        self._engine = engine
        self._set_room_paused = set_room_paused
        self._tasks: set[asyncio.Task[None]] = set()
        self._asking: set[asyncio.Task[None]] = set()

    async def restore(self, store: Store) -> None:
        """Take up the recordings of an earlier life, before anything else happens.

        Those that were over are finished, the others are waited for. Raises SQLAlchemy's errors, and OSError if the folder of
        the engine's files cannot be read.
        """
        for live in await kept_recordings(store, self._clock):
            self._live[live.recording.sid] = live
            if live.ended is None:
                self._by_name[live.name] = live
            else:
                self._finish_soon(live, live.ended)
        if self._raw is not None:
            await asyncio.to_thread(sweep, self._raw, {live.name for live in self._live.values()})

    def go_on(self) -> None:
        """Have the engine, which has started, do with the recordings of calls from an earlier life what was told of them."""
        for live in self._by_name.values():
            if live.restored and live.recording.call_sid is not None:
                task = asyncio.create_task(self._ask_again(live), name=f"recording {live.recording.sid}")
                self._asking.add(task)
                task.add_done_callback(self._asking.discard)

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
            await self._intend(live)
            await self._engine.record(call_sid, sid, track=recording.track, dual=recording.channels == 2)
        except BaseException:
            self._by_name.pop(sid, None)
            self._live.pop(sid, None)
            self._ledger.commit([no_longer(live)])
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
                remove(event.path)
            return
        if live.restored and not live.begun:
            self._drop(live, event.path)
            return
        gaps = live.course.until(self._clock.monotonic() if live.stopped is None else live.stopped)
        path = event.path
        if path is None and live.restored:
            # The earlier life's engine may have handed it over without that life having taken note of it.
            path = left_behind(self._raw, live.name)
        live.ended = ended = Ended(path, event.failure, gaps)
        self._change(live, RecordingStatus.PROCESSING)
        self._finish_soon(live, ended)

    async def drain(self) -> None:
        """Wait until everything that is over is finished and told."""
        for task in self._asking:
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks)

    def _finish_soon(self, live: Live, ended: Ended) -> None:
        task = asyncio.create_task(self._finish(live, ended), name=f"recording {live.recording.sid}")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _finish(self, live: Live, ended: Ended) -> None:
        sid = live.recording.sid
        live.recording, told = await finished(live.recording, ended, self._folder / f"{sid}.wav")
        # Until its outcome is kept, the engine's file is all there is of it.
        done = self._change(live, live.recording.status, told, then=partial(remove, ended.path) if ended.path else None)
        self._live.pop(sid, None)
        if not live.finished.done():
            live.finished.set_result(done)

    async def _intend(self, live: Live) -> None:
        """Have it kept that the engine is going to be asked, so that a later life finds what nobody was told of any more."""
        kept = asyncio.Event()
        self._ledger.commit([live_row(live, self._clock)], then=kept.set)
        if not self._engine.outlives_us:
            return
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(choices.INTENT_SECONDS):
                await kept.wait()

    def _drop(self, live: Live, path: Path | None) -> None:
        """Forget what an earlier life did not come to telling anybody: who wanted it asks again, and gets another."""
        log.info("a recording that had not begun is dropped", recording_sid=live.recording.sid)
        self._live.pop(live.recording.sid, None)
        self._ledger.commit([no_longer(live)])
        for one in (path, left_behind(self._raw, live.name)):
            if one is not None:
                remove(one)

    async def _ask_again(self, live: Live) -> None:
        """Repeat what the engine was asked last: whether it has heard that, nobody knows."""
        try:
            match live.recording.status:
                case _ if not live.begun:
                    await self._engine.stop_recording(live.name)
                case RecordingStatus.PAUSED:
                    await self._engine.pause_recording(live.name)
                case RecordingStatus.STOPPED:
                    await self._engine.stop_recording(live.name)
                case _:
                    await self._engine.resume_recording(live.name)
        except EngineError as error:
            log.warning("a recording cannot be gone on with", recording_sid=live.recording.sid, cause=str(error))

    async def _let(self, live: Live, *, paused: bool) -> None:
        conference_sid = live.recording.conference_sid
        if conference_sid is not None:
            self._set_room_paused(conference_sid, paused)
        elif paused:
            await self._engine.pause_recording(live.name)
        else:
            await self._engine.resume_recording(live.name)

    def _expect(self, name: str, recording: Recording) -> Live:
        live = Live(name, recording, Course(self._clock.monotonic()))
        self._live[recording.sid] = self._by_name[name] = live
        return live

    def _begun(self, live: Live) -> None:
        live.begun = True
        if live.name in self._by_name:
            live.course = Course(self._clock.monotonic())
            self._commit(live, RecordingEvent.IN_PROGRESS)

    def _change(
        self,
        live: Live,
        status: RecordingStatus,
        event: RecordingEvent | None = None,
        *,
        then: Callable[[], None] | None = None,
    ) -> Recording:
        live.recording = replace(live.recording, status=status, updated_at=self._clock.now())
        self._commit(live, event, then)
        return live.recording

    def _commit(self, live: Live, event: RecordingEvent | None, then: Callable[[], None] | None = None) -> None:
        """Keep a recording as it is now, and owe the callback that tells it; ``then`` is called when that is kept."""
        recording = live.recording
        url = self.url_of(recording.account_sid, recording.sid)
        owed = owed_for(recording, event, url, self._clock.now()) if event else None
        self._ledger.commit([recording_row(recording), live_row(live, self._clock)], [owed] if owed else [], then)
        for observer in self.observers:
            observer(recording)
