"""What a running room is made of, beside the rules' own part."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field

from ari_conf.conference import AudioPlan, Conference, ParticipantLeft

from .journal import Journal


@dataclass(frozen=True, slots=True)
class Caller:
    """Whose call it is: the account, and the parameters with which webhooks describe the call."""

    account_sid: str
    voice_parameters: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Left:
    """How a stay in a room ended: by ``event``, and its audio is out of the room once ``settled`` is done."""

    event: ParticipantLeft
    settled: "asyncio.Future[None]"


@dataclass(frozen=True, slots=True)
class Admission:
    """A call that was let into a room. ``left`` is done when it is no longer in it."""

    conference_sid: str
    left: "asyncio.Future[Left]"


@dataclass(slots=True, eq=False)
class Room:
    """A conference that is not over, with the stays in it, by Call SID, of those who are to hear of their end.

    ``plan`` is the audio plan of ``conference``.
    """

    conference: Conference
    plan: AudioPlan
    journal: Journal
    admissions: dict[str, "asyncio.Future[Left]"] = field(default_factory=dict)

    def admit(self, call_sid: str) -> "asyncio.Future[Left]":
        """Let a call in, and return what is done at the end of its stay."""
        left = self.admissions[call_sid] = asyncio.get_running_loop().create_future()
        return left
