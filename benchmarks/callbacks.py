"""How many callbacks a second are signed, stored and delivered, while one endpoint of ten hangs; and how late they are.

The rival posts the same bodies to the nine healthy endpoints with plain aiohttp over kept connections: nothing signed, nothing
stored, no order. Then callbacks are owed at a steady rate to ten endpoints, of which the tenth answers like the others or
hangs: the delay to the nine from the event to its arrival, at the 99th percentile.

``python -m benchmarks.callbacks [--quick] [--once]``
"""

import argparse
import asyncio
import contextlib
import json
import statistics
import sys
import tempfile
import time
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator
from dataclasses import dataclass
from urllib.parse import urlencode

import aiohttp
import structlog

from ari_conf.store import Store
from ari_conf.webhooks import CallbackKind, Outbox, Owed, WebhookClient

from .measure import Figure, print_table, ratio, write_json

OURS = "ari_conf"
AIOHTTP = "plain aiohttp"
ACCOUNT, AUTH_TOKEN = "AC" + "0" * 32, "0123456789abcdef0123456789abcdef"
AT_ONCE = 16
"""Requests under way to one endpoint, for both."""
EVENTS_PER_CONFERENCE = 10
RATE = 200.0


@dataclass(frozen=True)
class Effort:
    """Callbacks in one measure of throughput, seconds of one measure of delay, and rounds."""

    callbacks: int
    seconds: float
    rounds: int


FULL = Effort(9000, 5.0, rounds=7)
QUICK = Effort(4500, 3.0, rounds=5)
ONCE = Effort(180, 0.5, rounds=1)


@contextlib.asynccontextmanager
async def endpoints() -> AsyncIterator[list[str]]:
    """Run the ten applications in a process of their own; yield their URLs, the one that hangs last."""
    process = await asyncio.create_subprocess_exec(sys.executable, "-m", "benchmarks.callback_endpoints", stdout=PIPE)
    try:
        assert process.stdout is not None
        ports = (await process.stdout.readline()).split()
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


async def measure(effort: Effort) -> tuple[dict[str, Figure], dict[str, Figure]]:
    speeds: dict[str, list[float]] = {OURS: [], AIOHTTP: []}
    lateness: dict[str, list[float]] = {"all answer": [], "one of ten hangs": []}
    async with endpoints() as urls:
        for round_ in range(-1, effort.rounds):
            count = effort.callbacks if round_ >= 0 else 90  # connections made, code paths warm
            mine, theirs = await per_second_by_outbox(urls, count), await per_second_by_aiohttp(urls, count)
            if round_ >= 0:
                speeds[OURS].append(mine)
                speeds[AIOHTTP].append(theirs)
        await delays(urls[0])
        for _ in range(effort.rounds):
            lateness["all answer"].append(await late(urls, effort.seconds, one_hangs=False))
            lateness["one of ten hangs"].append(await late(urls, effort.seconds, one_hangs=True))
    return {name: Figure(tuple(taken)) for name, taken in speeds.items()}, {
        name: Figure(tuple(taken)) for name, taken in lateness.items()
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer callbacks and rounds")
    parser.add_argument("--once", action="store_true", help="one tiny round, to see that it starts; nothing is written")
    options = parser.parse_args()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(40))
    speeds, lateness = asyncio.run(measure(ONCE if options.once else QUICK if options.quick else FULL))
    compared = {name: ratio(speeds[OURS], figure) for name, figure in speeds.items()}
    print_table(
        "Callbacks, one of ten endpoints hanging",
        ["client", "callbacks per second", "spread", "ours is times as fast"],
        [
            [name, f"{figure.median:,.0f}", f"± {figure.spread / 2:.0%}", f"{compared[name].median:,.2f}"]
            for name, figure in speeds.items()
        ],
    )
    print_table(
        f"Delay to the nine healthy endpoints, {RATE:.0f} callbacks a second",
        ["endpoints", "99th percentile", "spread"],
        [[name, f"{figure.median:.1f} ms", f"± {figure.spread / 2:.0%}"] for name, figure in lateness.items()],
    )
    if not options.once:
        results = {
            "callbacks_per_second": {
                name: figure.as_json() | {"ours_to_this": compared[name].as_json()} for name, figure in speeds.items()
            },
            "p99_delay_ms": {name: figure.as_json() for name, figure in lateness.items()},
        }
        print(f"written to {write_json('callbacks', results)}")


if __name__ == "__main__":
    main()
