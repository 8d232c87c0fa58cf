"""The promise of the outbox: an application that was down gets every event, in order, though ari-conf was killed meanwhile."""

import json
import re
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from aiohttp import web
from twilio.request_validator import RequestValidator

from ari_conf.phones.sip import SipPhone
from ari_conf.private_asterisk import PrivateAsterisk
from tests.app_server import AUTH_TOKEN, ClosedPort
from tests.serving import AriConf, killed, until
from tests.stage import REAL_CLOCK, TONES, nothing_in, who_hears_whom

DOWN_SECONDS = 4.0
"""How long the application is down, at least."""

EVENTS = [
    ("participant-join", "ann"),
    ("participant-join", "bob"),
    ("conference-start", ""),
    ("participant-join", "cid"),
    ("participant-leave", "cid"),
]
"""What happens before it is killed."""

LATER = {("participant-leave", "ann"), ("participant-leave", "bob"), ("conference-end", "")}
"""What the next life is told of the time in between."""


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


@pytest.fixture
def application() -> Application:
    with ClosedPort() as free:
        return Application(f"{free}/events")


@pytest.fixture
async def ari_conf(tmp_path: Path, asterisk: PrivateAsterisk, application: Application) -> AsyncIterator[AriConf]:
    numbers = f"""[[numbers]]
twiml = '''<Response><Dial><Conference participantLabel="{{{{To}}}}" statusCallback="{application.url}"
    statusCallbackEvent="start end join leave">board</Conference></Dial></Response>'''"""
    async with AriConf(tmp_path, asterisk, numbers) as running:
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

    await killed(serve)
    await ann.hang_up()
    await bob.hang_up()
    (_, attempts), *_ = owed = ari_conf.owed()
    assert [token for token, _ in owed] == tokens

    serve = await ari_conf.serve()
    await nothing_in(asterisk)
    await until(lambda: len(ari_conf.owed()) == len(EVENTS) + len(LATER))
    await until(lambda: ari_conf.owed()[0][1] > attempts)  # and the application is still down
    assert [token for token, _ in ari_conf.owed()][: len(EVENTS)] == tokens
    tokens = [token for token, _ in ari_conf.owed()]
    await REAL_CLOCK.sleep_until(down_since + DOWN_SECONDS)
    async with application.up():
        await until(lambda: not ari_conf.owed())
        serve.send_signal(signal.SIGTERM)
        assert await serve.wait() == 0

    refused, *told = application.got
    assert refused == told[0], "what comes again has the same token"
    events = [(delivery.event, delivery.label) for delivery in told]
    assert (events[: len(EVENTS)], set(events[len(EVENTS) :])) == (EVENTS, LATER)
    assert [delivery.sequence_number for delivery in told] == list(range(1, len(EVENTS) + len(LATER) + 1))
    assert [delivery.token for delivery in told] == tokens
    assert application.badly_signed == 0
    listed = (await ari_conf.command("webhooks", "list", "--json", "--state", "delivered")).splitlines()
    assert {json.loads(line)["token"] for line in listed} == set(tokens)
