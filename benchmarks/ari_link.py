"""How many ARI requests a second our link carries, one after the other and 32 at once.

Rivals on the same Asterisk: asyncari as it comes (httpx), and plain aiohttp over HTTP with keep-alive. The request is
``GET /ari/asterisk/ping``, for which Asterisk does next to nothing.

``python -m benchmarks.ari_link [--quick] [--once]``
"""

import argparse
import asyncio
import base64
import contextlib
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass

import aiohttp
import asyncari
from rich.console import Console

from ari_conf.media.asterisk.link import AriAddress, AriLink
from ari_conf.private_asterisk import PrivateAsterisk, ensure_installed

from .measure import Figure, print_table, ratio, write_json

OURS = "ari_conf"
STOCK = "asyncari as it comes"
AIOHTTP = "aiohttp over HTTP"
IN_FLIGHT = (1, 32)

Request = Callable[[], Awaitable[object]]


@dataclass(frozen=True)
class Effort:
    """Requests in one measure of each rival at 32 in flight (a quarter of that one after the other), and rounds."""

    requests: dict[str, int]
    rounds: int


FULL = Effort({OURS: 8000, STOCK: 800, AIOHTTP: 4000}, rounds=7)
QUICK = Effort({OURS: 4000, STOCK: 400, AIOHTTP: 2000}, rounds=5)
ONCE = Effort({OURS: 64, STOCK: 64, AIOHTTP: 64}, rounds=1)


@contextlib.asynccontextmanager
async def rivals(asterisk: PrivateAsterisk) -> AsyncIterator[dict[str, Request]]:
    """Connect all three; yield one request of each."""
    url, username, password = asterisk.ari_url, asterisk.ari_username, asterisk.ari_password
    link = AriLink.for_requests(AriAddress(url, username, password, "bench"))
    credentials = base64.b64encode(f"{username}:{password}".encode()).decode()
    async with contextlib.AsyncExitStack() as stack:
        await link.connect()
        stack.push_async_callback(link.close)
        session = await stack.enter_async_context(
            aiohttp.ClientSession(headers={"Authorization": f"Basic {credentials}"}, connector=aiohttp.TCPConnector(limit=64))
        )
        stock = await stack.enter_async_context(asyncari.connect(url, "bench-stock", username, password))

        async def by_link() -> None:
            await link.call("asterisk", "ping")

        async def by_aiohttp() -> None:
            async with session.get(f"{url}/ari/asterisk/ping") as answer:
                await answer.read()

        async def by_stock() -> None:
            await stock.asterisk.ping()

        yield {OURS: by_link, STOCK: by_stock, AIOHTTP: by_aiohttp}


async def requests_per_second(request: Request, count: int, in_flight: int) -> float:
    async def worker(share: int) -> None:
        for _ in range(share):
            await request()

    start = time.perf_counter()
    await asyncio.gather(*(worker(count // in_flight) for _ in range(in_flight)))
    return count // in_flight * in_flight / (time.perf_counter() - start)


async def measure(effort: Effort) -> dict[int, dict[str, Figure]]:
    console = Console(stderr=True)
    async with PrivateAsterisk(ensure_installed(console.print)) as asterisk, rivals(asterisk) as requests:
        for request in requests.values():
            await requests_per_second(request, 32, 8)  # connections made, code paths warm
        figures = {}
        for in_flight in IN_FLIGHT:
            rounds: dict[str, list[float]] = {name: [] for name in requests}
            for _ in range(effort.rounds):
                for name, request in requests.items():
                    count = effort.requests[name] if in_flight > 1 else effort.requests[name] // 4
                    rounds[name].append(await requests_per_second(request, count, in_flight))
            figures[in_flight] = {name: Figure(tuple(values)) for name, values in rounds.items()}
        return figures


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer requests and rounds")
    parser.add_argument("--once", action="store_true", help="one tiny round, to see that it starts; nothing is written")
    options = parser.parse_args()
    figures = asyncio.run(measure(ONCE if options.once else QUICK if options.quick else FULL))
    for in_flight, by_name in figures.items():
        rows = []
        for name, figure in by_name.items():
            ours = ratio(by_name[OURS], figure)
            rows.append([name, f"{figure.median:,.0f}", f"± {figure.spread / 2:.0%}", f"{ours.median:,.1f}"])
        title = f"ARI, {in_flight} in flight" if in_flight > 1 else "ARI, one after the other"
        print_table(title, ["client", "requests per second", "spread", "ours is times as fast"], rows)
    if not options.once:
        results = {
            str(in_flight): {
                name: figure.as_json() | {"ours_to_this": ratio(by_name[OURS], figure).as_json()}
                for name, figure in by_name.items()
            }
            for in_flight, by_name in figures.items()
        }
        print(f"written to {write_json('ari_link', results)}")


if __name__ == "__main__":
    main()
