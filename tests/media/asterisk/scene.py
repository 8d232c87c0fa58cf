"""An engine on a real Asterisk, SIP phones, and somebody who answers the calls: audio plans are tried by ear."""

import asyncio
import base64
import contextlib
import hashlib
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import aiohttp

from ari_conf.audio import Samples
from ari_conf.audio.tones import BEEP, tone
from ari_conf.audio.wav import write_wav
from ari_conf.conference import AudioPlan, Coaching, Placement, RecordingState
from ari_conf.media.asterisk.engine import AsteriskEngine
from ari_conf.media.asterisk.link import AriAddress
from ari_conf.media.port import SOUND_RATE, CallArrived, EngineEvent, SoundFile
from ari_conf.phones.phone import Heard
from ari_conf.phones.sip import SipPhone
from ari_conf.private_asterisk import PrivateAsterisk

DEADLINE = 10.0
WINDOW = 0.4
"""Seconds of one look at what is heard."""

QUIET = 0.004
"""The level that nothing but rounding and codec noise reaches."""

TONES = {"ann": 400.0, "bob": 550.0, "cid": 700.0, "dee": 850.0}
SOUND = 1450.0
OTHER_SOUND = 1600.0
HEARD = {**TONES, "sound": SOUND, "other": OTHER_SOUND, "beep": BEEP}

T = TypeVar("T")

Placements = Mapping[str, Placement]
"""By the names of phones."""


@dataclass(slots=True, eq=False)
class Scene:
    """``call(name)`` makes a caller whose tone is in TONES; ``place`` gives the engine a plan for the one room."""

    engine: AsteriskEngine
    asterisk: PrivateAsterisk
    sounds: Path
    recordings: Path
    conference_sid: str
    phones: dict[str, SipPhone] = field(default_factory=dict)
    sids: dict[str, str] = field(default_factory=dict)
    events: list[EngineEvent] = field(default_factory=list)

    async def call(self, *names: str) -> None:
        """Let phones call, one after the other; they are answered."""
        for name in names:
            server = (self.asterisk.sip_host, self.asterisk.sip_port)
            phone = self.phones[name] = SipPhone(name, TONES[name], server=server)
            dialling = asyncio.create_task(phone.dial("room"))
            self.sids[name] = await self._answer(name)
            await dialling

    async def _answer(self, name: str) -> str:
        arrived = await self.event(CallArrived, lambda event: event.from_ == name)
        await self.engine.answer(arrived.call_sid)
        return arrived.call_sid

    def plan(
        self, placements: Placements, recording: RecordingState = RecordingState.OFF, *, detect_talking: bool = False
    ) -> AudioPlan:
        placed = {self.sids[name]: placement for name, placement in placements.items()}
        return AudioPlan(self.conference_sid, placed, recording, detect_talking)

    async def place(
        self, placements: Placements, recording: RecordingState = RecordingState.OFF, *, detect_talking: bool = False
    ) -> None:
        """Have a plan carried out."""
        plan = self.plan(placements, recording, detect_talking=detect_talking)
        await within_deadline(self.engine.apply(plan))

    def coach(self, name: str, *, muted: bool = False) -> Coaching:
        return Coaching(self.sids[name], muted=muted)

    async def event(self, kind: type[T], wanted: Callable[[T], bool] = lambda _event: True) -> T:
        """Wait for an event that has not been taken yet, and take it."""
        async with asyncio.timeout(DEADLINE):
            while True:
                for event in self.events:
                    if isinstance(event, kind) and wanted(event):
                        self.events.remove(event)
                        return event
                self.events.append(await self.engine.events.get())

    def sound(self, frequency: float = SOUND, seconds: float = 30.0) -> SoundFile:
        """Make a sound of one tone, named after its content as all are."""
        samples = tone(frequency, seconds)
        path = self.sounds / f"{hashlib.sha256(samples.tobytes()).hexdigest()}.wav"
        write_wav(path, samples, SOUND_RATE)
        return SoundFile(path, seconds)

    async def hear(self, seconds: float = WINDOW) -> dict[str, Heard]:
        """Return what each phone hears in the next ``seconds``."""
        heard = await asyncio.gather(*(phone.hear(seconds) for phone in self.phones.values()))
        return dict(zip(self.phones, heard, strict=True))

    def heard_so_far(self, name: str) -> set[str]:
        """Return who has been heard by a phone at any time, also for a moment."""
        heard = self.phones[name].recording()
        step = heard.rate // 10
        looks = [
            Heard(heard.samples[start : start + 2 * step], heard.rate) for start in range(0, len(heard.samples) - step, step)
        ]
        return set().union(*(voices(look) for look in looks))

    async def until_heard(self, wanted: Callable[[dict[str, Heard]], bool]) -> None:
        """Listen until what is heard is ``wanted``; fail, telling what was heard, after the deadline."""
        gives_up = time.monotonic() + DEADLINE
        while not wanted(heard := await self.hear()):
            told = {name: (round(ear.level, 3), sorted(voices(ear))) for name, ear in heard.items()}
            assert time.monotonic() < gives_up, f"this was not to be heard within {DEADLINE} s; lastly: {told}"

    async def hears(self, expected: Mapping[str, set[str]]) -> None:
        """Assert who hears whom (and which sound), once things have settled, and that it stays so for another look."""
        await self.until_heard(lambda heard: {name: voices(ear) for name, ear in heard.items()} == expected)
        assert {name: voices(ear) for name, ear in (await self.hear()).items()} == expected

    async def hang_up(self, *names: str) -> None:
        await asyncio.gather(*(self.phones.pop(name).hang_up() for name in names))

    async def until_snoops(self, count: int) -> None:
        """Wait until Asterisk has so many snoop channels."""
        gives_up = time.monotonic() + DEADLINE
        while len(left := [one["name"] for one in await self.ari("channels") if one["name"].startswith("Snoop/")]) != count:
            assert time.monotonic() < gives_up, f"snoops in Asterisk: {left}"
            await asyncio.sleep(0.02)

    async def ari(self, path: str, method: str = "GET") -> Any:
        """Ask Asterisk's API itself."""
        return await _ari(self.asterisk, path, method)


def voices(heard: Heard) -> set[str]:
    return {name for name, frequency in HEARD.items() if heard.hears(frequency)}


def in_samples(samples: Samples, rate: int = SOUND_RATE) -> set[str]:
    """Return who is in a recording."""
    return voices(Heard(samples, rate))


async def within_deadline(work: Awaitable[T]) -> T:
    async with asyncio.timeout(DEADLINE):
        return await work


async def until(condition: Callable[[], bool]) -> None:
    """Wait for something to become true."""
    gives_up = time.monotonic() + DEADLINE
    while not condition():
        assert time.monotonic() < gives_up, f"this did not happen within {DEADLINE} s"
        await asyncio.sleep(0.005)


async def _ari(asterisk: PrivateAsterisk, path: str, method: str = "GET") -> Any:
    credentials = base64.b64encode(f"{asterisk.ari_username}:{asterisk.ari_password}".encode()).decode()
    async with (
        aiohttp.ClientSession(headers={"Authorization": f"Basic {credentials}"}) as session,
        session.request(method, f"{asterisk.ari_url}/ari/{path}") as answer,
    ):
        assert answer.status < 300, await answer.text()
        return await answer.json() if method == "GET" else None


async def nothing_in(asterisk: PrivateAsterisk) -> None:
    """Wait until there is no channel, bridge or recording, running or stored; fail after the deadline."""
    gives_up = time.monotonic() + DEADLINE
    while left := await _left_in(asterisk):
        assert time.monotonic() < gives_up, f"left in Asterisk: {left}"
        await asyncio.sleep(0.02)


async def _left_in(asterisk: PrivateAsterisk) -> dict[str, Any]:
    kinds = ("channels", "bridges", "recordings/stored")
    found = {kind: await _ari(asterisk, kind) for kind in kinds}
    found["subscriptions"] = (await _ari(asterisk, "applications/ari_conf"))["bridge_ids"]
    return {kind: things for kind, things in found.items() if things}


@contextlib.asynccontextmanager
async def set_scene(
    asterisk: PrivateAsterisk,
    folder: Path,
    *,
    url: str = "",
    media_url: str = "",
    rest_over_websocket: bool | None = None,
) -> AsyncIterator[Scene]:
    """Run an engine on ``asterisk``, reached at ``url`` if that is another; nothing may be left there at the end."""
    address = AriAddress(url or asterisk.ari_url, asterisk.ari_username, asterisk.ari_password)
    sounds, recordings = folder / "sounds", folder / "recordings"
    engine = AsteriskEngine(
        address, sounds=sounds, recordings=recordings, media_url=media_url, rest_over_websocket=rest_over_websocket
    )
    await engine.start()
    scene = Scene(engine, asterisk, sounds, recordings, f"CF{hashlib.md5(str(folder).encode()).hexdigest()}")  # noqa: S324
    try:
        yield scene
        await scene.hang_up(*scene.phones)
        await scene.place({})
        await nothing_in(asterisk)
    finally:
        await asyncio.gather(*(phone.hang_up() for phone in scene.phones.values()))
        await scene.engine.stop()
