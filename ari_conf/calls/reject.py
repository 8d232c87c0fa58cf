"""``<Reject>``: turn the call down."""

import asyncio
from typing import Final

from ari_conf.media.port import RejectReason
from ari_conf.twilio_codes import Code, Level
from ari_conf.twiml import Reject

from . import choices
from .session import CallSession, Next

OVER_WITHIN: Final = 5.0
"""Seconds in which a call that was rejected is over."""


async def reject(session: CallSession, verb: Reject, *, first: bool) -> Next:
    """Refuse the call with SIP's 486 or 404; one that has been answered, or has run another verb, is hung up."""
    if first and session.call.answered_at is None:
        session.call.status_unanswered = choices.STATUS_OF_THE_REJECTED[verb.reason]
        await session.engine.reject(session.call.sid, RejectReason(verb.reason.value))
        # Hung up again before it is over, the call would end with the other's cause.
        await asyncio.wait({session.call.ended}, timeout=OVER_WITHIN)
    else:
        message = "<Reject> counts only as the first verb, before the call is answered; the call is hung up"
        session.notify(Code.SCHEMA_WARNING, Level.WARNING, message)
    return Next.END
