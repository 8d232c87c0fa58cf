"""What hangs at the other end of a call of the local engine."""

from collections.abc import Callable
from typing import Protocol

from ari_conf.audio import Samples


class Line(Protocol):
    """A caller's side of one call. The engine calls these methods on the event loop; none of them may wait."""

    @property
    def transit(self) -> Callable[[], float] | None:
        """What returns how long (s) the packet that was spoken last is under way; None if no packet takes any time."""
        ...

    def speak(self, frame: Samples) -> None:
        """Write the next 20 ms of what the caller says into ``frame``; it is called only while somebody may hear it."""
        ...

    def hear(self, frame: Samples) -> None:
        """Take the next 20 ms of what the caller hears. ``frame`` is the engine's again as soon as this returns."""
        ...

    def answered(self) -> None:
        """Take note that the call has been answered; ``hear`` is called every 20 ms from here on."""
        ...

    def refused(self, status: int, reason: str) -> None:
        """Take note that the call is over and was never answered; ``status`` is the SIP status for that."""
        ...

    def ended(self) -> None:
        """Take note that the call, which had been answered, is over."""
        ...
