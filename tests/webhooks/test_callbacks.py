import asyncio
from collections.abc import AsyncIterator

import pytest
from structlog.testing import capture_logs

from ari_conf.twilio_codes import Code
from ari_conf.webhooks import Callbacks, Delivery, HttpPolicy, WebhookClient
from tests import app_server
from tests.app_server import AUTH_TOKEN, AppServer, ClosedPort


@pytest.fixture
async def app() -> AsyncIterator[AppServer]:
    async with AppServer() as server:
        yield server
        assert server.bad_signatures == []


@pytest.fixture
async def client() -> AsyncIterator[WebhookClient]:
    async with WebhookClient(HttpPolicy(connect_timeout=1, total_timeout=10)) as opened:
        yield opened


def post(callbacks: Callbacks, lane: str, url: str, number: int) -> None:
    parameters = {"ConferenceSid": lane, "StatusCallbackEvent": "participant-join", "SequenceNumber": str(number)}
    callbacks.post(lane, url, "POST", parameters, AUTH_TOKEN)


def numbers(app: AppServer, path: str) -> list[int]:
    return [int(params["SequenceNumber"]) for params in app.params(path)]


def lane_tasks() -> list[str]:
    return [task.get_name() for task in asyncio.all_tasks() if task.get_name().startswith("callbacks ")]


async def test_a_lane_keeps_its_order(app: AppServer, client: WebhookClient) -> None:
    callbacks = Callbacks(client)
    for number in range(1, 21):
        post(callbacks, "CF1", app.url("/events"), number)
    assert callbacks.owed == 20
    assert await callbacks.drain(10) == 0
    assert numbers(app, "/events") == list(range(1, 21))
    assert callbacks.owed == 0
    assert lane_tasks() == []


async def test_lanes_do_not_wait_for_each_other(app: AppServer, client: WebhookClient) -> None:
    callbacks = Callbacks(client)
    released = app.hold("/slow", "<Response/>")
    post(callbacks, "CF1", app.url("/slow"), 1)
    post(callbacks, "CF1", app.url("/slow"), 2)
    await app.wait_for(lambda params: params["ConferenceSid"] == "CF1")
    post(callbacks, "CF2", app.url("/events"), 1)
    await app.wait_for(lambda params: params["ConferenceSid"] == "CF2")
    assert numbers(app, "/slow") == [1], "the second waits for the first"
    released.set()
    assert await callbacks.drain(10) == 0
    assert numbers(app, "/slow") == [1, 2]


async def test_a_lane_is_made_anew_after_it_was_empty(app: AppServer, client: WebhookClient) -> None:
    callbacks = Callbacks(client)
    for number in (1, 2):
        post(callbacks, "CF1", app.url("/events"), number)
        assert await callbacks.drain(10) == 0
    assert numbers(app, "/events") == [1, 2]


async def test_a_failure_is_logged_and_the_lane_goes_on(app: AppServer, client: WebhookClient) -> None:
    outcomes: list[Delivery] = []
    callbacks = Callbacks(client, on_delivered=outcomes.append)
    app.voice["/broken"] = app_server.failing(500)
    with ClosedPort() as closed, capture_logs() as logs:
        post(callbacks, "CF1", app.url("/broken").replace("http://", "http://me:secret@"), 1)
        post(callbacks, "CF1", f"{closed}/events", 2)
        post(callbacks, "CF1", "not a url", 3)
        post(callbacks, "CF1", app.url("/events"), 4)
        assert await callbacks.drain(10) == 0
    failures = [line for line in logs if line["event"] == "callback not delivered"]
    assert [line["cause_code"] for line in failures] == [
        Code.HTTP_RETRIEVAL_FAILURE,
        Code.HTTP_CONNECTION_FAILURE,
        Code.INVALID_URL,
    ]
    assert {line["code"] for line in failures} == {16011}
    assert failures[0]["url"] == app.url("/broken")
    assert "secret" not in str(logs)
    assert [(outcome.status, outcome.error is None) for outcome in outcomes] == [
        (None, False),
        (None, False),
        (None, False),
        (204, True),
    ]
    assert [outcome.parameters["SequenceNumber"] for outcome in outcomes] == ["1", "2", "3", "4"]


async def test_draining_gives_up_after_its_time(app: AppServer, client: WebhookClient) -> None:
    callbacks = Callbacks(client)
    app.hold("/slow", "<Response/>")
    for number in (1, 2):
        post(callbacks, "CF1", app.url("/slow"), number)
    post(callbacks, "CF2", app.url("/events"), 1)
    await app.wait_for(lambda params: params["ConferenceSid"] == "CF1")
    with capture_logs() as logs:
        assert await callbacks.drain(0.5) == 2
    assert [(line["event"], line["count"]) for line in logs] == [("callbacks given up", 2)]
    assert callbacks.owed == 0
    assert lane_tasks() == []


async def test_draining_at_once_gives_up_what_has_not_begun(app: AppServer, client: WebhookClient) -> None:
    callbacks = Callbacks(client)
    post(callbacks, "CF1", app.url("/events"), 1)
    assert await callbacks.drain(0) == 1
    assert callbacks.owed == 0
    post(callbacks, "CF1", app.url("/events"), 2)
    assert await callbacks.drain(10) == 0
    assert numbers(app, "/events") == [2]


async def test_a_lane_that_is_full_drops_what_comes(app: AppServer, client: WebhookClient) -> None:
    outcomes: list[Delivery] = []
    callbacks = Callbacks(client, on_delivered=outcomes.append, longest_lane=2)
    with capture_logs() as logs:
        for number in (1, 2, 3):
            post(callbacks, "CF1", app.url("/events"), number)
    assert [line["sequence_number"] for line in logs] == ["3"]
    assert [outcome.parameters["SequenceNumber"] for outcome in outcomes] == ["3"]
    assert await callbacks.drain(10) == 0
    assert numbers(app, "/events") == [1, 2]


async def test_get(app: AppServer, client: WebhookClient) -> None:
    callbacks = Callbacks(client)
    callbacks.post("CF1", app.url("/events?a=1"), "GET", {"Reason": "Ä & Ö"}, AUTH_TOKEN)
    assert await callbacks.drain(10) == 0
    assert [dict(params) for params in app.params("/events")] == [{"a": "1", "Reason": "Ä & Ö"}]
