"""Filters by time: a day, or a date and time, as ISO 8601 has them."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Final

from pydantic import BeforeValidator
from sqlalchemy import ColumnElement

_DAY: Final = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Span:
    """From ``begins`` to before ``ends``, in seconds since 1970 (UTC): a day, or a second."""

    begins: float
    ends: float


def _span(value: object) -> object:
    if not isinstance(value, str):
        return value
    try:
        if _DAY.fullmatch(value):
            day = date.fromisoformat(value)
            begins = datetime(day.year, day.month, day.day, tzinfo=UTC)
            return Span(begins.timestamp(), begins.timestamp() + timedelta(days=1).total_seconds())
        at = datetime.fromisoformat(value)
    except ValueError:
        raise ValueError("it should be a day or a time, as 2026-01-31 or 2026-01-31T12:00:00Z") from None
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    seconds = int(at.timestamp())
    # The SDK writes a day as its first instant.
    whole_day = (at.hour, at.minute, at.second, at.microsecond) == (0, 0, 0, 0)
    return Span(seconds, seconds + (timedelta(days=1).total_seconds() if whole_day else 1))


def _day(value: object) -> object:
    if isinstance(value, str) and not _DAY.fullmatch(value):
        raise ValueError("it should be a day, as 2026-01-31")
    return _span(value)


Day = Annotated[Span, BeforeValidator(_day, json_schema_input_type=date)]
"""A day (``2026-01-31``) in UTC."""

Moment = Annotated[Span, BeforeValidator(_span, json_schema_input_type=str)]
"""A day (``2026-01-31``, or its first instant) or a time (``2026-01-31T12:00:00Z``), in UTC if it does not say otherwise."""


class Times:
    """A range of times, as three filters say it: on a day or at a second, until its first instant, from its first instant.

    A time that is shown without its fraction is found by what is shown.
    """

    def __init__(self, on: Span | None, before: Span | None, after: Span | None) -> None:
        self._from = max((span.begins for span in (on, after) if span is not None), default=None)
        ends = [] if on is None else [on.ends]
        self._below = min(ends if before is None else [*ends, before.begins + 1], default=None)

    def __contains__(self, seconds: float | None) -> bool:
        if seconds is None:
            return self._from is None and self._below is None
        return (self._from is None or seconds >= self._from) and (self._below is None or seconds < self._below)

    def conditions(self, column: ColumnElement[float]) -> list[ColumnElement[bool]]:
        """Return the same as conditions of a statement."""
        found: list[ColumnElement[bool]] = []
        if self._from is not None:
            found.append(column >= self._from)
        if self._below is not None:
            found.append(column < self._below)
        return found
