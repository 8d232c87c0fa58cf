import time
from collections.abc import AsyncIterator

import pytest
from aiohttp import web
from yarl import URL

from ari_conf.webhooks import CookieJar, WebhookClient, WebhookRequest, fetch_twiml
from ari_conf.webhooks.cookies import LARGEST_COOKIE, MOST_COOKIES, MOST_HOSTS
from tests.app_server import AUTH_TOKEN, AppServer, Handler

HERE = URL("http://app.example/voice")


@pytest.fixture
async def app() -> AsyncIterator[AppServer]:
    async with AppServer() as server:
        yield server
        assert server.bad_signatures == []


def setting(*cookies: str, status: int = 200, location: str = "") -> Handler:
    def answer(_: object) -> web.Response:
        response = web.Response(status=status, text="<Response/>", content_type="text/xml")
        for cookie in cookies:
            response.headers.add("Set-Cookie", cookie)
        if location:
            response.headers["Location"] = location
        return response

    return answer


async def test_a_call_gets_its_cookies_back(app: AppServer) -> None:
    app.voice["/voice"] = setting("session=4711; Path=/; HttpOnly", "step=1")
    jar = CookieJar()
    async with WebhookClient() as client:
        for cookies in (jar, jar, CookieJar()):
            parameters = {"CallSid": "CA1"}
            await fetch_twiml(
                client, app.url("/voice"), method="POST", parameters=parameters, auth_token=AUTH_TOKEN, cookies=cookies
            )
    assert [seen.headers.get("Cookie") for seen in app.requests] == [None, "session=4711; step=1", None]


async def test_redirects_set_and_get_cookies_too(app: AppServer) -> None:
    app.voice["/a"] = setting("session=1", status=307, location="/b")
    app.voice["/b"] = setting("session=2")
    jar = CookieJar()
    async with WebhookClient() as client:
        await client.fetch(WebhookRequest(app.url("/a"), "POST", (), AUTH_TOKEN, cookies=jar))
    assert app.requests[1].headers["Cookie"] == "session=1"
    assert jar.header(URL(app.url("/c"))) == "session=2"


async def test_no_other_host_gets_them() -> None:
    jar = CookieJar()
    jar.keep(HERE, ["a=1; Domain=example", "b=2; Domain=app.example", "c=3"])
    assert jar.header(URL("http://other.example/voice")) == ""
    assert "c=3" in jar.header(HERE)


async def test_attributes() -> None:
    jar = CookieJar()
    jar.keep(HERE, ["path=1; Path=/deeper", "secure=1; Secure", "gone=1; Max-Age=0"])
    assert jar.header(HERE) == ""
    assert "path=1" in jar.header(HERE.with_path("/deeper/still"))
    assert "secure=1" in jar.header(HERE.with_scheme("https"))


@pytest.mark.parametrize("cookie", ['quoted="a b"', "base64=aGk/eA==", "json=%7B%22a%22%3A1%7D", "signed=a.b:c~d", "empty="])
async def test_values_go_back_as_they_came(cookie: str) -> None:
    jar = CookieJar()
    jar.keep(HERE, [f"{cookie}; Path=/"])
    assert jar.header(HERE) == cookie


async def test_limits() -> None:
    jar = CookieJar()
    jar.keep(HERE, [f"c{number}={number}" for number in range(MOST_COOKIES + 10)])
    assert len(jar.header(HERE).split("; ")) == MOST_COOKIES
    jar.keep(HERE, ["c0=changed"])
    assert "c0=changed" in jar.header(HERE)
    jar.keep(HERE, ["c1=" + "a" * LARGEST_COOKIE, "=nameless", "nonsense"])
    assert "c1=1;" in jar.header(HERE)
    hosts = [URL(f"http://h{number}/") for number in range(MOST_HOSTS)]
    for host in hosts:
        jar.keep(host, ["a=1"])
    assert sum(bool(jar.header(host)) for host in hosts) == MOST_HOSTS - 1


async def test_what_is_kept_makes_a_jar_that_sends_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    jar = CookieJar()
    jar.keep(HERE.with_path("/a/b"), ["brief=1; Path=/; Max-Age=60", "lasting=1; Path=/", "step=a", "step=root; Path=/"])
    jar.keep(HERE.with_path("/c/d"), ["step=c", "gone=1; Path=/", "gone=; Path=/; Max-Age=0"])
    after_a_minute = time.time() + 61
    monkeypatch.setattr(time, "time", lambda: after_a_minute)
    again = CookieJar(jar.kept)
    for path in ("/a/b", "/c/d", "/"):
        assert sorted(again.header(HERE.with_path(path)).split("; ")) == sorted(jar.header(HERE.with_path(path)).split("; "))
    assert jar.header(HERE.with_path("/")) == "lasting=1; step=root"
