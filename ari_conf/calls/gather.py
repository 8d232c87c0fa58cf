"""``<Gather>``: collect the keys that a caller presses."""

import asyncio
from collections.abc import Callable
from typing import Final

from ari_conf.twiml import Gather

from .meanwhile import meanwhile
from .session import CallSession, Next, Outcome

_DIGITS: Final = "digits"
"""What is remembered: the keys that have been pressed so far."""


class Keys:
    """What has been pressed so far: ``digits``, at first those of an earlier life. ``note`` hears of each change.

    ``complete`` once there need be no more, ``finished_on`` is the key that said so; ``next`` is done at the next key.
    """

    def __init__(self, verb: Gather, digits: str = "", note: Callable[[str], None] | None = None) -> None:
        self._verb = verb
        self._note = note
        self.digits = digits
        self.finished_on = ""
        self.complete = 0 < len(digits) == verb.num_digits
        self.any = bool(digits)
        self.next: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def press(self, key: str) -> None:
        """Take one more key, unless it is complete."""
        if self.complete:
            return
        self.any = True
        if key == self._verb.finish_on_key:
            self.finished_on = key
            self.complete = True
        else:
            self.digits += key
            self.complete = len(self.digits) == self._verb.num_digits
        if self._note is not None:
            self._note(self.digits)
        self.next.set_result(None)
        self.next = asyncio.get_running_loop().create_future()


async def gather(session: CallSession, verb: Gather, base: str) -> Outcome:
    """Play the prompts, collect keys, and hand them to the action; without any, go on with the next verb."""
    keys = Keys(verb, session.memory.get(_DIGITS, ""), lambda digits: session.remember(**{_DIGITS: digits}))
    result = await gathered(session, verb, base, keys)
    if result is None:
        return Next.VERB
    return await session.go_on(verb.action or "", verb.method, base, result)


async def gathered(session: CallSession, verb: Gather, base: str, keys: Keys) -> dict[str, str] | None:
    """Play the prompts and collect ``keys``; return what the action is to be told, None if it is not to be asked."""
    with session.call.hearing_digits(keys.press):
        await session.answer()
        if not verb.dtmf:
            await session.play(verb.prompts, base)
            return None
        if not keys.any:
            await _prompt(session, verb, base, keys)
        await _collect(session, verb, keys)
    if not keys.digits and not verb.action_on_empty_result:
        return None
    return {"Digits": keys.digits} | ({"FinishedOnKey": keys.finished_on} if keys.finished_on else {})


async def _prompt(session: CallSession, verb: Gather, base: str, keys: Keys) -> None:
    """Play the prompts to their end, or until keys cut them short."""
    async with meanwhile(session.play(verb.prompts, base), f"prompts of {session.call.sid}") as playing:
        while not (playing.done() or keys.complete or (verb.barge_in and keys.any)):
            await session.wait(playing, keys.next)
        if playing.done():
            playing.result()


async def _collect(session: CallSession, verb: Gather, keys: Keys) -> None:
    """Wait until the keys are complete, or none has come for ``timeout`` seconds."""
    while not keys.complete:
        key = keys.next
        await session.wait(key, deadline=session.clock.monotonic() + verb.timeout)
        if not key.done():
            return
