"""Recordings of a leg that a document or a request asks for."""

from typing import Final

from ari_conf.media.port import CallGoneError, EngineError, Track
from ari_conf.recordings import Recording, RecordingCallback, RecordingEvent, Source
from ari_conf.twilio_codes import Code, Level, TwilioError
from ari_conf.twiml import Dial, DialRecord, Trim
from ari_conf.twiml import RecordingEvent as RecordingEventWord

from .requests import LegRecordingRequest
from .session import CallSession, absolute

_RECORDING: Final = "recording"
"""What a Dial remembers: the recording of its caller's leg."""

_DUAL: Final = frozenset({DialRecord.FROM_ANSWER_DUAL, DialRecord.FROM_RINGING_DUAL})


class LegRecording:
    """What ``<Dial>`` says of recording this leg, carried out. Raises ``TwilioError`` for a callback URL that is none."""

    def __init__(self, session: CallSession, dial: Dial, base: str) -> None:
        self._session = session
        self._wanted = _wanted(dial, base)
        self._sid = session.memory.get(_RECORDING)
        self.from_ringing = dial.record in {DialRecord.FROM_RINGING, DialRecord.FROM_RINGING_DUAL}

    @property
    def parameters(self) -> dict[str, str]:
        """What the action is told of it, if anything was recorded."""
        if self._sid is None:
            return {}
        session = self._session
        return {"RecordingUrl": session.services.recordings.url_of(session.call.account.sid, self._sid)}

    async def begin(self) -> None:
        """Record from now on, if that is asked for and does not happen already, as long as the call is up."""
        if self._wanted is None or self._sid is not None:
            return
        recording = await record_leg(self._session, self._wanted, Source.DIAL_VERB)
        if recording is not None:
            self._sid = recording.sid
            self._session.remember(**{_RECORDING: recording.sid})

    async def stop(self) -> None:
        """End it."""
        if self._sid is not None:
            await self._session.engine.stop_recording(self._sid)


async def record_leg(session: CallSession, request: LegRecordingRequest, source: Source) -> Recording | None:
    """Record the leg from now on, as long as the call is up.

    None if it cannot be, which is noted; the call goes on without. Nothing is noted of a call that is over.
    """
    call = session.call
    try:
        return await session.services.recordings.start_leg(call.sid, call.account.sid, request, source)
    except CallGoneError:
        pass
    except EngineError as error:
        session.notify(Code.INTERNAL_FAILURE, Level.ERROR, f"the leg is not recorded: {error}")
    except TwilioError as error:
        session.notify(error.code, Level.ERROR, error.message)
    return None


def recording_callback(
    url: str | None, method: str, events: frozenset[RecordingEventWord], base: str
) -> RecordingCallback | None:
    """Return where a recording is to be told, as a verb's attributes say. Raises ``TwilioError`` for a URL that is none."""
    if url is None:
        return None
    return RecordingCallback(absolute(url, base), str(method), frozenset(RecordingEvent(event.value) for event in events))


def _wanted(dial: Dial, base: str) -> LegRecordingRequest | None:
    if dial.record is DialRecord.DO_NOT_RECORD:
        return None
    return LegRecordingRequest(
        channels=2 if dial.record in _DUAL else 1,
        track=Track(dial.recording_track.value),
        trim=dial.trim is Trim.TRIM_SILENCE,
        callback=recording_callback(
            dial.recording_status_callback, dial.recording_status_callback_method, dial.recording_status_callback_event, base
        ),
    )
