"""What is asked of a single call: ring, answer, turn down, end, press keys."""

import asyncio
import contextlib
from typing import Final

from ari_conf.media.port import CallGoneError, RejectReason, Unanswered

from .causes import CODES
from .errors import AriRefusedError
from .leg import Leg
from .legs import Legs
from .link import AriLink
from .patience import Patience

_PAUSES: Final = {"w": 0.5, "W": 1.0}
"""Seconds."""

_KEYS: Final = frozenset("0123456789*#ABCD")

KEY_SECONDS: Final = 0.12
"""How long a key is pressed."""

_QUIET_SECONDS: Final = 0.1
"""Asterisk is quiet for so long before each request's first key, and after each key."""


class CallControl:
    """Methods raise as those of the port do. What they ask may be repeated, and is, when the connection breaks."""

    def __init__(self, link: AriLink, patience: Patience, legs: Legs) -> None:
        self._link = link
        self._patience = patience
        self._legs = legs

    async def ring(self, leg: Leg) -> None:
        """Let a caller hear that it rings, up to the answer."""
        async with self._in_order(leg):
            if not leg.answered:
                await self._ask(leg, "ring")

    async def answer(self, leg: Leg) -> None:
        """Answer the call."""
        async with self._in_order(leg):
            if not leg.answered:
                await self._ask(leg, "answer")
                leg.answered = True

    async def reject(self, leg: Leg, reason: RejectReason) -> None:
        """Turn the call down with the SIP status that belongs to ``reason``."""
        await self._ask(leg, "hangup", reason_code=CODES[reason])

    async def hang_up(self, leg: Leg) -> None:
        """End the call, if there still is one."""
        if leg.placed is not None and not leg.answered:
            leg.placed.ending = Unanswered.CANCELED
        with contextlib.suppress(CallGoneError):
            await self._ask(leg, "hangup")

    async def send_digits(self, leg: Leg, digits: str) -> None:
        """Press keys one by one, so that a cancellation stops after the present one. Raises ``ValueError`` for other keys."""
        if not set(digits) <= _KEYS | _PAUSES.keys():
            raise ValueError(f"these keys cannot be pressed: {digits!r}; there are 0-9, A-D, #, * and the pauses w and W")
        for key in digits:
            if key in _PAUSES:
                self._legs.get(leg.call_sid)
                await asyncio.sleep(_PAUSES[key])
            else:
                await self._press(leg, key)

    def _in_order(self, leg: Leg) -> contextlib.AbstractAsyncContextManager[None]:
        """Over HTTP, what is asked second may be done first, and an answered call would hear that it rings."""
        return contextlib.nullcontext() if self._link.rest_over_websocket else leg.turn

    async def _press(self, leg: Leg, key: str) -> None:
        loop = asyncio.get_running_loop()
        # A key whose sending was cancelled may still be pressed.
        await leg.key_up()
        seconds = _QUIET_SECONDS + KEY_SECONDS + _QUIET_SECONDS
        leg.key_pressed_until = loop.time() + seconds
        await self._ask(leg, "sendDTMF", dtmf=key, duration=_milliseconds(KEY_SECONDS), between=_milliseconds(_QUIET_SECONDS))
        leg.key_pressed_until = loop.time() + seconds
        await leg.key_up()

    async def _ask(self, leg: Leg, operation: str, **parameters: str) -> None:
        async def attempt() -> None:
            self._legs.get(leg.call_sid)
            try:
                await self._link.call("channels", operation, channelId=leg.channel_id, **parameters)
            except AriRefusedError as error:
                if error.status == 404:
                    self._legs.end(leg.channel_id)
                elif not await leg.ends_soon():
                    raise
                raise CallGoneError(f"call {leg.call_sid} has ended") from error

        await self._patience.until_done(attempt)


def _milliseconds(seconds: float) -> str:
    return str(round(seconds * 1000))
