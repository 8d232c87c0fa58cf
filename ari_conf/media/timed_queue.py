"""A queue that can tell for how long what is in it has waited."""

import asyncio
from collections import deque
from collections.abc import Callable
from time import monotonic
from typing import TypeVar

T = TypeVar("T")


class TimedQueue(asyncio.Queue[T]):
    """``on_taken`` is told for how many seconds each thing has waited when it is taken; it must not wait, and not raise."""

    on_taken: Callable[[float], None] | None = None

    def _init(self, maxsize: int) -> None:
        super()._init(maxsize)
        self._since: deque[float] = deque()

    def _put(self, item: T) -> None:
        self._since.append(monotonic())
        super()._put(item)

    def _get(self) -> T:
        waited = monotonic() - self._since.popleft()
        if self.on_taken is not None:
            self.on_taken(waited)
        return super()._get()
