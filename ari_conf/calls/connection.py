"""Two calls that talk with each other, until either hangs up, the time is over or the caller presses ``*``."""

import asyncio
from typing import Any, Final

import structlog

from ari_conf.conference import AudioPlan, InMix

from .call import Call
from .dialling import Dialling

log = structlog.get_logger(__name__)

TALKS_WITH: Final = "talks_with"
"""What a Dial remembers: the call that its caller is connected with."""


def mix_of(call_sid: str, other_sid: str) -> AudioPlan:
    """Return the audio of two calls that talk, of which the first one has dialled."""
    return AudioPlan(call_sid, {call_sid: InMix(), other_sid: InMix()})


async def talk(going: Dialling, other: Call, *until: "asyncio.Future[Any]") -> None:
    """Let the caller and ``other`` talk, as the Dial says; return when both are out of the mix again.

    It ends too when one of ``until`` is done.
    """
    session = going.session
    call, engine = session.call, session.engine
    session.remember(**{TALKS_WITH: other.sid})
    limit = asyncio.create_task(session.clock.sleep_until(session.since("talk") + going.verb.time_limit))
    log.info("connected", call_sid=call.sid, other_call_sid=other.sid)
    try:
        await engine.apply(mix_of(call.sid, other.sid))
        waiting: set[asyncio.Future[Any]] = {call.ended, other.ended, going.star, limit, *until}
        await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
    finally:
        limit.cancel()
        # Waited for in any case: what comes next for either may be played to it, which does not go into a mix.
        await engine.apply(AudioPlan(call.sid, {}))
