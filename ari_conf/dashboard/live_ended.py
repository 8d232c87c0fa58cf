"""Conferences that have just ended, which a watcher goes on seeing for a while."""

from collections import deque
from collections.abc import Iterable
from typing import Final

from sqlalchemy import select

from ari_conf.store import ConferenceRow, Store, tables

from .views import ConferenceHead, head_of_row

SHOWN_SECONDS: Final = 600.0
"""How long a conference that has ended is shown among the live ones: who comes back from a call still finds it."""

MOST_SHOWN: Final = 50
"""How many of one account: a page of them is enough, and an account with many short ones does not push out another's."""


class JustEnded:
    """The heads of conferences that have ended within the last ten minutes, by account and Conference SID."""

    def __init__(self) -> None:
        self._by_account: dict[str, deque[ConferenceHead]] = {}
        self._by_sid: dict[str, ConferenceHead] = {}

    def get(self, sid: str) -> ConferenceHead | None:
        """Return a conference if it is still shown."""
        return self._by_sid.get(sid)

    @property
    def sids(self) -> list[str]:
        """All of them, each account's in order of their ends."""
        return list(self._by_sid)

    def add(self, head: ConferenceHead) -> str | None:
        """Show a conference that ends now; return the SID of the one that gives way to it, if there are too many."""
        heads = self._by_account.setdefault(head["account_sid"], deque())
        heads.append(head)
        self._by_sid[head["sid"]] = head
        return self._drop_first(heads) if len(heads) > MOST_SHOWN else None

    def forget_older(self, now: float) -> list[str]:
        """Let go of those whose time is over; return their SIDs."""
        gone = []
        for account_sid, heads in list(self._by_account.items()):
            while heads and (heads[0]["ended_at"] or 0.0) <= now - SHOWN_SECONDS:
                gone.append(self._drop_first(heads))
            if not heads:
                del self._by_account[account_sid]
        return gone

    def _drop_first(self, heads: deque[ConferenceHead]) -> str:
        sid = heads.popleft()["sid"]
        del self._by_sid[sid]
        return sid


async def ended_before(store: Store, accounts: Iterable[str], now: float) -> list[ConferenceHead]:
    """Return the conferences that an earlier life has ended and that are still to be shown, in order of their ends.

    Raises SQLAlchemy's errors.
    """
    ended_at = tables.conferences.c.ended_at
    heads = []
    for account_sid in accounts:
        latest = (
            select(tables.conferences)
            .where(tables.conferences.c.account_sid == account_sid, ended_at > now - SHOWN_SECONDS)
            .order_by(ended_at.desc())
            .limit(MOST_SHOWN)
        )
        heads += [head_of_row(row) for row in await store.rows(ConferenceRow, latest)]
    return sorted(heads, key=lambda head: head["ended_at"] or 0.0)
