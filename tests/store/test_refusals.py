"""A database that refuses, is locked, full or gone: nobody waits for it, nothing is lost, and it is said once."""

import asyncio
import io
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import asyncpg
import pytest
import structlog
from sqlalchemy import event, func, select
from structlog.testing import capture_logs
from structlog.typing import EventDict

import ari_conf.store.store as store_module
import ari_conf.store.writer as writer_module
from ari_conf.store import ConferenceRow, DeliveryRow, EventRow, Row, Store, StoreError, tables
from ari_conf.store.tables import TABLES

from .rows import conference, delivery, happened

DEADLINE = 30.0


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store_module, "BUSY_SECONDS", 0.05)
    monkeypatch.setattr(writer_module, "LONGEST_RETRY_SECONDS", 0.1)


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(DEADLINE):
        while not condition():  # noqa: ASYNC110 (the store tells nobody when it begins to fail)
            await asyncio.sleep(0.005)


async def count(store: Store, kind: type[Row]) -> int:
    async with store.connect() as connection:
        found: int = (await connection.execute(select(func.count()).select_from(TABLES[kind]))).scalar_one()
    return found


def said(logs: list[EventDict], text: str) -> list[EventDict]:
    return [line for line in logs if text in line["event"]]


@contextmanager
def locked(store: Store) -> Iterator[None]:
    with closing(sqlite3.connect(str(store.path))) as other:
        other.execute("BEGIN IMMEDIATE")
        yield
        other.rollback()


async def opened(url: str) -> Store:
    store = Store(url)
    await store.open()
    return store


async def test_a_locked_database_is_waited_for_by_the_rows_alone(sqlite_url: str) -> None:
    store = await opened(sqlite_url)
    with capture_logs() as logs:
        with locked(store):
            store.write([conference()])
            await until(lambda: store.failing is not None)
            store.write([delivery()])
            assert store.backlog == 2
        await store.flush()
    assert await count(store, DeliveryRow) == 1
    assert [line["log_level"] for line in logs] == ["error", "warning"]
    assert said(logs, "refuses")[0]["cause"] == "database is locked"
    assert said(logs, "works again")
    assert not store.failing
    await store.close()


async def test_a_full_disk(sqlite_url: str) -> None:
    store = await opened(sqlite_url)
    full = True

    def limit(connection: sqlite3.Connection, _record: object) -> None:
        if full:
            connection.execute("PRAGMA max_page_count=1").close()  # SQLite takes the least that is possible: as it is now

    event.listen(store._engine.sync_engine, "connect", limit)
    await store._engine.dispose()  # the next connections are new ones
    store.write([delivery(number) for number in range(500)])
    await until(lambda: store.failing is not None)
    assert store.failing == "database or disk is full"
    assert store.backlog == 500
    full = False
    await store.flush()
    assert await count(store, DeliveryRow) == 500
    await store.close()


@pytest.mark.parametrize("what", ["*", "*.db"])
async def test_a_file_that_is_removed_is_made_anew(sqlite_url: str, what: str) -> None:
    store = await opened(sqlite_url)
    store.write([conference(1)])
    await store.flush()
    assert await count(store, ConferenceRow) == 1
    path = store.path
    assert path is not None
    for file in path.parent.glob(what):
        file.unlink()
    with capture_logs() as logs:
        store.write([conference(2)])
        await store.flush()
    assert [line["log_level"] for line in logs] == ["error", "warning"]
    assert "removed" in said(logs, "refuses")[0]["cause"]
    assert path.stat().st_mode & 0o777 == 0o600
    assert await count(store, ConferenceRow) == 1
    await store.close()
    again = await opened(sqlite_url)
    assert await count(again, ConferenceRow) == 1
    await again.close()


async def test_a_server_that_goes_and_comes_back(postgres: str, postgres_url: str) -> None:
    store = await opened(postgres_url)
    store.write([conference(1)])
    await store.flush()
    name = postgres_url.rpartition("/test_")[2].partition("?")[0]
    admin = await asyncpg.connect(postgres)
    await admin.execute(f"ALTER DATABASE test_{name} ALLOW_CONNECTIONS false")
    await admin.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1", f"test_{name}")
    with capture_logs() as logs:
        store.write([conference(2)])
        await until(lambda: "not currently accepting connections" in (store.failing or ""))
        await admin.execute(f"ALTER DATABASE test_{name} ALLOW_CONNECTIONS true")
        await store.flush()
    assert [line["log_level"] for line in logs] == ["error", "warning"]
    assert len(await store.rows(type(conference()), select(tables.conferences))) == 2
    await admin.close()
    await store.close()


@pytest.fixture
async def cut(database_url: str) -> AsyncIterator[Callable[[], Awaitable[None]]]:
    """What makes the database forget who is connected: its server is restarted, its folder is wiped."""
    if database_url.startswith("sqlite"):
        folder = Path(database_url.removeprefix("sqlite:///")).parent

        async def wipe() -> None:
            for file in folder.iterdir():
                file.unlink()

        yield wipe
        return
    name = database_url.rpartition("@/")[2].partition("?")[0]
    admin = await asyncpg.connect(database_url.replace(f"/{name}?", "/postgres?"))

    async def terminate() -> None:
        await admin.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1", name)

    yield terminate
    await admin.close()


async def test_a_claim_that_the_database_has_forgotten_is_made_again(
    database_url: str, cut: Callable[[], Awaitable[None]]
) -> None:
    first, second = await opened(database_url), Store(database_url)
    await first.claim()
    first.write([conference(1)])
    await first.flush()
    await cut()
    first.write([conference(2)])
    await first.flush()
    with pytest.raises(StoreError, match="another ari-conf"):
        await second.claim()
    await first.close()
    await second.claim()
    await second.close()


async def test_who_has_lost_its_claim_writes_nothing_and_says_so(database_url: str, cut: Callable[[], Awaitable[None]]) -> None:
    first = await opened(database_url)
    lost: list[str] = []
    await first.claim(lost.append)
    first.write([conference(1)])
    await first.flush()
    await cut()
    second = await opened(database_url)
    await second.claim()
    first.write([conference(2)])
    await until(lambda: bool(lost))
    assert "another ari-conf" in lost[0]
    assert conference(2) not in await second.rows(ConferenceRow, select(tables.conferences))
    await second.close()
    await first.close()


async def test_many_that_wait_are_an_alarm_and_too_many_cost_what_can_be_spared(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer_module, "MANY_ROWS", 10)
    monkeypatch.setattr(writer_module, "TOO_MANY_ROWS", 20)
    store = Store(url)
    told: list[str] = []
    with capture_logs() as logs:
        for number in range(30):
            store.write([happened(number), delivery(number)])
        store.write([happened(99)], lambda: told.append("dropped, and told all the same"))
        assert [line["rows"] for line in said(logs, "does not keep up")] == [10]
        assert store.backlog == 10 + 30
        await store.open()
        await store.flush()
    assert await count(store, DeliveryRow) == 30
    assert await count(store, EventRow) == 10
    assert said(logs, "keeps up again")[0]["dropped"] == 21
    assert told
    await store.close()


async def test_closing_does_not_wait_for_ever(sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store_module, "CLOSE_SECONDS", 0.3)
    store = await opened(sqlite_url)
    with locked(store), capture_logs() as logs:
        store.write([conference(), delivery()])
        async with asyncio.timeout(DEADLINE):
            await store.close()
    (line,) = said(logs, "closed before all was written")
    assert line["rows"] == 2
    assert line["cause"] == "database is locked"


async def test_a_log_that_cannot_be_written_ends_nothing(sqlite_url: str) -> None:
    stream = io.StringIO()
    stream.close()
    store = await opened(sqlite_url)
    before = structlog.get_config()
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(stream))
    try:
        with locked(store):
            store.write([conference()])
            await until(lambda: store.failing is not None)
        await store.flush()
    finally:
        structlog.configure(**before)
    assert await count(store, ConferenceRow) == 1
    await store.close()
