"""What ended long ago goes, with all its parts; what is young, under way or owed stays."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import select
from structlog.testing import capture_logs

from ari_conf.clock import VirtualClock
from ari_conf.database import PRUNE_SECONDS, database_url, prune_by_settings, prune_regularly, store_of
from ari_conf.settings import DatabaseSettings, Settings, StorageSettings
from ari_conf.store import Row, Store, StoreError, prune
from ari_conf.store.tables import TABLES

from .rows import NOW, call, conference, delivery, document, happened, notification, participant, queue, recording, verb

DAY = 86_400.0
RETENTION = DatabaseSettings(keep_days=10, keep_callbacks_days=2, keep_notifications_days=5)


async def keys(store: Store, kind: type[Row], column: str = "sid") -> list[str]:
    table = TABLES[kind]
    async with store.connect() as connection:
        return list((await connection.execute(select(table.c[column]).order_by(table.c[column]))).scalars())


async def test_each_kind_goes_at_its_time(store: Store) -> None:
    old, young = [conference(1, ended_at=NOW - 11 * DAY), conference(2, ended_at=NOW - 9 * DAY)]
    old_call, young_call = [call(1, ended_at=NOW - 11 * DAY), call(2, ended_at=NOW - 9 * DAY)]
    for one in (old, young):
        store.write([one, participant(1, one.sid), participant(2, one.sid), happened(1, one.sid), happened(2, one.sid)])
    for a_call in (old_call, young_call):
        store.write([a_call, document(1, a_call.sid), verb(1, a_call.sid), verb(2, a_call.sid)])
    store.write([notification(1, at=NOW - 6 * DAY), notification(2, at=NOW - 4 * DAY)])
    store.write(
        [
            delivery(1, state="delivered", ended_at=NOW - 3 * DAY),
            delivery(2, state="given-up", ended_at=NOW - 3 * DAY),
            delivery(3, state="delivered", ended_at=NOW - 1 * DAY),
            replace(delivery(4), created_at=NOW - 99 * DAY),
        ]
    )
    store.write([recording(1, updated_at=NOW - 11 * DAY), recording(2, updated_at=NOW - 9 * DAY)])
    store.write([queue(1), queue(2, deleted_at=NOW - 11 * DAY), queue(3, deleted_at=NOW - 9 * DAY)])
    await store.flush()
    pruned = await prune(store, NOW, RETENTION)
    assert pruned.rows == {
        "recordings": 1,
        "conferences": 1,
        "participants": 2,
        "events": 2,
        "calls": 1,
        "documents": 1,
        "verbs": 2,
        "queues": 1,
        "notifications": 1,
        "deliveries": 2,
    }
    assert pruned.recordings == (recording(1).sid,)
    assert await keys(store, type(young)) == [young.sid]
    for part in (participant(), happened()):
        assert set(await keys(store, type(part), "conference_sid")) == {young.sid}
    assert await keys(store, type(young_call)) == [young_call.sid]
    for piece in (document(), verb()):
        assert set(await keys(store, type(piece), "call_sid")) == {young_call.sid}
    assert await keys(store, type(notification())) == [notification(2).sid]
    assert await keys(store, type(delivery()), "token") == ["token-3", "token-4"]
    assert await keys(store, type(recording())) == [recording(2).sid]
    assert (await prune(store, NOW, RETENTION)).rows == {}


async def test_what_is_under_way_stays_unless_nothing_lasts_that_long(store: Store) -> None:
    running: list[Row] = [replace(conference(1), created_at=NOW - 16 * DAY), replace(call(1), created_at=NOW - 16 * DAY)]
    store.write([*running, recording(1, status="in-progress", updated_at=NOW - 16 * DAY)])
    await store.flush()
    assert (await prune(store, NOW, RETENTION)).rows == {}
    pruned = await prune(store, NOW + 2 * DAY, RETENTION)
    assert (pruned.rows["conferences"], pruned.rows["calls"], pruned.rows["recordings"]) == (1, 1, 1)


async def test_more_than_fits_in_one_transaction(store: Store) -> None:
    store.write([delivery(number, state="delivered", ended_at=NOW - 3 * DAY) for number in range(450)])
    await store.flush()
    assert (await prune(store, NOW, RETENTION)).rows == {"deliveries": 450}


async def test_a_recording_whose_file_cannot_be_removed_is_not_forgotten(store: Store) -> None:
    def refuse(sids: Sequence[str]) -> None:
        assert sids == [recording(1).sid]
        raise PermissionError(13, "Permission denied")

    store.write([recording(1, updated_at=NOW - 11 * DAY)])
    await store.flush()
    with pytest.raises(PermissionError):
        await prune(store, NOW, RETENTION, refuse)
    assert await keys(store, type(recording())) == [recording(1).sid]


async def test_the_controller_prunes_at_once_and_every_hour(url: str, tmp_path: Path) -> None:
    settings = Settings(database=RETENTION.model_copy(update={"url": url}), storage=StorageSettings(folder=tmp_path))
    store = Store(url)
    await store.open()
    clock = VirtualClock(start=NOW)
    settings.storage.recordings.mkdir()
    wavs = [settings.storage.recordings / f"{recording(number).sid}.wav" for number in (1, 2)]
    for wav in wavs:
        wav.touch()
    store.write([recording(1, updated_at=NOW - 11 * DAY), recording(2, updated_at=NOW - 10 * DAY + 1800)])
    await store.flush()
    pruning = asyncio.create_task(prune_regularly(store, settings, clock))
    async with asyncio.timeout(30):
        while wavs[0].exists() or await keys(store, type(recording())) != [recording(2).sid]:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        assert wavs[1].exists()
        while wavs[1].exists() or await keys(store, type(recording())):
            await clock.let_pass(3600)
            await asyncio.sleep(0.01)
    pruning.cancel()
    await asyncio.wait([pruning])
    await store.close()


async def test_nothing_is_removed_by_a_clock_that_is_not_trusted(sqlite_url: str, tmp_path: Path) -> None:
    store = Store(sqlite_url)
    await store.open()
    clock = VirtualClock(start=NOW)
    store.write([recording(1, updated_at=NOW - 11 * DAY)])
    await store.flush()
    settings = Settings(database=RETENTION, storage=StorageSettings(folder=tmp_path))
    settings.storage.recordings.mkdir()
    asked = 0

    def is_trusted() -> bool:
        nonlocal asked
        asked += 1
        return asked > 2

    pruning = asyncio.create_task(prune_regularly(store, settings, clock, is_trusted))
    async with asyncio.timeout(30):
        while asked < 2:
            await clock.let_pass(PRUNE_SECONDS)
            await asyncio.sleep(0.01)
        # By the second time the first one is over.
        assert await keys(store, type(recording())) == [recording(1).sid]
        while await keys(store, type(recording())):
            await clock.let_pass(PRUNE_SECONDS)
            await asyncio.sleep(0.01)
    pruning.cancel()
    await asyncio.wait([pruning])
    await store.close()


async def test_a_database_that_refuses_is_tried_again(sqlite_url: str, tmp_path: Path) -> None:
    settings = Settings(storage=StorageSettings(folder=tmp_path))
    store = Store(sqlite_url)
    await store.open()
    async with store.connect() as connection:
        await connection.exec_driver_sql("ALTER TABLE deliveries RENAME TO away")
    clock = VirtualClock(start=NOW)
    with capture_logs() as logs:
        pruning = asyncio.create_task(prune_regularly(store, settings, clock))
        async with asyncio.timeout(30):
            while len(logs) < 2:
                await clock.let_pass(3600)
                await asyncio.sleep(0.01)
    assert {line["cause"] for line in logs} == {"no such table: deliveries"}
    assert not pruning.done()
    pruning.cancel()
    await asyncio.wait([pruning])
    await store.close()


async def test_files_that_are_gone_already_do_no_harm(store: Store, tmp_path: Path) -> None:
    settings = Settings(database=RETENTION, storage=StorageSettings(folder=tmp_path))
    store.write([recording(1, updated_at=NOW - 11 * DAY)])
    await store.flush()
    assert (await prune_by_settings(store, settings, NOW)).recordings == (recording(1).sid,)


def test_without_a_url_it_is_in_the_storage_folder(tmp_path: Path) -> None:
    settings = Settings(storage=StorageSettings(folder=tmp_path))
    assert database_url(settings) == f"sqlite:///{tmp_path}/ari-conf.db"
    assert store_of(settings).path == tmp_path / "ari-conf.db"


def test_without_a_home_directory(monkeypatch: pytest.MonkeyPatch) -> None:
    def nowhere(_path: Path) -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr(Path, "expanduser", nowhere)
    with pytest.raises(StoreError, match="XDG_STATE_HOME"):
        database_url(Settings(storage=StorageSettings(folder=Path("~/x"))))
