"""A running controller with an application and phones, on either engine, and what may be left behind when all have hung up."""

import asyncio
import base64
import contextlib
import gc
import os
import shutil
import time
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

import aiohttp
from aiohttp import web_app
from pydantic import SecretStr

from ari_conf.accounts import Account
from ari_conf.app import Controller
from ari_conf.clock import Clock, RealClock, VirtualClock
from ari_conf.media.asterisk.dial_strings import DialStrings
from ari_conf.media.asterisk.engine import AsteriskEngine
from ari_conf.media.asterisk.link import AriAddress
from ari_conf.media.local import LocalEngine
from ari_conf.media.port import MediaEngine
from ari_conf.phones.bank import shared_bank
from ari_conf.phones.phone import CallablePhone, Heard, Phone
from ari_conf.phones.sip import SipPhone
from ari_conf.phones.virtual import VirtualPhone
from ari_conf.private_asterisk import PrivateAsterisk
from ari_conf.settings import (
    ConferencesSettings,
    DatabaseSettings,
    NumberSettings,
    ServerSettings,
    Settings,
    StorageSettings,
    WebhookSettings,
)
from ari_conf.store import Store
from ari_conf.tracing import TracingOf
from ari_conf.webhooks import HttpPolicy, WebhookClient

from .app_server import AUTH_TOKEN, AppRequest, AppServer

T = TypeVar("T")

REAL_CLOCK = RealClock()
ACCOUNT = Account("AC" + "0" * 32, AUTH_TOKEN)
DEADLINE = 10.0
WINDOW = 0.4
"""Seconds of one look at what is heard."""

IMPATIENT = HttpPolicy(connect_timeout=1.0, read_timeout=1.0, total_timeout=1.5)

TONES = {"ann": 400.0, "bob": 550.0, "cid": 700.0, "dee": 850.0, "eve": 1000.0}
NUMBERS = {name: f"+1555010{tone:04.0f}" for name, tone in TONES.items()}
"""What each phone calls from, and is called by."""


@dataclass(slots=True, eq=False)
class Stage:
    """``phone(name)`` makes a caller whose tone is in TONES; ``answer(twiml)`` is what the application says to any call."""

    app: AppServer
    controller: Controller
    clock: Clock
    make_phone: Callable[[str, float], CallablePhone]
    asterisk: PrivateAsterisk | None
    make_controller: Callable[[], Controller]
    phones: dict[str, CallablePhone] = field(default_factory=dict)
    guests: list[Phone] = field(default_factory=list)
    """Phones that a test has brought along; they are hung up at the end like the others."""
    stopped: bool = False

    def phone(self, name: str) -> CallablePhone:
        phone = self.make_phone(name, TONES[name])
        self.phones[name] = phone
        return phone

    def answer(self, twiml: str, path: str = "/voice") -> None:
        self.app.voice[path] = twiml

    async def room(self, *names: str, twiml: str | None = None) -> list[CallablePhone]:
        """Let phones of these names call one after the other."""
        if twiml is not None:
            self.answer(twiml)
        phones = [self.phone(name) for name in names]
        for phone in phones:
            await phone.dial("room")
        return phones

    async def until(self, condition: Callable[[], bool]) -> None:
        """Wait for something to become true, letting time pass on the stage's clock; fail after the deadline."""
        await until(condition, self.clock, self.leftovers)

    async def request(self, wanted: Callable[[Mapping[str, str]], bool]) -> AppRequest:
        """Wait for a request to the application whose parameters are ``wanted``."""
        await self.until(lambda: any(wanted(request.params) for request in self.app.requests))
        return next(request for request in self.app.requests if wanted(request.params))

    async def callbacks(self, count: int, path: str = "/events") -> list[Mapping[str, str]]:
        """Wait for ``count`` callbacks, and return the parameters of all that have come."""
        await self.until(lambda: len(self.app.params(path)) >= count)
        return self.app.params(path)

    async def stop(self) -> None:
        """Stop the controller, whatever its calls are doing."""
        self.stopped = True
        await within_deadline(self.controller.__aexit__(None, None, None))

    async def restart(self) -> None:
        """Start another controller in the place of one that was stopped, with the same settings and the same database."""
        assert self.stopped
        self.controller = self.make_controller()
        self.stopped = False
        await self.controller.__aenter__()

    async def hang_up_all(self) -> None:
        await asyncio.gather(*(phone.hang_up() for phone in [*self.phones.values(), *self.guests]))

    async def nothing_is_left(self) -> None:
        """Wait until no call, room, channel, bridge or task is there any more; fail if that does not happen."""
        if not self.stopped:  # a stopped one does not hear of it
            late = asyncio.create_task(self._hang_up_again_and_again())
            try:
                await self.until(lambda: not self.controller.switchboard.calls and not self.controller.rooms.conferences)
            finally:
                late.cancel()
                await asyncio.wait({late})
        await self.until(lambda: not self._tasks())
        if self.asterisk is not None:
            if self.stopped:  # the next start clears away what a stopped one has left
                await clear_away(self.asterisk)
            else:
                await nothing_in(self.asterisk)

    async def _hang_up_again_and_again(self) -> None:
        """Hang up phones that were being called when the test ended, and begin to ring only now."""
        while True:
            await asyncio.sleep(0.2)
            await self.hang_up_all()

    def leftovers(self) -> str:
        rooms = [conference.friendly_name for conference in self.controller.rooms.conferences]
        return f"calls {self.controller.switchboard.calls}, rooms {rooms}, tasks {self._tasks()}"

    def _tasks(self) -> list[str]:
        ours = ("call ", "room ", "callbacks to ")
        return [task.get_name() for task in asyncio.all_tasks() if task.get_name().startswith(ours)]


@contextlib.asynccontextmanager
async def leaves_no_task() -> AsyncIterator[None]:
    """Fail if a task is still there at the end that was not there at the beginning, or if one ended with nobody looking."""
    before = asyncio.all_tasks()
    faults: list[str] = []
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda _loop, context: faults.append(str(context)))
    try:
        yield
        gives_up = time.monotonic() + DEADLINE
        while left := asyncio.all_tasks() - before - {asyncio.current_task()}:
            assert time.monotonic() < gives_up, f"tasks are left: {left}"
            await asyncio.sleep(0.005)
        # aiohttp remembers a thousand handlers, and with each all of its controller, which every collection would look through.
        web_app._cached_build_middleware.cache_clear()
        gc.collect()
        await asyncio.sleep(0)
        assert not faults, faults
    finally:
        loop.set_exception_handler(None)


async def until(condition: Callable[[], bool], clock: Clock = REAL_CLOCK, describe: Callable[[], str] = str) -> None:
    """Wait for something to become true, letting time pass on ``clock``; fail after the deadline."""
    gives_up = time.monotonic() + DEADLINE
    while not condition():
        assert time.monotonic() < gives_up, f"this did not happen within {DEADLINE} s {describe()}"
        await clock.let_pass(0.02)
        await asyncio.sleep(0.002)  # real time for what is on no virtual clock: HTTP, SIP


async def nothing_in(asterisk: PrivateAsterisk) -> None:
    """Wait until there is no channel and no bridge; fail after the deadline."""
    gives_up = time.monotonic() + DEADLINE
    while left := await _in(asterisk):
        assert time.monotonic() < gives_up, f"left in Asterisk: {left}"
        await REAL_CLOCK.let_pass(0.02)


def _ari(asterisk: PrivateAsterisk) -> aiohttp.ClientSession:
    credentials = base64.b64encode(f"{asterisk.ari_username}:{asterisk.ari_password}".encode()).decode()
    return aiohttp.ClientSession(headers={"Authorization": f"Basic {credentials}"})


async def _in(asterisk: PrivateAsterisk) -> list[str]:
    """Return the ids of all channels and bridges."""
    async with _ari(asterisk) as session:
        left = []
        for kind in ("channels", "bridges"):
            async with session.get(f"{asterisk.ari_url}/ari/{kind}") as answer:
                left += [f"{kind[:-1]} {thing['id']}" for thing in await answer.json()]
        return left


def asterisk_engine(address: AriAddress, *, rest_over_websocket: bool | None = None) -> AsteriskEngine:
    """Return an engine that keeps its files where the tests' controllers keep theirs, and calls the phones of this process."""
    storage = StorageSettings()
    host, port = shared_bank().address
    return AsteriskEngine(
        address,
        sounds=storage.sounds,
        recordings=storage.raw_recordings,
        dial_strings=DialStrings(
            number=f"PJSIP/outgoing/sip:{{number}}@{host}:{port}", client=f"PJSIP/outgoing/sip:{{name}}@{host}:{port}"
        ),
        rest_over_websocket=rest_over_websocket,
    )


def address_of(asterisk: PrivateAsterisk) -> AriAddress:
    return AriAddress(asterisk.ari_url, asterisk.ari_username, asterisk.ari_password)


async def clear_away(asterisk: PrivateAsterisk) -> None:
    """Start an engine, which removes what earlier ones have left, and stop it; remove the recordings, which are left to us."""
    engine = asterisk_engine(address_of(asterisk))
    await engine.start()
    await engine.stop()
    await nothing_in(asterisk)
    async with _ari(asterisk) as session:
        async with session.get(f"{asterisk.ari_url}/ari/recordings/stored") as answer:
            names = [recording["name"] for recording in await answer.json()]
        for name in names:
            async with session.delete(f"{asterisk.ari_url}/ari/recordings/stored/{name}") as answer:
                assert answer.status == 204


def _tables() -> Path:
    """Return an SQLite database with tables and nothing in them, made once: making them takes longer than most tests."""
    path = StorageSettings().folder.expanduser() / f"tables-{os.getpid()}.db"
    if not path.exists():

        async def make() -> None:
            store = Store(f"sqlite:///{path}")
            await store.open()
            await store.close()

        with ThreadPoolExecutor(1) as aside:
            aside.submit(asyncio.run, make()).result()
    return path


def settings_for(app: AppServer, *numbers: NumberSettings) -> Settings:
    # A database of its own: what one test still owes must not be delivered in another.
    database = StorageSettings().folder.expanduser() / f"{uuid.uuid4()}.db"
    shutil.copy(_tables(), database)
    return Settings(
        server=ServerSettings(port=0),
        database=DatabaseSettings(url=SecretStr(f"sqlite:///{database}")),
        numbers=numbers or (NumberSettings(voice_url=app.url("/voice"), account=None),),
    )


@contextlib.asynccontextmanager
async def set_stage(
    asterisk: PrivateAsterisk | None,
    *numbers: NumberSettings,
    policy: HttpPolicy | None = None,
    webhooks: WebhookSettings | None = None,
    sections: Mapping[str, object] | None = None,
    conferences: ConferencesSettings | None = None,
    tracing: TracingOf | None = None,
    begin: float | None = None,
) -> AsyncIterator[Stage]:
    """Run a controller: on the Asterisk if one is given, else on the local engine and a virtual clock.

    ``sections`` of the settings by name take the place of those that all stages have; ``begin`` is what the virtual clock shows
    first, in seconds since 1970.
    """
    async with leaves_no_task(), AppServer() as app:
        clock: Clock
        if asterisk is None:
            clock = VirtualClock() if begin is None else VirtualClock(start=begin)
            local = LocalEngine(clock, recordings=StorageSettings().raw_recordings)

            def make_engine() -> MediaEngine:
                return local

            def make_phone(name: str, tone: float) -> CallablePhone:
                return VirtualPhone(local, name, tone, number=NUMBERS.get(name, name))
        else:
            clock = REAL_CLOCK
            server = (asterisk.sip_host, asterisk.sip_port)

            def make_engine() -> MediaEngine:
                return asterisk_engine(address_of(asterisk))

            def make_phone(name: str, tone: float) -> CallablePhone:
                return SipPhone(name, tone, server=server, number=NUMBERS.get(name, name))

        settings = settings_for(app, *numbers)
        if webhooks is not None:
            settings = settings.model_copy(update={"webhooks": webhooks})
        settings = settings.model_copy(update=sections or {})
        if conferences is not None:
            settings = settings.model_copy(update={"conferences": conferences})

        def make_controller() -> Controller:
            client = WebhookClient(policy) if policy else None
            return Controller(settings, (ACCOUNT,), make_engine(), clock=clock, webhooks=client, tracing=tracing)

        stage = Stage(app, make_controller(), clock, make_phone, asterisk, make_controller)
        await stage.controller.__aenter__()
        try:
            try:
                yield stage
            finally:
                # Also of a test that has failed: what it leaves would fail the next ones.
                await stage.hang_up_all()
            await stage.nothing_is_left()
        finally:
            await stage.controller.__aexit__(None, None, None)
        assert app.bad_signatures == []


Matrix = Mapping[str, set[str]]
"""Who is heard by whom: the names of the voices, by listener."""


async def listen(phones: Sequence[Phone], seconds: float = WINDOW) -> dict[str, Heard]:
    """Return what each phone hears in the next ``seconds``."""
    heard = await asyncio.gather(*(phone.hear(seconds) for phone in phones))
    return dict(zip((phone.name for phone in phones), heard, strict=True))


def voices(heard: Heard) -> set[str]:
    return {name for name, tone in TONES.items() if heard.hears(tone)}


async def who_hears_whom(phones: Sequence[Phone], expected: Matrix) -> None:
    """Assert who is heard by whom, once things have settled, and that it stays so for another look."""
    await until_heard(phones, lambda heard: {name: voices(ear) for name, ear in heard.items()} == expected)
    heard = await listen(phones)
    assert {name: voices(ear) for name, ear in heard.items()} == expected


async def until_heard(phones: Sequence[Phone], wanted: Callable[[dict[str, Heard]], bool]) -> dict[str, Heard]:
    """Listen until what is heard is ``wanted``; fail, telling what was heard, after the deadline."""
    gives_up = time.monotonic() + DEADLINE
    while time.monotonic() < gives_up:
        heard = await listen(phones)
        if wanted(heard):
            return heard
        await asyncio.sleep(0.02)  # real time for what is on no virtual clock: HTTP, decoding, speech
    told = {name: (round(ear.level, 4), sorted(voices(ear))) for name, ear in heard.items()}
    raise AssertionError(f"this was not to be heard within {DEADLINE} s; lastly: {told}")


async def within_deadline(work: Awaitable[T]) -> T:
    """Await something that has to happen."""
    async with asyncio.timeout(DEADLINE):
        return await work
