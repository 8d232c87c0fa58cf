"""The promise of the outbox: an application that was down gets every event, in order, though ari-conf was killed meanwhile."""

import asyncio
import json
import os
import re
import signal
import sqlite3
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager, closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

import pytest
from aiohttp import web
from twilio.request_validator import RequestValidator

from ari_conf.phones.sip import SipPhone
from ari_conf.private_asterisk import PrivateAsterisk
from tests.app_server import AUTH_TOKEN, ClosedPort
from tests.stage import ACCOUNT, REAL_CLOCK, TONES, nothing_in, who_hears_whom

DOWN_SECONDS = 4.0
"""How long the application is down, at least."""

DEADLINE = 30.0
PROJECT = Path(__file__).parents[1]

EVENTS = [
    ("participant-join", "ann"),
    ("participant-join", "bob"),
    ("conference-start", ""),
    ("participant-join", "cid"),
    ("participant-leave", "cid"),
]
"""What happens before it is killed."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """A callback as it arrived."""

    token: str
    sequence_number: int
    event: str
    label: str


@dataclass(slots=True, eq=False)
class Application:
    """Where callbacks go. While it is down nobody listens on its port, which stays the same."""

    url: str
    got: list[Delivery] = field(default_factory=list)
    refuses: int = 0
    """So many requests are answered 503 from now on."""
    badly_signed: int = 0

    @asynccontextmanager
    async def up(self) -> AsyncIterator[None]:
        app = web.Application()
        app.router.add_post("/events", self._take)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        port = re.search(r":(\d+)/", self.url)
        assert port
        await web.TCPSite(runner, "127.0.0.1", int(port[1])).start()
        try:
            yield
        finally:
            await runner.cleanup()

    async def _take(self, request: web.Request) -> web.Response:
        form = {name: str(value) for name, value in (await request.post()).items()}
        if not RequestValidator(AUTH_TOKEN).validate(self.url, form, request.headers["X-Twilio-Signature"]):
            self.badly_signed += 1
        token = request.headers["I-Twilio-Idempotency-Token"]
        label = form.get("ParticipantLabel", "")
        self.got.append(Delivery(token, int(form["SequenceNumber"]), form["StatusCallbackEvent"], label))
        if self.refuses:
            self.refuses -= 1
            return web.Response(status=503)
        return web.Response(status=204)


class AriConf:
    """``ari-conf`` with a settings file, a state and a database of its own. Its processes are killed at the end."""

    def __init__(self, folder: Path, asterisk: PrivateAsterisk, events: str) -> None:
        self._folder = folder
        self._stack = AsyncExitStack()
        self.database = folder / "state" / "ari-conf" / "ari-conf.db"
        (folder / "ari-conf.toml").write_text(f"""
server = {{ port = 0 }}
asterisk = {{ url = "{asterisk.ari_url}", username = "{asterisk.ari_username}", password = "{asterisk.ari_password}" }}
accounts = [{{ sid = "{ACCOUNT.sid}", auth_token = "{AUTH_TOKEN}" }}]

[[numbers]]
twiml = '''<Response><Dial><Conference participantLabel="{{{{To}}}}" statusCallback="{events}"
    statusCallbackEvent="start end join leave">board</Conference></Dial></Response>'''
""")

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stack.aclose()

    async def serve(self) -> Process:
        """Start it, and return when it takes calls."""
        process = await self._start("serve", "--config", "ari-conf.toml")
        assert process.stdout is not None
        async with asyncio.timeout(DEADLINE):
            printed = b""
            while b"takes calls" not in printed:
                line = await process.stdout.readline()
                assert line, printed.decode()
                printed += line
        return process

    async def command(self, *arguments: str) -> str:
        """Run a command, and return what it prints."""
        process = await self._start(*arguments)
        printed, _ = await process.communicate()
        assert process.returncode == 0, printed.decode()
        return printed.decode()

    def owed(self) -> list[tuple[str, int]]:
        """Return the tokens of what is owed, in order, with the attempts that were made."""
        if not self.database.exists():
            return []
        with closing(sqlite3.connect(f"file:{self.database}?mode=ro", uri=True)) as connection:
            rows = connection.execute("SELECT token, attempts FROM deliveries WHERE state = 'owed' ORDER BY position")
            return [(str(token), int(attempts)) for token, attempts in rows]

    async def _start(self, *arguments: str) -> Process:
        clean = {name: value for name, value in os.environ.items() if not name.upper().startswith("ARI_CONF_")}
        with (self._folder / "log").open("ab") as log:
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "ari_conf", *arguments),
                env=clean | {"XDG_STATE_HOME": str(self._folder / "state"), "PYTHONPATH": str(PROJECT)},
                cwd=self._folder,
                stdin=DEVNULL,
                stdout=PIPE,
                stderr=log,
            )
        self._stack.push_async_callback(_end, process)
        return process


async def _end(process: Process) -> None:
    if process.returncode is None:
        process.kill()
    await process.communicate()


async def until(happened: Callable[[], bool]) -> None:
    async with asyncio.timeout(DEADLINE):
        while not happened():
            await REAL_CLOCK.let_pass(0.02)


@pytest.fixture
def application() -> Application:
    with ClosedPort() as free:
        return Application(f"{free}/events")


@pytest.fixture
async def ari_conf(tmp_path: Path, asterisk: PrivateAsterisk, application: Application) -> AsyncIterator[AriConf]:
    async with AriConf(tmp_path, asterisk, application.url) as running:
        yield running


async def test_every_event_arrives_in_order_after_the_application_was_down_and_ari_conf_was_killed(
    ari_conf: AriConf, application: Application, asterisk: PrivateAsterisk
) -> None:
    server = (asterisk.sip_host, asterisk.sip_port)
    ann, bob, cid = (SipPhone(name, TONES[name], server=server) for name in ("ann", "bob", "cid"))
    serve = await ari_conf.serve()
    application.refuses = 1
    async with application.up():
        await ann.dial("ann")
        await until(lambda: bool(application.got))
    down_since = REAL_CLOCK.monotonic()
    for phone in (bob, cid):
        await phone.dial(phone.name)
    await who_hears_whom([ann], {"ann": {"bob", "cid"}})
    await cid.hang_up()
    await until(lambda: len(ari_conf.owed()) == len(EVENTS))
    tokens = [token for token, _ in ari_conf.owed()]

    serve.send_signal(signal.SIGKILL)
    await serve.wait()
    await ann.hang_up()
    await bob.hang_up()
    (_, attempts), *_ = owed = ari_conf.owed()
    assert [token for token, _ in owed] == tokens

    serve = await ari_conf.serve()
    await nothing_in(asterisk)
    await until(lambda: ari_conf.owed()[0][1] > attempts)  # and the application is still down
    await REAL_CLOCK.sleep_until(down_since + DOWN_SECONDS)
    async with application.up():
        await until(lambda: not ari_conf.owed())
        serve.send_signal(signal.SIGTERM)
        assert await serve.wait() == 0

    refused, *told = application.got
    assert refused == told[0], "what comes again has the same token"
    assert [(delivery.event, delivery.label) for delivery in told] == EVENTS
    assert [delivery.sequence_number for delivery in told] == list(range(1, len(EVENTS) + 1))
    assert [delivery.token for delivery in told] == tokens
    assert application.badly_signed == 0
    listed = (await ari_conf.command("webhooks", "list", "--json", "--state", "delivered")).splitlines()
    assert {json.loads(line)["token"] for line in listed} == set(tokens)
