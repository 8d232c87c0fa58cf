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
        self.ready = False
        """Whether there is a connection, and everything has been compared since it was made."""

    def lost(self, *, final: bool) -> None:
        """Note that the connection is lost; ``final``: it will not come back, and nobody shall wait for that."""
        self._final = final
        self.ready = False
        if final:
            self._compared.set()
        else:
            self._compared.clear()

    def back(self) -> None:
        """Note that the connection is there, or back, and that everything has been compared."""
        self.ready = True
        self._compared.set()

    async def until_done(self, attempt: Callable[[], Awaitable[T]]) -> T:
        """Return what ``attempt`` does, which may be repeated. Raises ``EngineUnavailableError`` if waiting is in vain."""
        while True:
            await self._compared.wait()
            try:
                return await attempt()
            except EngineUnavailableError:
                if self._final:
                    raise
                self._compared.clear()
