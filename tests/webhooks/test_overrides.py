import asyncio
from collections.abc import AsyncIterator

import pytest
from aiohttp import web

from ari_conf.twilio_codes import Code
from ari_conf.webhooks import HttpPolicy, RetryOn, WebhookClient, WebhookError, WebhookRequest
from ari_conf.webhooks.overrides import EDGES, overridden
from tests import app_server
from tests.app_server import AUTH_TOKEN, AppRequest, AppServer, ClosedPort, Handler

ALL = frozenset(RetryOn)


@pytest.fixture
async def app() -> AsyncIterator[AppServer]:
    async with AppServer() as server:
        yield server
        assert server.bad_signatures == []


def request(url: str, method: str = "POST") -> WebhookRequest:
    return WebhookRequest(url, method, (("CallSid", "CA1"),), AUTH_TOKEN)


async def failure(url: str) -> WebhookError:
    async with WebhookClient() as client:
        with pytest.raises(WebhookError) as caught:
            await client.fetch(request(url))
        return caught.value


def statuses(*values: int) -> Handler:
    left = iter(values)
    return lambda _: web.Response(status=next(left), content_type="text/xml")


@pytest.mark.parametrize(
    ("fragment", "policy"),
    [
        ("", HttpPolicy()),
        ("section-2", HttpPolicy()),
        ("x=1&r=us1", HttpPolicy()),
        ("ct=2000&rt=3000&tt=9000&rc=3", HttpPolicy(2.0, 3.0, 9.0, 3)),
        ("ct=99&rt=99&tt=99", HttpPolicy(0.1, 0.1, 0.1)),
        ("ct=10001&rt=15001&tt=15001&rc=6", HttpPolicy(10.0, 15.0, 15.0, 5)),
        (f"tt={'9' * 10_000}", HttpPolicy()),
        ("ct=&rt=-5&tt=1.5&rc=two", HttpPolicy()),
        ("rc=0", HttpPolicy(retries=0)),
        ("rc=٣", HttpPolicy()),
        ("rp=4xx,5xx", HttpPolicy(retry_on=frozenset({RetryOn.CLIENT_ERROR, RetryOn.SERVER_ERROR}))),
        ("rp=ct%2Crt", HttpPolicy(retry_on=frozenset({RetryOn.CONNECT, RetryOn.READ}))),
        ("rp=all", HttpPolicy(retry_on=ALL)),
        ("sni=n&e=ashburn,dublin", HttpPolicy()),
        ("rc=1&rc=4", HttpPolicy(retries=4)),
    ],
)
def test_fragments(fragment: str, policy: HttpPolicy) -> None:
    assert overridden(HttpPolicy(), f"http://h/#{fragment}") == policy


def test_what_is_not_overridden_stays_as_it_was() -> None:
    impatient = HttpPolicy(1.0, 1.0, 1.5)
    assert overridden(impatient, "http://h/") is impatient
    assert overridden(impatient, "http://h/#rc=2") == HttpPolicy(1.0, 1.0, 1.5, 2)


@pytest.mark.parametrize(
    ("fragment", "code"),
    [
        ("rp=3xx", Code.OVERRIDE_RETRY_POLICY),
        ("rp=", Code.OVERRIDE_RETRY_POLICY),
        ("rp=ct,,rt", Code.OVERRIDE_RETRY_POLICY),
        ("rp=broken", Code.OVERRIDE_RETRY_POLICY),
        ("e=atlantis", Code.OVERRIDE_EDGE),
        ("e=dublin,", Code.OVERRIDE_EDGE),
        ("e=ashburn-ix", Code.OVERRIDE_INTERCONNECT),
    ],
)
async def test_bad_overrides(app: AppServer, fragment: str, code: Code) -> None:
    error = await failure(f"{app.url('/')}#{fragment}")
    assert error.code is code
    assert app.requests == [], "nothing is requested"


def test_every_edge_may_be_named() -> None:
    assert overridden(HttpPolicy(), f"http://h/#e={','.join(EDGES)}") == HttpPolicy()


async def test_a_bad_word_cannot_write_into_the_log() -> None:
    error = await failure("http://h/#rp=%0A%1B[31m")
    assert error.message.isprintable()


@pytest.mark.parametrize("method", ["POST", "GET"])
async def test_overrides_are_neither_sent_nor_signed(app: AppServer, method: str) -> None:
    async with WebhookClient() as client:
        await client.fetch(request(f"{app.url('/a?x=1')}#rc=2&rt=3000", method))
    assert "#" not in app.requests[0].url
    assert "rt" not in app.requests[0].params


@pytest.mark.parametrize(
    ("fragment", "answers", "attempts"),
    [
        ("rc=3&rp=5xx", (500, 503, 200), 3),
        ("rc=3&rp=4xx", (404, 429, 200), 3),
        ("rc=3&rp=all", (404, 500, 200), 3),
        ("rp=5xx", (500, 200), 2),
    ],
)
async def test_statuses_that_are_tried_again(app: AppServer, fragment: str, answers: tuple[int, ...], attempts: int) -> None:
    app.voice["/a"] = statuses(*answers)
    async with WebhookClient() as client:
        assert (await client.fetch(request(f"{app.url('/a')}#{fragment}"))).status == 200
    assert len(app.requests) == attempts
    assert len({seen.headers["I-Twilio-Idempotency-Token"] for seen in app.requests}) == 1


@pytest.mark.parametrize(
    ("fragment", "status", "attempts"),
    [("rc=2&rp=5xx", 500, 3), ("rc=2&rp=5xx", 404, 1), ("rc=2&rp=4xx", 500, 1), ("rc=0&rp=all", 500, 1), ("rc=2", 500, 1)],
)
async def test_statuses_that_are_given_up(app: AppServer, fragment: str, status: int, attempts: int) -> None:
    app.voice["/a"] = app_server.failing(status)
    error = await failure(f"{app.url('/a')}#{fragment}")
    assert (error.code, error.status) == (Code.HTTP_RETRIEVAL_FAILURE, status)
    assert len(app.requests) == attempts


async def test_attempts_are_counted_over_all_redirects(app: AppServer) -> None:
    app.voice["/a"] = statuses(500, 500)
    app.voice["/b"] = app_server.failing(500)

    def redirect_after_a_failure(_: AppRequest) -> web.Response:
        status = 500 if len(app.params("/a")) == 1 else 307
        return web.Response(status=status, headers={"Location": "/b"})

    app.voice["/a"] = redirect_after_a_failure
    await failure(f"{app.url('/a')}#rc=2&rp=5xx")
    assert [seen.path for seen in app.requests] == ["/a", "/a", "/b", "/b"]


@pytest.mark.parametrize(("fragment", "attempts"), [("rc=2", 3), ("rc=0", 1), ("rc=2&rp=rt", 1)])
async def test_connections_that_are_tried_again(fragment: str, attempts: int, monkeypatch: pytest.MonkeyPatch) -> None:
    loop = asyncio.get_running_loop()
    connect, tried = loop.sock_connect, []

    async def counted(sock: object, address: object) -> None:
        tried.append(address)
        await connect(sock, address)  # type: ignore[arg-type]

    monkeypatch.setattr(loop, "sock_connect", counted)
    with ClosedPort() as url:
        assert (await failure(f"{url}/#{fragment}")).code is Code.HTTP_CONNECTION_FAILURE
    assert len(tried) == attempts


async def test_silence(app: AppServer) -> None:
    app.hold("/a", "<Response/>")
    error = await failure(f"{app.url('/a')}#rt=100&rc=2&rp=rt")
    assert error.code is Code.HTTP_TOTAL_TIMEOUT
    assert "kept silent" in error.message
    assert len(app.requests) == 3


async def test_the_total_covers_all_attempts(app: AppServer) -> None:
    app.hold("/a", "<Response/>")
    error = await failure(f"{app.url('/a')}#tt=300&rt=200&rc=5&rp=rt")
    assert error.code is Code.HTTP_TOTAL_TIMEOUT
    assert "within 0.3 s" in error.message
    assert len(app.requests) == 2


async def test_connecting_takes_too_long(monkeypatch: pytest.MonkeyPatch) -> None:
    async def never(*_: object, **__: object) -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr(asyncio.get_running_loop(), "sock_connect", never)
    error = await failure("http://127.0.0.1:9/#ct=100&rc=0")
    assert error.code is Code.HTTP_CONNECTION_FAILURE
