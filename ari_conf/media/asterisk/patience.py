"""Waiting for a connection that has been lost."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from ari_conf.media.port import EngineUnavailableError

T = TypeVar("T")


class Patience:
    """Repeats what the loss of the connection has interrupted, once it is back and everything has been compared."""

    def __init__(self) -> None:
        self._compared = asyncio.Event()
        self._final = False

    def lost(self, *, final: bool) -> None:
        """Note that the connection is lost; ``final``: it will not come back, and nobody shall wait for that."""
        self._final = final
        if final:
            self._compared.set()
        else:
            self._compared.clear()

    def back(self) -> None:
        """Note that the connection is back."""
        self._compared.set()

    async def until_done(self, attempt: Callable[[], Awaitable[T]]) -> T:
        """Return what ``attempt`` does, which may be repeated. Raises ``EngineUnavailableError`` if waiting is in vain."""
        while True:
            try:
                return await attempt()
            except EngineUnavailableError:
                if self._final:
                    raise
                self._compared.clear()
                await self._compared.wait()
