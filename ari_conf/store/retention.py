"""Removes what ended long ago, in transactions so small that nobody notices."""

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol

from sqlalchemy import ColumnElement, Table, and_, delete, or_, select

from .store import Store
from .tables import calls, conferences, deliveries, documents, events, notifications, participants, queues, recordings, verbs

BATCH: Final = 200
"""So many conferences, calls, … go in one transaction."""

UNFINISHED_DAYS: Final = 7
"""What never ended, because the process died, goes that much later, counted from its beginning; no call lasts that long."""

_DAY: Final = 86_400.0
_UNDER_WAY: Final = ("in-progress", "paused", "processing")


class Retention(Protocol):
    """For how many days things are kept after their end."""

    @property
    def keep_days(self) -> int:
        """Conferences, calls, recordings, and what belongs to them; queues that were removed."""
        ...

    @property
    def keep_callbacks_days(self) -> int:
        """Callbacks that were delivered or given up."""
        ...

    @property
    def keep_notifications_days(self) -> int:
        """Notifications."""
        ...


@dataclass(frozen=True, slots=True)
class Pruned:
    """What was removed: how many rows of each table, and the SIDs of the recordings."""

    rows: Mapping[str, int]
    recordings: tuple[str, ...]


async def prune(
    store: Store, now: float, retention: Retention, remove_files: Callable[[Sequence[str]], None] = lambda _sids: None
) -> Pruned:
    """Remove what ended longer ago than ``retention`` says; callbacks that are still owed stay.

    ``now`` is in seconds since 1970. ``remove_files`` is called in a thread with the SIDs of recordings before their rows go,
    so that no file is forgotten; if it raises, they stay. Raises SQLAlchemy's errors.
    """
    before = now - retention.keep_days * _DAY
    abandoned = before - UNFINISHED_DAYS * _DAY
    removed: Counter[str] = Counter()
    sids: list[str] = []

    def ended(table: Table) -> ColumnElement[bool]:
        return or_(table.c.ended_at < before, and_(table.c.ended_at.is_(None), table.c.created_at < abandoned))

    over = or_(
        and_(recordings.c.updated_at < before, recordings.c.status.not_in(_UNDER_WAY)), recordings.c.updated_at < abandoned
    )
    while gone := await _batch(store, recordings.c.sid, over):
        await asyncio.to_thread(remove_files, gone)
        await _remove(store, removed, [(recordings, recordings.c.sid)], gone)
        sids += gone
    parts = [(participants, participants.c.conference_sid), (events, events.c.conference_sid), (conferences, conferences.c.sid)]
    while gone := await _batch(store, conferences.c.sid, ended(conferences)):
        await _remove(store, removed, parts, gone)
    parts = [(documents, documents.c.call_sid), (verbs, verbs.c.call_sid), (calls, calls.c.sid)]
    while gone := await _batch(store, calls.c.sid, ended(calls)):
        await _remove(store, removed, parts, gone)
    removed_queues = queues.c.deleted_at < before
    while gone := await _batch(store, queues.c.sid, removed_queues):
        await _remove(store, removed, [(queues, queues.c.sid)], gone)
    old = notifications.c.at < now - retention.keep_notifications_days * _DAY
    while gone := await _batch(store, notifications.c.sid, old):
        await _remove(store, removed, [(notifications, notifications.c.sid)], gone)
    settled = and_(deliveries.c.state != "owed", deliveries.c.ended_at < now - retention.keep_callbacks_days * _DAY)
    while gone := await _batch(store, deliveries.c.token, settled):
        await _remove(store, removed, [(deliveries, deliveries.c.token)], gone)
    return Pruned(dict(removed), tuple(sids))


async def _batch(store: Store, key: ColumnElement[str], which: ColumnElement[bool]) -> Sequence[str]:
    async with store.connect() as connection:
        return (await connection.execute(select(key).where(which).limit(BATCH))).scalars().all()


async def _remove(
    store: Store, removed: Counter[str], parts: Sequence[tuple[Table, ColumnElement[Any]]], keys: Sequence[str]
) -> None:
    async with store.connect() as connection:
        for table, key in parts:
            result = await connection.execute(delete(table).where(key.in_(keys)))
            removed[table.name] += result.rowcount
        await connection.commit()
