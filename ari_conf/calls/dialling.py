"""A ``<Dial>`` that is being carried out: what all its nouns need."""

import asyncio
import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from ari_conf.twiml import Dial

from .leg_recording import LegRecording
from .session import CallSession

STAR: Final = "*"


@dataclass(frozen=True, slots=True)
class Dialling:
    """The caller's ``session``, the ``verb`` in the document at ``base``, and the ``recording`` of the caller's leg.

    ``star`` is done when the caller has pressed ``*`` and that ends the Dial, whatever it is doing.
    """

    session: CallSession
    verb: Dial
    base: str
    recording: LegRecording
    star: "asyncio.Future[None]"


@contextlib.contextmanager
def dialling(session: CallSession, verb: Dial, base: str) -> Iterator[Dialling]:
    """Begin a Dial, whose caller is listened to until its end. Raises ``TwilioError`` for a recording callback that is none."""
    recording = LegRecording(session, verb, base)
    star: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def press(key: str) -> None:
        if verb.hangup_on_star and key == STAR and not star.done():
            star.set_result(None)

    with session.call.hearing_digits(press):
        yield Dialling(session, verb, base, recording, star)
