"""The sounds of the store over HTTP, for an Asterisk that does not share the folder."""

from aiohttp import web

from .sound_source import OWN_SOUNDS
from .sounds import SOUND_NAME, SoundStore


def media_routes(sounds: SoundStore) -> list[web.RouteDef]:
    """Return ``GET /media/{name}`` (and HEAD): a sound of the store, 404 for everything else."""

    async def media(request: web.Request) -> web.StreamResponse:
        name = request.match_info["name"]
        # The name decides alone, so that no path leads out of the folder.
        if not SOUND_NAME.fullmatch(name) or not (sounds.folder / name).is_file():
            raise web.HTTPNotFound
        # The name stands for the content, which therefore never changes.
        headers = {"Content-Type": "audio/wav", "Cache-Control": "public, max-age=86400, immutable"}
        return web.FileResponse(sounds.folder / name, headers=headers)

    return [web.get(f"{OWN_SOUNDS}{{name}}", media)]
