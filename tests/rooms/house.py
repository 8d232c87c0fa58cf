"""Rooms without calls: on an engine that does nothing, with a ledger that keeps everything in order."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

from ari_conf.clock import VirtualClock
from ari_conf.conference import (
    AnnouncementDue,
    AudioPlan,
    CallbackEvent,
    Conference,
    ConferenceSettings,
    Participant,
    Placement,
    SetRecordingPaused,
    StatusCallback,
)
from ari_conf.media.local import LocalEngine
from ari_conf.notifications import Notifications
from ari_conf.programs import ProgramPlayer, SoundStore
from ari_conf.recordings import Recordings
from ari_conf.rooms import Admission, Caller, Rooms, RoomSounds
from ari_conf.store import Row
from ari_conf.webhooks import Owed, WebhookClient

R = TypeVar("R", bound=Row)

ACCOUNT = "AC" + "0" * 32
ALL_EVENTS = StatusCallback("http://app.example/events", "POST", frozenset(CallbackEvent))


class Engine(LocalEngine):
    """Keeps the plans that it is told; the test says when one is in force."""

    def __init__(self) -> None:
        super().__init__(VirtualClock())
        self.plans: list[tuple[AudioPlan, asyncio.Future[None]]] = []

    def apply(self, plan: AudioPlan) -> "asyncio.Future[None]":
        in_force: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.plans.append((plan, in_force))
        return in_force


class Kept:
    """A ledger that keeps, in a list, what was committed together."""

    def __init__(self) -> None:
        self.commits: list[tuple[Sequence[Row], Sequence[Owed]]] = []

    def commit(self, rows: Sequence[Row], owed: Sequence[Owed] = (), then: Callable[[], None] | None = None) -> None:
        self.commits.append((rows, owed))
        if then is not None:
            then()

    @property
    def owed(self) -> list[Owed]:
        return [one for _, owed in self.commits for one in owed]

    def rows(self, kind: type[R]) -> list[R]:
        return [row for rows, _ in self.commits for row in rows if isinstance(row, kind)]


class Silence(RoomSounds):
    """Plays nothing; notes what was to be played."""

    def __init__(self, engine: LocalEngine, programs: ProgramPlayer) -> None:
        super().__init__(engine, programs, Notifications(), {})
        self.announced: list[AnnouncementDue] = []
        self.met: dict[str, Mapping[str, str]] = {}
        self.placed: dict[str, Placement] = {}

    def meet(self, call_sid: str, voice_parameters: Mapping[str, str]) -> None:
        self.met[call_sid] = voice_parameters

    def part(self, call_sid: str) -> None:
        del self.met[call_sid]
        self.placed.pop(call_sid, None)

    def apply(
        self,
        conference: Conference,
        placed_anew: Mapping[str, Placement],
        settled: "asyncio.Future[None]",  # noqa: ARG002
    ) -> None:
        assert placed_anew.keys() <= self.met.keys()
        assert placed_anew.keys() <= conference.participants.keys()
        assert all(self.placed.get(call_sid) != placement for call_sid, placement in placed_anew.items())
        self.placed.update(placed_anew)

    def beep(self, conference_sid: str, settled: "asyncio.Future[None]") -> None:
        pass

    def announce(self, conference: Conference, event: AnnouncementDue) -> None:
        assert conference.sid
        self.announced.append(event)


class House:
    """Rooms with all that they tell; nothing is played in them."""

    def __init__(self) -> None:
        self.engine = Engine()
        self.ledger = Kept()
        self.clock = clock = VirtualClock()
        self.recordings = Recordings(
            Path("/nowhere"),
            self.ledger,
            clock,
            lambda _account, sid: sid,
            engine=self.engine,
            set_room_paused=self._set_room_paused,
        )
        self.sounds = Silence(self.engine, ProgramPlayer(WebhookClient(), SoundStore(Path("/nowhere")), clock))
        self.rooms = Rooms(self.engine, self.ledger, self.recordings, self.sounds, clock)

    def join(
        self,
        call: str | Participant,
        room: str = "Room",
        account: str = ACCOUNT,
        callback: StatusCallback | None = None,
        *,
        record: bool = False,
    ) -> Admission:
        participant = Participant(call) if isinstance(call, str) else call
        admission = self.rooms.join(Caller(account, {}), room, participant, ConferenceSettings(callback, record=record))
        assert isinstance(admission, Admission)
        return admission

    @property
    def placements(self) -> list[str]:
        """Who is in the newest plan."""
        return list(self.engine.plans[-1][0].placements)

    @property
    def running(self) -> list[str]:
        return [conference.sid for conference in self.rooms.conferences]

    def _set_room_paused(self, conference_sid: str, paused: bool) -> None:  # noqa: FBT001
        assert self.rooms.command(conference_sid, SetRecordingPaused(paused)) is None
