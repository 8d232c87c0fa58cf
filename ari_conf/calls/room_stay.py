"""One stay of a call in a room: what ``<Dial>`` and ``<Conference>`` say, carried out from the join to the leaving."""

import asyncio
from typing import Any, Final

import structlog

from ari_conf.conference import (
    AudioProgram,
    ConferenceSettings,
    Exit,
    JoinRefused,
    Participant,
    ReasonParticipantLeft,
    StatusCallback,
    choices,
)
from ari_conf.rooms import Admission, Caller, RoomRecording
from ari_conf.sids import SidKind, is_sid
from ari_conf.twilio_codes import Code, Level, code_of
from ari_conf.twiml import ConferenceNoun, ConferenceRecord, JitterBufferSize, Trim

from .book import gone
from .dial_outcome import Dialled
from .dialling import Dialling
from .leg_recording import recording_callback
from .session import CallSession, absolute

JITTER_BUFFER_MS: Final = {
    JitterBufferSize.SMALL: 20,
    JitterBufferSize.MEDIUM: 40,
    JitterBufferSize.LARGE: 60,
    JitterBufferSize.OFF: 0,
}

_REFUSED: Final = Dialled(choices.DIAL_CALL_STATUS_WHEN_REFUSED)
_LEFT: Final = Dialled(choices.DIAL_CALL_STATUS_AFTER_CONFERENCE, bridged=True)

_JOINED: Final = "joined"
"""What is remembered: the conference that the call has joined."""


async def stay_in_room(going: Dialling, noun: ConferenceNoun) -> Dialled:
    """Join, stay and leave; return when the call's audio is out of the room.

    The caller is not connected if it was refused, or if its waitUrl could not be had. Raises ``TwilioError`` for a URL that
    cannot be resolved, before anything has happened.
    """
    session, base = going.session, going.base
    participant = _participant(session.call.sid, noun, base)
    settings = _settings(noun, base)
    recording = _room_recording(noun, base)
    resumed = session.services.rooms.resume(session.call.sid)
    if resumed is not None:
        return await _stay(going, resumed)
    if _JOINED in session.memory:
        return _LEFT
    buffer = session.engine.set_jitter_buffer(session.call.sid, JITTER_BUFFER_MS[noun.jitter_buffer_size])
    # Neither waits for the other's answer, for the caller waits for both.
    await asyncio.gather(session.answer(), session.while_up(buffer))
    if session.call.ended.done():  # meanwhile, and nobody would take it out of the room again
        raise gone(session.call)
    name = _name(session, noun.name)
    if name is None:
        return _REFUSED
    caller = Caller(session.call.account.sid, session.parameters())
    admission = session.services.rooms.join(caller, name, participant, settings, recording)
    if isinstance(admission, JoinRefused):
        session.notify(code_of(admission.code), Level.ERROR, admission.message)
        return _REFUSED
    session.remember(**{_JOINED: admission.conference_sid})
    with structlog.contextvars.bound_contextvars(conference_sid=admission.conference_sid):
        return await _stay(going, admission)


async def _stay(going: Dialling, admission: Admission) -> Dialled:
    session = going.session
    rooms, call_sid = session.services.rooms, session.call.sid
    limit = asyncio.create_task(session.clock.sleep_until(session.since("stay") + going.verb.time_limit))
    try:
        await going.recording.begin()
        waiting: set[asyncio.Future[Any]] = {admission.left, limit, going.star}
        await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        # Nothing happens if it is no longer there.
        rooms.leave(call_sid, Exit.PRESSED_STAR if going.star.done() else Exit.TIME_LIMIT)
    finally:
        limit.cancel()
    left = admission.left.result()
    await left.settled
    if left.event.reason is ReasonParticipantLeft.ADD_FAILED:
        return _REFUSED
    return _LEFT


def _name(session: CallSession, name: str) -> str | None:
    """Return the room's name; a Conference SID stands for the running conference that has it."""
    if not is_sid(name, SidKind.CONFERENCE):
        return name
    found = session.services.rooms.running(name)
    if found is None or found.account_sid != session.call.account.sid:
        session.notify(Code.CONFERENCE_SID, Level.WARNING, f"conference {name} is not in progress; the Dial fails")
        return None
    return found.friendly_name


def _participant(call_sid: str, noun: ConferenceNoun, base: str) -> Participant:
    return Participant(
        call_sid=call_sid,
        label=noun.participant_label,
        muted=noun.muted,
        beep_on_enter=noun.beep.heard_on_enter,
        beep_on_exit=noun.beep.heard_on_exit,
        start_conference_on_enter=noun.start_conference_on_enter,
        end_conference_on_exit=noun.end_conference_on_exit,
        wait=AudioProgram(absolute(noun.wait_url, base) if noun.wait_url else noun.wait_url, noun.wait_method.value),
        coaching=noun.coach is not None,
        call_sid_to_coach=noun.coach,
    )


def _settings(noun: ConferenceNoun, base: str) -> ConferenceSettings:
    callback = None
    if noun.status_callback is not None:
        url = absolute(noun.status_callback, base)
        callback = StatusCallback(url, noun.status_callback_method.value, noun.status_callback_event)
    return ConferenceSettings(
        status_callback=callback,
        max_participants=noun.max_participants,
        record=noun.record is ConferenceRecord.RECORD_FROM_START,
        region=noun.region.value if noun.region else None,
    )


def _room_recording(noun: ConferenceNoun, base: str) -> RoomRecording:
    return RoomRecording(
        trim=noun.trim is Trim.TRIM_SILENCE,
        callback=recording_callback(
            noun.recording_status_callback, noun.recording_status_callback_method, noun.recording_status_callback_event, base
        ),
        event_callback_url=absolute(noun.event_callback_url, base) if noun.event_callback_url else None,
    )
