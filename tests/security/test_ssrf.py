"""Requests that somebody's TwiML wants to send to places it has no business in."""

import asyncio
import socket
from collections.abc import AsyncIterator, Iterable

import pytest

from ari_conf.settings import WebhookSettings
from ari_conf.twilio_codes import Code
from ari_conf.webhooks import MediaLimit, WebhookClient, WebhookError, WebhookRequest
from ari_conf.webhooks.network_rules import NetworkRules
from tests.app_server import AUTH_TOKEN, AppServer
from tests.stage import set_stage

from .wire import answering

PUBLIC = "192.88.99.1"
"""Nobody is there any more (RFC 7526), and the tests let nothing be connected to it."""


@pytest.fixture
async def app() -> AsyncIterator[AppServer]:
    async with AppServer() as server:
        yield server


@pytest.fixture
async def connected(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Let nothing be connected to; return what would have been."""
    addresses: list[str] = []

    async def refuse(_sock: socket.socket, address: tuple[str, int]) -> None:
        addresses.append(address[0])
        raise OSError("not in a test")

    monkeypatch.setattr(asyncio.get_running_loop(), "sock_connect", refuse)
    return addresses


def resolve_to(monkeypatch: pytest.MonkeyPatch, *answers: Iterable[str]) -> None:
    """Let names have the addresses of ``answers``, one after the other, the last one for ever."""
    left = list(answers)

    async def getaddrinfo(_host: str, port: int, **_: object) -> list[tuple[object, ...]]:
        addresses = left.pop(0) if len(left) > 1 else left[0]
        return [
            (socket.AF_INET6, socket.SOCK_STREAM, 6, "", (address, port, 0, 0))
            if ":" in address
            else (socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))
            for address in addresses
        ]

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", getaddrinfo)


async def failure(client: WebhookClient, url: str, media: MediaLimit | None = None) -> WebhookError:
    with pytest.raises(WebhookError) as caught:
        await client.fetch(WebhookRequest(url, "GET", (), AUTH_TOKEN, media=media, wants_body=media is None))
    return caught.value


@pytest.mark.parametrize(
    "place",
    [
        "localhost.:{port}",
        "LOCALHOST:{port}",
        "public.example@127.0.0.1:{port}",
        "127.0.0.1:{port}#@public.example",
        "127.0.0.1:{port}\\@public.example",
        "public.example:80@127.0.0.1:{port}",
        "127.0.0.1:{port}?@public.example",
        "①②⑦.⓪.⓪.①:{port}",
        "127。0。0。1:{port}",
        "%31%32%37.0.0.1:{port}",
        "0:{port}",
        "0x7f.0x0.0x0.0x1:{port}",
        "[::ffff:7f00:1%25lo]:{port}",
        "[0:0:0:0:0:ffff:127.0.0.1]:{port}",
        "127.0.0.1\t:{port}",
        "127.0.0.1\n:{port}",
        "\t127.0.0.1:{port}",
    ],
)
@pytest.mark.parametrize("is_media", [False, True])
async def test_no_spelling_of_this_machine_helps(app: AppServer, place: str, *, is_media: bool) -> None:
    async with WebhookClient(private_addresses=False) as client:
        error = await failure(client, f"http://{place.format(port=app.port)}/", MediaLimit() if is_media else None)
    assert error.code in {Code.HTTP_CONNECTION_FAILURE, Code.INVALID_URL, Code.HTTP_BAD_HOST}
    assert app.requests == []


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "::ffff:10.0.0.1",
        "::ffff:0:10.0.0.1",
        "64:ff9b::10.0.0.1",
        "64:ff9b:1::10.0.0.1",
        "2002:0a00:1::",
        "fd00::1",
        "::",
        "0.0.0.0",
        "169.254.169.254",
    ],
)
async def test_a_name_that_leads_inside_is_refused(monkeypatch: pytest.MonkeyPatch, connected: list[str], address: str) -> None:
    resolve_to(monkeypatch, [address])
    async with WebhookClient(private_addresses=False) as client:
        error = await failure(client, "http://public.example/")
    assert "is not requested" in error.message
    assert connected == []


async def test_a_name_that_changes_its_address_gains_nothing(monkeypatch: pytest.MonkeyPatch, connected: list[str]) -> None:
    resolve_to(monkeypatch, [PUBLIC], ["127.0.0.1"])
    async with WebhookClient(private_addresses=False) as client:
        for _ in range(3):
            await failure(client, "http://public.example/")
            # Whatever the connector remembers of names, nothing of it decides.
            assert client._sessions is not None
            for session in (client._sessions.fresh, client._sessions.pooled):
                session.connector.clear_dns_cache()  # type: ignore[union-attr]
    assert set(connected) == {PUBLIC}


async def test_of_several_addresses_those_inside_are_left_out(monkeypatch: pytest.MonkeyPatch, connected: list[str]) -> None:
    resolve_to(monkeypatch, ["10.0.0.1", PUBLIC, "::1"])
    async with WebhookClient(private_addresses=False) as client:
        await failure(client, "http://public.example/")
    assert set(connected) <= {PUBLIC}


@pytest.mark.parametrize(
    "location", ["http://127.0.0.1:{port}/secret", "//127.0.0.1:{port}/secret", "http://localhost:{port}/secret"]
)
@pytest.mark.parametrize("is_media", [False, True])
async def test_a_redirect_from_outside_does_not_lead_inside(
    app: AppServer, monkeypatch: pytest.MonkeyPatch, location: str, *, is_media: bool
) -> None:
    """The first server has an address of a public one for us; where it redirects to is this machine by its own address."""
    refusal = NetworkRules.refusal
    monkeypatch.setattr(
        NetworkRules, "refusal", lambda self, address: None if address == "127.0.0.9" else refusal(self, address)
    )
    answer = f"HTTP/1.1 302 Found\r\nLocation: {location.format(port=app.port)}\r\nContent-Length: 0\r\n\r\n".encode()
    async with answering(answer, "127.0.0.9") as url, WebhookClient(private_addresses=False) as client:
        error = await failure(client, url, MediaLimit() if is_media else None)
    assert "is not requested" in error.message
    assert app.requests == []


async def test_all_that_twiml_can_name_goes_the_same_way() -> None:
    """Play, Redirect, action, callbacks, waitUrl: with the setting on, none of them reaches this machine."""
    async with AppServer() as inside, set_stage(None, webhooks=WebhookSettings(private_addresses=False)) as stage:
        url = inside.url
        document = (
            f"<Response><Play>{url('/play')}</Play><Gather timeout='0' action='{url('/gather')}' actionOnEmptyResult='true'/>"
            f"</Response>"
        )
        stage.controller.switchboard._settings = stage.controller.switchboard._settings.model_copy(
            update={
                "numbers": (
                    stage.controller.switchboard._settings.numbers[0].model_copy(
                        update={"voice_url": "", "twiml": document, "status_callback": url("/status")}
                    ),
                )
            }
        )
        await stage.phone("ann").dial("room")
        await stage.until(lambda: not stage.controller.switchboard.calls)
        await stage.until(lambda: stage.controller.outbox.owed == 0)
        assert inside.requests == []
        codes = {notification.code for notification in stage.controller.notifications._kept}
        assert Code.HTTP_CONNECTION_FAILURE in codes
