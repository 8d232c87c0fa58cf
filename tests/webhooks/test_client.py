import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from pathlib import Path

import pytest
from aiohttp import web
from structlog.testing import capture_logs

from ari_conf.twilio_codes import Code
from ari_conf.webhooks import HttpPolicy, WebhookClient, WebhookError, WebhookRequest, WebhookResponse, compute_signature
from tests import app_server
from tests.app_server import AUTH_TOKEN, AppRequest, AppServer, ClosedPort
from tests.webhooks import certificates

PARAMETERS = (("CallSid", "CA1"), ("From", "+49 30 ü&="), ("FromCity", ""))


@pytest.fixture
async def app() -> AsyncIterator[AppServer]:
    async with AppServer() as server:
        yield server
        assert server.bad_signatures == []


@pytest.fixture
async def client() -> AsyncIterator[WebhookClient]:
    async with WebhookClient() as opened:
        yield opened


def request(url: str, method: str = "POST", *, wants_body: bool = True) -> WebhookRequest:
    return WebhookRequest(url, method, PARAMETERS, AUTH_TOKEN, wants_body=wants_body)


async def failure(client: WebhookClient, wanted: WebhookRequest) -> WebhookError:
    with pytest.raises(WebhookError) as caught:
        await client.fetch(wanted)
    return caught.value


async def test_post(app: AppServer, client: WebhookClient) -> None:
    app.voice["/voice"] = "<Response/>"
    answer = await client.fetch(request(app.url("/voice?a=b%20c&d=~")))
    assert answer == WebhookResponse(200, app.url("/voice?a=b%20c&d=~"), "text/xml", b"<Response/>")
    seen = app.requests[0]
    assert (seen.method, seen.url) == ("POST", app.url("/voice?a=b%20c&d=~"))
    assert seen.params == dict(PARAMETERS)
    assert seen.headers["Content-Type"] == "application/x-www-form-urlencoded; charset=UTF-8"
    assert seen.headers["User-Agent"] == "TwilioProxy/1.1"
    assert seen.headers["Accept"] == "*/*"
    assert seen.headers["I-Twilio-Idempotency-Token"]


async def test_get_adds_the_parameters_to_the_query(app: AppServer, client: WebhookClient) -> None:
    app.voice["/voice"] = "<Response/>"
    answer = await client.fetch(request(app.url("/voice?a=1#rc=2"), "GET"))
    assert answer.url == app.url("/voice?a=1#rc=2")
    assert app.requests[0].params == {"a": "1", **dict(PARAMETERS)}


@pytest.mark.parametrize("path", ["", "?x=1", "/ä b?ö=ü", "/a/../b", "/%7Euser/%2e", "/a?b=c+d%20e&b=f", "/#f"])
async def test_any_url_is_signed_as_it_arrives(app: AppServer, client: WebhookClient, path: str) -> None:
    for method in ("POST", "GET"):
        await client.fetch(request(app.url(path), method))
    assert len(app.requests) == 2


async def test_each_request_has_its_own_idempotency_token(app: AppServer, client: WebhookClient) -> None:
    for _ in range(2):
        await client.fetch(request(app.url("/")))
    first, second = (seen.headers["I-Twilio-Idempotency-Token"] for seen in app.requests)
    assert first != second


async def test_a_given_idempotency_token_is_kept_over_redirects(app: AppServer, client: WebhookClient) -> None:
    app.voice["/a"] = app_server.redirect("/b", 307)
    await client.fetch(replace(request(app.url("/a")), idempotency_token="outbox-1"))
    assert [seen.headers["I-Twilio-Idempotency-Token"] for seen in app.requests] == ["outbox-1", "outbox-1"]


async def test_headers_go_along_and_come_back(app: AppServer, client: WebhookClient) -> None:
    app.voice["/a"] = lambda _: web.Response(headers={"ETag": '"1"', "X-Mine": "yes"})
    answer = await client.fetch(replace(request(app.url("/a")), headers=(("X-Asked", "for"),)))
    assert app.requests[0].headers["X-Asked"] == "for"
    assert (answer.headers["etag"], answer.headers["x-mine"]) == ('"1"', "yes")


@pytest.mark.parametrize("condition", ["If-None-Match", "if-modified-since"])
async def test_nothing_has_changed(app: AppServer, client: WebhookClient, condition: str) -> None:
    app.voice["/a"] = app_server.redirect("/b")
    app.voice["/b"] = lambda _: web.Response(status=304, headers={"ETag": '"1"'})
    answer = await client.fetch(replace(request(app.url("/a"), "GET"), headers=((condition, "x"),)))
    assert (answer.status, answer.url, answer.body) == (304, app.url("/b"), b"")
    assert answer.headers["etag"] == '"1"'


async def test_a_body_of_json_is_signed_by_its_hash(app: AppServer, client: WebhookClient) -> None:
    body = '{"CallSid":"CA1234567890ABCDE","Caller":"+12349013030"}'
    app.voice["/a"] = app_server.redirect("/b", 307)
    wanted = WebhookRequest(app.url("/a?x=1"), "POST", (("CallSid", "CA1"),), AUTH_TOKEN, json_body=body.encode())
    await client.fetch(wanted)
    digest = "5ccde7145dfb8f56479710896586cb9d5911809d83afbe34627818790db0aec9"
    assert [seen.json for seen in app.requests] == [body, body]
    assert app.requests[0].url == app.url(f"/a?x=1&CallSid=CA1&bodySHA256={digest}")
    assert app.requests[1].url == app.url(f"/b?CallSid=CA1&bodySHA256={digest}")


async def test_no_secret_is_shown() -> None:
    shown = repr(WebhookRequest("http://me:secret@h/", "POST", (), AUTH_TOKEN))
    assert "secret" not in shown
    assert AUTH_TOKEN not in shown


async def test_userinfo_becomes_basic_authentication(app: AppServer, client: WebhookClient) -> None:
    url = app.url("/voice").replace("http://", "http://al%40ice:s%3Acret@")
    app.voice["/voice"] = app_server.failing(403)
    error = await failure(client, request(url))
    assert app.requests[0].headers["Authorization"] == "Basic YWxAaWNlOnM6Y3JldA=="
    assert "cret" not in str(error)


async def test_credentials_follow_a_redirect_to_the_same_origin_only(app: AppServer, client: WebhookClient) -> None:
    async with AppServer() as other:
        app.voice["/a"] = app_server.redirect("/b")
        app.voice["/b"] = app_server.redirect(other.url("/c"))
        await client.fetch(request(app.url("/a").replace("http://", "http://me:secret@")))
        assert [("Authorization" in seen.headers) for seen in app.requests + other.requests] == [True, True, False]


@pytest.mark.parametrize(
    ("status", "method", "carries_parameters"),
    [(301, "GET", False), (302, "GET", False), (303, "GET", False), (307, "POST", True), (308, "POST", True)],
)
async def test_redirects(app: AppServer, client: WebhookClient, status: int, method: str, *, carries_parameters: bool) -> None:
    app.voice["/a"] = app_server.redirect("b?n=1", status)
    app.voice["/b"] = "<Response/>"
    answer = await client.fetch(request(app.url("/a")))
    assert answer.url == app.url("/b?n=1")
    assert app.requests[1].method == method
    assert ("CallSid" in app.requests[1].params) is carries_parameters
    assert len({seen.headers["I-Twilio-Idempotency-Token"] for seen in app.requests}) == 1


async def test_ten_redirects_and_no_more(app: AppServer, client: WebhookClient) -> None:
    app.voice |= {f"/{number}": app_server.redirect(f"/{number + 1}") for number in range(11)}
    assert (await client.fetch(request(app.url("/1")))).url == app.url("/11")
    app.requests.clear()
    error = await failure(client, request(app.url("/0")))
    assert error.code is Code.HTTP_TOO_MANY_REDIRECTS
    assert len(app.requests) == 11


@pytest.mark.parametrize("location", ["ftp://example.com/", "http://h:99999/", "http://[::1/", "javascript:alert(1)"])
async def test_redirect_to_what_is_no_webhook(app: AppServer, client: WebhookClient, location: str) -> None:
    app.voice["/a"] = app_server.redirect(location)
    error = await failure(client, request(app.url("/a")))
    assert error.code is Code.HTTP_INVALID_REDIRECT
    assert app.url("/a") in error.message


@pytest.mark.parametrize("status", [300, 304, 305, 307])
async def test_a_redirect_without_a_location(app: AppServer, client: WebhookClient, status: int) -> None:
    app.voice["/a"] = app_server.failing(status)
    error = await failure(client, request(app.url("/a")))
    assert (error.code, error.status) == (Code.HTTP_INVALID_REDIRECT, status)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "voice",
        "/voice",
        "ftp://h/",
        "http://",
        "http:///x",
        "http://h:99999/",
        "http://h:0/",
        "http://[::1",
        "http://a..b/",
    ],
)
async def test_what_is_no_url(client: WebhookClient, url: str) -> None:
    assert (await failure(client, request(url))).code is Code.INVALID_URL


@pytest.mark.parametrize("status", [400, 404, 500, 503])
async def test_a_status_without_success(app: AppServer, client: WebhookClient, status: int) -> None:
    app.voice["/voice"] = app_server.failing(status)
    error = await failure(client, request(app.url("/voice")))
    assert (error.code, error.status) == (Code.HTTP_RETRIEVAL_FAILURE, status)
    assert app.url("/voice") in error.message
    assert len(app.requests) == 1, "an answer is never asked for twice"


async def test_a_large_body_is_not_read_to_the_end(app: AppServer, client: WebhookClient) -> None:
    app.voice["/voice"] = app_server.megabyte
    error = await failure(client, request(app.url("/voice")))
    assert error.code is Code.BODY_TOO_LARGE


async def test_an_endless_body_is_cut() -> None:
    cut = asyncio.Event()

    async def pour(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\n\r\n")
        try:
            while True:
                writer.write(b"a" * 4096)
                await writer.drain()
        except ConnectionError:
            cut.set()

    async with raw_server(pour) as url, WebhookClient() as client:
        error = await failure(client, request(url))
        assert error.code is Code.BODY_TOO_LARGE
        async with asyncio.timeout(5):
            await cut.wait()


async def test_a_body_of_exactly_the_limit_is_read(app: AppServer) -> None:
    app.voice["/voice"] = "a" * 1000
    async with WebhookClient(HttpPolicy(largest_body=1000)) as client:
        assert len((await client.fetch(request(app.url("/voice")))).body) == 1000
    async with WebhookClient(HttpPolicy(largest_body=999)) as client:
        assert (await failure(client, request(app.url("/voice")))).code is Code.BODY_TOO_LARGE


async def test_a_body_that_nobody_wants_does_no_harm(app: AppServer, client: WebhookClient) -> None:
    app.voice["/callback"] = app_server.megabyte
    answer = await client.fetch(request(app.url("/callback"), wants_body=False))
    assert (answer.status, answer.body) == (200, b"")


async def test_refused_connections_are_tried_once_more(client: WebhookClient) -> None:
    with ClosedPort() as url, capture_logs() as logs:
        error = await failure(client, request(f"{url}/voice"))
    assert error.code is Code.HTTP_CONNECTION_FAILURE
    assert "is the application running?" in error.message
    assert [line["event"] for line in logs] == ["webhook tried again"]


async def test_a_host_that_does_not_exist(client: WebhookClient) -> None:
    error = await failure(client, request("http://no-such-host.invalid/voice"))
    # A machine whose resolver does not answer in time cannot tell a missing host from a missing connection.
    assert error.code in {Code.HTTP_BAD_HOST, Code.HTTP_CONNECTION_FAILURE}


async def test_connecting_takes_too_long(monkeypatch: pytest.MonkeyPatch) -> None:
    async def never(*_: object, **__: object) -> None:
        await asyncio.Event().wait()

    async with WebhookClient(HttpPolicy(connect_timeout=0.05, total_timeout=5)) as client:
        monkeypatch.setattr(asyncio.get_running_loop(), "sock_connect", never)
        with capture_logs() as logs:
            error = await failure(client, request("http://127.0.0.1:9/voice"))
    assert error.code is Code.HTTP_CONNECTION_FAILURE
    assert "in time" in error.message
    assert len(logs) == 1


async def test_silence_after_the_connection_is_not_repeated(app: AppServer) -> None:
    app.hold("/voice", "<Response/>")
    async with WebhookClient(HttpPolicy(read_timeout=0.2)) as client:
        error = await failure(client, request(app.url("/voice")))
    assert error.code is Code.HTTP_TOTAL_TIMEOUT
    assert "kept silent" in error.message
    await app.wait_for(lambda params: params["CallSid"] == "CA1")
    assert len(app.requests) == 1


async def test_the_total_covers_an_answer_that_drips() -> None:
    async def drip(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\n\r\n")
        with suppress(ConnectionError):
            while True:
                writer.write(b" ")
                await writer.drain()
                await asyncio.sleep(0.01)

    async with raw_server(drip) as url, WebhookClient(HttpPolicy(total_timeout=0.3)) as client:
        assert (await failure(client, request(url))).code is Code.HTTP_TOTAL_TIMEOUT


@pytest.mark.parametrize(
    "answer",
    [b"", b"SIP/2.0 200 OK\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort", b"\x00" * 100],
)
async def test_what_is_not_http(client: WebhookClient, answer: bytes) -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer)

    async with raw_server(talk) as url:
        assert (await failure(client, request(url))).code is Code.HTTP_PROTOCOL_VIOLATION


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\nSet-Cookie: secret=1\r\n",
        b"HTTP/1.1 200 OK\r\nSet-Cookie: secret=1\r\nContent-Length: 100\r\n\r\n<Response>secret",
        b"HTTP/1.1 200 OK\r\nX-Long: " + b"y" * 20_000 + b"\r\n\r\n",
    ],
)
async def test_the_sentence_about_a_broken_answer_does_not_quote_it(client: WebhookClient, answer: bytes) -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer)

    async with raw_server(talk) as url:
        error = await failure(client, request(url))
        assert error.code is Code.HTTP_PROTOCOL_VIOLATION
        assert "secret" not in error.message
        assert len(error.message) < 400


async def test_https_to_a_plain_server(app: AppServer, client: WebhookClient) -> None:
    error = await failure(client, request(app.url("/voice").replace("http:", "https:")))
    assert error.code is Code.TLS_HANDSHAKE


@pytest.mark.parametrize(
    ("certificate", "trusted", "code"),
    [
        (certificates.OTHER_HOST, False, Code.CERTIFICATE_UNTRUSTED),
        (certificates.OTHER_HOST, True, Code.CERTIFICATE_DOMAIN_MISMATCH),
        (certificates.EXPIRED, True, Code.CERTIFICATE_EXPIRED),
    ],
)
async def test_certificates(tmp_path: Path, certificate: str, code: Code, *, trusted: bool) -> None:
    context = server_context(tmp_path, certificate)
    trust = ssl.create_default_context(cadata=certificate) if trusted else None

    async def unreached(*_: object) -> None:
        raise AssertionError("the client went on with a certificate that it must not trust")

    async with raw_server(unreached, context) as url, WebhookClient(tls_context=trust) as client:
        error = await failure(client, request(url))
    assert error.code is code


async def test_https_with_a_certificate_that_is_trusted(tmp_path: Path) -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        signature = compute_signature(AUTH_TOKEN, "https://127.0.0.1/", PARAMETERS)
        assert f"X-Twilio-Signature: {signature}\r\n" in head, "the port of an https URL is not signed"
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")

    trust = ssl.create_default_context(cadata=certificates.LOOPBACK)
    async with (
        raw_server(answer, server_context(tmp_path, certificates.LOOPBACK)) as url,
        WebhookClient(tls_context=trust) as client,
    ):
        assert (await client.fetch(request(url))).body == b"ok"


def server_context(folder: Path, certificate: str) -> ssl.SSLContext:
    files = folder / "certificate.pem", folder / "key.pem"
    files[0].write_text(certificate)
    files[1].write_text(certificates.KEY)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*files)
    return context


async def test_no_cookie_is_kept_without_a_jar(app: AppServer, client: WebhookClient) -> None:
    def set_cookie(_: AppRequest) -> web.Response:
        response = app_server.twiml("<Response/>")
        response.set_cookie("session", "another caller's")
        return response

    app.voice["/voice"] = set_cookie
    for _ in range(2):
        await client.fetch(request(app.url("/voice")))
    assert "Cookie" not in app.requests[1].headers


Talk = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def raw_server(talk: Talk, context: ssl.SSLContext | None = None) -> AsyncIterator[str]:
    conversations: set[asyncio.Task[None]] = set()

    async def converse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await talk(reader, writer)
        finally:
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()

    def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        conversations.add(asyncio.ensure_future(converse(reader, writer)))

    server = await asyncio.start_server(accept, "127.0.0.1", 0, ssl=context)
    async with server:
        yield f"http{'s' if context else ''}://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
    async with asyncio.timeout(10):
        await asyncio.gather(*conversations)
