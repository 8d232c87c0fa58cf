"""What the programs have in common: a conference as the SDK knows it, and the phones that are in it."""

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import aiohttp
import soundfile
from twilio.rest.api.v2010.account.conference import ConferenceContext
from twilio.rest.api.v2010.account.conference.participant import ParticipantContext, ParticipantInstance

from ari_conf.phones.phone import CallablePhone, Heard
from tests.rest.desk import Desk
from tests.stage import ACCOUNT, NUMBERS, who_hears_whom

FROM = "+15550001111"
NOBODY = "+15559999999"

EVENTS = 'statusCallback="/events" statusCallbackEvent="start end join leave mute hold modify announcement"'


def conference(attributes: str = "", dial: str = "", after: str = "", name: str = "Room") -> str:
    return f"<Response><Dial {dial}><Conference beep='false' {attributes}>{name}</Conference></Dial>{after}</Response>"


@dataclass(slots=True, eq=False)
class Meeting:
    """A conference that is running. ``sids`` are the Call SIDs by the names of the phones."""

    desk: Desk
    sid: str
    phones: dict[str, CallablePhone] = field(default_factory=dict)
    sids: dict[str, str] = field(default_factory=dict)

    @property
    def room(self) -> ConferenceContext:
        context: ConferenceContext = self.desk.client.conferences(self.sid)
        return context

    def __getitem__(self, name: str) -> CallablePhone:
        return self.phones[name]

    def participant(self, name: str) -> ParticipantContext:
        return self.room.participants(self.sids[name])

    async def update(self, name: str, **changes: Any) -> ParticipantInstance:
        """Change a participant; what is answered is what is told when asked afterwards."""
        participant = self.participant(name)
        answered = await self.desk.ask(participant.update, **changes)
        told = await self.desk.ask(participant.fetch)
        assert facts(answered) == facts(told)
        return answered

    async def status(self) -> str | None:
        status: str | None = (await self.desk.ask(self.room.fetch)).status
        return status

    async def told(self) -> dict[str, set[str]]:
        """Return who has to be heard by whom if it is as REST tells; whoever is not listed hears nobody."""
        listed = {one.call_sid: one for one in await self.desk.ask(self.room.participants.list) if one.status == "connected"}
        running = await self.status() == "in-progress"
        names = {sid: name for name, sid in self.sids.items()}
        heard: dict[str, set[str]] = {name: set() for name in self.phones}
        for sid, listener in listed.items():
            if running and not listener.hold:
                heard[names[sid]] = {
                    names[other] for other, voice in listed.items() if other != sid and reaches(voice, listener)
                }
        return heard

    async def agrees(self, expected: Mapping[str, str] | None = None) -> None:
        """Assert that the phones hear what REST tells, and that both are as ``expected`` (names by listener)."""
        told = await self.told()
        if expected is not None:
            assert told == {name: set(voices.split()) for name, voices in expected.items()}
        await who_hears_whom(list(self.phones.values()), told)

    def leaves(self, name: str) -> None:
        """Forget somebody who is in the conference no more."""
        del self.phones[name], self.sids[name]


def reaches(voice: ParticipantInstance, listener: ParticipantInstance) -> bool:
    """Tell whether one is heard by another."""
    if voice.muted or voice.hold:
        return False
    return not voice.coaching or voice.call_sid_to_coach == listener.call_sid


def facts(one: ParticipantInstance) -> tuple[Any, ...]:
    return (
        one.call_sid,
        one.label,
        one.muted,
        one.hold,
        one.coaching,
        one.call_sid_to_coach,
        one.end_conference_on_exit,
        one.start_conference_on_enter,
        one.status,
    )


async def sid_of(desk: Desk, name: str) -> str:
    """Return the SID of the call that a phone is making."""
    (call,) = await desk.ask(desk.client.calls.list, from_=NUMBERS[name], status="in-progress")
    sid: str = call.sid
    return sid


async def meet(desk: Desk, *names: str, twiml: str | None = None) -> Meeting:
    """Let these phones call one after the other, and find them and their conference with the SDK."""
    phones = await desk.room(*names, twiml=twiml or conference())
    (found,) = await desk.ask(desk.client.conferences.list, friendly_name="Room")
    sids = {name: await sid_of(desk, name) for name in names}
    return Meeting(desk, found.sid, dict(zip(names, phones, strict=True)), sids)


async def heard_in(url: str) -> Heard:
    """Download a recording as an application does, with the login of its account."""
    headers = {"Authorization": aiohttp.encode_basic_auth(ACCOUNT.sid, ACCOUNT.auth_token)}
    async with aiohttp.ClientSession(headers=headers) as session, session.get(url) as answer:
        assert answer.status == 200
        samples, rate = soundfile.read(io.BytesIO(await answer.read()), dtype="int16", always_2d=True)
    return Heard(samples[:, 0], rate)


def sids(found: Sequence[Any]) -> list[str]:
    return [one.sid for one in found]
