"""Who has logged in, as handlers see it, and how a handler is hung up below ``/dashboard/api``."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Literal

from aiohttp import web

Role = Literal["operator", "read-only"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Visitor:
    """A session and what it may see. ``session`` names it; ``accounts`` are SIDs, at least one.

    ``expires_at`` is when it ends if nobody uses it meanwhile, in seconds since 1970.
    """

    session: str
    name: str
    role: Role
    accounts: tuple[str, ...]
    all_accounts: bool
    expires_at: float
    csrf: str = field(repr=False)

    @property
    def scope(self) -> str | None:
        """The SID of the one account that is shown, None for who sees all."""
        return None if self.all_accounts else self.accounts[0]

    def may_see(self, account_sid: str) -> bool:
        """Tell whether what belongs to this account is shown."""
        return account_sid in self.accounts


Answer = web.StreamResponse | object
"""An aiohttp response, or what is answered as JSON with 200: a mapping, a list, a dataclass, a pydantic model."""

Handler = Callable[[web.Request, Visitor], Awaitable[Answer]]
"""Answers a visitor's request."""


@dataclass(frozen=True, slots=True)
class Route:
    """What answers ``method`` at ``path`` below ``/dashboard/api`` (``/conferences/{sid}/timeline``), for visitors only.

    ``handler`` is asked only for somebody who may do that: read-only visitors come with GET and HEAD alone, and whoever changes
    something has shown the session's CSRF token. It may raise what an operation of REST may: ``NotFound``, ``RestError``, …
    GET answers HEAD, too.
    """

    method: str
    path: str
    handler: Handler
