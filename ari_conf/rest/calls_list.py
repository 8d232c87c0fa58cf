"""Which calls are listed: those that are up are those in memory; all others are over, whatever their row says."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated, Final, Literal

from pydantic import Field
from sqlalchemy import ColumnElement, and_, or_, select

from ari_conf.store import CallRow, Store
from ari_conf.store.tables import calls
from ari_conf.webhooks import CallStatus

from .paging import Key, Paging, Source, in_memory, in_store, mapped, merged
from .parameters import CallSid
from .times import Moment, Times

_SHOWN: Final = {CallStatus.INITIATED.value: CallStatus.QUEUED.value}
LIVE: Final = frozenset({CallStatus.QUEUED, CallStatus.RINGING, CallStatus.IN_PROGRESS})
"""The statuses that no call has which is over."""


class CallFilters(Paging):
    """Which calls are listed."""

    to: str | None = None
    from_: Annotated[str | None, Field(alias="From")] = None
    parent_call_sid: CallSid | None = None
    status: Literal["queued", "ringing", "in-progress", "completed", "busy", "failed", "no-answer", "canceled"] | None = None
    start_time: Moment | None = None
    start_time_before: Annotated[Moment | None, Field(alias="StartTime<")] = None
    start_time_after: Annotated[Moment | None, Field(alias="StartTime>")] = None
    end_time: Moment | None = None
    end_time_before: Annotated[Moment | None, Field(alias="EndTime<")] = None
    end_time_after: Annotated[Moment | None, Field(alias="EndTime>")] = None


def wanted_calls(store: Store, live: Sequence[CallRow], account_sid: str, filters: CallFilters) -> Source[CallRow]:
    """Return the calls of an account that the filters let through, the newest first; ``live`` are those that are up."""
    started = Times(filters.start_time, filters.start_time_before, filters.start_time_after)
    ended = Times(filters.end_time, filters.end_time_before, filters.end_time_after)
    up = [
        row
        for row in live
        if filters.to in {None, row.to}
        and filters.from_ in {None, row.from_}
        and filters.parent_call_sid in {None, row.parent_call_sid}
        and filters.status in {None, shown_status(row)}
        and row.created_at in started
        and row.ended_at in ended
    ]
    in_memory_ = in_memory(up, key, newest_first=True)
    if filters.status in LIVE:
        return in_memory_
    column = calls.c
    conditions = [
        column.account_sid == account_sid,
        column.sid.not_in([row.sid for row in live]),
        *started.conditions(column.created_at),
        *ended.conditions(column.ended_at),
    ]
    if filters.to is not None:
        conditions.append(column.to == filters.to)
    if filters.from_ is not None:
        conditions.append(column.from_ == filters.from_)
    if filters.parent_call_sid is not None:
        conditions.append(column.parent_call_sid == filters.parent_call_sid)
    if filters.status is not None:
        conditions.append(over_with(filters.status))
    over = in_store(store, CallRow, select(calls).where(*conditions), column.created_at, column.sid, newest_first=True)
    return merged([in_memory_, mapped(over, as_over)], key, newest_first=True)


def key(row: CallRow) -> Key:
    """Return where a call stands in a list."""
    return row.created_at, row.sid


def shown_status(row: CallRow) -> str:
    """Return the status as Twilio has it; one that is being placed is queued."""
    return _SHOWN.get(row.status, row.status)


def as_over(row: CallRow) -> CallRow:
    """Return a call that is not up as one that is over, though nobody was there to note its end."""
    if row.ended_at is not None:
        return row
    return replace(row, status=(CallStatus.FAILED if row.answered_at is None else CallStatus.COMPLETED).value)


def over_with(status: str) -> ColumnElement[bool]:
    """Return the condition for a status as ``as_over`` has it."""
    column = calls.c
    noted = and_(column.ended_at.is_not(None), column.status == status)
    if status == CallStatus.COMPLETED:
        return or_(noted, and_(column.ended_at.is_(None), column.answered_at.is_not(None)))
    if status == CallStatus.FAILED:
        return or_(noted, and_(column.ended_at.is_(None), column.answered_at.is_(None)))
    return noted
