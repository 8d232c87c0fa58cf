"""``<Dial>`` with ``<Number>``, ``<Sip>`` and ``<Client>``: call others, and connect the caller with who answers first."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from typing import Final

from ari_conf.media.port import CallGoneError
from ari_conf.twiml import Callees
from ari_conf.webhooks import CallStatus

from . import choices
from .call import Call
from .callee import Callee
from .connection import TALKS_WITH, talk
from .dial_outcome import Dialled
from .dialling import Dialling
from .ringback import ringing
from .screening import screen
from .session import CallSession

_LEG: Final = "leg"
"""What is remembered: which of the nouns' legs was connected."""


async def dial_callees(going: Dialling, callees: Callees) -> Dialled:
    """Call them, all at once or one after the other; connect the first who answers until either hangs up.

    While it rings, the caller hears ringing: that of the network with ``answerOnBridge``, else ours. Raises ``TwilioError``
    for a URL that cannot be resolved, before anybody is called.
    """
    session = going.session
    legs = [Callee(session, noun, going.verb, going.base) for noun in callees]
    try:
        async with _none_left_up(legs):
            connected = _resumed(session, legs)
            bridged = connected is not None
            if connected is None and TALKS_WITH in session.memory:  # it was over before this went on
                more = {"DialCallSid": session.memory[TALKS_WITH]}
                return Dialled(CallStatus.COMPLETED.value, bridged=True, more=more)
            if connected is None:
                connected = await _ring(going, legs)
                if connected is None:
                    return _nobody(legs, starred=going.star.done())
                if connected.taken:
                    return _taken(connected.call, bridged=False)
                await session.answer()
                await going.recording.begin()
                session.remember(**{_LEG: str(legs.index(connected))})
                bridged = not connected.call.ended.done()
            if bridged and await _talk(going, connected.call):
                return _taken(connected.call, bridged=True)
            await connected.hang_up()
            return Dialled(CallStatus.COMPLETED.value, bridged=bridged, more=connected.parameters)
    except CallGoneError:
        return Dialled(choices.STATUS_WHEN_THE_CALLER_GAVE_UP.value, more=legs[0].parameters)


def _resumed(session: CallSession, legs: Sequence[Callee]) -> Callee | None:
    """Return whom an earlier life of the controller has connected; who only rang then is called again."""
    call = session.services.book.get(session.memory.get(TALKS_WITH, ""))
    if call is None:
        return None
    connected = legs[int(session.memory[_LEG])]
    connected.resume(call)
    return connected


async def _talk(going: Dialling, other: Call) -> bool:
    """Let the two talk; return whether the other one was taken away by another document, and is not to be hung up."""
    with other.takeable() as taken:
        await talk(going, other, taken)
        return taken.done()


def _taken(other: Call, *, bridged: bool) -> Dialled:
    """Return how a Dial went whose called party was taken away by another document; that call goes on."""
    return Dialled(CallStatus.COMPLETED.value, bridged=bridged, more={"DialCallSid": other.sid})


async def _ring(going: Dialling, legs: Sequence[Callee]) -> Callee | None:
    """Call everybody; return who is to be connected, or was taken away while being screened."""
    session, dial = going.session, going.verb
    if not dial.answer_on_bridge:
        await session.answer()
        if going.recording.from_ringing:
            await going.recording.begin()
    async with ringing(session, dial.ring_tone):
        for group in [[leg] for leg in legs] if dial.sequential else [legs]:
            connected = await _call(going, group)
            if connected is not None or going.star.done() or not _another_round(group):
                return connected
    return None


async def _call(going: Dialling, legs: Sequence[Callee]) -> Callee | None:
    """Call all of them; return the one who has answered first, when the others are hung up.

    None if there is none, or it does not want to be connected.
    """
    await asyncio.gather(*(leg.place() for leg in legs))
    first = await _first_answer(going, legs)
    await asyncio.gather(*(leg.hang_up() for leg in legs if leg is not first))
    if first is None:
        return None
    return first if await screen(going, first) else None


async def _first_answer(going: Dialling, legs: Sequence[Callee]) -> Callee | None:
    """Wait until one has answered; None if all have ended without, or the caller has pressed ``*``.

    Raises CallGoneError when the caller hangs up.
    """
    while not going.star.done():
        for leg in legs:
            if leg.call.answered.done() and not leg.call.ended.done():
                return leg
        waiting = [leg for leg in legs if not leg.call.ended.done()]
        if not waiting:
            return None
        changes = [change for leg in waiting for change in (leg.call.answered, leg.call.ended)]
        await going.session.wait(going.star, *changes)
    return None


def _another_round(tried: Sequence[Callee]) -> bool:
    screened_out = any(leg.call.answered.done() for leg in tried)
    return choices.SEQUENTIAL_GOES_ON_AFTER_SCREENING or not screened_out


@contextlib.asynccontextmanager
async def _none_left_up(legs: Sequence[Callee]) -> AsyncIterator[None]:
    """Hang up whoever was called, should the caller hang up or something go wrong meanwhile."""
    try:
        yield
    except BaseException:
        await asyncio.gather(*(leg.hang_up() for leg in legs), return_exceptions=True)
        raise


def _nobody(legs: Sequence[Callee], *, starred: bool) -> Dialled:
    tried = [leg for leg in legs if leg.placed]
    if starred:
        return Dialled(choices.STATUS_WHEN_STARRED.value, more=tried[-1].parameters)
    if any(leg.call.answered_at is not None for leg in tried):
        answered = next(leg for leg in tried if leg.call.answered_at is not None)
        return Dialled(choices.STATUS_WHEN_SCREENED_OUT.value, more=answered.parameters)
    met = {leg.call.status for leg in tried}
    status = next((status for status in choices.STATUS_OF_SEVERAL if status in met), CallStatus.FAILED)
    return Dialled(status.value, more=tried[-1].parameters)
