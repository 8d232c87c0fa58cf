"""Two calls that talk with each other, until either hangs up, the time is over or the caller presses ``*``."""

import asyncio
from typing import Any

import structlog

from ari_conf.conference import AudioPlan, InMix

from .call import Call
from .dialling import Dialling

log = structlog.get_logger(__name__)


async def talk(going: Dialling, other: Call, *until: "asyncio.Future[Any]") -> None:
    """Let the caller and ``other`` talk, as the Dial says; return when both are out of the mix again.

    It ends too when one of ``until`` is done.
    """
    session = going.session
    call, engine, book = session.call, session.engine, session.services.book
    limit = asyncio.create_task(session.clock.sleep_until(session.clock.monotonic() + going.verb.time_limit))
    log.info("connected", call_sid=call.sid, other_call_sid=other.sid)
    try:
        await engine.apply(AudioPlan(call.sid, {call.sid: InMix(), other.sid: InMix()}))
        waiting: set[asyncio.Future[Any]] = {call.ended, other.ended, going.star, limit, *until}
        await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
    finally:
        limit.cancel()
        if not book.left_alone:
            # Waited for in any case: what comes next for either may be played to it, which does not go into a mix.
            await engine.apply(AudioPlan(call.sid, {}))
