"""Finding things: the list of conferences, running and over, and the search for them and all that belongs to them."""

import asyncio
import re
from collections.abc import Sequence
from typing import Any, Final, TypeVar

from aiohttp import web
from sqlalchemy import ColumnElement, Select, distinct, func, or_, select

from ari_conf.calls import call_row
from ari_conf.conference import ReasonParticipantLeft
from ari_conf.house import House
from ari_conf.rest.calls_list import as_over, shown_status
from ari_conf.rest.errors import RestCode, RestError
from ari_conf.rest.gate import TooManyRequestsError
from ari_conf.rest.paging import Key, Wanted, in_store
from ari_conf.rest.reading import caught_up
from ari_conf.store import CallRow, ConferenceRow, ParticipantRow, RecordingRow, Row
from ari_conf.store.tables import calls, conferences, participants, recordings

from .search_conditions import Running, Search
from .search_places import PlaceFinder
from .search_query import Query, QueryError, parse_query
from .views import ConferenceHead, head, head_of_row
from .visitor import Answer, Handler, Route, Visitor

R = TypeVar("R", bound=Row)

MOST_FOUND: Final = 25
"""So many of each kind, the newest: who has more to look through adds a word."""

PAGE: Final = 50

LOOKS_AT_ONCE: Final = 2
"""So many connections to the database look through it at the same time: callbacks and REST need the others, calls the cores."""

MOST_SEARCHES: Final = 10
"""So many searches may be under way; others are told to come again."""

_CURSOR: Final = re.compile(r"([0-9.e+]{1,30})-(CF[0-9a-f]{32})")


class PastConference(ConferenceHead):
    """A conference in a list; ``people_total`` are all who were in it."""

    people_total: int


class Finder:
    """Finds what ``house`` has kept, as far as a visitor may see it. A query that means nothing is refused with 20001."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._store = house.store
        self._room = asyncio.Semaphore(LOOKS_AT_ONCE)
        self._under_way = 0

    def routes(self) -> list[Route]:
        """Return what can be asked."""
        return [
            Route("GET", "/conferences", self._one_of_few(self.conferences)),
            Route("GET", "/search", self._one_of_few(self.search)),
        ]

    def _one_of_few(self, find: Handler) -> Handler:
        """Return a handler that refuses what is asked while as many searches as may be are under way."""

        async def handler(request: web.Request, visitor: Visitor) -> Answer:
            if self._under_way >= MOST_SEARCHES:
                raise TooManyRequestsError(1.0)
            self._under_way += 1
            try:
                return await find(request, visitor)
            finally:
                self._under_way -= 1

        return handler

    async def conferences(self, request: web.Request, visitor: Visitor) -> Answer:
        """Return a page of the conferences that fit the query ``q``, the newest first, and the ``cursor`` of the next page."""
        beyond = _beyond(request.query.get("cursor", ""))
        search = await self._search(_query(request), visitor)
        found = await self._conferences(search, Wanted(PAGE + 1, beyond=beyond))
        page = found[:PAGE]
        people = await self._people([row.sid for row in page])
        following = f"{page[-1].created_at!r}-{page[-1].sid}" if len(found) > PAGE else None
        return {
            "conferences": [PastConference(**self._head(row), people_total=people.get(row.sid, 0)) for row in page],
            "next": following,
        }

    async def search(self, request: web.Request, visitor: Visitor) -> Answer:
        """Return the ``SearchResult`` of the query ``q``; an empty one finds nothing."""
        query = _query(request)
        if query.is_empty:
            return _result("", [], [], [], [], more=False)
        search = await self._search(query, visitor)
        limit = MOST_FOUND + 1
        rooms, people, called, recorded = await asyncio.gather(
            self._conferences(search, Wanted(limit)),
            self._rows(ParticipantRow, _newest(participants, search.participants(), participants.c.joined_at, limit)),
            self._rows(CallRow, _newest(calls, search.calls(), calls.c.created_at, limit)),
            self._rows(RecordingRow, _newest(recordings, search.recordings(), recordings.c.created_at, limit)),
        )
        names = await self._names({*(row.conference_sid for row in people), *(row.conference_sid or "" for row in recorded)})
        callers = await self._callers({row.call_sid for row in people})
        return _result(
            request.query.get("q", ""),
            [self._head(row) for row in rooms[:MOST_FOUND]],
            [_participant(row, names, callers.get(row.call_sid)) for row in people[:MOST_FOUND]],
            [self._call(row) for row in called[:MOST_FOUND]],
            [_recording(row, names) for row in recorded[:MOST_FOUND]],
            more=any(len(found) > MOST_FOUND for found in (rooms, people, called, recorded)),
        )

    async def _search(self, query: Query, visitor: Visitor) -> Search:
        await caught_up(self._store)
        finder = PlaceFinder(self._store, self._room, visitor.scope, query)
        running = Running(
            conferences={one.sid: one.status.value for one in self._house.rooms.conferences},
            calls={call.sid: shown_status(call_row(call)) for call in self._house.calls.calls},
        )
        places = await finder.all()
        return Search(query=query, places=places, scope=visitor.scope, running=running, contains=finder.contains)

    async def _conferences(self, search: Search, wanted: Wanted) -> list[ConferenceRow]:
        column = conferences.c
        statement = select(conferences).where(*search.conferences())
        source = in_store(self._store, ConferenceRow, statement, column.created_at, column.sid, newest_first=True)
        async with self._room:
            return await source(wanted)

    async def _people(self, sids: Sequence[str]) -> dict[str, int]:
        column = participants.c
        there = or_(column.reason_left.is_(None), column.reason_left != ReasonParticipantLeft.ADD_FAILED.value)
        counted = select(column.conference_sid, func.count(distinct(column.call_sid))).where(
            column.conference_sid.in_(sids), there
        )
        async with self._room, self._store.connect() as connection:
            return {sid: count async for sid, count in await connection.stream(counted.group_by(column.conference_sid))}

    async def _names(self, sids: set[str]) -> dict[str, str]:
        wanted = select(conferences.c.sid, conferences.c.friendly_name).where(conferences.c.sid.in_(sids))
        async with self._room, self._store.connect() as connection:
            return {sid: name async for sid, name in await connection.stream(wanted)}

    async def _callers(self, sids: set[str]) -> dict[str, CallRow]:
        return {row.sid: row for row in await self._rows(CallRow, select(calls).where(calls.c.sid.in_(sids)))}

    async def _rows(self, kind: type[R], wanted: Select[Any]) -> list[R]:
        async with self._room:
            return await self._store.rows(kind, wanted)

    def _head(self, row: ConferenceRow) -> ConferenceHead:
        running = self._house.rooms.running(row.sid)
        return head_of_row(row) if running is None else head(running)

    def _call(self, row: CallRow) -> dict[str, Any]:
        live = self._house.calls.get(row.sid)
        row = as_over(row) if live is None else call_row(live)
        return {
            "sid": row.sid,
            "account_sid": row.account_sid,
            "from": row.from_,
            "to": row.to,
            "direction": row.direction,
            "status": shown_status(row),
            "created_at": row.created_at,
            "ended_at": row.ended_at,
        }


def _query(request: web.Request) -> Query:
    try:
        return parse_query(request.query.get("q", ""))
    except QueryError as error:
        raise RestError(RestCode.INVALID_PARAMETER, str(error)) from error


def _beyond(cursor: str) -> Key | None:
    if not cursor:
        return None
    parts = _CURSOR.fullmatch(cursor)
    try:
        return (float(parts[1]), parts[2]) if parts else _refuse_cursor()
    except ValueError:
        return _refuse_cursor()


def _refuse_cursor() -> Key:
    raise RestError(RestCode.PAGE_TOKEN, "The cursor is not one that was given out here.")


def _newest(table: Any, conditions: Sequence[ColumnElement[bool]], time: ColumnElement[float], limit: int) -> Select[Any]:
    return select(table).where(*conditions).order_by(time.desc()).limit(limit)


def _participant(row: ParticipantRow, names: dict[str, str], call: CallRow | None) -> dict[str, Any]:
    return {
        "conference_sid": row.conference_sid,
        "conference_name": names.get(row.conference_sid, ""),
        "call_sid": row.call_sid,
        "label": row.label,
        "from": call.from_ if call else "",
        "to": call.to if call else "",
        "joined_at": row.joined_at,
        "left_at": row.left_at,
    }


def _recording(row: RecordingRow, names: dict[str, str]) -> dict[str, Any]:
    return {
        "sid": row.sid,
        "account_sid": row.account_sid,
        "conference_sid": row.conference_sid,
        "conference_name": names.get(row.conference_sid or ""),
        "call_sid": row.call_sid,
        "status": row.status,
        "source": row.source,
        "started_at": row.started_at,
        "seconds": row.duration,
    }


def _result(query: str, rooms: list[Any], people: list[Any], called: list[Any], recorded: list[Any], *, more: bool) -> Answer:
    return {
        "query": query,
        "conferences": rooms,
        "participants": people,
        "calls": called,
        "recordings": recorded,
        "more": more,
    }
