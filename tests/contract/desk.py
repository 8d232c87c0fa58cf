"""An engine without a controller, and phones: what the port promises of single calls is tried by ear, on either engine."""

import asyncio
import contextlib
import hashlib
import wave
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

import numpy as np

from ari_conf.audio.tones import tone
from ari_conf.audio.wav import write_wav
from ari_conf.clock import Clock, VirtualClock
from ari_conf.conference import AudioPlan, InMix, Placement
from ari_conf.media.asterisk.link import AriAddress
from ari_conf.media.local import LocalEngine
from ari_conf.media.port import (
    SOUND_RATE,
    CallArrived,
    CallEnded,
    EngineEvent,
    MediaEngine,
    OutgoingCall,
    RecordingFinished,
    SoundFile,
)
from ari_conf.phones.bank import shared_bank
from ari_conf.phones.phone import CallablePhone, Heard
from ari_conf.phones.sip import SipPhone
from ari_conf.phones.virtual import VirtualPhone
from ari_conf.private_asterisk import PrivateAsterisk
from ari_conf.settings import StorageSettings
from ari_conf.sids import SidKind, new_sid
from tests.stage import REAL_CLOCK, TONES, asterisk_engine, leaves_no_task, nothing_in, until

E = TypeVar("E", bound=EngineEvent)
T = TypeVar("T")


@dataclass(slots=True, eq=False)
class Desk:
    """``call(name)`` lets a phone dial in, ``place(name)`` calls one; their tones are in TONES, their Call SIDs in ``sids``."""

    engine: MediaEngine
    clock: Clock
    make_phone: Callable[[str, float], CallablePhone]
    phones: dict[str, CallablePhone] = field(default_factory=dict)
    sids: dict[str, str] = field(default_factory=dict)
    told: list[EngineEvent] = field(default_factory=list)

    def phone(self, name: str) -> CallablePhone:
        phone = self.phones[name] = self.make_phone(name, TONES[name])
        return phone

    async def call(self, name: str) -> CallablePhone:
        """Let a new phone dial in, and answer."""
        phone = self.phone(name)
        dialling = asyncio.create_task(phone.dial("desk"))
        arrived = await self.event(CallArrived, lambda event: event.from_ == phone.number)
        self.sids[name] = arrived.call_sid
        await self.engine.ring(arrived.call_sid)
        await self.engine.answer(arrived.call_sid)
        await dialling
        return phone

    async def place(self, phone: CallablePhone, *, rings_for: float = 30.0, caller_id: str = "+49301") -> str:
        """Begin to call a phone."""
        sid = self.sids[phone.name] = await self.place_to(phone.number, rings_for=rings_for, caller_id=caller_id)
        return sid

    async def place_to(self, user_and_query: str, *, rings_for: float = 30.0, caller_id: str = "+49301") -> str:
        """Begin to call a SIP URI where the phones are: its user part, and perhaps its query."""
        user, mark, query = user_and_query.partition("?")
        host, port = shared_bank().address
        call = OutgoingCall(
            call_sid=new_sid(SidKind.CALL), to=f"sip:{user}@{host}:{port}{mark}{query}", caller_id=caller_id, timeout=rings_for
        )
        await self.engine.place(call)
        return call.call_sid

    async def talk_to(self, name: str) -> CallablePhone:
        """Call a new phone, which answers."""
        phone = self.phone(name)
        await self.place(phone)
        await phone.ringing()
        await phone.pick_up()
        return phone

    async def put_together(self, *names: str) -> None:
        """Let the calls of these phones hear each other, in a mix of the first one."""
        placements: Mapping[str, Placement] = {self.sids[name]: InMix() for name in names}
        await self.carry_out(self._in_force(AudioPlan(self.sids[names[0]], placements)))

    async def take_apart(self, name: str) -> None:
        await self.carry_out(self._in_force(AudioPlan(self.sids[name], {})))

    async def event(self, kind: type[E], wanted: Callable[[E], bool] = lambda _event: True) -> E:
        """Wait for an event."""

        def fitting() -> list[E]:
            while not self.engine.events.empty():
                self.told.append(self.engine.events.get_nowait())
            return [event for event in self.told if isinstance(event, kind) and wanted(event)]

        await until(lambda: bool(fitting()), self.clock, lambda: f"{kind.__name__}; told: {self.told}")
        return fitting()[0]

    async def ended(self, name: str) -> CallEnded:
        return await self.event(CallEnded, lambda event: event.call_sid == self.sids[name])

    async def recorded(self, name: str) -> list[Heard]:
        """Return the channels of a recording when it is finished, and remove its file."""
        finished = await self.event(RecordingFinished, lambda event: event.name == name)
        assert finished.path is not None, finished.failure
        with wave.open(str(finished.path)) as file:
            samples = np.frombuffer(file.readframes(file.getnframes()), "<i2").reshape(-1, file.getnchannels())
            rate = file.getframerate()
        finished.path.unlink()
        return [Heard(channel, rate) for channel in samples.T]

    async def carry_out(self, work: Coroutine[None, None, T]) -> T:
        """Let time pass until the engine has done something."""
        task = asyncio.create_task(work)
        await until(task.done, self.clock)
        return await task

    @staticmethod
    def sound(frequency: float, seconds: float) -> SoundFile:
        samples = tone(frequency, seconds)
        folder = StorageSettings().sounds
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"{hashlib.sha256(samples.tobytes()).hexdigest()}.wav"
        write_wav(path, samples, SOUND_RATE)
        return SoundFile(path, seconds)

    async def _in_force(self, plan: AudioPlan) -> None:
        await self.engine.apply(plan)


@contextlib.asynccontextmanager
async def open_desk(asterisk: PrivateAsterisk | None, recordings: Path) -> AsyncIterator[Desk]:
    """Run an engine: on the Asterisk if one is given, else the local one on a virtual clock."""
    async with leaves_no_task():
        if asterisk is None:
            clock = VirtualClock()
            local = LocalEngine(clock, recordings=recordings)
            desk = Desk(local, clock, lambda name, tone: VirtualPhone(local, name, tone))
        else:
            engine = asterisk_engine(AriAddress(asterisk.ari_url, asterisk.ari_username, asterisk.ari_password))
            server = (asterisk.sip_host, asterisk.sip_port)
            desk = Desk(engine, REAL_CLOCK, lambda name, tone: SipPhone(name, tone, server=server))
        await desk.engine.start()
        try:
            yield desk
        finally:
            await asyncio.gather(*(phone.hang_up() for phone in desk.phones.values()))
            for name in desk.sids:
                await desk.ended(name)
                await desk.take_apart(name)
            if asterisk is not None:
                await nothing_in(asterisk)
            await desk.engine.stop()
