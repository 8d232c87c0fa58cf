"""The promise of the outbox, with real processes: killed in between, every event arrives, in order, with one token each."""

import asyncio
import sqlite3
import sys
from collections import defaultdict
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, closing
from pathlib import Path

import pytest
from aiohttp import web
from sqlalchemy import select
from twilio.request_validator import RequestValidator

from ari_conf.store import EventRow, Store
from ari_conf.store.tables import events
from tests.app_server import AUTH_TOKEN, ClosedPort

LANES = 5
PROJECT = Path(__file__).parents[2]
DEADLINE = 30.0


class Endpoint:
    """An application that can be down: then nobody listens on its port, which stays the same."""

    def __init__(self) -> None:
        self.got: list[tuple[str, int, str]] = []
        self.badly_signed = 0
        self.answer_after = 0
        """It does not answer those after so many."""
        self._runner: web.AppRunner | None = None
        with ClosedPort() as free:
            self.url = f"{free}/events"

    async def up(self) -> None:
        app = web.Application()
        app.router.add_post("/events", self._take)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", int(self.url.rpartition(":")[2].partition("/")[0])).start()

    async def down(self) -> None:
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    async def _take(self, request: web.Request) -> web.Response:
        form = {name: str(value) for name, value in (await request.post()).items()}
        if not RequestValidator(AUTH_TOKEN).validate(self.url, form, request.headers["X-Twilio-Signature"]):
            self.badly_signed += 1
        token = request.headers["I-Twilio-Idempotency-Token"]
        self.got.append((form["ConferenceSid"], int(form["SequenceNumber"]), token))
        if self.answer_after and len(self.got) > self.answer_after:
            await asyncio.sleep(60)
        return web.Response(status=204)


@pytest.fixture
async def endpoint() -> AsyncIterator[Endpoint]:
    made = Endpoint()
    yield made
    await made.down()


@asynccontextmanager
async def driver(database: str, url: str, pause: float) -> AsyncIterator[asyncio.subprocess.Process]:
    """Run a driver; at the end it is killed with SIGKILL if it has not ended by itself."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.webhooks.outbox_driver", database, url, str(LANES), str(pause)),
        cwd=PROJECT,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    try:
        assert process.stdout is not None
        async with asyncio.timeout(DEADLINE):
            printed = b""
            while b"started\n" not in printed:
                line = await process.stdout.readline()
                assert line, printed.decode()
                printed += line
        reading = asyncio.create_task(process.stdout.read())
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()
    await reading


async def until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(DEADLINE):
        while not true():  # noqa: ASYNC110 (what is waited for has no event)
            await asyncio.sleep(0.002)


def committed(database: str) -> int:
    with closing(sqlite3.connect(database.removeprefix("sqlite:///"))) as connection:
        return int(connection.execute("SELECT count(*) FROM events").fetchone()[0])


async def written(database: str) -> set[tuple[str, int]]:
    store = Store(database)
    await store.open()
    rows = await store.rows(EventRow, select(events))
    await store.close()
    return {(row.conference_sid, row.number) for row in rows}


async def test_every_event_arrives_in_order_whenever_it_is_killed(tmp_path: Path, endpoint: Endpoint) -> None:
    database = f"sqlite:///{tmp_path}/outbox.db"
    assert await written(database) == set()
    async with driver(database, endpoint.url, 0.01):
        await until(lambda: committed(database) > 50)  # killed while the endpoint is down
    async with driver(database, endpoint.url, 0.01):
        await endpoint.up()
        await until(lambda: len(endpoint.got) > 50)  # killed in the middle of delivering
    endpoint.answer_after = len(endpoint.got)
    async with driver(database, endpoint.url, 0.01):
        await until(lambda: len(endpoint.got) > endpoint.answer_after)  # killed after the request and before the answer
    await endpoint.down()
    endpoint.answer_after = 0
    before = committed(database)
    async with driver(database, endpoint.url, 0.01):
        await until(lambda: committed(database) > before)
    await endpoint.up()
    async with driver(database, endpoint.url, 0) as last:
        async with asyncio.timeout(DEADLINE):
            assert await last.wait() == 0

    owed = await written(database)
    assert len(owed) > 60
    assert {(lane, number) for lane, number, _ in endpoint.got} == owed
    tokens = defaultdict(set)
    arrivals: dict[str, list[int]] = defaultdict(list)
    for lane, number, token in endpoint.got:
        tokens[lane, number].add(token)
        if number not in arrivals[lane]:
            arrivals[lane].append(number)
    assert all(len(of_event) == 1 for of_event in tokens.values()), "an event that came twice has its token"
    assert all(numbers == sorted(numbers) for numbers in arrivals.values())
    assert endpoint.badly_signed == 0
