"""``<Record>``: record what the caller says."""

import asyncio
import contextlib
from typing import Final

from ari_conf.media.port import CallGoneError, EngineError, Sound, Track
from ari_conf.recordings import Recording, RecordingCallback, RecordingStatus, Source
from ari_conf.sids import SidKind, new_sid
from ari_conf.twilio_codes import Code, Level
from ari_conf.twiml import Record, Trim

from .leg_recording import recording_callback
from .session import CallSession, Next, Outcome

TOLD_AFTER: Final = 0.5
"""Seconds of silence after which an engine tells that somebody has stopped talking."""

HUNG_UP: Final = "hangup"
"""What ``Digits`` says when the caller has ended the recording by hanging up."""


_RECORDING: Final = "recording"
"""What is remembered: the recording that has begun."""


class _Speech:
    """Whether the caller talks; ``next`` is done at the next change. ``silent_since`` is on the monotonic clock."""

    def __init__(self, now: float) -> None:
        self.talking = False
        self.silent_since = now
        self.next: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def change(self, *, talking: bool, now: float) -> None:
        self.talking = talking
        if not talking:
            self.silent_since = max(self.silent_since, now - TOLD_AFTER)
        self.next.set_result(None)
        self.next = asyncio.get_running_loop().create_future()


async def record(session: CallSession, verb: Record, base: str) -> Outcome:
    """Record until a key, silence, the time or the caller ends it, and tell the action.

    With nothing in it the call goes on with the next verb. Raises ``TwilioError`` for a callback URL that is none, before
    anything has happened.
    """
    callback = recording_callback(
        verb.recording_status_callback, verb.recording_status_callback_method, verb.recording_status_callback_event, base
    )
    await session.answer()
    recordings = session.services.recordings
    sid = session.memory.get(_RECORDING)
    if sid is not None:
        resumed = recordings.finishing(sid)
        if resumed is None:
            return Next.VERB
        finishing = resumed
    else:
        if verb.play_beep:
            await session.while_up(session.engine.play(session.call.sid, Sound.BEEP))
        recording = _recording(session, verb, callback)
        sid = recording.sid
        try:
            finishing = await session.while_up(recordings.start(session.call.sid, recording))
        except CallGoneError:
            raise
        except EngineError as error:
            session.notify(Code.INTERNAL_FAILURE, Level.ERROR, f"<Record> does not record: {error}")
            return Next.VERB
        session.remember(**{_RECORDING: sid})
    try:
        ended_by = await _until_over(session, verb, finishing)
    except CallGoneError:
        ended_by = HUNG_UP
    finally:
        with contextlib.suppress(CallGoneError):
            await session.engine.stop_recording(sid)
    finished = await finishing
    result = {
        "RecordingUrl": recordings.url_of(session.call.account.sid, sid),
        "RecordingSid": sid,
        "RecordingDuration": str(finished.duration),
        "Digits": ended_by,
    }
    if finished.status is not RecordingStatus.COMPLETED and ended_by != HUNG_UP:
        return Next.VERB
    return await session.go_on(verb.action or "", verb.method, base, result)


async def _until_over(session: CallSession, verb: Record, finishing: "asyncio.Future[Recording]") -> str:
    """Wait until the recording is to end, or the application has ended it; return the key that has, or nothing."""
    clock = session.clock
    began = session.since("record")
    key: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    speech = _Speech(clock.monotonic())

    def press(digit: str) -> None:
        if digit in verb.finish_on_key and not key.done():
            key.set_result(digit)

    def talk(talking: bool) -> None:  # noqa: FBT001
        speech.change(talking=talking, now=clock.monotonic())

    ends = began + verb.max_length
    with session.call.hearing_digits(press), session.call.hearing_talk(talk):
        if verb.timeout:
            await session.while_up(session.engine.detect_talking(session.call.sid, wanted=True))
        try:
            while not (key.done() or finishing.done()):
                counts = verb.timeout and not speech.talking
                deadline = min(ends, speech.silent_since + verb.timeout) if counts else ends
                if clock.monotonic() >= deadline:
                    return ""
                await session.wait(key, speech.next, finishing, deadline=deadline)
            return key.result() if key.done() else ""
        finally:
            if verb.timeout:
                with contextlib.suppress(CallGoneError):
                    await session.engine.detect_talking(session.call.sid, wanted=False)


def _recording(session: CallSession, verb: Record, callback: RecordingCallback | None) -> Recording:
    return Recording(
        sid=new_sid(SidKind.RECORDING),
        account_sid=session.call.account.sid,
        source=Source.RECORD_VERB,
        started_at=session.clock.now(),
        call_sid=session.call.sid,
        channels=1,
        track=Track.INBOUND,
        trim=verb.trim is Trim.TRIM_SILENCE,
        callback=callback,
    )
