"""What resources have in common: dates, and a store that is not behind."""

import asyncio
import contextlib
from functools import lru_cache
from typing import Final

from ari_conf.conference import rfc2822
from ari_conf.store import Store
from ari_conf.webhooks.voice_parameters import API_VERSION

from .choices import FRESH_SECONDS

PRICE_UNIT: Final = "USD"
"""Of prices, which are null."""


def account_path(account_sid: str) -> str:
    """Return the path under which everything of an account is."""
    return f"/{API_VERSION}/Accounts/{account_sid}"


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
