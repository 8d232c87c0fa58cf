"""Calls that the REST API has asked for: placed, answered, and what is done with them then."""

import asyncio
from typing import Final

import structlog

from ari_conf.conference import JoinRefused, ParticipantCallStatus
from ari_conf.media.port import OutgoingCall
from ari_conf.recordings import Source as RecordingSource
from ari_conf.rooms import Caller
from ari_conf.webhooks import CallStatus

from .callee import TIMEOUT_BUFFER
from .leg_recording import record_leg
from .requests import CallRequest, ParticipantRequest
from .runner import Beginning
from .session import CallSession

log = structlog.get_logger(__name__)

_PREPARED: Final = "prepared"
_JOINED: Final = "joined"


def placed(request: CallRequest, then: Beginning) -> Beginning:
    """Return what places a call, unless that is done already, waits for an answer, and goes on with ``then``."""

    async def begin(session: CallSession) -> None:
        call = session.call
        if call.status is CallStatus.QUEUED:
            outgoing = OutgoingCall(
                call_sid=call.sid,
                to=request.to,
                caller_id=call.from_,
                timeout=request.timeout + TIMEOUT_BUFFER,
                username=request.username,
                password=request.password,
            )
            await session.services.book.place(call, outgoing)
        await session.wait(call.answered)
        if _PREPARED not in session.memory:
            session.remember(**{_PREPARED: "yes"})
            if request.record is not None:
                await record_leg(session, request.record, RecordingSource.OUTBOUND_API)
            if request.send_digits:
                await session.while_up(session.engine.send_digits(call.sid, request.send_digits))
        await then(session)

    return begin


def in_conference(conference_sid: str, request: ParticipantRequest) -> Beginning:
    """Return what lets a call into the conference where it is expected, and waits for the end of its stay."""

    async def begin(session: CallSession) -> None:
        call, rooms = session.call, session.services.rooms
        admission = rooms.resume(call.sid)
        if admission is None:
            if _JOINED in session.memory:
                return
            await session.while_up(session.engine.set_jitter_buffer(call.sid, request.jitter_buffer_ms))
            conference = rooms.find(call.account.sid, conference_sid)
            if conference is None:
                return
            caller = Caller(call.account.sid, session.parameters())
            joined = rooms.join(caller, conference.friendly_name, request.participant, request.settings, request.recording)
            if isinstance(joined, JoinRefused):
                rooms.add_failed(call.sid, ParticipantCallStatus.FAILED)
                log.warning("a participant that was called is not let in", call_sid=call.sid, cause=joined.message)
                return
            session.remember(**{_JOINED: "yes"})
            admission = joined
        # Not awaited itself: whoever stops waiting must not cancel what the room is to set.
        await asyncio.wait({admission.left})
        await admission.left.result().settled

    return begin
