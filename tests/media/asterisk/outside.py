"""Calls that the engine places to phones outside, and who hears whom then."""

import asyncio
from dataclasses import dataclass, field

from ari_conf.media.port import CallAnswered, CallEnded, CallRinging, OutgoingCall
from ari_conf.phones.bank import shared_bank
from ari_conf.phones.phone import Incoming
from ari_conf.phones.sip import SipPhone
from ari_conf.sids import SidKind, new_sid

from .scene import TONES, Scene, within_deadline

CALLER_ID = "+15550100100"


def uri_of(name: str, query: str = "") -> str:
    """Return where the phone of this name can be called."""
    host, port = shared_bank().address
    return f"sip:{name}@{host}:{port}{query}"


@dataclass(slots=True)
class Outside:
    """``phone`` makes one that can be called; ``place`` calls it, and notes its Call SID in the scene under its name."""

    scene: Scene
    callers: dict[str, Incoming] = field(default_factory=dict)

    def phone(self, name: str) -> SipPhone:
        phone = self.scene.phones[name] = SipPhone(name, TONES[name], number=name)
        return phone

    async def place(self, name: str, to: str = "", *, seconds: float = 30.0, caller_id: str = CALLER_ID, **more: str) -> str:
        """Begin to call; it may ring for so many seconds."""
        call_sid = self.scene.sids[name] = new_sid(SidKind.CALL)
        await within_deadline(
            self.scene.engine.place(
                OutgoingCall(call_sid=call_sid, to=to or uri_of(name), caller_id=caller_id, timeout=seconds, **more)
            )
        )
        return call_sid

    async def ring(self, name: str, to: str = "", *, caller_id: str = CALLER_ID) -> SipPhone:
        """Call a phone and return when it rings, and when that has been told."""
        phone = self.phone(name)
        call_sid = await self.place(name, to, caller_id=caller_id)
        self.callers[name] = await within_deadline(phone.ringing())
        await self.scene.event(CallRinging, lambda event: event.call_sid == call_sid)
        return phone

    async def call(self, *names: str) -> None:
        """Call phones, which pick up."""
        for name in names:
            phone = await self.ring(name)
            await within_deadline(phone.pick_up())
            assert await self.scene.event(CallAnswered) == CallAnswered(self.scene.sids[name])

    async def ended(self, name: str) -> CallEnded:
        """Wait for the end of a call."""
        return await self.scene.event(CallEnded, lambda event: event.call_sid == self.scene.sids[name])


async def nothing_told(scene: Scene) -> None:
    """Let the loop go round, and assert that no event is waiting."""
    await asyncio.sleep(0)
    assert scene.events == []
    assert scene.engine.events.empty()
