import asyncio
import errno
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from typing import Any

import pytest
from aiohttp import web
from sqlalchemy import select
from structlog.testing import capture_logs

from ari_conf.notifications import Notification
from ari_conf.recordings import Recording, Source, recording_row
from ari_conf.store import DeliveryRow, Store
from ari_conf.store.tables import deliveries
from ari_conf.webhooks import CallbackKind, HttpPolicy, Outbox, Owed, WebhookClient, WebhookRequest, WebhookResponse
from ari_conf.webhooks.delivery import Retries
from ari_conf.webhooks.outbox_rows import CannotSendAgainError, find, for_an_outbox
from tests import app_server
from tests.app_server import AUTH_TOKEN, AppRequest, AppServer, ClosedPort, Handler
from tests.stage import within_deadline

ACCOUNT = "AC" + "0" * 32
TOKENS = {ACCOUNT: AUTH_TOKEN}
TOKEN_HEADER = "I-Twilio-Idempotency-Token"
RECORDING = recording_row(Recording(sid="RE" + "1" * 32, account_sid=ACCOUNT, source=Source.DIAL_VERB, started_at=0.0))
SOON = Retries(3600.0, first=0.02, longest=0.05)


@pytest.fixture
async def app() -> AsyncIterator[AppServer]:
    async with AppServer() as server:
        yield server
        assert server.bad_signatures == []


@pytest.fixture
async def client() -> AsyncIterator[WebhookClient]:
    async with WebhookClient(HttpPolicy(connect_timeout=1, total_timeout=10)) as opened:
        yield opened


@pytest.fixture
def failed() -> list[Notification]:
    return []


@pytest.fixture
async def outbox(
    store: Store, client: WebhookClient, failed: list[Notification], monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Outbox]:
    monkeypatch.setattr("ari_conf.webhooks.outbox.LOOK_SECONDS", 0.02)
    made = Outbox(store, client, TOKENS, max_age=3600, on_failed=failed.append, retries=SOON)
    await made.start()
    yield made
    await made.stop(0)


def owed(lane: str, url: str, number: int, kind: CallbackKind = CallbackKind.CONFERENCE) -> Owed:
    parameters = {"ConferenceSid": lane, "StatusCallbackEvent": "participant-join", "SequenceNumber": str(number)}
    return Owed(account_sid=ACCOUNT, kind=kind, lane=lane, url=url, method="POST", parameters=parameters)


def numbers(app: AppServer, path: str) -> list[int]:
    return [int(params["SequenceNumber"]) for params in app.params(path)]


async def until(true: Callable[[], bool], deadline: float = 10.0) -> None:
    async with asyncio.timeout(deadline):
        while not true():  # noqa: ASYNC110 (what is waited for has no event)
            await asyncio.sleep(0.005)


async def kept(store: Store) -> list[DeliveryRow]:
    await store.flush()
    return await store.rows(DeliveryRow, select(deliveries).order_by(deliveries.c.created_at, deliveries.c.position))


def failing_first(times: int, status: int = 503) -> Handler:
    left = [times]

    def answer(_: AppRequest) -> web.Response:
        left[0] -= 1
        return web.Response(status=status if left[0] >= 0 else 204)

    return answer


async def test_a_lane_keeps_its_order(app: AppServer, store: Store, outbox: Outbox) -> None:
    for number in range(1, 21):
        outbox.commit((), [owed("CF1", app.url("/events"), number)])
    assert outbox.owed == 20
    assert await outbox.settle(10) == 0
    assert numbers(app, "/events") == list(range(1, 21))
    rows = await kept(store)
    assert {(row.state, row.attempts, row.http_status) for row in rows} == {("delivered", 1, 204)}
    assert [request.headers[TOKEN_HEADER] for request in app.requests] == [row.token for row in rows]


async def test_nothing_is_sent_before_it_is_stored(app: AppServer, store: Store, outbox: Outbox) -> None:
    seen: list[DeliveryRow | None] = []

    async def look(request: AppRequest) -> web.Response:
        seen.append(await find(store, request.headers[TOKEN_HEADER]))
        return web.Response(status=204)

    app.voice["/events"] = look
    outbox.commit((), [owed("CF1", app.url("/events"), number) for number in (1, 2)])
    assert await outbox.settle(10) == 0
    assert [row is not None and row.state for row in seen] == ["owed", "owed"]


async def test_what_is_not_accepted_is_sent_again_with_the_same_token(app: AppServer, store: Store, outbox: Outbox) -> None:
    app.voice["/events"] = failing_first(3)
    outbox.commit((), [owed("CF1", app.url("/events"), number) for number in (1, 2)])
    await until(lambda: outbox.owed == 0)
    await outbox.settle(10)
    assert numbers(app, "/events") == [1, 1, 1, 1, 2]
    assert len({request.headers[TOKEN_HEADER] for request in app.requests}) == 2
    assert [(row.state, row.attempts, row.error) for row in await kept(store)] == [("delivered", 4, ""), ("delivered", 1, "")]


async def test_a_lane_that_waits_holds_up_no_other(app: AppServer, outbox: Outbox) -> None:
    app.voice["/broken"] = app_server.failing(500)
    outbox.commit((), [owed("CF1", app.url("/broken"), 1), owed("CF1", app.url("/broken"), 2)])
    outbox.commit(
        (), [owed("CF1", app.url("/events"), 3), owed("CF2", app.url("/broken"), 4), owed("CF2", app.url("/events"), 5)]
    )
    await until(lambda: set(numbers(app, "/events")) == {3, 5} and {1, 4} <= set(numbers(app, "/broken")))
    assert 2 not in numbers(app, "/broken"), "it waits for the first of its lane"


@pytest.mark.parametrize("status", [400, 401, 404, 410])
async def test_a_refusal_is_given_up_at_once_and_the_lane_goes_on(
    app: AppServer, store: Store, outbox: Outbox, failed: list[Notification], status: int
) -> None:
    app.voice["/events"] = failing_first(1, status)
    outbox.commit((), [owed("CF1", app.url("/events"), number) for number in (1, 2)])
    assert await outbox.settle(10) == 0
    assert numbers(app, "/events") == [1, 2]
    assert [(row.state, row.http_status, row.error_code) for row in await kept(store)] == [
        ("given-up", status, 11200),
        ("delivered", 204, None),
    ]
    [told] = failed
    assert (told.code, told.account_sid) == (16011, ACCOUNT)
    assert told.exchange is not None
    assert told.exchange.status == status


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503])
async def test_what_may_get_better_is_tried_again(app: AppServer, outbox: Outbox, status: int) -> None:
    app.voice["/events"] = failing_first(1, status)
    outbox.commit((), [owed("CF1", app.url("/events"), 1)])
    await until(lambda: outbox.owed == 0)
    assert numbers(app, "/events") == [1, 1]


@pytest.mark.parametrize(
    ("kind", "code"), [(CallbackKind.CONFERENCE, 16011), (CallbackKind.CALL, 15003), (CallbackKind.RECORDING, 11100)]
)
async def test_what_is_no_url_is_given_up_with_the_code_of_its_kind(
    outbox: Outbox, failed: list[Notification], kind: CallbackKind, code: int
) -> None:
    outbox.commit((), [owed("CF1", "not a url", 1, kind)])
    assert await outbox.settle(10) == 0
    assert [told.code for told in failed] == [code]
    assert "11100" in failed[0].message


async def test_an_account_that_is_gone(store: Store, client: WebhookClient, failed: list[Notification], app: AppServer) -> None:
    outbox = Outbox(store, client, {}, max_age=3600, on_failed=failed.append)
    await outbox.start()
    outbox.commit((), [owed("CF1", app.url("/events"), 1)])
    assert await outbox.stop(10) == 0
    assert app.requests == []
    assert ACCOUNT in failed[0].message


async def test_too_old_is_given_up_and_the_lane_goes_on(
    store: Store, client: WebhookClient, failed: list[Notification], app: AppServer
) -> None:
    outbox = Outbox(store, client, TOKENS, max_age=0.2, on_failed=failed.append, retries=Retries(0.2, first=0.05, longest=0.05))
    await outbox.start()
    app.voice["/events"] = lambda request: web.Response(status=503 if request.params["SequenceNumber"] == "1" else 204)
    outbox.commit((), [owed("CF1", app.url("/events"), number) for number in (1, 2)])
    await until(lambda: outbox.owed == 0)
    await outbox.stop(1)
    first, second = await kept(store)
    assert (first.state, first.http_status, second.state) == ("given-up", 503, "delivered")
    assert first.attempts > 1
    assert len(failed) == 1


async def test_a_clock_that_is_ahead_after_a_reboot_costs_no_callback(
    app: AppServer, store: Store, client: WebhookClient
) -> None:
    app.voice["/events"] = failing_first(1)
    first = Outbox(store, client, TOKENS, max_age=3600)
    await first.start()
    first.commit((), [owed("CF1", app.url("/events"), 1)])
    await until(lambda: len(app.requests) == 1)
    await first.stop(1)
    second = Outbox(store, client, TOKENS, max_age=3600, now=lambda: time.time() + 100 * 86400.0)
    await second.start()
    await until(lambda: second.owed == 0)
    await second.stop(1)
    assert [row.state for row in await kept(store)] == ["delivered"]


async def test_retry_after_is_waited_for(app: AppServer, outbox: Outbox, store: Store) -> None:
    app.voice["/events"] = lambda _: web.Response(status=429, headers={"Retry-After": "100"})
    outbox.commit((), [owed("CF1", app.url("/events"), 1)])
    assert await outbox.settle(10) == 1
    [row] = await kept(store)
    assert row.next_at is not None
    assert row.next_at - time.time() > 90


async def test_a_lane_is_read_from_the_store_as_its_turn_comes(
    app: AppServer, outbox: Outbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ari_conf.webhooks.delivery_dispatch.IN_MEMORY_PER_LANE", 3)
    released = app.hold("/events", "<Response/>")
    for number in range(1, 21):
        outbox.commit((), [owed("CF1", app.url("/events"), number)])
    await app.wait_for(lambda params: params["SequenceNumber"] == "1")
    assert outbox.owed == 20
    assert sum(len(lane.rows) for lane in outbox._dispatcher._all.lanes.values()) <= 3
    released.set()
    for number in range(21, 31):
        outbox.commit((), [owed("CF1", app.url("/events"), number)])
    assert await outbox.settle(10) == 0
    assert numbers(app, "/events") == list(range(1, 31))


async def test_what_is_held_in_memory_is_bounded_over_all_lanes(
    app: AppServer, outbox: Outbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ari_conf.webhooks.delivery_dispatch.IN_MEMORY", 10)
    for number in range(1, 101):
        outbox.commit((), [owed(f"CF{number % 25}", app.url("/events"), number)])
    assert await outbox.settle(10) == 0
    assert sorted(numbers(app, "/events")) == list(range(1, 101))
    for lane in range(25):
        of_lane = [number for number in numbers(app, "/events") if number % 25 == lane]
        assert of_lane == sorted(of_lane)


async def test_the_next_life_takes_up_what_is_owed(app: AppServer, store: Store, client: WebhookClient) -> None:
    with ClosedPort() as closed:
        first = Outbox(store, client, TOKENS, max_age=3600, retries=SOON)
        await first.start()
        app.hold("/events", "<Response/>")
        for number in range(1, 4):
            first.commit((), [owed("CF1", app.url("/events"), number), owed("CF1", f"{closed}/events", number)])
        await app.wait_for(lambda params: params["SequenceNumber"] == "1")
        assert await first.stop(0.1) == 6
        rows = await kept(store)
        assert {row.state for row in rows} == {"owed"}
    app.requests.clear()
    del app.voice["/events"]
    second = Outbox(store, client, TOKENS, max_age=3600, retries=SOON)
    second.commit((), [owed("CF1", app.url("/events"), 4)])
    await store.flush()
    await second.start()
    second.commit((), [owed("CF1", app.url("/events"), 5)])
    await until(lambda: numbers(app, "/events") == [1, 2, 3, 4, 5])
    assert [request.headers[TOKEN_HEADER] for request in app.requests][:3] == [
        row.token for row in rows if row.url == app.url("/events")
    ]
    assert await second.stop(0.1) == 3
    positions = [row.position for row in await kept(store)]
    assert len(set(positions)) == len(positions)


async def test_after_a_stop_everything_is_stored_and_nothing_sent(app: AppServer, store: Store, client: WebhookClient) -> None:
    outbox = Outbox(store, client, TOKENS, max_age=3600)
    await outbox.start()
    await outbox.stop(1)
    outbox.commit((), [owed("CF1", app.url("/events"), 1)])
    assert [row.state for row in await kept(store)] == ["owed"]
    assert outbox.owed == 1
    assert app.requests == []


async def test_sent_again_by_hand(app: AppServer, store: Store, outbox: Outbox) -> None:
    app.voice["/events"] = app_server.failing(404)
    outbox.commit((), [owed("CF1", app.url("/events"), 1)])
    assert await outbox.settle(10) == 0
    [row] = await kept(store)
    del app.voice["/events"]
    again = await outbox.send_again(row.token)
    assert (again.token, again.state, again.attempts) == (row.token, "owed", 0)
    assert await outbox.settle(10) == 0
    assert [request.headers[TOKEN_HEADER] for request in app.requests] == [row.token, row.token]
    [row] = await kept(store)
    assert (row.state, row.attempts, row.error) == ("delivered", 1, "")
    assert row.position > 0


async def test_what_cannot_be_sent_again(app: AppServer, store: Store, outbox: Outbox) -> None:
    with pytest.raises(CannotSendAgainError, match="there is no callback"):
        await outbox.send_again("unknown")
    app.hold("/events", "<Response/>")
    outbox.commit((), [owed("CF1", app.url("/events"), 1)])
    [row] = await kept(store)
    with pytest.raises(CannotSendAgainError, match="owed already"):
        await outbox.send_again(row.token)


@pytest.mark.parametrize("running", [True, False])
async def test_sent_again_by_another_process(
    app: AppServer, store: Store, client: WebhookClient, monkeypatch: pytest.MonkeyPatch, *, running: bool
) -> None:
    monkeypatch.setattr("ari_conf.webhooks.outbox.LOOK_SECONDS", 0.01)
    outbox = Outbox(store, client, TOKENS, max_age=3600)
    await outbox.start()
    app.voice["/events"] = app_server.failing(404)
    outbox.commit((), [owed("CF1", app.url("/events"), number) for number in (1, 2, 3)])
    assert await outbox.settle(10) == 0
    rows = await kept(store)
    app.requests.clear()
    del app.voice["/events"]
    if not running:
        await outbox.stop(0)
    store.write(for_an_outbox(rows[:2]))
    await store.flush()
    if not running:
        outbox = Outbox(store, client, TOKENS, max_age=3600)
        await outbox.start()
    await until(lambda: len(app.requests) == 2)
    assert await outbox.stop(10) == 0
    assert numbers(app, "/events") == [1, 2]
    assert {row.parameters["SequenceNumber"]: row.state for row in await kept(store)} == {
        "1": "delivered",
        "2": "delivered",
        "3": "given-up",
    }
    assert all(row.position > 0 for row in await kept(store))


async def test_a_database_that_refuses_keeps_no_callback(
    app: AppServer, store: Store, outbox: Outbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ari_conf.webhooks.outbox.UNCOMMITTED_SECONDS", 0.1)
    works = asyncio.Event()
    transaction = store._writer._transaction

    async def refusing(rows: object) -> None:
        if not works.is_set():
            raise OSError("disk full")
        await transaction(rows)  # type: ignore[arg-type]

    monkeypatch.setattr(store._writer, "_transaction", refusing)
    for number in (1, 2, 3):
        outbox.commit((), [owed("CF1", app.url("/events"), number)])
    await until(lambda: numbers(app, "/events") == [1, 2, 3])
    works.set()
    rows = await kept(store)
    assert [row.state for row in rows] == ["delivered"] * 3
    assert await outbox.settle(10) == 0
    assert numbers(app, "/events") == [1, 2, 3]


async def test_a_database_that_hangs_keeps_no_callback(
    app: AppServer, store: Store, client: WebhookClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ari_conf.webhooks.outbox.LOOK_SECONDS", 0.01)
    monkeypatch.setattr("ari_conf.webhooks.outbox.UNCOMMITTED_SECONDS", 0.1)
    works, asked = asyncio.Event(), asyncio.Event()
    transaction = store._writer._transaction

    async def hanging(rows: object) -> None:
        await works.wait()
        await transaction(rows)  # type: ignore[arg-type]

    async def hanging_too(_store: Store, _most: int) -> list[DeliveryRow]:
        asked.set()
        await works.wait()
        return []

    monkeypatch.setattr(store._writer, "_transaction", hanging)
    monkeypatch.setattr("ari_conf.webhooks.outbox.sent_again", hanging_too)
    outbox = Outbox(store, client, TOKENS, max_age=3600)
    await outbox.start()
    await asyncio.wait_for(asked.wait(), 10)
    with capture_logs() as logs:
        for number in (1, 2, 3):
            outbox.commit((), [owed("CF1", app.url("/events"), number)])
        await until(lambda: numbers(app, "/events") == [1, 2, 3])
    assert [line["log_level"] for line in logs] == ["warning"]
    works.set()
    assert await outbox.stop(10) == 0
    assert [row.state for row in await kept(store)] == ["delivered"] * 3


async def test_that_it_cannot_be_read_is_said_once(
    store: Store, client: WebhookClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ari_conf.webhooks.outbox.LOOK_SECONDS", 0.01)
    asked = 0

    async def refused(_store: Store, _most: int) -> list[DeliveryRow]:
        nonlocal asked
        asked += 1
        raise OSError(errno.EIO, "the disk is broken")

    monkeypatch.setattr("ari_conf.webhooks.outbox.sent_again", refused)
    outbox = Outbox(store, client, TOKENS, max_age=3600)
    with capture_logs() as logs:
        await outbox.start()
        await until(lambda: asked > 3)
    assert [line["cause"] for line in logs] == ["the disk is broken"]
    await outbox.stop(1)


async def test_the_age_of_the_oldest(app: AppServer, outbox: Outbox) -> None:
    assert outbox.oldest_age == 0
    app.hold("/events", "<Response/>")
    outbox.commit((), [owed("CF1", app.url("/events"), 1)])
    await app.wait_for(lambda params: params["SequenceNumber"] == "1")
    assert 0 < outbox.oldest_age < 10


async def test_a_fault_of_ours_costs_no_callback(
    app: AppServer, outbox: Outbox, client: WebhookClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ari_conf.webhooks.delivery_dispatch._FAULT_PAUSE", 0.02)
    fetch = client.fetch
    faults = [ValueError("a fault"), ValueError("another")]

    async def faulty(request: WebhookRequest) -> WebhookResponse:
        if faults:
            raise faults.pop()
        return await fetch(request)

    monkeypatch.setattr(client, "fetch", faulty)
    outbox.commit((), [owed("CF1", app.url("/events"), number) for number in (1, 2)])
    await until(lambda: outbox.owed == 0)
    assert numbers(app, "/events") == [1, 2]


async def test_an_address_that_is_refused_is_given_up_at_once(app: AppServer, store: Store, failed: list[Notification]) -> None:
    async with WebhookClient(private_addresses=False) as client:
        outbox = Outbox(store, client, TOKENS, max_age=3600, on_failed=failed.append)
        await outbox.start()
        outbox.commit((), [owed("CF1", app.url("/events"), 1)])
        assert await outbox.stop(10) == 0
    assert "loopback" in failed[0].message
    assert app.requests == []


async def test_overrides_of_the_url_count_for_each_attempt(app: AppServer, outbox: Outbox) -> None:
    app.voice["/events"] = failing_first(2)
    outbox.commit((), [owed("CF1", app.url("/events#rc=2&rp=5xx"), 1)])
    assert await outbox.settle(10) == 0
    assert numbers(app, "/events") == [1, 1, 1]


@pytest.mark.parametrize("with_callback", [False, True])
async def test_what_is_to_happen_when_it_is_kept_waits_for_all_that_came_before(
    app: AppServer,
    store: Store,
    outbox: Outbox,
    monkeypatch: pytest.MonkeyPatch,
    with_callback: bool,  # noqa: FBT001
) -> None:
    refuses = True

    async def transaction(statements: object, original: Callable[..., Any] = store._writer._transaction) -> None:
        if refuses:
            raise OSError(errno.ENOSPC, "no space left on device")
        await original(statements)

    monkeypatch.setattr(store._writer, "_transaction", transaction)
    happened: list[str] = []
    outbox.commit([RECORDING])
    outbox.commit([RECORDING], [owed("CF1", app.url("/events"), 1)] if with_callback else (), lambda: happened.append("then"))
    await until(lambda: store.failing is not None)
    assert happened == []
    refuses = False
    await within_deadline(store.flush())
    assert happened == ["then"]


async def test_what_is_not_kept_is_not_said_to_be(store: Store, outbox: Outbox) -> None:
    happened: list[str] = []
    impossible = replace(RECORDING, sid="RE" + "2" * 32, size=object())  # type: ignore[arg-type]
    with capture_logs() as logs:
        outbox.commit([impossible], then=lambda: happened.append("impossible"))
        outbox.commit([RECORDING], then=lambda: happened.append("kept"))
        await within_deadline(store.flush())
    assert [entry["event"][:13] for entry in logs] == ["rows are lost"]
    outbox.freeze()
    outbox.commit([RECORDING], then=lambda: happened.append("frozen"))
    await within_deadline(store.flush())
    assert happened == ["kept"]
