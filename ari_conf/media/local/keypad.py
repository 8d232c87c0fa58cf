"""Keys that the engine presses at the other side of a call."""

import asyncio
from collections.abc import Callable

from .mixer import FRAME_SECONDS

KEYS = frozenset("0123456789*#ABCD")

KEY_SECONDS = 0.2
"""From the beginning of one key to the beginning of the next."""

_PAUSES = {"w": 0.5, "W": 1.0}


class Dialling:
    """Some keys and pauses, pressed one after the other; ``done`` is set when the last one is over.

    Raises ``ValueError`` for what is neither a key nor a pause.
    """

    def __init__(self, digits: str) -> None:
        wrong = set(digits) - KEYS - set(_PAUSES)
        if wrong:
            raise ValueError(f"{min(wrong)!r} is no key; press 0-9, A-D, * and #, and wait with w and W")
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._rest = list(reversed(digits))
        self._frames_left = 0
        if not digits:
            self.done.set_result(None)

    def pass_frame(self, press: Callable[[str], None]) -> None:
        """Let 20 ms pass, and ``press`` the key that begins with them, if one does."""
        if self.done.done():
            return
        if not self._frames_left:
            digit = self._rest.pop()
            self._frames_left = round(_PAUSES.get(digit, KEY_SECONDS) / FRAME_SECONDS)
            if digit in KEYS:
                press(digit)
        self._frames_left -= 1
        if not self._frames_left and not self._rest:
            self.done.set_result(None)
