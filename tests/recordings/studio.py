"""Recordings on an engine without a controller: what they keep and owe is looked at, what is in them is heard."""

import contextlib
import wave
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from ari_conf.conference import AudioPlan, InMix, RecordingState
from ari_conf.media.port import CallGoneError, RecordingFinished, Track
from ari_conf.phones.phone import Heard
from ari_conf.private_asterisk import PrivateAsterisk
from ari_conf.recordings import Recording, RecordingCallback, RecordingEvent, Recordings, Source
from ari_conf.sids import SidKind, new_sid
from ari_conf.store import RecordingRow, Row
from ari_conf.webhooks import Owed
from tests.contract.desk import Desk, open_desk
from tests.stage import TONES

ACCOUNT = "AC" + "0" * 32
EVERYTHING = RecordingCallback("http://app.example/recording", "POST", frozenset(RecordingEvent))
LIVE = InMix()


@dataclass(frozen=True)
class Request:
    """How a leg is to be recorded."""

    channels: int = 1
    track: Track = Track.BOTH
    trim: bool = False
    callback: RecordingCallback | None = EVERYTHING


@dataclass
class Kept:
    """A ledger that keeps what was committed."""

    rows: list[RecordingRow] = field(default_factory=list)
    owed: list[Owed] = field(default_factory=list)

    def commit(self, rows: Sequence[Row], owed: Sequence[Owed] = (), then: Callable[[], None] | None = None) -> None:
        self.rows += [row for row in rows if isinstance(row, RecordingRow)]
        self.owed += owed
        if then is not None:
            then()

    @property
    def told(self) -> list[str]:
        return [owed.parameters["RecordingStatus"] for owed in self.owed]


class Studio:
    """A desk, and recordings of its calls and of its one room. ``paused`` is whether the room's recording is."""

    def __init__(self, desk: Desk, folder: Path) -> None:
        self.desk = desk
        self.ledger = Kept()
        self.folder = folder
        self.recordings = Recordings(
            folder,
            self.ledger,
            desk.clock,
            lambda account, sid: f"http://here.example/{account}/{sid}",
            engine=desk.engine,
            set_room_paused=self._set_room_paused,
        )
        self.conference_sid = new_sid(SidKind.CONFERENCE)
        self.placed: tuple[str, ...] = ()

    async def room(self, *names: str, recording: RecordingState) -> None:
        """Put these calls into the room, and no others."""
        self.placed = names
        await self.desk.carry_out(self._apply(recording))

    async def start(self, name: str, request: Request | None = None) -> Recording:
        sid = self.desk.sids[name]
        request = request or Request()
        return await self.desk.carry_out(self.recordings.start_leg(sid, ACCOUNT, request, Source.START_CALL_RECORDING_API))

    def begin_room(self) -> Recording:
        """Note the recording of the room."""
        recording = Recording(
            sid=new_sid(SidKind.RECORDING),
            account_sid=ACCOUNT,
            source=Source.CONFERENCE,
            started_at=self.desk.clock.now(),
            conference_sid=self.conference_sid,
            trim=False,
            callback=EVERYTHING,
        )
        self.recordings.begin(self.conference_sid, recording)
        return recording

    async def finished(self, recording: Recording) -> Recording:
        """Wait for a recording's end, take it over, and return what the database has of it then."""
        name = recording.conference_sid or recording.sid
        self.recordings.over(await self.desk.event(RecordingFinished, lambda event: event.name == name))
        await self.recordings.drain()
        assert self.recordings.get(recording.sid) is None
        return recording

    @property
    def row(self) -> RecordingRow:
        """What was kept last."""
        return self.ledger.rows[-1]

    def heard(self, recording: Recording) -> list[Heard]:
        """Return the channels of what is kept."""
        with wave.open(str(self.folder / f"{recording.sid}.wav")) as file:
            samples = np.frombuffer(file.readframes(file.getnframes()), "<i2").reshape(-1, file.getnchannels())
            rate = file.getframerate()
        return [Heard(channel.astype(np.int16), rate) for channel in samples.T]

    def _set_room_paused(self, conference_sid: str, paused: bool) -> None:  # noqa: FBT001
        assert conference_sid == self.conference_sid
        self.desk.engine.apply(self._plan(RecordingState.PAUSED if paused else RecordingState.ON))

    async def _apply(self, recording: RecordingState) -> None:
        await self.desk.engine.apply(self._plan(recording))

    def _plan(self, recording: RecordingState) -> AudioPlan:
        return AudioPlan(self.conference_sid, {self.desk.sids[name]: LIVE for name in self.placed}, recording)


def stretches(heard: Heard) -> list[tuple[set[str], float]]:
    """Return whose tones are heard one after the other, and for how many seconds; under 0.2 s is passed over."""
    step = heard.rate // 20
    looks = [
        {name for name, tone in TONES.items() if Heard(heard.samples[start : start + 2 * step], heard.rate).hears(tone)}
        for start in range(0, len(heard.samples) - step, step)
    ]
    found: list[tuple[set[str], float]] = []
    for look in looks:
        if found and found[-1][0] == look:
            found[-1] = look, found[-1][1] + 0.05
        else:
            found.append((look, 0.05))
    lasting = [(who, seconds) for who, seconds in found if seconds > 0.2]
    joined: list[tuple[set[str], float]] = []
    for who, seconds in lasting:
        if joined and joined[-1][0] == who:
            joined[-1] = who, joined[-1][1] + seconds
        else:
            joined.append((who, seconds))
    return joined


@contextlib.asynccontextmanager
async def open_studio(asterisk: PrivateAsterisk | None, folder: Path) -> AsyncIterator[Studio]:
    kept = folder / "kept"
    kept.mkdir()
    async with open_desk(asterisk, folder) as desk:
        studio = Studio(desk, kept)
        try:
            yield studio
        finally:
            with contextlib.suppress(CallGoneError):
                await studio.room(recording=RecordingState.OFF)
