"""Sounds by URL: fetched once, asked about again when they are no longer fresh, kept from one start to the next."""

import asyncio
import hashlib
from collections.abc import Coroutine
from dataclasses import dataclass
from typing import Any, Final

from ari_conf.audio.decode import DecodeError
from ari_conf.clock import Clock
from ari_conf.media.port import SoundFile
from ari_conf.twilio_codes import Code
from ari_conf.webhooks import MediaLimit, WebhookClient, WebhookError, WebhookRequest, WebhookResponse, redacted

from .freshness import fresh_seconds
from .known_media import KnownMedia, MediaIndex
from .own_recordings import LogIn, no_login
from .sounds import SoundStore

_NOT_MODIFIED: Final = 304


@dataclass(slots=True, eq=False)
class _UnderWay:
    task: "asyncio.Task[SoundFile]"
    waiting: int = 0


class MediaCache:
    """Gets sounds from the application. What it knows about them is in the folder ``fetched`` in that of ``sounds``.

    A URL that several calls want at once is fetched once. What one account has fetched, another does not get. ``log_in``
    knows what has to be added to a URL.
    """

    def __init__(
        self,
        webhooks: WebhookClient,
        sounds: SoundStore,
        clock: Clock,
        limit: MediaLimit | None = None,
        log_in: LogIn = no_login,
    ) -> None:
        self._webhooks = webhooks
        self._sounds = sounds
        self._clock = clock
        self._limit = limit or MediaLimit()
        self._log_in = log_in
        self._index = MediaIndex(sounds.folder / "fetched")
        self._under_way: dict[str, _UnderWay] = {}

    async def sound(self, url: str, auth_token: str) -> SoundFile:
        """Return the sound at ``url``, asked for with a request that is signed with ``auth_token``.

        Raises ``WebhookError`` as ``WebhookClient.fetch`` does, and with 13420 for what is no sound that can be played;
        ``OSError`` if it cannot be kept.
        """
        # The URL may have a password in it, which is not to lie on the disk.
        key = hashlib.sha256(f"{auth_token}\0{url}".encode("utf-8", "replace")).hexdigest()
        shared = self._under_way.get(key)
        if shared is None:
            shared = self._under_way[key] = self._begin(key, self._get(key, url, auth_token))
        shared.waiting += 1
        try:
            return await asyncio.shield(shared.task)
        finally:
            shared.waiting -= 1
            if not shared.waiting and self._under_way.get(key) is shared:
                del self._under_way[key]
                shared.task.cancel()

    def _begin(self, key: str, work: Coroutine[Any, Any, SoundFile]) -> _UnderWay:
        shared = _UnderWay(asyncio.create_task(work, name="program sound fetched"))

        def over(task: "asyncio.Task[SoundFile]") -> None:
            if self._under_way.get(key) is shared:
                del self._under_way[key]
            if not task.cancelled():
                task.exception()  # which whoever waits has got

        shared.task.add_done_callback(over)
        return shared

    async def _get(self, key: str, url: str, auth_token: str) -> SoundFile:
        known = await self._sounds.in_background(lambda: self._index.read(key))
        sound = None
        if known is not None:
            sound = SoundFile(self._sounds.folder / known.name, known.seconds)
            if not await self._sounds.keep(sound):
                known = sound = None
            elif self._clock.now() < known.fresh_until:
                return sound
        asked_at = self._clock.now()
        response = await self._webhooks.fetch(
            WebhookRequest(
                self._log_in(url, auth_token),
                "GET",
                (),
                auth_token,
                wants_body=False,
                media=self._limit,
                headers=known.conditions() if known is not None else (),
            )
        )
        if sound is None or response.status != _NOT_MODIFIED:
            known = None
            sound = await self._decoded(response)
        now_known = _known(sound, known, response, asked_at)
        if now_known is None:
            await self._sounds.in_background(lambda: self._index.forget(key))
        else:
            await self._sounds.in_background(lambda: self._index.write(key, now_known))
        return sound

    async def _decoded(self, response: WebhookResponse) -> SoundFile:
        where = redacted(response.url)
        if not response.may_be_audio:
            message = f'{where} has the content type "{response.content_type}"; a sound is audio/mpeg or audio/wav.'
        else:
            try:
                return await self._sounds.from_media(response.body, content_type=response.content_type)
            except DecodeError as error:
                message = f'{where} cannot be played as "{response.content_type}": {error}.'
        raise WebhookError(Code.PLAY_CONTENT_TYPE, message, response.url, status=response.status, exchange=response.exchange)


def _known(sound: SoundFile, before: KnownMedia | None, response: WebhookResponse, asked_at: float) -> KnownMedia | None:
    """Return what is known after an answer, which may confirm what was known ``before``; None if it is not to be kept."""
    seconds = fresh_seconds(response.headers, asked_at)
    if seconds is None:
        return None
    return KnownMedia(
        name=sound.path.name,
        seconds=sound.seconds,
        etag=response.headers.get("etag", before.etag if before is not None else ""),
        last_modified=response.headers.get("last-modified", before.last_modified if before is not None else ""),
        fresh_until=asked_at + seconds,
    )
