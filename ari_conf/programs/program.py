"""Plays an audio program: document after document, verb after verb, until it ends or whoever started it has enough."""

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Final

from ari_conf.clock import Pace
from ari_conf.twilio_codes import TwilioError
from ari_conf.twiml import Redirect
from ari_conf.webhooks import exchange_of, resolve

from .content import Content, ProgramRequest, Stop, fetch_content, given_content
from .prompter import PlaySound, Press, Prompter, Report, log_problem, problem_of
from .sound_source import SoundSource

_SECONDS_PER_REQUEST: Final = 1.0
_REQUESTS_AT_ONCE: Final = 3


class ProgramPlayer(SoundSource):
    """Fetches programs and plays them. One for the whole process; any number of programs at once."""

    async def open(
        self,
        request: ProgramRequest,
        report: Report = log_problem,
        *,
        stops: Collection[type[Stop]] = (),
        loops: bool = False,
    ) -> "Program":
        """Ask the application for the program, unless the request has it, and return it, ready to be played.

        Play, Say, Pause and Redirect may stand in it, and the verbs ``stops``, at which it stops. At its end there is silence,
        or with ``loops`` the whole begins anew, with the request.

        Raises ``TwilioError`` if there is nothing to play: the request failed, the answer is neither audio nor TwiML (12300
        and others), or has another verb (13238). Whatever is wrong after that goes to ``report``, and the program goes on with
        the next verb.
        """
        program = Program(self, request, report, stops=stops, loops=loops)
        if request.twiml:
            program.take(given_content(request.twiml))
        else:
            await program.fetch(request.url, request.method)
        return program


class Program:
    """A program that has been fetched. It is played once; to stop it, cancel the task that runs it, at any moment."""

    def __init__(
        self, player: SoundSource, request: ProgramRequest, report: Report, *, stops: Collection[type[Stop]], loops: bool
    ) -> None:
        self._player = player
        self._request = request
        self._report = report
        self._stops = frozenset(stops)
        self._loops = loops
        self._prompter = Prompter(player, request.auth_token, report)
        self._content = Content(request.url)
        self._position = 0
        # What redirects to itself would else keep the application busy for as long as somebody listens.
        self._pace = Pace(player.clock, at_once=_REQUESTS_AT_ONCE, seconds=_SECONDS_PER_REQUEST)

    @property
    def url(self) -> str:
        """Where the present document came from, the base of the relative URLs in it."""
        return self._content.url

    async def fetch(self, url: str, method: str, parameters: Mapping[str, str] | None = None) -> None:
        """Ask for a document, which is played next; ``parameters`` are told besides the program's. Raises ``TwilioError``."""
        await self._pace.turn()
        player = self._player
        request = replace(
            self._request,
            url=player.log_in(url, self._request.auth_token),
            method=method,
            parameters=self._request.told() | dict(parameters or {}),
        )
        self.take(await fetch_content(player.webhooks, player.sounds, request, player.media, self._stops))

    def take(self, content: Content) -> None:
        """Play ``content`` next."""
        self._content = content
        self._position = 0
        for problem in content.problems:
            self._report(problem, content.url, None)

    async def run(self, play: PlaySound, press: Press | None = None) -> Stop | None:
        """Play to the end, after which there is silence, or to a verb that stops it, which is returned.

        Another ``run`` goes on behind that verb. Keys go to ``press``, or are played as tones. Raises only what ``play`` and
        ``press`` raise.
        """
        while True:
            verb = await self._play(play, press)
            if verb is not None and not isinstance(verb, Redirect):
                return verb
            if verb is None and not self._loops:
                return None
            # A loop plays what it has once more if there is nothing new.
            self._position = 0
            base = self._content.url
            try:
                if verb is None:
                    await self.fetch(self._request.url, self._request.method)
                else:
                    await self.fetch(resolve(base, verb.url), verb.method)
            except TwilioError as error:
                self._report(problem_of(error), base, exchange_of(error))
                if not self._loops:
                    return None

    async def _play(self, play: PlaySound, press: Press | None) -> Redirect | Stop | None:
        """Play on to the next verb that is no prompt; None at the end."""
        content = self._content
        if content.sound is not None:
            await self._prompter.play_once(content.sound, play)
            return None
        prompts, verb = content.prompts_from(self._position)
        await self._prompter.play(prompts, content.url, play, press)
        self._position += len(prompts) + 1
        return verb
