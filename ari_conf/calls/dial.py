"""``<Dial>``: connect the caller with a conference, with others, or with a queue, and tell the action how that went."""

import asyncio

from ari_conf.conference import choices
from ari_conf.media.port import CallGoneError
from ari_conf.twiml import ConferenceNoun, Dial, QueueNoun

from .dial_callees import dial_callees
from .dial_outcome import Dialled
from .dial_queue import dial_queue
from .dialling import Dialling, dialling
from .room_stay import stay_in_room
from .session import CallSession, Outcome


async def dial(session: CallSession, verb: Dial, base: str) -> Outcome:
    """Carry out ``<Dial>``; its action takes over if there is one, else the next verb comes."""
    with dialling(session, verb, base) as going:
        try:
            dialled = await _connect(going)
        except CallGoneError:
            await asyncio.wait({session.call.ended})
            dialled = Dialled(choices.DIAL_CALL_STATUS_WHEN_REFUSED)
        finally:
            await going.recording.stop()
    return await session.go_on(verb.action, verb.method, base, dialled.parameters | going.recording.parameters)


async def _connect(going: Dialling) -> Dialled:
    match going.verb.noun:
        case None:
            return Dialled(choices.DIAL_CALL_STATUS_WHEN_REFUSED)
        case ConferenceNoun() as conference:
            return await stay_in_room(going, conference)
        case QueueNoun() as queue:
            return await dial_queue(going, queue)
        case callees:
            return await dial_callees(going, callees)
