"""Uploading a sound that is to be announced: ``POST /dashboard/api/sounds``."""

from typing import Final

from aiohttp import web

from ari_conf.audio.decode import DecodeError
from ari_conf.programs import SoundStore
from ari_conf.rest.bodies import read_body
from ari_conf.rest.errors import NotFound, RestCode, RestError
from ari_conf.rest.gate import TooManyRequestsError

from .choices import LARGEST_SOUND, SOUND_SECONDS, SOUNDS_AT_ONCE
from .visitor import Answer, Route, Visitor

_UNNAMED: Final = "application/octet-stream"
"""What browsers call a file whose kind they do not know."""


class Uploads:
    """Takes sounds of any format into ``sounds``, of which each is there once, whoever has sent it."""

    def __init__(self, sounds: SoundStore) -> None:
        self._sounds = sounds
        self._under_way = 0

    def routes(self) -> list[Route]:
        """Return what can be asked."""
        return [Route("POST", "/sounds", self.take)]

    async def take(self, request: web.Request, visitor: Visitor) -> Answer:
        """Return what the body is in the sound store, with 201: the name of the file and how many seconds it lasts.

        Raises ``RestError`` if it is no sound, too large, or too slow to come.
        """
        if not visitor.may_see(request.query.get("account", "")):
            raise NotFound
        kind = request.content_type
        if not kind.startswith("audio/") and kind != _UNNAMED:
            raise RestError(RestCode.INVALID_PARAMETER, f"Send a sound (audio/…), not {kind}.", 415)
        if self._under_way >= SOUNDS_AT_ONCE:
            raise TooManyRequestsError(1.0)
        self._under_way += 1
        try:
            body = await read_body(request, "sound", most=LARGEST_SOUND, seconds=SOUND_SECONDS)
            sound = await self._sounds.from_media(body, content_type=kind)
        except DecodeError as error:
            raise RestError(RestCode.INVALID_PARAMETER, f"This cannot be played: {error}.") from error
        finally:
            self._under_way -= 1
        return web.json_response({"sound": sound.path.name, "seconds": round(sound.seconds, 3)}, status=201)
