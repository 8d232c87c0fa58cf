"""What is written can be read again, all of one call or nothing, in order, on both databases."""

import asyncio
import signal
import stat
import sys
from asyncio.subprocess import PIPE, create_subprocess_exec
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import cast

import pytest
from sqlalchemy import func, select, text

from ari_conf.store import ConferenceRow, DeliveryRow, EventRow, Row, Store, tables
from ari_conf.store.tables import TABLES

from .rows import ALL_KINDS, CONFERENCE, call, conference, delivery, happened

DEADLINE = 30.0


async def count(store: Store, kind: type[Row]) -> int:
    async with store.connect() as connection:
        found: int = (await connection.execute(select(func.count()).select_from(TABLES[kind]))).scalar_one()
    return found


@pytest.mark.parametrize("row", ALL_KINDS, ids=lambda row: type(row).__name__)
async def test_a_row_comes_back_as_it_was(store: Store, row: Row) -> None:
    store.write([row])
    await store.flush()
    assert await store.rows(type(row), select(TABLES[type(row)])) == [row]


def test_there_is_a_table_for_each_kind_of_row() -> None:
    assert {type(row) for row in ALL_KINDS} == set(TABLES) == set(Row.__args__)


async def test_the_latest_row_of_a_key_stays(store: Store) -> None:
    store.write([conference(status="init"), conference(status="in-progress")])
    store.write([conference(status="completed")])
    await store.flush()
    assert await store.rows(ConferenceRow, select(tables.conferences)) == [conference(status="completed")]
    store.write([conference(status="init")])
    await store.flush()
    assert await store.rows(ConferenceRow, select(tables.conferences)) == [conference(status="init")]


async def test_many_rows_are_written_in_order_and_each_is_told(store: Store) -> None:
    told: list[int] = []
    for number in range(3000):
        store.write([happened(number), delivery(number)], partial(told.append, number))
    assert store.backlog == 6000
    assert told == []
    await store.flush()
    assert store.backlog == 0
    assert told == list(range(3000))
    assert await count(store, EventRow) == await count(store, DeliveryRow) == 3000


async def test_what_is_told_is_committed(store: Store) -> None:
    seen: asyncio.Future[int] = asyncio.get_running_loop().create_future()

    async def look() -> None:
        seen.set_result(await count(store, ConferenceRow))

    tasks: list[asyncio.Task[None]] = []
    store.write([conference()], lambda: tasks.append(asyncio.create_task(look())))
    async with asyncio.timeout(DEADLINE):
        assert await seen == 1


async def test_a_fault_in_what_comes_after_a_commit_disturbs_nobody(store: Store) -> None:
    def fail() -> None:
        raise ZeroDivisionError

    store.write([conference(1)], fail)
    store.write([conference(2)])
    await store.flush()
    assert await count(store, ConferenceRow) == 2


async def test_rows_that_are_written_before_it_is_open_wait(url: str) -> None:
    store = Store(url)
    store.write([conference()])
    assert store.backlog == 1
    await store.open()
    await store.flush()
    assert await count(store, ConferenceRow) == 1
    await store.close()


async def test_closing_writes_what_waits(url: str) -> None:
    store = Store(url)
    await store.open()
    store.write([conference(number) for number in range(700)])
    await store.close()
    await store.close()
    with pytest.raises(RuntimeError, match="is closed"):
        store.write([conference()])
    again = Store(url)
    await again.open()
    assert await count(again, ConferenceRow) == 700
    await again.close()


UNFIT: Mapping[str, Row] = {
    "an integer too large": delivery(position=2**80),
    "no value where one has to be": replace(delivery(), url=cast("str", None)),
    "a value of another type": replace(delivery(), position=cast("int", {})),
    "no text": replace(delivery(), url=cast("str", 5)),
    "what is no JSON": replace(delivery(), parameters={"a": cast("str", object())}),
    "no row at all": cast("Row", object()),
}


@pytest.mark.parametrize("unfit", UNFIT.values(), ids=UNFIT)
async def test_rows_that_no_database_can_keep_are_lost_alone_and_whole(store: Store, unfit: Row) -> None:
    told: list[str] = []
    store.write([conference(1)], lambda: told.append("before"))
    store.write([conference(2), unfit], lambda: told.append("never"))
    store.write([conference(3)], lambda: told.append("after"))
    await store.flush()
    kept = await store.rows(ConferenceRow, select(tables.conferences).order_by(tables.conferences.c.sid))
    assert kept == [conference(1), conference(3)]
    assert told == ["before", "after"]
    assert store.failing is None


async def test_what_strangers_send_is_kept_as_far_as_it_can_be(store: Store) -> None:
    nasty = "a\0b\ud800c'\"; DROP TABLE calls; --\U0001f389"
    row = EventRow(conference_sid=CONFERENCE, number=1, kind=nasty, at=0.0, data={nasty: nasty, "b": "\\u0000"})
    store.write([row])
    await store.flush()
    (kept,) = await store.rows(EventRow, select(tables.events))
    clean = "a�b�c'\"; DROP TABLE calls; --\U0001f389"
    assert kept.kind == clean
    assert kept.data == {clean: clean, "b": "\\u0000"}


async def test_a_reader_disturbs_no_writer(store: Store) -> None:
    store.write([conference(1)])
    await store.flush()
    async with store.connect() as connection:
        result = await connection.stream(select(tables.conferences))
        store.write([conference(2)])
        await store.flush()
        await result.close()
    assert await count(store, ConferenceRow) == 2


async def test_the_file_is_its_owners_alone(sqlite_url: str) -> None:
    store = Store(sqlite_url)
    await store.open()
    store.write([call()])
    await store.flush()
    assert store.path is not None
    assert {stat.S_IMODE(path.stat().st_mode) for path in store.path.parent.iterdir()} == {0o600}
    async with store.connect() as connection:
        assert (await connection.execute(text("PRAGMA journal_mode"))).scalar_one() == "wal"
        assert (await connection.execute(text("PRAGMA synchronous"))).scalar_one() == 2
    await store.close()


WRITES_UNTIL_KILLED = """
import asyncio, sys
from ari_conf.store import Store
from tests.store.rows import conference, delivery

async def main():
    store = Store(sys.argv[1])
    await store.open()
    number = 0
    while True:
        for _ in range(50):
            number += 1
            store.write([conference(number), delivery(number)], lambda number=number: print(number, flush=True))
        await asyncio.sleep(0)
        while store.backlog > 500:
            await asyncio.sleep(0.001)

asyncio.run(main())
"""


async def test_after_a_kill_all_that_was_told_is_there_and_nothing_is_there_by_half(url: str) -> None:
    process = await create_subprocess_exec(sys.executable, "-c", WRITES_UNTIL_KILLED, url, stdout=PIPE)
    assert process.stdout is not None
    told = 0
    async with asyncio.timeout(DEADLINE):
        while told < 1000:
            told = int(await process.stdout.readline())
        process.send_signal(signal.SIGKILL)
        rest = (await process.stdout.read()).split()
        await process.wait()
    told = int(rest[-1]) if rest else told
    store = Store(url)
    await store.open()
    conferences, deliveries = await count(store, ConferenceRow), await count(store, DeliveryRow)
    assert conferences == deliveries >= told
    await store.close()
