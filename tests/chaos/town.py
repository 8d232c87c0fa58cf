"""A town of rooms: an application, phones, and an ``ari-conf`` between which and everything else one can step."""

import asyncio
import random
from asyncio.subprocess import Process
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import aiohttp
from aiohttp import web

from ari_conf.phones.phone import tone_of
from ari_conf.phones.sip import SipPhone
from ari_conf.private_asterisk import PrivateAsterisk
from tests.app_server import AppRequest, AppServer
from tests.board import BOARD, Board
from tests.media.asterisk.proxy import Proxy
from tests.serving import AriConf
from tests.stage import ACCOUNT, REAL_CLOCK, nothing_in

from .oracle import EVENTS, Books, Visit

PATIENCE: Final = 60.0
"""Seconds after which something that has to happen has not happened."""

LOUDNESS: Final = 0.1
"""Amplitude of each phone; three of them do not clip."""

LOSS: Final = 0.005
"""The share of each phone's packets that the network loses."""

_EVENTS = " ".join(sorted(EVENTS))


@dataclass(slots=True, eq=False)
class Town:
    """Everything that a fault may step on. ``lost_calls`` are those that ended, or were refused, without anybody's wish.

    ``joined`` has the Conference SIDs of visits whose join was told, by label.
    """

    rng: random.Random
    asterisk: PrivateAsterisk
    app: AppServer
    ari: Proxy
    callbacks: Proxy
    ari_conf: AriConf
    board: Board
    http: aiohttp.ClientSession
    books: Books = field(default_factory=Books)
    visits: list[Visit] = field(default_factory=list)
    lost_calls: list[str] = field(default_factory=list)
    joined: dict[str, str] = field(default_factory=dict)
    process: Process | None = None
    callbacks_answered: asyncio.Event = field(default_factory=asyncio.Event)
    _labels: dict[str, Visit] = field(default_factory=dict)
    _phones: int = 0

    def __post_init__(self) -> None:
        self.callbacks_answered.set()
        self.app.voice["/voice"] = self._voice
        self.app.voice["/events"] = self._event

    def phone(self, name: str) -> SipPhone:
        """Return a phone with a tone that few others have."""
        server = (self.asterisk.sip_host, self.asterisk.sip_port)
        tone = tone_of(self._phones % 64)
        self._phones += 1
        return SipPhone(name, tone, server=server, number=name, amplitude=LOUDNESS, loss=LOSS)

    def visit(self, phone: SipPhone, room: str) -> Visit:
        """Begin a visit, before its phone dials."""
        visit = Visit(room, f"{phone.name}-{len(self.visits)}")
        self.visits.append(visit)
        self._labels[phone.number] = visit
        return visit

    async def begin_life(self) -> None:
        """Start the controller, and return when it takes calls."""
        self.process = await self.ari_conf.serve()

    async def rest(self, method: str, path: str, **form: str) -> Any:
        """Ask as an application does that asks again for as long as nobody answers; None if there is no such thing."""
        async with asyncio.timeout(PATIENCE):
            while True:
                try:
                    async with self.http.request(method, f"{self.ari_conf.url}{path}", data=form or None) as answer:
                        if answer.status < 500:
                            assert answer.status in {200, 204, 404}, await answer.text()
                            return await answer.json() if answer.status == 200 else None
                except (aiohttp.ClientError, TimeoutError):
                    pass
                await REAL_CLOCK.let_pass(0.05)

    async def ready(self) -> dict[str, Any]:
        """Wait until ``/readyz`` says that all is well, and return it."""
        async with asyncio.timeout(PATIENCE):
            while True:
                try:
                    async with self.http.get(f"{self.ari_conf.url}/readyz") as answer:
                        told: dict[str, Any] = await answer.json()
                        if answer.status == 200 and told["database"] == "ok":
                            return told
                except (aiohttp.ClientError, TimeoutError):
                    pass
                await REAL_CLOCK.let_pass(0.02)

    async def until_not_ready(self) -> None:
        """Wait until ``/readyz`` says that something is amiss."""
        async with asyncio.timeout(PATIENCE):
            while True:
                async with self.http.get(f"{self.ari_conf.url}/readyz") as answer:
                    if answer.status == 503:
                        return
                await REAL_CLOCK.let_pass(0.02)

    async def recovered(self) -> None:
        """Wait until it is ready, and what was owed when the fault was over is delivered."""
        await self.ready()
        owed = {token for token, _ in self.ari_conf.owed()}
        async with asyncio.timeout(PATIENCE):
            while owed & {token for token, _ in self.ari_conf.owed()}:
                await REAL_CLOCK.let_pass(0.02)

    async def delivered(self) -> None:
        """Wait until nothing is owed."""
        async with asyncio.timeout(PATIENCE):
            while (await self.ready())["callbacks_owed"]:
                await REAL_CLOCK.let_pass(0.05)

    async def empty(self) -> None:
        """Wait until all calls and conferences are over, and nothing of them is left in Asterisk."""
        async with asyncio.timeout(PATIENCE):
            while (told := await self.ready())["calls"] or told["conferences"] or told["callbacks_owed"]:
                await REAL_CLOCK.let_pass(0.05)
        await nothing_in(self.asterisk)

    def _voice(self, request: AppRequest) -> str:
        label = self._labels[request.params["From"]].label
        return (
            f"<Response><Dial><Conference beep='false' participantLabel='{label}' "
            f"statusCallback='{self.callbacks.url}/events' statusCallbackEvent='{_EVENTS}'>{request.params['To']}"
            "</Conference></Dial></Response>"
        )

    async def _event(self, request: AppRequest) -> web.StreamResponse:
        self.books.take(request.headers["I-Twilio-Idempotency-Token"], request.params)
        if request.params["StatusCallbackEvent"] == "participant-join":
            self.joined[request.params["ParticipantLabel"]] = request.params["ConferenceSid"]
        await self.callbacks_answered.wait()
        return web.Response(status=204)


@asynccontextmanager
async def town(asterisk: PrivateAsterisk, folder: Path, seed: str) -> AsyncIterator[Town]:
    """Run a town that takes calls."""
    async with AsyncExitStack() as stack:
        app = await stack.enter_async_context(AppServer())
        ari = await stack.enter_async_context(Proxy(asterisk.ari_url))
        callbacks = await stack.enter_async_context(Proxy(app.url("")))
        await asyncio.to_thread(folder.mkdir, parents=True, exist_ok=True)
        board = Board(folder / BOARD)
        numbers = f'[[numbers]]\nvoice_url = "{app.url("/voice")}"\n'
        running = AriConf(folder, asterisk, numbers, ari_url=ari.url, program="tests.chaos.controlled")
        await stack.enter_async_context(running)
        headers = {"Authorization": aiohttp.encode_basic_auth(ACCOUNT.sid, ACCOUNT.auth_token)}
        http = await stack.enter_async_context(aiohttp.ClientSession(headers=headers, timeout=aiohttp.ClientTimeout(total=10)))
        rng = random.Random(seed)  # noqa: S311 - to be repeated, not to be secret
        made = Town(rng, asterisk, app, ari, callbacks, running, board, http)
        await made.begin_life()
        try:
            yield made
        finally:
            made.callbacks_answered.set()
    assert app.bad_signatures == []
