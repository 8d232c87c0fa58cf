"""What is heard while others are being called."""

import contextlib
from collections.abc import AsyncIterator

import structlog

from ari_conf.audio.ring_tones import ring_tone
from ari_conf.media.port import EngineError
from ari_conf.programs import PlaySound

from .meanwhile import meanwhile
from .session import CallSession, Services

log = structlog.get_logger(__name__)


@contextlib.asynccontextmanager
async def ringing(session: CallSession, country: str | None) -> AsyncIterator[None]:
    """Let the caller hear ringing meanwhile: the tone of ``country`` if the call is answered, else the network's own."""
    if session.call.answered_at is None:
        await session.while_up(session.engine.ring(session.call.sid))
        yield
        return
    async with meanwhile(ring(session.services, session.play_sound, country), f"ring tone of {session.call.sid}"):
        yield


async def ring(services: Services, play: PlaySound, country: str | None = None) -> None:
    """Play the ring tone of ``country`` again and again, until this is cancelled or ``play`` cannot play any more."""
    try:
        sound = await services.programs.sounds.add(ring_tone(country))
        while True:
            began = services.clock.monotonic()
            await play(sound)
            await services.clock.sleep_until(began + sound.seconds)
    except OSError as error:
        log.error("the ring tone cannot be kept; there is silence in its place", cause=str(error))
    except EngineError as error:
        log.debug("the ring tone has ended", cause=str(error))
