"""Plays what stands in a document to be heard: Say, Play and Pause, one after the other."""

import asyncio
import itertools
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Final

import structlog

from ari_conf.audio.speech import SpeechError
from ari_conf.media.port import SoundFile
from ari_conf.notifications import Exchange
from ari_conf.twilio_codes import Code, Level, TwilioError
from ari_conf.twiml import Pause, Play, Problem, Prompt, Say
from ari_conf.webhooks import WebhookError, exchange_of, redacted

from .sound_source import SoundSource

_log = structlog.get_logger(__name__)

PlaySound = Callable[[SoundFile], Awaitable[None]]
"""Plays a sound to whoever is to hear it, and returns when it has been played."""

Press = Callable[[str], Awaitable[None]]
"""Presses keys (0-9 A-D # *, ``w`` and ``W`` wait) at the other side, and returns when that is done."""

Report = Callable[[Problem, str, Exchange | None], None]
"""Is told what is wrong, the URL of the document or sound where it is, and the request that has shown it. It must not wait."""

_SHORTEST_ROUND: Final = 0.02


def log_problem(problem: Problem, url: str, _exchange: Exchange | None) -> None:
    """Write one line for a problem."""
    tell = _log.error if problem.level == "error" else _log.warning
    tell("audio program", code=int(problem.code), cause=problem.message, url=redacted(url), line=problem.line)


def problem_of(error: TwilioError) -> Problem:
    """Return the problem that ``error`` is."""
    return Problem(error.code, error.code.level, error.message)


class Prompter:
    """Plays prompts to one listener, with sounds from ``source``, which every request signs with ``auth_token``."""

    def __init__(self, source: SoundSource, auth_token: str, report: Report = log_problem) -> None:
        self._source = source
        self._auth_token = auth_token
        self._report = report

    async def play(
        self,
        prompts: Sequence[Prompt],
        base: str,
        play: PlaySound,
        press: Press | None = None,
        begun: Callable[[Prompt], None] | None = None,
    ) -> None:
        """Play ``prompts`` and return when all is played; cancel it to stop at once. A loop of 0 goes on for ever.

        While one plays the next is made ready, so that there is no gap between them. URLs belong to the document at ``base``.
        ``<Play digits>`` goes to ``press``; without it the keys are played as tones. A prompt that cannot be had is reported
        and left out. ``begun`` hears of each when its turn comes. Raises only what ``play`` and ``press`` raise.
        """
        ready: dict[int, asyncio.Task[SoundFile | None]] = {}

        def make_ready(position: int) -> None:
            match prompts[position] if position < len(prompts) else None:
                case Play(digits=str()) if press is not None:
                    pass
                case Say() | Play() as prompt:
                    ready[position] = asyncio.create_task(self._sound(prompt, base), name="program sound")

        make_ready(0)
        try:
            for position, prompt in enumerate(prompts):
                sound = await ready.pop(position) if position in ready else None
                make_ready(position + 1)
                if begun is not None:
                    begun(prompt)
                match prompt:
                    case Pause():
                        await self._source.clock.sleep_until(self._source.clock.monotonic() + prompt.length)
                    case Play(digits=str() as keys) if press is not None:
                        await self._press(prompt, keys, press)
                    case _ if sound is not None:
                        await self._repeat(prompt, sound, base, play)
        finally:
            for task in ready.values():
                task.cancel()
            await asyncio.gather(*ready.values(), return_exceptions=True)

    async def play_once(self, sound: SoundFile, play: PlaySound) -> None:
        """Play ``sound``, and return no sooner than it would be over."""
        clock = self._source.clock
        began = clock.monotonic()
        await play(sound)
        # Whatever cut it short, no loop of sounds turns faster than the sounds would.
        await clock.sleep_until(began + max(sound.seconds, _SHORTEST_ROUND))

    async def _press(self, prompt: Say | Play, keys: str, press: Press) -> None:
        clock = self._source.clock
        for _ in _rounds(prompt):
            began = clock.monotonic()
            await press(keys)
            await clock.sleep_until(began + _SHORTEST_ROUND)

    async def _repeat(self, prompt: Say | Play, sound: SoundFile, base: str, play: PlaySound) -> None:
        for _ in _rounds(prompt):
            if not await self._source.sounds.keep(sound):
                made_again = await self._sound(prompt, base)
                if made_again is None:
                    return
                sound = made_again
            await self.play_once(sound, play)

    async def _sound(self, prompt: Say | Play, base: str) -> SoundFile | None:
        """Return the sound of a prompt; None if there is nothing to hear, which has been reported."""
        try:
            sound = await self._source.sound(prompt, base, self._auth_token)
        except TwilioError as error:
            self._report(problem_of(error), error.url if isinstance(error, WebhookError) else base, exchange_of(error))
            return None
        except (SpeechError, OSError) as error:
            _log.error("a sound cannot be made", cause=str(error))
            cause = error.strerror if isinstance(error, OSError) else error
            message = f"<{type(prompt).__name__}> cannot be heard: {cause}."
            self._report(Problem(Code.INTERNAL_FAILURE, Level.ERROR, message), base, None)
            return None
        return sound if sound.seconds > 0 else None


def _rounds(prompt: Say | Play) -> Iterable[int]:
    return range(prompt.loop) if prompt.loop else itertools.count()
