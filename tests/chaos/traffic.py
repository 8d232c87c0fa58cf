"""Who lives in the rooms: two who talk all the time, and one who comes, is muted or held, and goes, again and again."""

import asyncio
from dataclasses import dataclass, field

from ari_conf.phones.phone import CallRefusedError
from ari_conf.phones.sip import SipPhone
from tests.ears import longest_gap
from tests.stage import ACCOUNT, REAL_CLOCK

from .oracle import Visit
from .town import LOUDNESS, PATIENCE, Town

PRESENT = 0.35 * LOUDNESS
"""Amplitude from which on a voice counts as there: a look of which half is silent has half of it."""

LISTEN = 0.3
"""Seconds of one look whether somebody is in."""


@dataclass(slots=True, eq=False)
class Room:
    """One room and its phones. ``residents`` (two or none) stay; ``visitors`` come and go while the traffic flows."""

    town: Town
    name: str
    residents: list[SipPhone]
    visitors: list[SipPhone]
    sid: str = ""
    _staying: dict[asyncio.Task[None], Visit] = field(default_factory=dict)

    async def settle(self) -> None:
        """Let the residents move in, and return when they talk."""
        for resident in self.residents:
            visit = self.town.visit(resident, self.name)
            async with asyncio.timeout(PATIENCE):
                await resident.dial(self.name)
                while visit.label not in self.town.joined:
                    await REAL_CLOCK.let_pass(0.02)
            self.sid = self.town.joined[visit.label]
            self._staying[asyncio.create_task(self._stay(resident, visit))] = visit
        if not self.residents:
            return
        one, other = self.residents
        async with asyncio.timeout(PATIENCE):
            while not (await one.hear(LISTEN)).hears(other.tone) or not (await other.hear(LISTEN)).hears(one.tone):
                pass

    def is_left(self) -> None:
        """Take the residents for gone, whoever ends their calls."""
        for task, visit in self._staying.items():
            task.cancel()
            visit.over = True
        self._staying.clear()

    async def leave(self) -> None:
        """Let the residents go."""
        self.is_left()
        await asyncio.gather(*(resident.hang_up() for resident in self.residents))

    async def _stay(self, resident: SipPhone, visit: Visit) -> None:
        await resident.wait_ended()
        visit.over = True
        self.town.lost_calls.append(visit.label)

    def gap(self, start: float, end: float) -> float:
        """Return for how many seconds at a time one resident has not heard the other, between two moments."""
        one, other = self.residents
        pairs = ((one, other), (other, one))
        return max(longest_gap(ear.heard(start, end), voice.tone, PRESENT) for ear, voice in pairs)

    async def has(self, phone: SipPhone, visit: Visit) -> bool:
        """Tell whether a visitor is in: that was told, or is to be heard."""
        if visit.label in self.town.joined:
            return True
        if not self.residents:
            await REAL_CLOCK.let_pass(0.05)
            return False
        heard = await phone.hear(LISTEN)
        return all(heard.hears(resident.tone) for resident in self.residents)


class Traffic:
    """The comings and goings in all rooms."""

    def __init__(self, town: Town, rooms: list[Room], *, rest: float) -> None:
        self._town = town
        self.rooms = rooms
        self._rest = rest
        self._flowing = asyncio.Event()
        self._busy = 0
        self._idle = asyncio.Event()
        self._idle.set()

    async def flow(self) -> None:
        """Let visitors come, until this is cancelled."""
        self._flowing.set()
        async with asyncio.TaskGroup() as group:
            for room in self.rooms:
                for visitor in room.visitors:
                    group.create_task(self._come_and_go(room, visitor))

    def go_on(self) -> None:
        """Let visitors come again."""
        self._flowing.set()

    async def pause(self) -> None:
        """Let nobody come any more, and return when all visits are over."""
        self._flowing.clear()
        async with asyncio.timeout(PATIENCE):
            await self._idle.wait()

    async def _come_and_go(self, room: Room, phone: SipPhone) -> None:
        while True:
            await REAL_CLOCK.let_pass(self._town.rng.uniform(0.0, self._rest))
            await self._flowing.wait()
            self._busy += 1
            self._idle.clear()
            visit = self._town.visit(phone, room.name)
            try:
                async with asyncio.timeout(PATIENCE):
                    await self._visit(room, phone, visit)
            except (CallRefusedError, TimeoutError) as error:
                self._town.lost_calls.append(f"{visit.label}: {error!r}")
                await phone.hang_up()
                visit.over = True
            finally:
                self._busy -= 1
                if not self._busy:
                    self._idle.set()

    async def _visit(self, room: Room, phone: SipPhone, visit: Visit) -> None:
        town, rng = self._town, self._town.rng
        await phone.dial(room.name)
        ended = asyncio.create_task(phone.wait_ended())
        try:
            while not await room.has(phone, visit):
                if ended.done():
                    raise CallRefusedError(0, "it ended before it was in the room")
            # What is to be heard and is not kept yet is news to the next life, after a kill.
            while not town.ari_conf.has_participant(visit.label):
                await REAL_CLOCK.let_pass(0.1)
            for change in rng.sample((mute, hold), rng.randrange(3)):
                await REAL_CLOCK.let_pass(rng.uniform(0.0, 0.5))
                await change(room, visit)
            await REAL_CLOCK.let_pass(rng.uniform(0.0, 1.0))
            if ended.done():
                town.lost_calls.append(visit.label)
            elif rng.random() < 0.2:
                await town.rest("DELETE", _participant(room, visit))
                await ended
            await phone.hang_up()
            visit.over = True
        finally:
            ended.cancel()


async def mute(room: Room, visit: Visit) -> None:
    """Mute somebody and take that back."""
    await _changed(room, visit, "Muted", "true", "participant-mute")
    await REAL_CLOCK.let_pass(room.town.rng.uniform(0.0, 0.5))
    await _changed(room, visit, "Muted", "false", "participant-unmute")


async def hold(room: Room, visit: Visit) -> None:
    """Put somebody on hold and take that back."""
    await _changed(room, visit, "Hold", "true", "participant-hold")
    await REAL_CLOCK.let_pass(room.town.rng.uniform(0.0, 0.5))
    await _changed(room, visit, "Hold", "false", "participant-unhold")


async def _changed(room: Room, visit: Visit, name: str, value: str, event: str) -> None:
    changed = await room.town.rest("POST", _participant(room, visit), **{name: value})
    assert changed is not None, f"{visit.label} is in {room.name}, and REST does not know it any more"
    visit.changes.append(event)


def _participant(room: Room, visit: Visit) -> str:
    sid = room.town.joined.get(visit.label, room.sid)
    return f"/2010-04-01/Accounts/{ACCOUNT.sid}/Conferences/{sid}/Participants/{visit.label}.json"
