"""One stay of a call in a room: what ``<Dial>`` and ``<Conference>`` say, carried out from the join to the leaving."""

import contextlib
from collections.abc import Callable, Mapping
from typing import Final

import structlog

from ari_conf.conference import (
    AudioProgram,
    Beep,
    ConferenceSettings,
    JoinRefused,
    Participant,
    ReasonParticipantLeft,
    StatusCallback,
)
from ari_conf.media.port import CallGoneError, MediaEngine, Track
from ari_conf.recordings import Recording, RecordingCallback, Recordings, RecordingStatus, Source
from ari_conf.rooms import Admission, Caller, RoomRecording, Rooms
from ari_conf.sids import SidKind, is_sid, new_sid
from ari_conf.twilio_codes import Code, Level, TwilioError, code_of
from ari_conf.twiml import ConferenceNoun, ConferenceRecord, Dial, DialRecord, JitterBufferSize, RecordingEvent, Trim
from ari_conf.webhooks import resolve

from .call import Call

Notify = Callable[[Code, Level, str], None]

JITTER_BUFFER_MS: Final = {
    JitterBufferSize.SMALL: 20,
    JitterBufferSize.MEDIUM: 40,
    JitterBufferSize.LARGE: 60,
    JitterBufferSize.OFF: 0,
}

_DUAL: Final = frozenset({DialRecord.FROM_ANSWER_DUAL, DialRecord.FROM_RINGING_DUAL})


class RoomStay:
    """A call in a room. Raises ``TwilioError`` for a URL that cannot be resolved, before anything has happened."""

    def __init__(
        self, call: Call, dial: Dial, base: str, engine: MediaEngine, rooms: Rooms, recordings: Recordings, notify: Notify
    ) -> None:
        self._call = call
        self._dial = dial
        self._base = base
        self._engine = engine
        self._rooms = rooms
        self._recordings = recordings
        self._notify = notify
        self._leg_recording: Recording | None = None
        self.time_limit = dial.time_limit

    @property
    def recording_parameters(self) -> dict[str, str]:
        """What the action is told of the leg's recording, if there is one."""
        recording = self._leg_recording
        return {} if recording is None else {"RecordingUrl": self._recordings.url_of(recording.account_sid, recording.sid)}

    async def run(self, noun: ConferenceNoun, voice_parameters: Mapping[str, str], now: float) -> bool:
        """Join, stay and leave; return whether the call was in the room, once its audio is out of it.

        It was not if it was refused, or if its waitUrl could not be had.
        """
        name = self._name(noun.name)
        if name is None:
            return False
        call = self._call
        participant = self._participant(noun)
        settings = self._settings(noun)
        recording = self._room_recording(noun)
        leg_recording = self._wanted_leg_recording(now)
        await self._engine.set_jitter_buffer(call.sid, JITTER_BUFFER_MS[noun.jitter_buffer_size])
        if call.ended.done():
            raise CallGoneError(f"call {call.sid} has ended")
        caller = Caller(call.account.sid, voice_parameters)
        admission = self._rooms.join(caller, name, participant, settings, recording)
        if isinstance(admission, JoinRefused):
            self._notify(code_of(admission.code), Level.ERROR, admission.message)
            return False
        with structlog.contextvars.bound_contextvars(conference_sid=admission.conference_sid):
            return await self._stay(admission, leg_recording)

    async def _stay(self, admission: Admission, leg_recording: Recording | None) -> bool:
        call = self._call
        call.hangup_on_star = self._dial.hangup_on_star
        if leg_recording is not None:
            await self._begin(leg_recording)
        try:
            left = await admission.left
            await left.settled
        finally:
            call.hangup_on_star = False
            if self._leg_recording is not None:
                await self._engine.stop_recording(self._leg_recording.sid)
        return left.event.reason is not ReasonParticipantLeft.ADD_FAILED

    def _name(self, name: str) -> str | None:
        """Return the room's name; a Conference SID stands for the running conference that has it."""
        if not is_sid(name, SidKind.CONFERENCE):
            return name
        found = self._rooms.named_by_sid(self._call.account.sid, name)
        if found is None:
            self._notify(Code.CONFERENCE_SID, Level.WARNING, f"conference {name} is not in progress; the Dial fails")
        return found

    def _participant(self, noun: ConferenceNoun) -> Participant:
        return Participant(
            call_sid=self._call.sid,
            label=noun.participant_label,
            muted=noun.muted,
            beep_on_enter=noun.beep in {Beep.TRUE, Beep.ON_ENTER},
            beep_on_exit=noun.beep in {Beep.TRUE, Beep.ON_EXIT},
            start_conference_on_enter=noun.start_conference_on_enter,
            end_conference_on_exit=noun.end_conference_on_exit,
            wait=AudioProgram(self._url(noun.wait_url) if noun.wait_url else noun.wait_url, noun.wait_method.value),
            coaching=noun.coach is not None,
            call_sid_to_coach=noun.coach,
        )

    def _settings(self, noun: ConferenceNoun) -> ConferenceSettings:
        callback = None
        if noun.status_callback is not None:
            url = self._url(noun.status_callback)
            callback = StatusCallback(url, noun.status_callback_method.value, noun.status_callback_event)
        return ConferenceSettings(
            status_callback=callback,
            max_participants=noun.max_participants,
            record=noun.record is ConferenceRecord.RECORD_FROM_START,
            region=noun.region.value if noun.region else None,
        )

    def _room_recording(self, noun: ConferenceNoun) -> RoomRecording:
        return RoomRecording(
            trim=noun.trim is Trim.TRIM_SILENCE,
            callback=self._recording_callback(
                noun.recording_status_callback,
                noun.recording_status_callback_method.value,
                noun.recording_status_callback_event,
            ),
            event_callback_url=self._url(noun.event_callback_url) if noun.event_callback_url else None,
        )

    def _recording_callback(self, url: str | None, method: str, events: frozenset[RecordingEvent]) -> RecordingCallback | None:
        if url is None:
            return None
        return RecordingCallback(self._url(url), method, frozenset(RecordingStatus(event.value) for event in events))

    def _wanted_leg_recording(self, now: float) -> Recording | None:
        dial = self._dial
        if dial.record is DialRecord.DO_NOT_RECORD:
            return None
        track = Track(dial.recording_track.value)
        return Recording(
            sid=new_sid(SidKind.RECORDING),
            account_sid=self._call.account.sid,
            source=Source.DIAL_VERB,
            started_at=now,
            call_sid=self._call.sid,
            channels=2 if dial.record in _DUAL and track is Track.BOTH else 1,
            track=track,
            trim=dial.trim is Trim.TRIM_SILENCE,
            callback=self._recording_callback(
                dial.recording_status_callback,
                dial.recording_status_callback_method.value,
                dial.recording_status_callback_event,
            ),
        )

    async def _begin(self, recording: Recording) -> None:
        """Record this leg, as long as the call is up."""
        with contextlib.suppress(CallGoneError):
            await self._engine.record(self._call.sid, recording.sid, track=recording.track, dual=recording.channels == 2)
            self._leg_recording = recording
            self._recordings.begin(recording.sid, recording)

    def _url(self, url: str) -> str:
        return absolute(url, self._base)


def absolute(url: str, base: str) -> str:
    """Resolve a URL against that of its document. Raises ``TwilioError`` if there is nothing to resolve against."""
    resolved = resolve(base, url)
    if "://" not in resolved:
        raise TwilioError(
            Code.INVALID_URL,
            f"the URL {url!r} is relative, and this document came from no URL; write it with its scheme and host.",
        )
    return resolved
