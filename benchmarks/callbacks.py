"""Callbacks, signed, stored and delivered, while one endpoint of ten hangs; and how late they reach the other nine.

The peer posts the same bodies to the nine healthy endpoints with bare aiohttp over kept connections, as many at once: nothing
is signed, nothing stored, no order. The endpoints have a core of their own; the processor's time is that of the sender, all its
threads. Then callbacks are owed at a steady rate to ten endpoints, of which the tenth answers like the others or hangs: the
delay to the nine from the event to its arrival, at the 99th percentile. A tenth more counts as unmoved.

``python -m benchmarks.callbacks [--quick] [--once]``
"""

import asyncio
import contextlib
import json
import os
import statistics
import sys
import tempfile
import time
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from urllib.parse import urlencode

import aiohttp

from ari_conf.store import Store
from ari_conf.webhooks import CallbackKind, Outbox, Owed, WebhookClient, WebhookRequest
from ari_conf.webhooks.hop import hop_to

from .findings import Efforts, Line, at_least, at_most, run
from .measure import Figure, awaited_in_turns, pin

OURS, AIOHTTP = "ari_conf", "bare aiohttp"
HANGS, ANSWERS = "one of ten hangs", "all ten answer"
ACCOUNT, AUTH_TOKEN = "AC" + "0" * 32, "0123456789abcdef0123456789abcdef"
AT_ONCE = 16
"""Requests under way to one endpoint, for both."""
EVENTS_PER_CONFERENCE = 10
RATE = 200.0
REACH, UNMOVED = at_least(0.7), at_most(1.1)
SENDER_CORE, ENDPOINTS_CORE = 0, 1


@dataclass(frozen=True, slots=True)
class Effort:
    """Rounds, callbacks in one measure of throughput, and seconds of one measure of delay."""

    rounds: int
    callbacks: int
    seconds: float


EFFORTS = Efforts(full=Effort(5, 4500, 3.0), quick=Effort(3, 900, 0.7), once=Effort(1, 90, 0.2))


@contextlib.asynccontextmanager
async def endpoints() -> AsyncIterator[list[str]]:
    """Run the ten applications in a process of their own; yield their URLs, the one that hangs last."""
    process = await asyncio.create_subprocess_exec(sys.executable, "-m", "benchmarks.callback_endpoints", stdout=PIPE)
    try:
        assert process.stdout is not None
        ports = (await process.stdout.readline()).split()
        pin(process.pid, ENDPOINTS_CORE)
        yield [f"http://127.0.0.1:{int(port)}/conference-events" for port in ports]
    finally:
        process.kill()
        await process.wait()


async def delays(url: str) -> list[float]:
    """Return how long each callback has taken that arrived since this was asked last."""
    async with aiohttp.ClientSession() as session, session.get(url) as answer:
        return [float(seconds) for seconds in json.loads(await answer.read())]


def parameters(number: int) -> dict[str, str]:
    """Return those of the callback that a participant has joined."""
    return {
        "ConferenceSid": f"CF{number // EVENTS_PER_CONFERENCE:032x}",
        "FriendlyName": "The weekly meeting",
        "AccountSid": ACCOUNT,
        "Timestamp": "Sun, 22 Nov 2026 19:00:00 +0000",
        "StatusCallbackEvent": "participant-join",
        "SequenceNumber": str(number % EVENTS_PER_CONFERENCE + 1),
        "CallSid": f"CA{number:032x}",
        "Muted": "false",
        "Hold": "false",
        "Coaching": "false",
        "StartConferenceOnEnter": "true",
        "EndConferenceOnExit": "false",
        "At": str(time.time()),
    }


def owed(number: int, url: str) -> Owed:
    made = parameters(number)
    lane = made["ConferenceSid"]
    return Owed(account_sid=ACCOUNT, kind=CallbackKind.CONFERENCE, lane=lane, url=url, method="POST", parameters=made)


@contextlib.asynccontextmanager
async def outbox() -> AsyncIterator[Outbox]:
    """Yield an outbox over an SQLite database of its own."""
    with tempfile.TemporaryDirectory() as folder:
        store = Store(f"sqlite:///{folder}/callbacks.db")
        await store.open()
        async with WebhookClient() as client:
            made = Outbox(store, client, {ACCOUNT: AUTH_TOKEN}, max_age=3600)
            await made.start()
            yield made
            await made.stop(0)
        await store.close()


async def per_second_by_outbox(urls: list[str], count: int) -> float:
    """Owe ``count`` callbacks to the healthy endpoints, and a ninth of that to the one that hangs."""
    healthy, hanging = urls[:-1], urls[-1]
    async with outbox() as ours:
        start = time.perf_counter()
        for number in range(count):
            ours.commit((), [owed(number, healthy[number // EVENTS_PER_CONFERENCE % len(healthy)])])
            if number % len(healthy) == 0:
                ours.commit((), [owed(number, hanging)])
        while ours.owed > -(-count // len(healthy)):  # noqa: ASYNC110 (nobody tells when the healthy ones have all of theirs)
            await asyncio.sleep(0.002)
        return count / (time.perf_counter() - start)


async def per_second_by_aiohttp(urls: list[str], count: int) -> float:
    healthy = urls[:-1]
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:

        async def post(mine: list[tuple[int, str]]) -> None:
            while mine:
                number, url = mine.pop()
                body = urlencode(parameters(number)).encode()
                headers = {"Content-Type": "application/x-www-form-urlencoded"}
                async with session.post(url, data=body, headers=headers) as answer:
                    assert answer.status == 204

        shares = [[(number, url) for number in range(at, count, len(healthy))] for at, url in enumerate(healthy)]
        start = time.perf_counter()
        await asyncio.gather(*(post(share) for share in shares for _ in range(AT_ONCE)))
        return count / (time.perf_counter() - start)


async def late(urls: list[str], seconds: float, *, one_hangs: bool) -> float:
    """Return the delay of callbacks to the healthy endpoints in milliseconds, at the 99th percentile."""
    healthy, tenth = urls[:-1], urls[-1] if one_hangs else urls[0]
    async with outbox() as ours:
        count = int(seconds * RATE)
        start = time.monotonic()
        for number in range(count):
            await asyncio.sleep(start + number / RATE - time.monotonic())
            ours.commit((), [owed(number, healthy[number // EVENTS_PER_CONFERENCE % len(healthy)])])
            if number % len(healthy) == 0:
                ours.commit((), [owed(count + number, tenth)])
        while ours.owed > one_hangs * -(-count // len(healthy)):  # noqa: ASYNC110 (as above)
            await asyncio.sleep(0.01)
    return statistics.quantiles(await delays(urls[0]), n=100)[98] * 1000


def check_bodies(url: str) -> None:
    """See that both send the same."""
    given = parameters(1)
    request = WebhookRequest(url, "POST", tuple(given.items()), AUTH_TOKEN)
    assert hop_to(request, url, "token", repeats=True).body == urlencode(given).encode()


async def throughput(urls: list[str], effort: Effort) -> list[Line]:
    rivals: dict[str, Callable[[list[str], int], Awaitable[float]]] = {
        OURS: per_second_by_outbox,
        AIOHTTP: per_second_by_aiohttp,
    }
    taken: dict[str, list[tuple[float, float]]] = {name: [] for name in rivals}
    for round_ in range(-1, effort.rounds):
        count = effort.callbacks if round_ >= 0 else 90  # code paths warm
        for name, per_second in rivals.items():
            began = time.process_time()
            rate = await per_second(urls, count)
            if round_ >= 0:
                taken[name].append((rate, 1e6 * (time.process_time() - began) / count))
    figures = {name: [Figure(values) for values in zip(*of_rival, strict=True)] for name, of_rival in taken.items()}
    (rates, seconds), (their_rate, their_seconds) = figures[OURS], figures[AIOHTTP]
    return [
        Line("callbacks", rates, "per second", AIOHTTP, their_rate, reach=REACH),
        Line("a callback: the processor's time", seconds, "µs", AIOHTTP, their_seconds),
    ]


async def lateness(urls: list[str], effort: Effort) -> Line:
    await delays(urls[0])
    found = await awaited_in_turns(
        {
            ANSWERS: lambda: late(urls, effort.seconds, one_hangs=False),
            HANGS: lambda: late(urls, effort.seconds, one_hangs=True),
        },
        effort.rounds,
    )
    what = f"delay to the healthy nine, 99th percentile, {RATE:.0f} a second, {HANGS}"
    return Line(what, found[HANGS], "ms", f"ari_conf, {ANSWERS}", found[ANSWERS], reach=UNMOVED)


async def measure(effort: Effort) -> list[Line]:
    pin(os.getpid(), SENDER_CORE)
    async with endpoints() as urls:
        check_bodies(urls[0])
        return [*await throughput(urls, effort), await lateness(urls, effort)]


if __name__ == "__main__":
    run(__spec__.name, __doc__, EFFORTS, measure)
