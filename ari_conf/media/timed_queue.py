"""A queue that can tell for how long what is in it has waited."""

import asyncio
from collections import deque
from collections.abc import Callable
from time import monotonic
from typing import TypeVar

T = TypeVar("T")


class TimedQueue(asyncio.Queue[T]):
    """Each of ``on_taken`` is told for how many seconds a thing has waited when it is taken. They must not wait, nor raise."""

    def _init(self, maxsize: int) -> None:
        super()._init(maxsize)
        self.on_taken: list[Callable[[float], None]] = []
        self._since: deque[float] = deque()

    def _put(self, item: T) -> None:
        self._since.append(monotonic())
        super()._put(item)

    def _get(self) -> T:
        waited = monotonic() - self._since.popleft()
        for on_taken in self.on_taken:
            on_taken(waited)
        return super()._get()
