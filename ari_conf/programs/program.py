"""Plays an audio program: document after document, verb after verb, until it ends or whoever started it has enough."""

import asyncio
import itertools
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Final

import structlog

from ari_conf.audio.decode import DecodeError
from ari_conf.audio.speech import SpeechError
from ari_conf.clock import Clock
from ari_conf.media.port import SoundFile
from ari_conf.twilio_codes import Code, TwilioError
from ari_conf.twiml import Pause, Problem, Redirect, Say
from ari_conf.twiml import Play as PlayVerb
from ari_conf.webhooks import MediaLimit, WebhookClient, fetch_media, redacted, resolve

from .content import Content, ProgramRequest, ProgramVerb, fetch_content
from .digits import dial_tones
from .sounds import SoundStore

__all__ = ["Play", "Program", "ProgramPlayer", "ProgramRequest", "Report", "log_problem"]

_log = structlog.get_logger(__name__)

Play = Callable[[SoundFile], Awaitable[None]]
"""Plays a sound to whoever hears the program, and returns when it has been played."""

Report = Callable[[Problem, str], None]
"""Is told what is wrong, and the URL of the document or sound where it is. It must not wait."""

_SECONDS_PER_REQUEST: Final = 1.0
_REQUESTS_AT_ONCE: Final = 3
_SHORTEST_ROUND: Final = 0.02
_MOST_REMEMBERED: Final = 1000


def log_problem(problem: Problem, url: str) -> None:
    """Write one line for a problem."""
    tell = _log.error if problem.level == "error" else _log.warning
    tell("audio program", code=int(problem.code), cause=problem.message, url=redacted(url), line=problem.line)


class ProgramPlayer:
    """Fetches programs and plays them. One for the whole process; any number of programs at once."""

    def __init__(self, webhooks: WebhookClient, sounds: SoundStore, clock: Clock, *, media: MediaLimit | None = None) -> None:
        self.webhooks = webhooks
        self.sounds = sounds
        self.clock = clock
        self.media = media

    async def open(self, request: ProgramRequest, report: Report = log_problem) -> "Program":
        """Ask the application for the program and return it, ready to be played.

        Raises ``TwilioError`` if there is nothing to play: the request failed, the answer is neither audio nor TwiML (12300
        and others), or has another verb than Play, Say, Pause and Redirect (13238). Whatever is wrong after that goes to
        ``report``, and the program goes on with the next verb.
        """
        program = Program(self, request, report)
        await program.fetch(request.url, request.method)
        return program


class Program:
    """A program that has been fetched. It is played once; to stop it, cancel the task that runs it, at any moment."""

    def __init__(self, player: ProgramPlayer, request: ProgramRequest, report: Report) -> None:
        self._player = player
        self._clock = player.clock
        self._request = request
        self._report = report
        self._content = Content(request.url)
        self._requests_until = player.clock.monotonic()
        self._remembered: dict[str, SoundFile] = {}

    async def fetch(self, url: str, method: str) -> None:
        """Ask for a document, which is played next. Raises ``TwilioError``."""
        await self._pace()
        request = replace(self._request, url=url, method=method)
        self._content = await fetch_content(self._player.webhooks, self._player.sounds, request, self._player.media)
        for problem in self._content.problems:
            self._report(problem, self._content.url)

    async def run(self, play: Play) -> None:
        """Play to the end, after which there is silence. Raises only what ``play`` raises."""
        while True:
            content = self._content
            if content.sound is not None:
                await self._play_once(content.sound, play)
                return
            redirect = await self._play_verbs(content, play)
            if redirect is None:
                return
            try:
                await self.fetch(resolve(content.url, redirect.url), redirect.method)
            except TwilioError as error:
                self._report(Problem(error.code, error.code.level, error.message), content.url)
                return

    async def _play_verbs(self, content: Content, play: Play) -> Redirect | None:
        """Play the verbs of a document; return the redirect that was reached, None at the end."""
        # While a sound plays, the next one is made ready, so that there is no gap between them.
        ready: dict[int, asyncio.Task[SoundFile | None]] = {}

        def make_ready(position: int) -> None:
            if position < len(content.verbs) and not isinstance(content.verbs[position], Pause | Redirect):
                ready[position] = asyncio.create_task(self._sound(content.verbs[position], content.url), name="program sound")

        make_ready(0)
        try:
            for position, verb in enumerate(content.verbs):
                match verb:
                    case Redirect():
                        return verb
                    case Pause():
                        make_ready(position + 1)
                        await self._clock.sleep_until(self._clock.monotonic() + verb.length)
                    case _:
                        sound = await ready.pop(position)
                        make_ready(position + 1)
                        if sound is not None:
                            await self._repeat(verb, sound, content.url, play)
        finally:
            for task in ready.values():
                task.cancel()
            await asyncio.gather(*ready.values(), return_exceptions=True)
        return None

    async def _repeat(self, verb: PlayVerb | Say, sound: SoundFile, base: str, play: Play) -> None:
        for _ in range(verb.loop) if verb.loop else itertools.count():
            if not await self._player.sounds.keep(sound):
                made_again = await self._sound(verb, base)
                if made_again is None:
                    return
                sound = made_again
            await self._play_once(sound, play)

    async def _play_once(self, sound: SoundFile, play: Play) -> None:
        began = self._clock.monotonic()
        await play(sound)
        # Whatever cut it short, no loop of sounds turns faster than the sounds would.
        await self._clock.sleep_until(began + max(sound.seconds, _SHORTEST_ROUND))

    async def _sound(self, verb: ProgramVerb, base: str) -> SoundFile | None:
        """Make the sound of a verb ready; None if there is nothing to hear, which has been reported."""
        sounds = self._player.sounds
        try:
            match verb:
                case Say():
                    sound = await sounds.from_speech(verb.text, voice=verb.voice, language=verb.language)
                case PlayVerb(url=str() as url):
                    sound = await self._media(resolve(base, url))
                case PlayVerb(digits=str() as digits):
                    sound = await sounds.add(dial_tones(digits))
                case _:
                    return None
        except TwilioError as error:
            self._report(Problem(error.code, error.code.level, error.message), base)
            return None
        except (SpeechError, OSError) as error:
            _log.error("a sound cannot be made", cause=str(error))
            return None
        return sound if sound.seconds > 0 else None

    async def _media(self, url: str) -> SoundFile:
        sounds = self._player.sounds
        known = self._remembered.get(url)
        if known is not None and await sounds.keep(known):
            return known
        media = await fetch_media(self._player.webhooks, url, auth_token=self._request.auth_token, limit=self._player.media)
        try:
            sound = await sounds.from_media(media.data, content_type=media.content_type)
        except DecodeError as error:
            message = f'{redacted(url)} cannot be played as "{media.content_type}": {error}.'
            raise TwilioError(Code.PLAY_CONTENT_TYPE, message) from error
        if media.reusable:
            if len(self._remembered) >= _MOST_REMEMBERED:
                self._remembered.clear()
            self._remembered[url] = sound
        return sound

    async def _pace(self) -> None:
        """Wait until the application may be asked again: once a second, a few times at once after a while without."""
        self._requests_until = max(self._requests_until, self._clock.monotonic()) + _SECONDS_PER_REQUEST
        moment = self._requests_until - _REQUESTS_AT_ONCE * _SECONDS_PER_REQUEST
        if moment > self._clock.monotonic():
            await self._clock.sleep_until(moment)
