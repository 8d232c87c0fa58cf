"""Where the sounds of ``<Say>`` and ``<Play>`` come from: spoken, fetched and decoded, kept here, or made of tones."""

from typing import Final

from ari_conf.clock import Clock
from ari_conf.media.port import SoundFile
from ari_conf.twilio_codes import Code
from ari_conf.twiml import Play, Say
from ari_conf.webhooks import MediaLimit, WebhookClient, WebhookError, redacted, resolve

from .digits import dial_tones
from .media_cache import MediaCache
from .own_recordings import LogIn, no_login
from .sounds import SoundStore

OWN_SOUNDS: Final = "/media/"
"""What the path of a sound of the store begins with, over HTTP and in documents that come from no URL.

In any other document such a path belongs to the URL that it came from: so an application cannot name a sound of ours.
"""


class SoundSource:
    """Makes the sounds of prompts ready. One for the whole process; any number of calls at once."""

    def __init__(
        self,
        webhooks: WebhookClient,
        sounds: SoundStore,
        clock: Clock,
        *,
        media: MediaLimit | None = None,
        log_in: LogIn = no_login,
    ) -> None:
        self.webhooks = webhooks
        self.sounds = sounds
        self.clock = clock
        self.media = media
        self.log_in = log_in
        self._cache = MediaCache(webhooks, sounds, clock, media, log_in)

    async def sound(self, prompt: Say | Play, base: str, auth_token: str) -> SoundFile:
        """Return what ``prompt`` lets be heard once, possibly of no length; its URL belongs to the document at ``base``.

        Where there is no ``base``, a path below ``OWN_SOUNDS`` is a sound of the store. Raises ``WebhookError`` as
        ``MediaCache.sound`` does, with 11100 for a URL that is none, and with 11200 if the store has no such sound;
        ``SpeechError``; ``OSError`` if the sound cannot be kept.
        """
        match prompt:
            case Say():
                return await self.sounds.from_speech(
                    prompt.text, ssml=prompt.ssml, voice=prompt.voice, language=prompt.language
                )
            case Play(url=str() as url) if not base and url.startswith(OWN_SOUNDS):
                return await self._own(url)
            case Play(url=str() as url):
                return await self._cache.sound(resolve(base, url), auth_token)
            case Play():
                return await self.sounds.add(dial_tones(prompt.digits or ""))

    async def _own(self, url: str) -> SoundFile:
        sound = await self.sounds.stored(url.removeprefix(OWN_SOUNDS))
        if sound is None:
            message = f"{redacted(url)} is no sound that is here, or is no longer; upload it again."
            raise WebhookError(Code.HTTP_RETRIEVAL_FAILURE, message, url)
        return sound
