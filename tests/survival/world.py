"""An application, phones, and an ``ari-conf`` that is killed and started again."""

import asyncio
import json
from asyncio.subprocess import Process
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ParamSpec, TypeVar, cast

import aiohttp

import ari_conf
from ari_conf.phones.phone import Heard
from ari_conf.phones.sip import SipPhone
from ari_conf.private_asterisk import PrivateAsterisk
from tests import ears
from tests.app_server import AppRequest, AppServer
from tests.board import BOARD, Board
from tests.serving import DEADLINE, AriConf, killed, until
from tests.stage import ACCOUNT, NUMBERS
from tests.stage import TONES as TONES_OF_FIVE

P = ParamSpec("P")
R = TypeVar("R")

TONES = TONES_OF_FIVE | {"fay": 1150.0}

HOLD = "<Response><Pause length='60'/></Response>"

PRESENT = 0.1
"""Amplitude from which on somebody is heard; phones talk at 0.2."""

JITTER = 0.1
"""Seconds for which a phone that is late with its packets may be missing, also when nothing happens."""


@dataclass(slots=True, eq=False)
class World:
    """Who dials ``name`` is given the TwiML ``documents[name]``; phones dial their own name."""

    app: AppServer
    ari_conf: AriConf
    asterisk: PrivateAsterisk
    documents: dict[str, str] = field(default_factory=dict)
    phones: dict[str, SipPhone] = field(default_factory=dict)
    process: Process | None = None

    def __post_init__(self) -> None:
        self.app.voice["/voice"] = lambda request: self.documents[request.params["To"]]

    async def live(self) -> None:
        """Begin a life."""
        self.process = await self.ari_conf.serve()

    async def kill(self) -> None:
        """End a life."""
        assert self.process is not None
        await killed(self.process)

    async def ready(self) -> Mapping[str, Any]:
        """Return what ``/readyz`` says."""
        async with aiohttp.ClientSession() as session, session.get(f"{self.ari_conf.url}/readyz") as answer:
            return cast("Mapping[str, Any]", await answer.json())

    def alarms(self, *levels: str) -> list[str]:
        """Return what all lives together have told as warnings and errors, or on these levels."""
        lines = [json.loads(line) for line in self.ari_conf.log.splitlines() if line.startswith("{")]
        return [line["event"] for line in lines if line["level"] in (levels or ("warning", "error"))]

    async def told(self, text: str) -> None:
        """Wait until the log has a line with ``text`` in it."""
        await until(lambda: text in self.ari_conf.log)

    def set_clock(self, ahead: float) -> None:
        """Set the machine's clock for an ``impatient`` one, to so many seconds ahead of what it is."""
        Board(self.ari_conf.folder / BOARD).clock_error = ahead

    def phone(self, name: str) -> SipPhone:
        server = (self.asterisk.sip_host, self.asterisk.sip_port)
        phone = self.phones[name] = SipPhone(name, TONES[name], server=server, number=NUMBERS.get(name, name))
        return phone

    async def call(self, name: str, twiml: str | None = None) -> SipPhone:
        """Let a phone call, and return when it is answered, by whomever."""
        if twiml is not None:
            self.documents[name] = twiml
        phone = self.phone(name)
        async with asyncio.timeout(DEADLINE):
            await phone.dial(name)
        return phone

    def sid(self, name: str) -> str:
        """Return the SID of the last call that a phone has made."""
        return next(params["CallSid"] for params in reversed(self.app.params("/voice")) if params["To"] == name)

    async def request(self, path: str, **wanted: str) -> AppRequest:
        """Wait for a request to ``path`` that has these parameters."""

        def found() -> AppRequest | None:
            return next((one for one in self.app.requests if one.path == path and wanted.items() <= one.params.items()), None)

        await until(lambda: found() is not None)
        request = found()
        assert request is not None
        return request

    @property
    def client(self) -> Any:
        """The SDK, in front of the present life."""
        return ari_conf.client(self.ari_conf.url, ACCOUNT.sid, ACCOUNT.auth_token)

    async def hang_up_all(self) -> None:
        await asyncio.gather(*(phone.hang_up() for phone in self.phones.values()))


async def ask(function: Callable[P, R], *arguments: P.args, **named: P.kwargs) -> R:
    """Let the SDK ask in a thread of its own, for it blocks."""
    async with asyncio.timeout(DEADLINE):
        return await asyncio.to_thread(function, *arguments, **named)


def voices(heard: Heard) -> set[str]:
    return {name for name, tone in TONES.items() if heard.hears(tone)}


async def listen(phones: Sequence[SipPhone], seconds: float = 0.4) -> dict[str, Heard]:
    heard = await asyncio.gather(*(phone.hear(seconds) for phone in phones))
    return {phone.name: ear for phone, ear in zip(phones, heard, strict=True)}


async def until_heard(phones: Sequence[SipPhone], wanted: Callable[[Mapping[str, Heard]], bool]) -> None:
    heard: dict[str, Heard] = {}
    try:
        async with asyncio.timeout(DEADLINE):
            while not wanted(heard := await listen(phones)):
                pass
    except TimeoutError:
        told = {name: (round(ear.level, 4), sorted(voices(ear))) for name, ear in heard.items()}
        raise AssertionError(f"this was not to be heard; lastly: {told}") from None


async def hear_each_other(phones: Sequence[SipPhone], expected: Mapping[str, set[str]] | None = None) -> None:
    """Wait until each of ``phones`` hears those that it is to hear (all the others, if nothing is said), and nobody else."""
    wanted = expected or {phone.name: {other.name for other in phones} - {phone.name} for phone in phones}
    await until_heard(phones, lambda heard: {name: voices(ear) for name, ear in heard.items()} == wanted)
    assert {name: voices(ear) for name, ear in (await listen(phones)).items()} == wanted


def longest_gap(heard: Heard, name: str) -> float:
    """Return for how many seconds somebody was not heard who was to be heard all the time."""
    return ears.longest_gap(heard, TONES[name], PRESENT)
