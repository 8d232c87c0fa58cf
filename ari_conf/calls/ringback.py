"""What a caller hears while others are being called."""

import contextlib
from collections.abc import AsyncIterator

import structlog

from ari_conf.audio.ring_tones import ring_tone
from ari_conf.media.port import EngineError, SoundFile

from .meanwhile import meanwhile
from .session import CallSession

log = structlog.get_logger(__name__)


@contextlib.asynccontextmanager
async def ringing(session: CallSession, country: str | None) -> AsyncIterator[None]:
    """Let the caller hear ringing meanwhile: the tone of ``country`` if the call is answered, else the network's own."""
    if session.call.answered_at is None:
        await session.while_up(session.engine.ring(session.call.sid))
        yield
        return
    try:
        sound = await session.services.programs.sounds.add(ring_tone(country))
    except OSError as error:
        log.error("the ring tone cannot be kept; there is silence in its place", cause=str(error))
        yield
        return
    async with meanwhile(_ring(session, sound), f"ring tone of {session.call.sid}"):
        yield


async def _ring(session: CallSession, sound: SoundFile) -> None:
    try:
        while True:
            began = session.clock.monotonic()
            await session.engine.play(session.call.sid, sound)
            await session.clock.sleep_until(began + sound.seconds)
    except EngineError as error:
        log.debug("the ring tone has ended", call_sid=session.call.sid, cause=str(error))
