"""Recordings in the store: which of an account's are wanted, and one of them."""

from dataclasses import replace
from typing import Annotated, Any, Final

from pydantic import Field
from sqlalchemy import ColumnElement, Select, or_, select

from ari_conf.clock import Clock
from ari_conf.recordings import FINISHED, RecordingStatus
from ari_conf.store import RecordingRow, Store
from ari_conf.store.tables import recordings

from .errors import NotFound
from .paging import Key, Paging, Source, in_store, mapped
from .parameters import CallSid, ConferenceSid, Flag, Parameters
from .reading import caught_up
from .times import Moment, Times

DELETED_SECONDS: Final = 40 * 86_400
"""For so long it can still be seen that there was a recording which has been deleted."""

_OVER: Final = FINISHED | {RecordingStatus.DELETED}


class DateFilters(Paging):
    """Which recordings of a conference or a call are listed."""

    date_created: Moment | None = None
    date_created_before: Annotated[Moment | None, Field(alias="DateCreated<")] = None
    date_created_after: Annotated[Moment | None, Field(alias="DateCreated>")] = None


class RecordingFilters(DateFilters):
    """Which recordings of an account are listed."""

    call_sid: CallSid | None = None
    conference_sid: ConferenceSid | None = None
    include_soft_deleted: Flag = False


class RecordingFetch(Parameters):
    """Whether a recording is found that has been deleted."""

    include_soft_deleted: Flag = False


class StoredRecordings:
    """The recordings as the store has them; an account sees its own. The latest state of running ones is there too."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._since = clock.now()

    async def source(
        self,
        account_sid: str,
        filters: DateFilters,
        *,
        conference_sid: str | None = None,
        call_sid: str | None = None,
        deleted: bool = False,
    ) -> Source[RecordingRow]:
        """Return where a page of those that are wanted comes from, the newest first."""
        await caught_up(self._store)
        column = recordings.c
        created = Times(filters.date_created, filters.date_created_before, filters.date_created_after)
        statement = self._seen(account_sid, deleted=deleted).where(*created.conditions(column.created_at))
        if conference_sid is not None:
            statement = statement.where(column.conference_sid == conference_sid)
        if call_sid is not None:
            statement = statement.where(column.call_sid == call_sid)
        found = in_store(self._store, RecordingRow, statement, column.created_at, column.sid, newest_first=True)
        return mapped(found, self._as_it_is)

    async def find(
        self,
        account_sid: str,
        sid: str,
        *,
        conference_sid: str | None = None,
        call_sid: str | None = None,
        deleted: bool = False,
    ) -> RecordingRow:
        """Return one recording (of this conference, of this call). Raises ``NotFound``."""
        await caught_up(self._store)
        found = await self._store.rows(RecordingRow, self._seen(account_sid, deleted=deleted).where(recordings.c.sid == sid))
        for row in found:
            if conference_sid in {None, row.conference_sid} and call_sid in {None, row.call_sid}:
                return self._as_it_is(row)
        raise NotFound

    def _as_it_is(self, row: RecordingRow) -> RecordingRow:
        """Return a recording of an earlier life that was never finished as one in which nothing usable is."""
        if row.created_at < self._since and row.status not in _OVER:
            return replace(row, status=RecordingStatus.ABSENT.value)
        return row

    def _seen(self, account_sid: str, *, deleted: bool) -> Select[Any]:
        column = recordings.c
        seen: ColumnElement[bool] = column.status != RecordingStatus.DELETED.value
        if deleted:
            seen = or_(seen, column.updated_at > self._clock.now() - DELETED_SECONDS)
        return select(recordings).where(column.account_sid == account_sid, seen)


def key(row: RecordingRow) -> Key:
    """Return where a recording stands in a list."""
    return row.created_at, row.sid
