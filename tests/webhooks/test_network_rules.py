import asyncio
import socket
from collections.abc import AsyncIterator

import pytest

from ari_conf.twilio_codes import Code
from ari_conf.webhooks import WebhookClient, WebhookError, WebhookRequest
from ari_conf.webhooks.network_rules import NetworkRules
from tests import app_server
from tests.app_server import AUTH_TOKEN, AppServer

NEVER = [
    "169.254.169.254",
    "169.254.0.1",
    "fe80::1",
    "fe80::1%eth0",
    "fd00:ec2::254",
    "100.100.100.200",
    "0.0.0.0",
    "0.1.2.3",
    "::",
    "224.0.0.1",
    "ff02::1",
    "240.0.0.1",
    "255.255.255.255",
    "::ffff:169.254.169.254",
    "::ffff:0.0.0.0",
    "64:ff9b::169.254.169.254",
    "64:ff9b:1::a9fe:a9fe",
    "2002:a9fe:a9fe::1",
    "::169.254.169.254",
    "2001:0:a9fe:a9fe::1",
    "2852039166",
    "0xa9fea9fe",
    "127.1",
    "017700000001",
    "",
]
PRIVATE = [
    "127.0.0.1",
    "127.8.9.10",
    "::1",
    "::ffff:127.0.0.1",
    "10.0.0.1",
    "172.31.255.255",
    "192.168.1.1",
    "100.64.0.1",
    "fc00::1",
    "fd12:3456::1",
    "::ffff:10.0.0.1",
    "64:ff9b::10.0.0.1",
    "2002:0a00:0001::1",
]
PUBLIC = ["8.8.8.8", "172.32.0.1", "100.128.0.1", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::8.8.8.8", "2002:808:808::1"]


@pytest.fixture
async def app() -> AsyncIterator[AppServer]:
    async with AppServer() as server:
        yield server
        assert server.bad_signatures == []


async def failure(client: WebhookClient, url: str) -> WebhookError:
    with pytest.raises(WebhookError) as caught:
        await client.fetch(WebhookRequest(url, "POST", (), AUTH_TOKEN))
    return caught.value


@pytest.mark.parametrize("address", NEVER)
def test_never(address: str) -> None:
    assert NetworkRules(private_addresses=True).refusal(address) is not None


@pytest.mark.parametrize("address", PRIVATE)
def test_by_setting(address: str) -> None:
    assert NetworkRules(private_addresses=True).refusal(address) is None
    assert "settings" in (NetworkRules(private_addresses=False).refusal(address) or "")


@pytest.mark.parametrize("address", PUBLIC)
def test_always(address: str) -> None:
    assert NetworkRules(private_addresses=False).refusal(address) is None


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "localhost",
        "127.1",
        "2130706433",
        "0x7f000001",
        "0x7f.1",
        "0177.0.0.1",
        "017700000001",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "127.0.0.1.",
        "\N{FULLWIDTH DIGIT ONE}27.0.0.1",
    ],
)
async def test_no_spelling_of_this_machine_helps(app: AppServer, host: str) -> None:
    async with WebhookClient(private_addresses=False) as client:
        error = await failure(client, f"http://{host}:{app.port}/")
    assert error.code in {Code.HTTP_CONNECTION_FAILURE, Code.INVALID_URL, Code.HTTP_BAD_HOST}
    assert app.requests == []


async def test_the_message_names_the_rule(app: AppServer) -> None:
    async with WebhookClient(private_addresses=False) as client:
        error = await failure(client, app.url("/"))
    assert error.code is Code.HTTP_CONNECTION_FAILURE
    assert "a loopback address, which the settings do not allow" in error.message


@pytest.fixture
async def unreached(monkeypatch: pytest.MonkeyPatch, app: AppServer) -> list[str]:
    """Let nothing be connected to but the application; return what would have been."""
    loop = asyncio.get_running_loop()
    connect, others = loop.sock_connect, list[str]()

    async def watched(sock: socket.socket, address: tuple[str, int]) -> None:
        if address[1] != app.port:
            others.append(address[0])
            raise OSError("not in a test")
        await connect(sock, address)

    monkeypatch.setattr(loop, "sock_connect", watched)
    return others


@pytest.mark.parametrize(
    "location", ["http://169.254.169.254/latest/meta-data/", "http://[fd00:ec2::254]/", "http://0.0.0.0:1/", "//[fe80::1]/"]
)
async def test_redirects_are_checked(app: AppServer, unreached: list[str], location: str) -> None:
    app.voice["/a"] = app_server.redirect(location)
    async with WebhookClient() as client:
        error = await failure(client, app.url("/a"))
    assert error.code is Code.HTTP_CONNECTION_FAILURE
    assert "is not requested" in error.message
    assert unreached == []


@pytest.mark.parametrize("addresses", [["169.254.169.254"], ["fe80::1", "169.254.169.254"]])
async def test_the_address_behind_a_name_is_checked(
    unreached: list[str], monkeypatch: pytest.MonkeyPatch, addresses: list[str]
) -> None:
    asked = []

    async def resolve(host: str, port: int, **_: object) -> list[tuple[object, ...]]:
        asked.append(host)
        return [
            (socket.AF_INET6, socket.SOCK_STREAM, 6, "", (address, port, 0, 0))
            if ":" in address
            else (socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))
            for address in addresses
        ]

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", resolve)
    async with WebhookClient() as client:
        error = await failure(client, "http://metadata.google.internal/")
    assert error.code is Code.HTTP_CONNECTION_FAILURE
    assert "is not requested" in error.message
    assert asked == ["metadata.google.internal"], "what is refused is not tried again"
    assert unreached == []
