"""Where the sounds of ``<Say>`` and ``<Play>`` come from: spoken, fetched and decoded, or made of tones."""

from ari_conf.clock import Clock
from ari_conf.media.port import SoundFile
from ari_conf.twiml import Play, Say
from ari_conf.webhooks import MediaLimit, WebhookClient, resolve

from .digits import dial_tones
from .media_cache import MediaCache
from .own_recordings import LogIn, no_login
from .sounds import SoundStore


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

        Raises ``WebhookError`` as ``MediaCache.sound`` does, and with 11100 for a URL that is none; ``SpeechError``;
        ``OSError`` if the sound cannot be kept.
        """
        match prompt:
            case Say():
                return await self.sounds.from_speech(
                    prompt.text, ssml=prompt.ssml, voice=prompt.voice, language=prompt.language
                )
            case Play(url=str() as url):
                return await self._cache.sound(resolve(base, url), auth_token)
            case Play():
                return await self.sounds.add(dial_tones(prompt.digits or ""))
