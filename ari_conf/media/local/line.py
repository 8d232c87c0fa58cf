"""What hangs at the other end of a call of the local engine."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from ari_conf.audio import Samples


class Line(Protocol):
    """The other side of one call. The engine calls these methods on the event loop; none of them may wait."""

    @property
    def transit(self) -> Callable[[], float] | None:
        """What returns how long (s) the packet that was spoken last is under way; None if no packet takes any time."""
        ...

    def speak(self, frame: Samples) -> None:
        """Write the next 20 ms of what this side says into ``frame``; it is called only while somebody may hear it.

        Neither this nor ``hear`` sets anything off on the event loop: frames pass on a virtual clock without its turning.
        """
        ...

    def hear(self, frame: Samples) -> None:
        """Take the next 20 ms of what this side hears. ``frame`` is the engine's again as soon as this returns."""
        ...

    def pressed(self, key: str) -> None:
        """Take note that the engine's side has pressed one of ``0123456789*#ABCD``."""
        ...

    def ringing(self) -> None:
        """Take note that the call which this side makes rings; it may be told more than once."""
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


@dataclass(frozen=True, slots=True)
class Invitation:
    """A call for somebody in the engine's directory: who seems to call, what was dialled, and the headers named ``X-…``."""

    call_sid: str
    from_: str
    to: str
    headers: tuple[tuple[str, str], ...] = ()


Callee = Callable[[Invitation], Line | None]
"""Somebody who can be called: returns the line that rings from now on, or None if it is busy.

The line then goes to the engine's ``pick_up`` or ``refuse`` with the invitation's Call SID.
"""
