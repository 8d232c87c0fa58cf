from collections.abc import AsyncIterator

import pytest
from aiohttp import web

from ari_conf.notifications import KEPT, KEPT_BODY, Exchange, Notification, Notifications
from ari_conf.store import NotificationRow
from ari_conf.twilio_codes import Code, Level
from ari_conf.webhooks import HttpPolicy, WebhookClient, WebhookError, WebhookRequest
from tests import app_server
from tests.app_server import AUTH_TOKEN, AppServer, ClosedPort

PARAMETERS = (("CallSid", "CA1"), ("From", "+49 30"))


@pytest.fixture
async def app() -> AsyncIterator[AppServer]:
    async with AppServer() as server:
        yield server
        assert server.bad_signatures == []


async def exchange_of(url: str, policy: HttpPolicy | None = None) -> Exchange:
    async with WebhookClient(policy) as client:
        with pytest.raises(WebhookError) as caught:
            await client.fetch(WebhookRequest(url, "POST", PARAMETERS, AUTH_TOKEN))
    assert caught.value.exchange is not None
    return caught.value.exchange


async def test_request_and_answer_are_kept(app: AppServer) -> None:
    app.voice["/voice"] = lambda _: web.Response(
        status=500, text="Traceback: ü\0", headers={"X-Trace": "a b", "Set-Cookie": "session=secret"}
    )
    exchange = await exchange_of(app.url("/voice?a=1").replace("http://", "http://me:secret@"))
    rows: list[NotificationRow] = []
    notifications = Notifications(rows.append)
    added = Notification("AC1", "CA1", Code.HTTP_RETRIEVAL_FAILURE, Level.ERROR, "it failed", exchange=exchange)
    notifications.add(added)
    assert notifications.of_account("AC1") == [added]
    (row,) = rows
    assert (row.sid, row.account_sid, row.call_sid, row.code, row.level) == (added.sid, "AC1", "CA1", 11200, "error")
    assert (row.url, row.request_method) == (app.url("/voice?a=1"), "POST")
    assert row.request_variables == "CallSid=CA1&From=%2B49+30"
    assert "X-Trace=a+b" in row.response_headers
    assert "Content-Type=text%2Fplain" in row.response_headers
    assert row.response_body == "Traceback: ü\N{REPLACEMENT CHARACTER}"
    assert "secret" not in repr(row)
    assert exchange.header("x-trace") == "a b"
    assert exchange.header("Retry-After") is None


async def test_without_an_answer_the_request_is_kept() -> None:
    with ClosedPort() as url:
        exchange = await exchange_of(f"{url}/voice")
        assert (exchange.method, exchange.url, exchange.status) == ("POST", f"{url}/voice", None)
    assert (exchange.parameters, exchange.response_headers, exchange.response_body) == (list(PARAMETERS), (), b"")


async def test_the_last_request_before_time_was_up_is_kept(app: AppServer) -> None:
    app.voice["/a"] = app_server.redirect("/b")
    app.hold("/b", "<Response/>")
    exchange = await exchange_of(app.url("/a"), HttpPolicy(total_timeout=0.3))
    assert (exchange.method, exchange.url, exchange.parameters) == ("GET", app.url("/b"), [])


@pytest.mark.parametrize("handler", [app_server.megabyte, lambda _: web.Response(status=500, text="a" * 1_000_000)])
async def test_only_the_beginning_of_a_body_is_kept(app: AppServer, handler: app_server.Handler) -> None:
    app.voice["/voice"] = handler
    assert len((await exchange_of(app.url("/voice"))).response_body) == KEPT_BODY


async def test_an_error_whose_body_never_ends_is_an_error_all_the_same(app: AppServer) -> None:
    app.voice["/voice"] = lambda _: web.Response(status=500, headers={"Content-Length": "100"}, body=b"")
    exchange = await exchange_of(app.url("/voice"))
    assert exchange.status == 500


def test_a_notification_without_a_request() -> None:
    row = Notification("AC1", "CA1", Code.SCHEMA_WARNING, Level.WARNING, "odd", "http://h/").row()
    assert (row.url, row.level, row.request_method, row.request_variables, row.response_body) == (
        "http://h/",
        "warning",
        "",
        "",
        "",
    )


def test_old_ones_are_forgotten_in_memory() -> None:
    notifications = Notifications()
    for number in range(KEPT + 1):
        notifications.add(Notification("AC1", "CA1", Code.SCHEMA_WARNING, Level.WARNING, str(number)))
    kept = notifications.of_account("AC1")
    assert (len(kept), kept[0].message) == (KEPT, "1")
