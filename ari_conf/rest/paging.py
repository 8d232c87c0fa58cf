"""Lists a page at a time, as Twilio gives them.

A page is found by what the one before it ended with (``PageToken``), so that things that are added or go away meanwhile neither
repeat nor hide others; without a token by counting (``Page``).
"""

import re
import struct
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Annotated, Any, Final, TypeVar
from urllib.parse import quote, urlencode

from pydantic import BaseModel, Field
from sqlalchemy import ColumnElement, Select, and_, or_
from yarl import URL

from ari_conf.store import Row, Store

from .errors import RestCode, RestError
from .parameters import Parameters, Wrong

DEFAULT_PAGE_SIZE: Final = 50
LARGEST_PAGE_SIZE: Final = 1000

FURTHEST_WITHOUT_TOKEN: Final = 100_000
"""How many items may be skipped by counting; who goes further follows ``next_page_uri``."""

_UUID: Final = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_TOKEN: Final = re.compile(rf"P([AB])([A-Z]{{2}}[0-9a-f]{{32}}|{_UUID})([0-9a-f]{{16}})")

Key = tuple[float, str]
"""Where something stands in a list: its time, or another number, and its SID, or the UUID of what has none."""

T = TypeVar("T")
R = TypeVar("R", bound=Row)


class Paging(Parameters):
    """What every list can be asked; subclass it for the filters of one."""

    page_size: Annotated[int, Field(ge=1, le=LARGEST_PAGE_SIZE), Wrong(RestCode.PAGE_SIZE)] = DEFAULT_PAGE_SIZE
    page: Annotated[int, Field(ge=0, le=2**31)] = 0
    page_token: Annotated[str | None, Field(pattern=f"^{_TOKEN.pattern}$"), Wrong(RestCode.PAGE_TOKEN)] = None


class Envelope(BaseModel):
    """What stands around a list."""

    first_page_uri: str
    next_page_uri: str | None
    previous_page_uri: str | None
    uri: str
    page: int
    page_size: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a list: the bodies, and the tokens of its neighbours, None where there is none."""

    items: Sequence[BaseModel]
    paging: Paging
    next_token: str | None
    previous_token: str | None


@dataclass(frozen=True, slots=True)
class Wanted:
    """A part of a list: ``limit`` items beyond ``beyond``, backwards from there if ``backwards``, after skipping ``offset``."""

    limit: int
    offset: int = 0
    beyond: Key | None = None
    backwards: bool = False


Source = Callable[[Wanted], Awaitable[list[T]]]
"""Where the items of a list come from: returns the part that is wanted, in the direction in which it is wanted."""


async def paginate(paging: Paging, source: Source[T], key: Callable[[T], Key], body: Callable[[T], BaseModel]) -> Page:
    """Return the page that is asked for. Raises ``RestError`` for one too far away to be counted to."""
    size = paging.page_size
    if paging.page_token is None:
        wanted = Wanted(size + 1, paging.page * size)
        if wanted.offset > FURTHEST_WITHOUT_TOKEN:
            raise RestError(RestCode.PAGE_TOKEN, "this page is too far away; follow next_page_uri to get there.")
    else:
        backwards, beyond = _position(paging.page_token)
        wanted = Wanted(size + 1, beyond=beyond, backwards=backwards)
    found = await source(wanted)
    more, found = len(found) > size, found[:size]
    if wanted.backwards:
        found.reverse()
    has_next = bool(found) and (more or wanted.backwards)
    has_previous = bool(found) and paging.page > 0 and (more or not wanted.backwards)
    return Page(
        [body(item) for item in found],
        paging,
        _token("A", key(found[-1])) if has_next else None,
        _token("B", key(found[0])) if has_previous else None,
    )


def envelope(page: Page, url: URL, path: str) -> Envelope:
    """Return what stands around a page of the list at ``path``, which was asked for by ``url``."""
    known = _filters(type(page.paging))
    filters = [(name, value) for name, value in url.query.items() if name in known]
    number, size = page.paging.page, page.paging.page_size
    query = urlencode([*filters, ("PageSize", str(size))], quote_via=quote) if filters else f"PageSize={size}"

    def uri(page_number: int, token: str | None) -> str:
        # A token has nothing in it that would have to be quoted.
        return f"{path}?{query}&Page={page_number}" + (f"&PageToken={token}" if token else "")

    start = number * size if page.items else 0
    return Envelope(
        first_page_uri=uri(0, None),
        next_page_uri=uri(number + 1, page.next_token) if page.next_token else None,
        previous_page_uri=uri(number - 1, page.previous_token) if page.previous_token else None,
        uri=uri(number, page.paging.page_token),
        page=number,
        page_size=size,
        start=start,
        end=start + max(len(page.items) - 1, 0),
    )


@cache
def _filters(kind: type[Paging]) -> frozenset[str]:
    """Return the fields of a list that are its own, as they are named on the wire."""
    fields, common = kind.model_fields, Paging.model_fields
    return frozenset(str(field.alias) for name, field in fields.items() if name not in common)


def in_memory(items: Sequence[T], key: Callable[[T], Key], *, newest_first: bool) -> Source[T]:
    """Return a source of things that are at hand."""

    async def part(wanted: Wanted) -> list[T]:
        descending = newest_first is not wanted.backwards
        beyond = wanted.beyond
        found = list(items)
        if beyond is not None:
            found = [item for item in found if (key(item) < beyond if descending else key(item) > beyond)]
        found.sort(key=key, reverse=descending)
        return found[wanted.offset : wanted.offset + wanted.limit]

    return part


def in_store(
    store: Store,
    kind: type[R],
    statement: Select[Any],
    time: ColumnElement[Any],
    sid: ColumnElement[Any],
    *,
    newest_first: bool,
) -> Source[R]:
    """Return a source of the rows that ``statement`` finds in the store; ``time`` and ``sid`` are the columns of their keys."""

    async def part(wanted: Wanted) -> list[R]:
        descending = newest_first is not wanted.backwards
        found = statement
        if wanted.beyond is not None:
            at, of = wanted.beyond
            found = found.where(
                or_(time < at, and_(time == at, sid < of)) if descending else or_(time > at, and_(time == at, sid > of))
            )
        found = found.order_by(*((time.desc(), sid.desc()) if descending else (time, sid)))
        return await store.rows(kind, found.offset(wanted.offset).limit(wanted.limit))

    return part


def merged(sources: Sequence[Source[T]], key: Callable[[T], Key], *, newest_first: bool) -> Source[T]:
    """Return one source of several that have nothing in common."""

    async def part(wanted: Wanted) -> list[T]:
        each = replace(wanted, limit=wanted.offset + wanted.limit, offset=0)
        found = [item for source in sources for item in await source(each)]
        found.sort(key=key, reverse=newest_first is not wanted.backwards)
        return found[wanted.offset : each.limit]

    return part


def mapped(source: Source[R], convert: Callable[[R], T]) -> Source[T]:
    """Return a source of what ``convert`` makes of another's items."""

    async def part(wanted: Wanted) -> list[T]:
        return [convert(item) for item in await source(wanted)]

    return part


def _token(direction: str, key: Key) -> str:
    number, sid = key
    return f"P{direction}{sid}{struct.pack('>d', number).hex()}"


def _position(token: str) -> tuple[bool, Key]:
    parts = _TOKEN.fullmatch(token)
    if parts is None:
        raise RestError(RestCode.PAGE_TOKEN, "PageToken is not one that was given out here.")
    direction, sid, number = parts.groups()
    return direction == "B", (struct.unpack(">d", bytes.fromhex(number))[0], sid)
