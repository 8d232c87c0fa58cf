"""``<Dial><Queue>``: an agent takes the first caller who waits in a queue, or waits for one."""

import asyncio

from ari_conf.media.port import CallGoneError
from ari_conf.queues import AgentGaveUp, AgentGone, AgentWaiting, Bridged, Connecting, QueueEvent, StopWaiting
from ari_conf.twiml import QueueNoun
from ari_conf.webhooks import CallStatus

from . import choices
from .connection import talk
from .dial_outcome import Dialled
from .dialling import Dialling
from .queues import AgentDocument, RunningQueue
from .ringback import ringing
from .session import absolute


async def dial_queue(going: Dialling, noun: QueueNoun) -> Dialled:
    """Wait for a caller for the Dial's ``timeout``, and talk until either hangs up.

    The caller is not hung up at the end: its ``<Enqueue>`` goes on to its action. Raises ``TwilioError`` for a URL that cannot
    be resolved, before anything has happened.
    """
    session = going.session
    document = AgentDocument(absolute(noun.url, going.base) if noun.url else None, noun.method.value)
    await session.answer()
    running = session.services.queues.named(session.call.account.sid, noun.name)
    inbox = running.dequeue(session.call.sid, document)
    try:
        async with ringing(session, going.verb.ring_tone):
            caller_sid = await _wait(going, running, inbox)
        if caller_sid is None:
            return Dialled((choices.STATUS_WHEN_STARRED if going.star.done() else CallStatus.NO_ANSWER).value)
        return await _talk(going, caller_sid, inbox)
    finally:
        running.carry_out(AgentGone(session.call.sid))
        running.forget(session.call.sid)


async def _wait(going: Dialling, running: RunningQueue, inbox: "asyncio.Queue[QueueEvent]") -> str | None:
    """Return the Call SID of the caller whom the agent is to talk with; None if there was nobody in time, or ``*`` came."""
    session = going.session
    gives_up = session.since("wait") + going.verb.timeout
    deadline: float | None = gives_up
    while True:
        coming = asyncio.create_task(inbox.get(), name=f"queue inbox of {session.call.sid}")
        try:
            await session.wait(coming, going.star, deadline=deadline)
        finally:
            if not coming.done():
                coming.cancel()
        if going.star.done():
            return None
        if not coming.done():
            deadline = None
            running.carry_out(StopWaiting(session.call.sid))
            continue
        match coming.result():
            case Bridged(connection=connection):
                return connection.member.call_sid
            case AgentGaveUp():
                return None
            case Connecting():
                deadline = None
            case AgentWaiting():
                deadline = gives_up


async def _talk(going: Dialling, caller_sid: str, inbox: "asyncio.Queue[QueueEvent]") -> Dialled:
    session = going.session
    caller = session.services.book.get(caller_sid)
    if caller is None:
        return Dialled(CallStatus.COMPLETED.value)
    began = session.since("talk")
    left = asyncio.create_task(inbox.get(), name=f"queue inbox of {session.call.sid}")
    try:
        await going.recording.begin()
        await talk(going, caller, left)
    except CallGoneError:
        pass
    finally:
        left.cancel()
    more = {"DialCallSid": caller_sid, "DialCallDuration": str(round(session.clock.monotonic() - began))}
    return Dialled(CallStatus.COMPLETED.value, bridged=True, more=more)
