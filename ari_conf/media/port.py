"""The port between the rules and the audio: what an engine is asked, and what it tells.

A call is known here by its Call SID alone; which channel or stream that is, is the engine's own affair. Sample rates are in Hz,
times in seconds.
"""

import asyncio
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from ari_conf.conference import AudioPlan


class EngineError(Exception):
    """The engine could not do what it was asked; the text says why and what helps."""


class EngineUnavailableError(EngineError):
    """There is no connection to the engine now."""


class CallGoneError(EngineError):
    """The call has ended, or the engine has never heard of it."""


class RejectReason(StrEnum):
    """Why a call is not taken (TwiML's ``<Reject reason>``): busy is SIP 486, rejected is SIP 404."""

    BUSY = "busy"
    REJECTED = "rejected"


class Sound(StrEnum):
    """Sounds that every engine has of its own."""

    SPECIAL_INFORMATION = "special-information"
    """Three rising tones, as networks send them before "your call cannot be completed"; then silence."""


@dataclass(frozen=True, slots=True)
class CallArrived:
    """A caller wants in; nothing has been answered yet. ``to`` is what was dialled, ``from_`` who calls."""

    call_sid: str
    from_: str
    to: str


@dataclass(frozen=True, slots=True)
class CallEnded:
    """A call is over, by whatever side. Told once for each call. ``cause`` is the network's word for it."""

    call_sid: str
    cause: str


@dataclass(frozen=True, slots=True)
class DigitPressed:
    """A caller has pressed a key: one of ``0123456789*#ABCD``."""

    call_sid: str
    digit: str


@dataclass(frozen=True, slots=True)
class EngineLost:
    """The connection to the engine is gone; calls go on there. ``final``: it will not come back by itself."""

    reason: str
    final: bool = False


@dataclass(frozen=True, slots=True)
class EngineBack:
    """The connection is back and everything has been compared; what ended meanwhile was told before this."""

    gap_seconds: float


EngineEvent = CallArrived | CallEnded | DigitPressed | EngineLost | EngineBack


class MediaEngine(Protocol):
    """What plays, mixes and hangs up.

    Methods about a call raise ``CallGoneError`` when it has ended. While the connection to the engine is lost they wait for
    it to come back; they raise ``EngineUnavailableError`` if it will not.
    """

    events: "asyncio.Queue[EngineEvent]"
    """What happens, in order. One reader."""

    async def start(self) -> None:
        """Connect; calls arrive from here on. Raises ``EngineError``, with the cause and the remedy, if that fails."""
        ...

    async def stop(self) -> None:
        """Disconnect. Calls are left as they are."""
        ...

    async def answer(self, call_sid: str) -> None:
        """Answer the call; nothing happens if it is answered already."""
        ...

    async def reject(self, call_sid: str, reason: RejectReason) -> None:
        """Turn down a call that has not been answered."""
        ...

    async def hang_up(self, call_sid: str) -> None:
        """End the call; a call that is gone already is no error."""
        ...

    async def play(self, call_sid: str, sound: Sound) -> None:
        """Play ``sound`` to a call that is in no room, and return when it has been played."""
        ...

    def apply(self, plan: AudioPlan) -> "asyncio.Future[None]":
        """Make the audio of one room what ``plan`` says; a newer plan for the room replaces an older one.

        Returns at once. The future is done when this plan, or a newer one, is in force as far as its calls still exist.
        While the engine is lost, the plan is kept and applied when it is back.
        """
        ...
