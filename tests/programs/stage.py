"""A listener to programs and prompts, on a clock of its own, with a real application."""

import asyncio
import io

import pytest
import soundfile
from aiohttp import web

from ari_conf.audio import Samples
from ari_conf.audio.tones import tone
from ari_conf.audio.wav import read_wav
from ari_conf.clock import VirtualClock
from ari_conf.media.port import SoundFile
from ari_conf.phones.phone import Heard
from ari_conf.programs import Press, Program, ProgramPlayer, ProgramRequest, Prompter, SoundStore
from ari_conf.twilio_codes import Code
from ari_conf.twiml import Problem, Prompt
from ari_conf.webhooks import WebhookClient
from tests.app_server import AUTH_TOKEN, AppRequest, AppServer, Handler
from tests.audio.sound_files import PITCH, sound_file

PARAMETERS = {"CallSid": "CA1", "ConferenceSid": "CF1", "FriendlyName": "Room 1"}


class Hour(VirtualClock):
    """A clock on which every sleep is over at once and time has passed all the same."""

    moment = 0.0

    def now(self) -> float:
        return self.moment

    def monotonic(self) -> float:
        return self.moment

    async def sleep_until(self, moment: float) -> None:
        self.moment = max(self.moment, moment)
        await asyncio.sleep(0)

    async def let_pass(self, seconds: float) -> None:
        await self.sleep_until(self.moment + seconds)


class ToneSpeech:
    """Speaks with a tone of 600 Hz, a tenth of a second for each character."""

    def speak(
        self,
        text: str,
        *,
        ssml: str | None = None,  # noqa: ARG002
        voice: str | None = None,  # noqa: ARG002
        language: str | None = None,  # noqa: ARG002
    ) -> Samples:
        return tone(600, 0.1 * len(text))


class Stage:
    """A listener to programs. ``heard`` are the moment, the sound's main pitch (Hz) and its seconds."""

    def __init__(self, app: AppServer, store: SoundStore, webhooks: WebhookClient) -> None:
        self.app = app
        self.store = store
        self.clock = Hour()
        self.player = ProgramPlayer(webhooks, store, self.clock)
        self.heard: list[tuple[float, float, float]] = []
        self.problems: list[tuple[Problem, str]] = []
        self.most = 1000
        self.enough = asyncio.Event()
        self.cut_short = False

    @property
    def pitches(self) -> list[float]:
        return [pitch for _, pitch, _ in self.heard]

    @property
    def codes(self) -> list[Code]:
        return [problem.code for problem, _ in self.problems]

    async def open(self, path: str = "/wait", method: str = "POST") -> Program:
        request = ProgramRequest(self.app.url(path), method, PARAMETERS, AUTH_TOKEN)
        return await self.player.open(request, lambda problem, url, _exchange: self.problems.append((problem, url)))

    async def prompt(self, *prompts: Prompt, press: Press | None = None) -> None:
        """Play prompts of a document at ``/doc/ument``."""
        prompter = Prompter(self.player, AUTH_TOKEN, lambda problem, url, _exchange: self.problems.append((problem, url)))
        await prompter.play(prompts, self.app.url("/doc/ument"), self.play, press)

    async def play(self, sound: SoundFile) -> None:
        samples, rate = read_wav(sound.path)
        heard = Heard(samples, rate)
        pitch = max((300.0, 500.0, 600.0, 697.0, 700.0, 900.0, PITCH), key=heard.amplitude)
        self.heard.append((round(self.clock.monotonic(), 3), pitch, sound.seconds))
        if len(self.heard) >= self.most:
            self.enough.set()
            await asyncio.Event().wait()
        if not self.cut_short:
            await self.clock.let_pass(sound.seconds)

    async def run(self, document: str | Handler = "", **more: str | Handler) -> None:
        """Let the application answer with ``document``, and play to the end."""
        self.app.voice["/wait"] = document
        self.app.voice |= {f"/{path}": answer for path, answer in more.items()}
        await (await self.open()).run(self.play)

    async def run_until(self, sounds: int, document: str | Handler) -> None:
        """Play until so many sounds have begun, then stop."""
        self.most = sounds
        self.app.voice["/wait"] = document
        program = await self.open()
        task = asyncio.create_task(program.run(self.play))
        async with asyncio.timeout(20):
            await self.enough.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task


def wav(pitch: float, seconds: float, cache_control: str = "") -> Handler:
    file = io.BytesIO()
    soundfile.write(file, tone(pitch, seconds), 8000, format="WAV", subtype="PCM_16")
    headers = {"Content-Type": "audio/wav", "Cache-Control": cache_control}
    return lambda _: web.Response(body=file.getvalue(), headers=headers)


def mp3(_: AppRequest) -> web.Response:
    return web.Response(body=sound_file("MP3", seconds=2.0), content_type="audio/mpeg")
