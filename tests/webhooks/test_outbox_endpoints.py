"""A dead or hanging endpoint: left alone for a while, a burden to no other, and served again when it is back."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

from ari_conf.notifications import Exchange
from ari_conf.store import DeliveryRow
from ari_conf.twilio_codes import Code
from ari_conf.webhooks import WebhookError
from ari_conf.webhooks.delivery import DELIVERED, GIVEN_UP, NANOSECONDS, OWED, Attempt, Retries, after_attempt, endpoint_of
from ari_conf.webhooks.delivery_dispatch import MOST_AT_ONCE, Dispatcher
from ari_conf.webhooks.delivery_endpoint import MOST_AT_ONCE as MOST_AT_ONE_ENDPOINT
from ari_conf.webhooks.delivery_endpoint import LaneKey

DEAD, ALIVE = "http://dead.example/events", "http://alive.example/events"
NOBODY = WebhookError(Code.HTTP_CONNECTION_FAILURE, "nobody is there.", DEAD)
RETRIES = Retries(3600.0, first=0.05, longest=0.2)

Answer = Callable[[DeliveryRow], Awaitable[Attempt]]


class World:
    """Endpoints as functions of their URL, and what became of each row."""

    def __init__(self, retries: Retries = RETRIES) -> None:
        self.answers: dict[str, Answer] = {}
        self.sent: list[tuple[str, str]] = []
        self.under_way: dict[str, int] = {}
        self.most: dict[str, int] = {}
        self.ended: dict[str, DeliveryRow] = {}
        self.dispatcher = Dispatcher(self._send, self._read, self._settled, retries)
        self._positions = time.time_ns()

    def owe(self, url: str, lane: str, age: float = 0.0, next_at: float | None = None) -> str:
        self._positions += 1
        row = DeliveryRow(
            token=str(self._positions),
            position=self._positions - int(age * NANOSECONDS),
            account_sid="AC1",
            kind="conference",
            lane=lane,
            url=url,
            method="POST",
            parameters={},
            created_at=time.time(),
            next_at=next_at,
        )
        self.dispatcher.admit(row)
        return row.token

    def sent_to(self, url: str) -> int:
        return sum(to == url for to, _ in self.sent)

    async def _send(self, row: DeliveryRow) -> Attempt:
        self.sent.append((row.url, row.token))
        self.under_way[row.url] = self.under_way.get(row.url, 0) + 1
        self.most[row.url] = max(self.most.get(row.url, 0), self.under_way[row.url])
        try:
            return await self.answers.get(row.url, accepted)(row)
        finally:
            self.under_way[row.url] -= 1

    async def _read(self, key: LaneKey, after: int, most: int) -> list[DeliveryRow]:
        raise AssertionError((key, after, most))

    def _settled(self, row: DeliveryRow, _error: WebhookError | None) -> None:
        if row.state != OWED:
            self.ended[row.token] = row


async def accepted(_: DeliveryRow) -> Attempt:
    await asyncio.sleep(0)
    return Attempt(0.0, status=204)


async def nobody(_: DeliveryRow) -> Attempt:
    await asyncio.sleep(0)
    return Attempt(0.0, error=NOBODY)


async def hanging(_: DeliveryRow) -> Attempt:
    await asyncio.sleep(3600)
    raise AssertionError


@asynccontextmanager
async def world(retries: Retries = RETRIES) -> AsyncIterator[World]:
    made = World(retries)
    yield made
    await made.dispatcher.stop()


async def until(true: Callable[[], bool], deadline: float = 10.0) -> None:
    async with asyncio.timeout(deadline):
        while not true():  # noqa: ASYNC110 (what is waited for has no event)
            await asyncio.sleep(0.002)


async def test_thousands_of_callbacks_for_a_dead_endpoint_are_few_attempts() -> None:
    async with world(Retries(3600.0, first=60.0, longest=60.0)) as ours:
        ours.answers[DEAD] = nobody
        for number in range(5000):
            ours.owe(DEAD, f"CF{number}")
        await ours.dispatcher.settle(10)
        assert 5 <= ours.sent_to(DEAD) <= 10
        assert ours.dispatcher.owed == 5000


async def test_when_it_is_back_everything_arrives_in_order() -> None:
    async with world() as ours:
        ours.answers[DEAD] = nobody
        tokens = [ours.owe(DEAD, f"CF{number % 100}") for number in range(500)]
        await until(lambda: ours.sent_to(DEAD) > 8)
        ours.answers[DEAD] = accepted
        await until(lambda: len(ours.ended) == 500)
        assert {row.state for row in ours.ended.values()} == {DELIVERED}
        for lane in range(100):
            ended = [token for token, row in ours.ended.items() if row.lane == f"CF{lane}"]
            assert ended == tokens[lane::100]


async def test_a_hanging_endpoint_takes_no_turn_from_another() -> None:
    async with world() as ours:
        ours.answers[DEAD] = hanging
        for number in range(1000):
            ours.owe(DEAD, f"CF{number}")
        for number in range(1000):
            ours.owe(ALIVE, f"CF{number}")
        await until(lambda: len(ours.ended) == 1000)
        assert ours.most[DEAD] <= MOST_AT_ONE_ENDPOINT
        assert ours.most[ALIVE] == MOST_AT_ONE_ENDPOINT


async def test_with_many_endpoints_there_is_a_limit_over_all_and_each_gets_its_turn() -> None:
    async with world() as ours:
        gate = asyncio.Event()

        async def behind_the_gate(_: DeliveryRow) -> Attempt:
            await gate.wait()
            return Attempt(0.0, status=204)

        urls = [f"http://{number}.example/" for number in range(2 * MOST_AT_ONCE)]
        ours.answers |= dict.fromkeys(urls, behind_the_gate)
        for url in urls:
            for lane in ("CF1", "CF2"):
                ours.owe(url, lane)
        await until(lambda: len(ours.sent) == MOST_AT_ONCE)
        assert sum(ours.under_way.values()) == MOST_AT_ONCE
        gate.set()
        await until(lambda: len(ours.ended) == 4 * MOST_AT_ONCE)


async def test_answers_of_any_kind_do_not_hold_an_endpoint() -> None:
    async with world(Retries(3600.0, first=60.0, longest=60.0)) as ours:

        async def broken(_: DeliveryRow) -> Attempt:
            return Attempt(0.0, error=WebhookError(Code.HTTP_RETRIEVAL_FAILURE, "it is broken.", DEAD, status=500))

        ours.answers[DEAD] = broken
        for number in range(100):
            ours.owe(DEAD, f"CF{number}")
        await ours.dispatcher.settle(10)
        assert ours.sent_to(DEAD) == 100, "each lane has had its try"


async def test_what_waits_for_a_dead_endpoint_is_given_up_in_time() -> None:
    async with world(Retries(1.0, first=0.02, longest=0.02)) as ours:
        ours.answers[DEAD] = nobody
        for number in range(200):
            ours.owe(DEAD, f"CF{number % 20}")
        await until(lambda: len(ours.ended) == 200)
        assert {row.state for row in ours.ended.values()} == {GIVEN_UP}
        assert {row.error_code for row in ours.ended.values()} == {11205}
        assert ours.dispatcher.owed == 0
        assert ours.dispatcher.oldest is None


async def test_what_is_too_old_from_the_beginning_has_one_try() -> None:
    async with world() as ours:
        ours.answers[DEAD] = nobody
        old, dead = ours.owe(ALIVE, "CF1", age=1e6), ours.owe(DEAD, "CF1", age=1e6)
        await until(lambda: len(ours.ended) == 2)
        assert (ours.ended[old].state, ours.ended[dead].state) == (DELIVERED, GIVEN_UP)
        assert ours.sent_to(DEAD) == 1


def test_pauses_grow_to_a_limit_and_are_drawn_by_lot() -> None:
    retries = Retries(3600.0, first=0.5, longest=60.0)
    for failures, longest in [(1, 0.5), (2, 1.0), (5, 8.0), (20, 60.0), (10_000, 60.0)]:
        pauses = [retries.pause(failures) for _ in range(200)]
        assert 0.8 * longest < max(pauses) <= longest
        assert min(pauses) < 0.2 * longest


@pytest.mark.parametrize(
    ("url", "endpoint"),
    [
        ("http://me:secret@H.example/a?b=c#rc=1", "http://h.example:80"),
        ("https://h.example/", "https://h.example:443"),
        ("https://h.example:8443/", "https://h.example:8443"),
        ("http://[::1]:8080/", "http://::1:8080"),
        ("ftp://h.example/", ""),
        ("http://h:99999/", ""),
        ("nonsense", ""),
    ],
)
def test_endpoint_of(url: str, endpoint: str) -> None:
    assert endpoint_of(url) == endpoint


@pytest.mark.parametrize(
    ("named", "least", "most"),
    [
        ("120", 120, 120),
        ("999999999999", 600, 600),
        ("Fri, 13 Nov 2026 00:01:40 GMT", 99, 101),
        ("soon", 0, 0.5),
        ("-5", 0, 0.5),
    ],
)
def test_retry_after(named: str, least: float, most: float) -> None:
    now = 1_794_528_000.0  # Friday 13 November 2026, 00:00 UTC
    row = replace(ROW, position=int(now * NANOSECONDS))
    error = WebhookError(
        Code.HTTP_RETRIEVAL_FAILURE,
        "later.",
        ALIVE,
        status=503,
        exchange=Exchange("POST", ALIVE, response_headers=(("retry-after", named),)),
    )
    again = after_attempt(row, Attempt(0.0, error=error), Retries(3600.0), now)
    assert again.next_at is not None
    assert least <= again.next_at - now <= most


ROW = DeliveryRow(
    token="t",
    position=1,
    account_sid="AC1",
    kind="conference",
    lane="CF1",
    url=ALIVE,
    method="POST",
    parameters={},
    created_at=0.0,
)


async def test_a_clock_that_is_set_back_delays_no_callback_for_long() -> None:
    async with world(Retries(3600.0, first=0.02, longest=0.02, longest_named=0.02)) as ours:
        ours.owe(ALIVE, "CF1", next_at=time.time() + 86400)
        await until(lambda: ours.sent_to(ALIVE) == 1)
