"""An operation of the REST API, declared once: it is routed, checked, answered and described from this."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Generic, NamedTuple

from aiohttp import web
from pydantic import BaseModel, ConfigDict
from pydantic_core import to_json
from yarl import URL

from ari_conf.accounts import Account

from .paging import Page
from .parameters import P_co, Parameters


class Body(BaseModel):
    """A resource as it is answered, field by field; subclass it for each."""

    model_config = ConfigDict(frozen=True)

    @cached_property
    def as_json(self) -> bytes:
        """The body as it is sent; written once, for a body may be answered again and again."""
        return to_json(self)


@dataclass(frozen=True, slots=True)
class Listing:
    """An answer with one page of a list: the name that the list has in it, and what is in the list."""

    key: str
    item: type[Body]


@dataclass(frozen=True, slots=True)
class Media:
    """An answer that is no JSON: the handler returns an aiohttp response of one of these content types."""

    content_types: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Segment:
    """What a variable of a path may be, as JSON schema; only described, for a handler finds nothing at a wrong one."""

    description: str
    pattern: str | None = None


class Asked(NamedTuple, Generic[P_co]):
    """A request, checked. ``path`` has the variables of the path, ``suffix`` is what was written after it (``.json``).

    ``by_token`` tells whether the client has shown the account's auth token, not an API key.
    """

    account: Account
    parameters: P_co
    path: Mapping[str, str]
    suffix: str
    url: URL
    by_token: bool


Answer = Body | Page | web.StreamResponse | None

Handler = Callable[[Asked[Any]], Awaitable[Answer]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """``path`` is what follows ``/2010-04-01/Accounts/{AccountSid}``, without ``.json``; variables are in braces.

    ``parameters`` are those of the query for GET and HEAD, else of the form. The handler returns what ``answer`` says: a
    ``Body``, a ``Page`` for a ``Listing``, an aiohttp response for ``Media``, None for None. ``segments`` describe variables of
    the path that mean something else here than elsewhere. One that ``begins_call`` is refused while no new calls are taken.
    """

    name: str
    method: str
    path: str
    handler: Handler
    summary: str
    answer: type[Body] | Listing | Media | None = None
    status: int = 200
    parameters: type[Parameters] = Parameters
    suffixes: tuple[str, ...] = (".json", "")
    segments: Mapping[str, Segment] = field(default_factory=dict)
    begins_call: bool = False

    @property
    def asks_by_query(self) -> bool:
        """Whether the parameters are in the query, not in a form."""
        return self.method in {"GET", "HEAD"}
