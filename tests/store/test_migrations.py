"""The tables that the migrations make are those that the code uses, whoever makes them and however many at once."""

import asyncio
import sys
from asyncio.subprocess import PIPE, create_subprocess_exec
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, select, text

from ari_conf.store import ConferenceRow, Form, Store, StoreError, tables
from ari_conf.store.migrate import REVISIONS
from ari_conf.store.upgrade import revisions

from .rows import conference

DEADLINE = 60.0


async def refused(url: str) -> str:
    with pytest.raises(StoreError) as error:
        await Store(url).open()
    assert "\n" not in str(error.value)
    return str(error.value)


async def test_metadata_and_migrations_agree(store: Store) -> None:
    def differences(connection: Connection) -> list[object]:
        return list(compare_metadata(MigrationContext.configure(connection), tables.metadata))

    async with store.connect() as connection:
        assert await connection.run_sync(differences) == []


def test_a_start_knows_all_migrations() -> None:
    assert list(REVISIONS) == revisions()


async def test_a_database_is_empty_and_then_current(url: str) -> None:
    store = Store(url)
    if store.path is not None:
        store.path.parent.mkdir()
    assert await store.form() is Form.EMPTY
    await store.open()
    assert await store.form() is Form.CURRENT
    await store.close()


async def test_opening_it_again_keeps_what_is_there(url: str) -> None:
    for _ in range(2):
        store = Store(url)
        await store.open()
        store.write([conference()])
        await store.flush()
        assert await store.rows(ConferenceRow, select(tables.conferences)) == [conference()]
        await store.close()


OPENS = """
import asyncio, sys
from ari_conf.store import Store
from tests.store.rows import conference

async def main():
    store = Store(sys.argv[1])
    print("ready", flush=True)
    sys.stdin.readline()
    await store.open()
    store.write([conference(int(sys.argv[2]))])
    await store.close()

asyncio.run(main())
"""


async def test_processes_that_start_at_once(url: str) -> None:
    processes = [
        await create_subprocess_exec(sys.executable, "-c", OPENS, url, str(number), stdin=PIPE, stdout=PIPE, stderr=PIPE)
        for number in range(4)
    ]
    async with asyncio.timeout(DEADLINE):
        for process in processes:
            assert process.stdout is not None
            assert await process.stdout.readline() == b"ready\n"
        ends = await asyncio.gather(*(process.communicate(b"\n") for process in processes))
    assert [(process.returncode, errors) for process, (_, errors) in zip(processes, ends, strict=True)] == [(0, b"")] * 4
    store = Store(url)
    await store.open()
    assert len(await store.rows(ConferenceRow, select(tables.conferences))) == 4
    await store.close()


async def test_a_newer_database_is_left_alone(url: str) -> None:
    store = Store(url)
    await store.open()
    async with store.connect() as connection:
        await connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
        await connection.commit()
    assert await store.form() is Form.NEWER
    await store.close()
    text_ = await refused(url)
    assert "newer version of ari-conf" in text_
    assert "database.url" in text_


async def test_somebody_elses_tables(url: str) -> None:
    store = Store(url)
    if store.path is not None:
        store.path.parent.mkdir()
    async with store.connect() as connection:
        await connection.execute(text("CREATE TABLE calls (id INTEGER)"))
        await connection.commit()
    await store.close()
    assert "already exists" in await refused(url)


async def test_a_file_that_is_no_database(tmp_path: Path) -> None:
    (tmp_path / "x.db").write_text("Dear diary, " * 100)
    text_ = await refused(f"sqlite:///{tmp_path / 'x.db'}")
    assert str(tmp_path / "x.db") in text_
    assert "file is not a database" in text_


async def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    text_ = await refused(f"sqlite:///{tmp_path / 'file' / 'x.db'}")
    assert "Not a directory" in text_ or "File exists" in text_


async def test_a_server_that_is_not_there(unused_tcp_port: int) -> None:
    text_ = await refused(f"postgresql://bob:sesame@127.0.0.1:{unused_tcp_port}/calls")
    assert f'"calls" at 127.0.0.1:{unused_tcp_port}' in text_
    assert "see that the server runs" in text_
    assert "sesame" not in text_


async def test_a_database_that_is_not_there(postgres: str) -> None:
    assert 'database "nowhere" does not exist' in await refused(postgres.replace("/postgres?", "/nowhere?"))
