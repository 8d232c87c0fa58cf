"""Work that is done beside something else, and no longer than that."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


@contextlib.asynccontextmanager
async def meanwhile(work: Coroutine[Any, Any, T], name: str) -> "AsyncIterator[asyncio.Task[T]]":
    """Do ``work`` while the block runs, and cancel what is left of it then. Whoever wants its result asks the yielded task."""
    task = asyncio.create_task(work, name=name)
    try:
        yield task
    finally:
        if not task.done():
            task.cancel()
            await asyncio.wait({task})
        if not task.cancelled():
            task.exception()  # looked at, so that nobody is warned of what no longer matters
