"""What resources have in common: dates, ranges of days, and a store that is not behind."""

import asyncio
import contextlib
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Final

from sqlalchemy import ColumnElement

from ari_conf.conference import rfc2822
from ari_conf.store import Store

from .choices import FRESH_SECONDS

API_VERSION: Final = "2010-04-01"


async def caught_up(store: Store) -> None:
    """Wait until what has happened so far is in the store, but not for long: a database that refuses will say so itself."""
    if store.backlog and not store.failing:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(FRESH_SECONDS):
                await store.flush()


def dated(seconds: float) -> str:
    """Write a time as Twilio does; parts of a second are dropped."""
    return _dated(int(seconds))


@lru_cache(maxsize=4096)
def _dated(seconds: int) -> str:
    return rfc2822(seconds)


def dated_or_none(seconds: float | None) -> str | None:
    """Write a time, if there is one."""
    return None if seconds is None else dated(seconds)


class Days:
    """A range of days (UTC), as three filters say it: on a day, until a day's first instant, from a day's first instant."""

    def __init__(self, on: date | None, before: date | None, after: date | None) -> None:
        starts = [_midnight(day) for day in (on, after) if day is not None]
        self._from = max(starts, default=None)
        self._until = None if before is None else _midnight(before)
        self._below = None if on is None else _midnight(on) + timedelta(days=1).total_seconds()

    def __contains__(self, seconds: float) -> bool:
        return (
            (self._from is None or seconds >= self._from)
            and (self._until is None or seconds <= self._until)
            and (self._below is None or seconds < self._below)
        )

    def conditions(self, column: ColumnElement[float]) -> list[ColumnElement[bool]]:
        """Return the same as conditions of a statement."""
        found: list[ColumnElement[bool]] = []
        if self._from is not None:
            found.append(column >= self._from)
        if self._until is not None:
            found.append(column <= self._until)
        if self._below is not None:
            found.append(column < self._below)
        return found


def _midnight(day: date) -> float:
    return datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp()
