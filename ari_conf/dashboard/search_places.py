"""Where a word occurs: in the names of rooms, in the labels of participants, in the numbers of calls."""

import asyncio
import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, select

from ari_conf.store import Store
from ari_conf.store.tables import calls, conferences, participants

from .scope import Scope
from .search_query import Query

MOST_PLACES: Final = 500
"""So many places of a word are looked up in each table, the latest; who looks for a word with more adds a time."""

LONGEST_STAY: Final = 86_400.0
"""Seconds between the beginning of a call, or a conference, and a join that is still found with it: no call lasts longer."""

Contains = Callable[[ColumnElement[Any], str], ColumnElement[bool]]

_PUNCTUATION: Final = re.compile(r"[\s().\-/]")
_DIGITS: Final = re.compile(r"\+?[0-9]+")


@dataclass(frozen=True, slots=True)
class Places:
    """SIDs where a word occurs, each in the latest places. ``all_rooms`` if there are no other rooms.

    ``rooms`` are conferences of such a name. ``labelled`` are calls that had such a label in some conference, ``numbered``
    those from or to such a number. ``conferences_of_calls`` are where those calls were, with the label or the number.
    """

    rooms: Collection[str]
    labelled: Collection[str]
    numbered: Collection[str]
    conferences_of_calls: Collection[str]
    all_rooms: bool

    @property
    def calls(self) -> set[str]:
        """The calls that have such a label or number."""
        return {*self.labelled, *self.numbered}

    @property
    def conferences(self) -> set[str]:
        """The conferences of such a name, and those where such a call was."""
        return {*self.rooms, *self.conferences_of_calls}


class PlaceFinder:
    """Finds places in ``store`` of what is seen in ``scope`` and may fit the times of ``query``.

    ``room`` bounds how many look through the database at the same time.
    """

    def __init__(self, store: Store, room: asyncio.Semaphore, scope: Scope, query: Query) -> None:
        self._store = store
        self._room = room
        self._scope = scope
        self._query = query
        self.contains = containing(store)

    async def all(self) -> Mapping[str, Places]:
        """Return the places of each word that the query has, by the word. Raises SQLAlchemy's errors."""
        query = self._query
        words = sorted({*query.texts, *query.rooms, *query.labels, *query.numbers})
        found = await asyncio.gather(*(self._places(word) for word in words))
        return dict(zip(words, found, strict=True))

    async def _places(self, word: str) -> Places:
        query = self._query
        named, stays, called = await asyncio.gather(
            self._found(self._rooms(word), wanted=word in (*query.texts, *query.rooms)),
            self._found(self._stays(word), wanted=word in (*query.texts, *query.labels)),
            self._found(self._calls(word), wanted=word in (*query.texts, *query.numbers)),
        )
        numbered = [sid for (sid,) in called]
        with_number = select(participants.c.conference_sid).where(participants.c.call_sid.in_(numbered)).limit(MOST_PLACES)
        where = await self._found(with_number, wanted=bool(numbered))
        return Places(
            rooms=[sid for (sid,) in named],
            labelled=[call_sid for _, call_sid in stays],
            numbered=numbered,
            conferences_of_calls={*(sid for sid, _ in stays), *(sid for (sid,) in where)},
            all_rooms=len(named) < MOST_PLACES,
        )

    async def _found(self, statement: Select[Any], *, wanted: bool) -> list[Any]:
        if not wanted:
            return []
        async with self._room, self._store.connect() as connection:
            return list(await connection.execute(statement))

    def _rooms(self, word: str) -> Select[Any]:
        column = conferences.c
        found = select(column.sid).where(self.contains(column.friendly_name, word), *self._seen(column.account_sid))
        return self._latest(found, column.created_at)

    def _stays(self, word: str) -> Select[Any]:
        column = participants.c
        found = select(column.conference_sid, column.call_sid).where(self.contains(column.label, word))
        if self._scope is not None:
            of_account = select(conferences.c.account_sid).where(conferences.c.sid == column.conference_sid).scalar_subquery()
            found = found.where(of_account == self._scope)
        return self._latest(found, column.joined_at)

    def _calls(self, word: str) -> Select[Any]:
        column = calls.c
        found = select(column.sid).where(with_number(column, number_of(word), self.contains), *self._seen(column.account_sid))
        return self._latest(found, column.created_at)

    def _seen(self, account_sid: ColumnElement[str]) -> list[ColumnElement[bool]]:
        return [] if self._scope is None else [account_sid == self._scope]

    def _latest(self, found: Select[Any], time: ColumnElement[float]) -> Select[Any]:
        after, before = self._query.after, self._query.before
        if after is not None:
            found = found.where(time >= after - LONGEST_STAY)
        if before is not None:
            found = found.where(time < before + LONGEST_STAY)
        return found.order_by(time.desc()).limit(MOST_PLACES)


def with_number(column: Any, word: str, contains: Contains) -> ColumnElement[bool]:
    """Return the condition that a call, whose columns these are, is from or to a number with ``word`` in it."""
    found: ColumnElement[bool] = contains(column.from_, word) | contains(column.to, word)
    return found


def number_of(word: str) -> str:
    """Return ``word`` as numbers are kept, without what is put between digits: ``(030) 123-45`` is ``03012345``."""
    squeezed = _PUNCTUATION.sub("", word)
    return squeezed if _DIGITS.fullmatch(squeezed) else word


def containing(store: Store) -> Contains:
    """Return the condition that a column has a word in it, in any case: on SQLite, of ASCII letters alone."""

    def contains(column: ColumnElement[Any], word: str) -> ColumnElement[bool]:
        # SQLite's LIKE looks at no case anyway, and lower() around it takes half as long again.
        return column.contains(word, autoescape=True) if store.path is not None else column.icontains(word, autoescape=True)

    return contains
