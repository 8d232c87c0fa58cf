"""How loud those are who are watched, as an engine tells it that can."""

from collections.abc import Callable, Collection, Mapping
from typing import Protocol


class Levels(Protocol):
    """Tells the level of what callers say."""

    def watch_levels(self, call_sids: Collection[str], on_levels: Callable[[Mapping[str, float]], None]) -> None:
        """Have ``on_levels`` told five times a second, in dBFS by Call SID, of these and of no others from now on."""
        ...
