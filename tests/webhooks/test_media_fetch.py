import asyncio
from collections.abc import AsyncIterator

import pytest
from aiohttp import web

from ari_conf.twilio_codes import Code
from ari_conf.webhooks import FetchedMedia, HttpPolicy, MediaLimit, WebhookClient, WebhookError, WebhookRequest, fetch_media
from tests import app_server
from tests.app_server import AUTH_TOKEN, AppRequest, AppServer, ClosedPort, Handler


@pytest.fixture
async def app() -> AsyncIterator[AppServer]:
    async with AppServer() as server:
        yield server
        assert server.bad_signatures == []


@pytest.fixture
async def client() -> AsyncIterator[WebhookClient]:
    async with WebhookClient() as opened:
        yield opened


def sound(content_type: str, data: bytes = b"sound", cache_control: str = "") -> Handler:
    return lambda _: web.Response(body=data, headers={"Content-Type": content_type, "Cache-Control": cache_control})


async def fetch(client: WebhookClient, url: str, limit: MediaLimit | None = None) -> FetchedMedia:
    return await fetch_media(client, url, auth_token=AUTH_TOKEN, limit=limit)


async def failure(client: WebhookClient, url: str, limit: MediaLimit | None = None) -> WebhookError:
    with pytest.raises(WebhookError) as caught:
        await fetch(client, url, limit)
    return caught.value


@pytest.mark.parametrize(
    "content_type",
    ["audio/mpeg", "audio/wav", "audio/x-aiff; rate=8000", "Audio/GSM", "audio/basic", "application/octet-stream"],
)
async def test_a_sound_is_fetched_by_a_get_without_parameters(app: AppServer, client: WebhookClient, content_type: str) -> None:
    data = bytes(range(256)) * 4000
    app.voice["/a.mp3"] = sound(content_type, data)
    media = await fetch(client, app.url("/a.mp3?v=1"))
    assert media == FetchedMedia(app.url("/a.mp3?v=1"), content_type.partition(";")[0].lower(), data, reusable=True)
    assert [(seen.method, seen.params) for seen in app.requests] == [("GET", {"v": "1"})]


async def test_redirects_are_followed(app: AppServer, client: WebhookClient) -> None:
    app.voice["/a"] = app_server.redirect("/b/c.wav")
    app.voice["/b/c.wav"] = sound("audio/wav")
    media = await fetch(client, app.url("/a"))
    assert (media.url, media.data) == (app.url("/b/c.wav"), b"sound")


@pytest.mark.parametrize(
    ("cache_control", "reusable"),
    [
        ("public, max-age=3600", True),
        ("max-age=05", True),
        ("no-store", False),
        ("private,no-cache", False),
        ("max-age=0, must-revalidate", False),
        ('no-cache="X"', False),
    ],
)
async def test_the_application_may_forbid_reuse(
    app: AppServer, client: WebhookClient, cache_control: str, *, reusable: bool
) -> None:
    app.voice["/a"] = sound("audio/wav", cache_control=cache_control)
    assert (await fetch(client, app.url("/a"))).reusable is reusable


@pytest.mark.parametrize(
    ("handler", "code"),
    [
        (app_server.html, Code.PLAY_CONTENT_TYPE),
        (app_server.megabyte, Code.PLAY_CONTENT_TYPE),
        (sound("video/mp4"), Code.PLAY_CONTENT_TYPE),
        (app_server.failing(404), Code.HTTP_RETRIEVAL_FAILURE),
        (app_server.redirect("/a"), Code.HTTP_TOO_MANY_REDIRECTS),
        (app_server.redirect("ftp://x/y"), Code.INVALID_URL),
    ],
)
async def test_what_is_no_sound(app: AppServer, client: WebhookClient, handler: Handler, code: Code) -> None:
    app.voice["/a"] = handler
    assert (await failure(client, app.url("/a"))).code is code


async def test_nobody_there(client: WebhookClient) -> None:
    with ClosedPort() as url:
        assert (await failure(client, f"{url}/a.mp3")).code is Code.HTTP_CONNECTION_FAILURE


async def test_a_sound_that_is_too_large(app: AppServer, client: WebhookClient) -> None:
    app.voice["/exact"] = sound("audio/wav", b"a" * 100_000)
    limit = MediaLimit(largest_body=100_000)
    assert len((await fetch(client, app.url("/exact"), limit)).data) == 100_000
    app.voice["/more"] = sound("audio/wav", b"a" * 100_001)
    error = await failure(client, app.url("/more"), limit)
    assert error.code is Code.BODY_TOO_LARGE
    assert "more than 100000 bytes; send a smaller file" in error.message


async def test_a_download_that_stalls_is_given_up(client: WebhookClient) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: audio/mpeg\r\nContent-Length: 9999\r\n\r\nabc")
        await reader.read()
        writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        error = await failure(client, f"http://127.0.0.1:{port}/a.mp3", MediaLimit(seconds=0.2))
    assert error.code is Code.HTTP_TOTAL_TIMEOUT


async def test_a_sound_may_take_longer_than_a_document(app: AppServer) -> None:
    async def slowly(_: AppRequest) -> web.Response:
        response = web.Response(body=SlowBody(), headers={"Content-Type": "audio/wav"})
        response.enable_chunked_encoding()
        return response

    app.voice["/a"] = slowly
    async with WebhookClient(HttpPolicy(total_timeout=0.3)) as client:
        assert (await fetch(client, app.url("/a"), MediaLimit(seconds=5.0))).data == b"ab"


class SlowBody:
    """Two bytes with half a second between them."""

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self._parts()

    async def _parts(self) -> AsyncIterator[bytes]:
        yield b"a"
        await asyncio.sleep(0.5)
        yield b"b"


async def test_the_sound_that_answers_a_webhook_needs_no_second_request(app: AppServer, client: WebhookClient) -> None:
    app.voice["/wait"] = sound("audio/mpeg", b"a" * 200_000)
    request = WebhookRequest(app.url("/wait"), "POST", (("CallSid", "CA1"),), AUTH_TOKEN, media=MediaLimit())
    response = await client.fetch(request)
    assert (response.is_audio, len(response.body)) == (True, 200_000)
    assert len(app.requests) == 1
    assert app.requests[0].params == {"CallSid": "CA1"}


async def test_documents_keep_their_own_limit_where_sounds_are_accepted(app: AppServer, client: WebhookClient) -> None:
    app.voice["/wait"] = app_server.megabyte
    with pytest.raises(WebhookError) as caught:
        await client.fetch(WebhookRequest(app.url("/wait"), "POST", (), AUTH_TOKEN, media=MediaLimit()))
    assert caught.value.code is Code.BODY_TOO_LARGE
