"""A graceful stop: nobody new is taken, those who are there may finish, and who is left when the time is up is handed over."""

from collections.abc import Callable
from enum import StrEnum
from typing import Final

from ari_conf.clock import Clock
from ari_conf.health import Condition, counted

LOOK_SECONDS: Final = 0.1
"""How often is looked whether anybody is left."""


class Fate(StrEnum):
    """What becomes of the calls that are up when the controller ends."""

    KEPT = "kept by Asterisk for the next start"
    ENDED_WITH_MIXER = "ended with the Python mixer"
    ENDED_WITH_ASTERISK = "ended with the private Asterisk"


async def finished(busy: Callable[[], bool], clock: Clock, within: float) -> bool:
    """Wait until nothing is ``busy`` any more, for ``within`` seconds at most; return whether that has happened."""
    until = clock.monotonic() + within
    while busy():
        if (now := clock.monotonic()) >= until:
            return False
        await clock.sleep_until(min(until, now + LOOK_SECONDS))
    return True


def draining(condition: Condition, within: float, fate: Fate) -> str:
    """Tell the operator that those who are there may finish now."""
    up = counted(condition.calls, "call")
    return f"No new calls are taken; {up} may finish within {within:g} s, or until the next signal. Who is left then is {fate}."


def ending(condition: Condition, fate: Fate) -> str:
    """Tell the operator what becomes of the calls that are left, if any."""
    left = condition.calls
    return f"{counted(left, 'call')} {'is' if left == 1 else 'are'} {fate}." if left else "No call is left."
