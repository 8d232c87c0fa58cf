"""The recording of a leg that ``<Dial record>`` asks for."""

from typing import Final

from ari_conf.media.port import CallGoneError, EngineError, Track
from ari_conf.recordings import Recording, RecordingCallback, RecordingEvent, Source
from ari_conf.sids import SidKind, new_sid
from ari_conf.twilio_codes import Code, Level
from ari_conf.twiml import Dial, DialRecord, Trim
from ari_conf.twiml import RecordingEvent as RecordingEventWord

from .session import CallSession, absolute

_DUAL: Final = frozenset({DialRecord.FROM_ANSWER_DUAL, DialRecord.FROM_RINGING_DUAL})


class LegRecording:
    """What ``<Dial>`` says of recording this leg, carried out. Raises ``TwilioError`` for a callback URL that is none."""

    def __init__(self, session: CallSession, dial: Dial, base: str) -> None:
        self._session = session
        self._recording = _wanted(session, dial, base)
        self._running = False
        self.from_ringing = dial.record in {DialRecord.FROM_RINGING, DialRecord.FROM_RINGING_DUAL}

    @property
    def parameters(self) -> dict[str, str]:
        """What the action is told of it, if anything was recorded."""
        recording = self._recording
        if recording is None or not self._running:
            return {}
        return {"RecordingUrl": self._session.services.recordings.url_of(recording.account_sid, recording.sid)}

    async def begin(self) -> None:
        """Record from now on, if that is asked for and does not happen already, as long as the call is up."""
        recording = self._recording
        if recording is None or self._running:
            return
        session = self._session
        try:
            await session.engine.record(session.call.sid, recording.sid, track=recording.track, dual=recording.channels == 2)
        except CallGoneError:
            return
        except EngineError as error:
            session.notify(Code.INTERNAL_FAILURE, Level.ERROR, f"the leg is not recorded: {error}")
            return
        self._running = True
        session.services.recordings.begin(recording.sid, recording)

    async def stop(self) -> None:
        """End it."""
        if self._recording is not None and self._running:
            await self._session.engine.stop_recording(self._recording.sid)


def recording_callback(
    url: str | None, method: str, events: frozenset[RecordingEventWord], base: str
) -> RecordingCallback | None:
    """Return where a recording is to be told, as a verb's attributes say. Raises ``TwilioError`` for a URL that is none."""
    if url is None:
        return None
    return RecordingCallback(absolute(url, base), str(method), frozenset(RecordingEvent(event.value) for event in events))


def _wanted(session: CallSession, dial: Dial, base: str) -> Recording | None:
    if dial.record is DialRecord.DO_NOT_RECORD:
        return None
    track = Track(dial.recording_track.value)
    return Recording(
        sid=new_sid(SidKind.RECORDING),
        account_sid=session.call.account.sid,
        source=Source.DIAL_VERB,
        started_at=session.clock.now(),
        call_sid=session.call.sid,
        channels=2 if dial.record in _DUAL and track is Track.BOTH else 1,
        track=track,
        trim=dial.trim is Trim.TRIM_SILENCE,
        callback=recording_callback(
            dial.recording_status_callback, dial.recording_status_callback_method, dial.recording_status_callback_event, base
        ),
    )
