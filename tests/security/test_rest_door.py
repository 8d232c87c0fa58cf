"""Strangers at the REST port: connections, heads, bodies, and fields that are made to take long."""

import asyncio
import contextlib
import gzip
import importlib
import logging
import pkgutil
import time
from collections.abc import AsyncIterator, Iterator
from io import StringIO
from ipaddress import ip_address, ip_network

import pytest
from aiohttp import web
from multidict import MultiDict

import ari_conf.rest
from ari_conf.rest import application, listening, refusals
from ari_conf.rest.addresses import owner_of
from ari_conf.rest.errors import RestError
from ari_conf.rest.listening import Site
from ari_conf.rest.parameters import Parameters, read_parameters
from tests.rest.desk import Desk
from tests.stage import set_stage, within_deadline

from .wire import said_to

FORM = {"Content-Type": "application/x-www-form-urlencoded"}


@contextlib.asynccontextmanager
async def served(*shared: str) -> AsyncIterator[int]:
    """Yield the port of an application behind a ``Site``; it answers how many bytes it was sent."""

    async def count(request: web.Request) -> web.Response:
        return web.Response(text=str(len(await request.read())))

    app = web.Application()
    app.router.add_route("*", "/", count)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    try:
        await Site(runner, "127.0.0.1", 0, [ip_network(text) for text in shared]).start()
        yield runner.addresses[0][1]
    finally:
        await runner.cleanup()


@pytest.fixture
async def port() -> AsyncIterator[int]:
    async with served() as number:
        yield number


@pytest.fixture
async def desk() -> AsyncIterator[Desk]:
    async with set_stage(None) as stage:
        yield Desk(stage)


@pytest.mark.parametrize("begun", [b"", b"GET / HTTP/1.1\r\nHost: x\r\nX-Slow: "])
async def test_who_never_finishes_a_request_is_not_waited_for(monkeypatch: pytest.MonkeyPatch, begun: bytes) -> None:
    monkeypatch.setattr(listening, "IDLE_SECONDS", 0.2)
    async with served() as port:
        assert await said_to(port, begun) == b""


async def test_connections_beyond_the_limit_are_refused_and_places_come_back(
    monkeypatch: pytest.MonkeyPatch, port: int
) -> None:
    monkeypatch.setattr(listening, "MOST_CONNECTIONS", 5)
    held = [await asyncio.open_connection("127.0.0.1", port) for _ in range(5)]
    request = b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    held[0][1].write(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
    assert (await within_deadline(held[0][0].readline())).startswith(b"HTTP/1.1 200")
    assert await said_to(port, request) == b""
    for _, writer in held:
        writer.close()
    answers: list[bytes] = []

    async def ask() -> None:
        while not answers or not answers[-1]:
            answers.append(await said_to(port, request))

    await within_deadline(ask())
    assert answers[-1].startswith(b"HTTP/1.1 200")


@pytest.mark.parametrize(("shared", "places"), [([], 2), (["192.0.2.0/24"], 3)])
async def test_one_address_does_not_take_all_places_unless_it_is_a_trusted_proxy(
    monkeypatch: pytest.MonkeyPatch, shared: list[str], places: int
) -> None:
    monkeypatch.setattr(listening, "MOST_OF_ONE_ADDRESS", 2)
    monkeypatch.setattr(listening, "parse_address", lambda _address: ip_address("192.0.2.1"))
    async with served(*shared) as port:
        held = [await asyncio.open_connection("127.0.0.1", port) for _ in range(2)]
        answer = await said_to(port, b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        assert (len(held) + bool(answer)) == places
        for _, writer in held:
            writer.close()


def test_whose_an_address_is() -> None:
    assert owner_of("192.0.2.1") == owner_of("::ffff:192.0.2.1") == "192.0.2.1"
    assert owner_of("2001:db8::1") == owner_of("2001:db8::2%eth0") != owner_of("2001:db8:0:1::1")
    assert owner_of("::ffff:192.0.2.1") != owner_of("::ffff:192.0.2.2")


async def test_what_is_compressed_is_not_unpacked_on_the_way(port: int) -> None:
    bomb = gzip.compress(bytes(10_000_000))
    head = f"POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Encoding: gzip\r\nContent-Length: {len(bomb)}\r\n\r\n"
    assert (await said_to(port, head.encode() + bomb)).endswith(f"\r\n\r\n{len(bomb)}".encode())


@pytest.mark.parametrize(
    "request_",
    [
        b"GET /" + b"a" * 20_000 + b" HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\nX: " + b"a" * 100_000 + b"\r\n\r\n",
        b"GET / HTTP/1.1\r\n" + b"".join(b"X-%d: 1\r\n" % number for number in range(5000)) + b"\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nX: a\rb\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"\x1b[31m" * 100,
    ],
    ids=["line", "header", "headers", "newline", "two lengths", "TLS", "no HTTP"],
)
async def test_what_is_no_request_is_refused_without_a_traceback(port: int, request_: bytes) -> None:
    lines = StringIO()
    handler = logging.StreamHandler(lines)
    logging.getLogger("aiohttp.server").addHandler(handler)
    try:
        assert (await said_to(port, request_)).startswith(b"HTTP/1.0 400")
    finally:
        logging.getLogger("aiohttp.server").removeHandler(handler)
    assert lines.getvalue() == ""


async def test_a_form_that_does_not_come_is_given_up(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(application, "BODY_SECONDS", 0.1)

    async def drip() -> AsyncIterator[bytes]:
        yield b"To="
        await asyncio.Event().wait()

    status, _, body = await within_deadline(desk.raw("POST", "/Calls.json", data=drip(), headers=FORM))
    assert (status, body["code"]) == (408, 20001)


async def test_who_goes_away_in_the_middle_of_a_form_is_no_fault(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    faults: list[str] = []
    monkeypatch.setattr(refusals.log, "exception", lambda text, **_: faults.append(text), raising=False)
    refused = asyncio.Event()
    refuse = refusals.refuse

    def watched(*args: object, **kwargs: object) -> web.Response:
        refused.set()
        return refuse(*args, **kwargs)  # type: ignore[arg-type]

    monkeypatch.setattr(refusals, "refuse", watched)

    async def break_off() -> AsyncIterator[bytes]:
        yield b"To="
        raise RuntimeError("gone")

    with pytest.raises(Exception, match=r"gone|Connection|disconnect"):
        await desk.raw("POST", "/Calls.json", data=break_off(), headers=FORM)
    await within_deadline(refused.wait())
    assert faults == []


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br"])
async def test_a_compressed_form_is_refused(desk: Desk, encoding: str) -> None:
    headers = {**FORM, "Content-Encoding": encoding}
    status, _, body = await desk.raw("POST", "/Calls.json", data=gzip.compress(b"To=1"), headers=headers)
    assert (status, body["code"]) == (415, 20001)


@pytest.mark.parametrize("form", ["a=" * 40_000, "To=1&" * 20_000, "&".join(f"a{number}=" for number in range(20_000))])
async def test_a_large_form_is_refused(desk: Desk, form: str) -> None:
    assert (await desk.raw("POST", "/Calls.json", data=form, headers=FORM))[0] == 413


async def test_strangers_are_refused_before_their_form_is_read(desk: Desk) -> None:
    async def endless() -> AsyncIterator[bytes]:
        yield b"To="
        await asyncio.Event().wait()

    assert (await within_deadline(desk.raw("POST", "/Calls.json", login=None, data=endless(), headers=FORM)))[0] == 401


@pytest.mark.parametrize(
    "header",
    [b"Basic \xff\xfe", b"Basic " + b"A" * 8000, b"Basic AAAA", b"Basic Og==", b"Basic gICA", b"Bearer x", b"\x80"],
)
async def test_no_authorization_is_too_strange(desk: Desk, header: bytes) -> None:
    request = b"GET /2010-04-01/Accounts/AC.json HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: " + header
    assert (await said_to(desk.stage.controller.port, request + b"\r\n\r\n")).startswith(b"HTTP/1.1 401")


def all_parameters(model: type[Parameters] = Parameters) -> Iterator[type[Parameters]]:
    for module in pkgutil.iter_modules(ari_conf.rest.__path__):
        importlib.import_module(f"ari_conf.rest.{module.name}")
    for below in model.__subclasses__():
        yield below
        yield from all_parameters(below)


LENGTH = 60_000
TEDIOUS = [
    "x" + " " * LENGTH + "x",
    "x" + "(" * LENGTH + "x",
    "-" * LENGTH,
    "1" * LENGTH,
    "1 " * (LENGTH // 2) + "x",
    "a." * (LENGTH // 2),
    "@" * LENGTH,
    "sip:" + "@" * LENGTH,
    "client:" + "%" * LENGTH,
    "http://" + "@" * LENGTH,
    "http://" + "[" * LENGTH,
    "2026-01-01T" + "0" * LENGTH,
]


@pytest.mark.parametrize("model", sorted(set(all_parameters()), key=str))
def test_no_field_takes_long(model: type[Parameters]) -> None:
    # What is quadratic takes some forty seconds for one of these.
    began = time.process_time()
    for field in model.model_fields.values():
        for value in TEDIOUS:
            with contextlib.suppress(RestError):
                read_parameters(model, MultiDict([(str(field.alias), value)]))
    assert time.process_time() - began < 10


async def test_a_flood_of_guesses_is_slowed(desk: Desk) -> None:
    answers = [(await desk.raw("GET", ".json", login=("AC" + "0" * 32, f"guess {number}")))[0] for number in range(30)]
    assert set(answers) == {401, 429}
    status, headers, _ = await desk.raw("GET", ".json", login=("AC" + "0" * 32, "guess"))
    assert status == 429
    assert int(headers["Retry-After"]) >= 1
