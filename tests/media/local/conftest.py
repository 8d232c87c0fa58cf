import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from ari_conf.clock import Clock, VirtualClock
from ari_conf.conference import AudioPlan, Placement, RecordingState
from ari_conf.media.local import LocalEngine
from ari_conf.media.port import CallArrived, CallEnded, DigitPressed, EngineEvent, MediaEngine, RecordingFinished
from ari_conf.phones.phone import Phone
from ari_conf.phones.virtual import VirtualPhone


class Desk:
    """Somebody who answers every call and puts calls into rooms by hand."""

    def __init__(self, clock: Clock, rate: int = 8000, recordings: Path | None = None) -> None:
        self.clock = clock
        self.local = LocalEngine(clock, rate, recordings=recordings)
        self.engine: MediaEngine = self.local
        self.phones: dict[str, Phone] = {}
        self.sids: dict[str, str] = {}
        self.told: list[EngineEvent] = []
        self.answering = True
        self.news = asyncio.Condition()

    def phone(self, name: str, *, number: str | None = None) -> Phone:
        return self.virtual(name, number=number)

    def virtual(self, name: str, *, number: str | None = None) -> VirtualPhone:
        phone = VirtualPhone(self.local, name, 400.0 + 150.0 * len(self.phones), number=number)
        self.phones[name] = phone
        return phone

    async def call(self, *names: str) -> list[Phone]:
        """Let a new phone of each name dial in, one after the other."""
        phones = [self.phone(name) for name in names]
        for phone in phones:
            await phone.dial("desk")
        return phones

    def place(
        self,
        placements: Mapping[str, Placement],
        room: str = "CF1",
        *,
        recording: RecordingState = RecordingState.OFF,
        detect_talking: bool = False,
    ) -> "asyncio.Future[None]":
        """Apply a plan whose participants are phones' names."""
        placed = {self.sids[name]: placement for name, placement in placements.items()}
        return self.engine.apply(AudioPlan(room, placed, recording, detect_talking))

    async def recorded(self, name: str) -> RecordingFinished:
        """Return what is told of the end of a recording."""

        def finished() -> list[RecordingFinished]:
            return [event for event in self.told if isinstance(event, RecordingFinished) and event.name == name]

        async with asyncio.timeout(5), self.news:
            await self.news.wait_for(finished)
        (event,) = finished()
        return event

    async def who_hears_whom(self, seconds: float = 0.4) -> dict[str, str]:
        """Return for every phone the names that it hears, run together."""
        heard = await asyncio.gather(*(phone.hear(seconds) for phone in self.phones.values()))
        return {
            name: "".join(other.name for other in self.phones.values() if stretch.hears(other.tone))
            for name, stretch in zip(self.phones, heard, strict=True)
        }

    def ended(self, name: str) -> list[str]:
        """Return the causes of the ends that were told of a phone's call."""
        return [event.cause for event in self.told if isinstance(event, CallEnded) and event.call_sid == self.sids[name]]

    async def arrived(self, name: str) -> str:
        async with asyncio.timeout(5), self.news:
            await self.news.wait_for(lambda: name in self.sids)
        return self.sids[name]

    async def attend(self) -> None:
        while True:
            event = await self.engine.events.get()
            async with self.news:
                self.told.append(event)
                if isinstance(event, CallArrived):
                    self.sids[event.from_] = event.call_sid
                self.news.notify_all()
            if isinstance(event, CallArrived) and self.answering:
                await self.engine.answer(event.call_sid)

    @property
    def keys(self) -> list[str]:
        return [event.digit for event in self.told if isinstance(event, DigitPressed)]


@asynccontextmanager
async def attended(clock: Clock, rate: int = 8000, recordings: Path | None = None) -> AsyncIterator[Desk]:
    """Open a desk, and make sure that it leaves nothing behind."""
    desk = Desk(clock, rate, recordings)
    await desk.engine.start()
    attendant = asyncio.create_task(desk.attend())
    yield desk
    for phone in desk.phones.values():
        await phone.hang_up()
    for room in [*desk.local._rooms.rooms]:
        desk.place({}, room)
    assert not desk.local._calls
    assert not desk.local._rooms.rooms
    assert not desk.local._rooms.pending
    await desk.engine.stop()
    attendant.cancel()
    await asyncio.wait({attendant})
    assert asyncio.all_tasks() == {asyncio.current_task()}


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    async with attended(VirtualClock(), recordings=tmp_path / "recordings") as desk:
        yield desk
