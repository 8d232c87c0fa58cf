"""What resources have in common: dates, and a store that is not behind."""

import asyncio
import contextlib
from functools import lru_cache
from typing import Final

from ari_conf.conference import rfc2822
from ari_conf.store import Store

from .choices import FRESH_SECONDS

API_VERSION: Final = "2010-04-01"

PRICE_UNIT: Final = "USD"
"""Of prices, which are null."""


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
