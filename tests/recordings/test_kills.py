"""Recordings of a controller that was killed: none is lost, none is told twice, at whatever step it happened."""

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from ari_conf.audio.tones import tone
from ari_conf.audio.wav import read_wav, write_wav
from ari_conf.clock import VirtualClock
from ari_conf.media.port import EngineError, KnownRecording, RecordingFinished
from ari_conf.recordings import PauseBehavior, Recording, Recordings, Source, choices
from ari_conf.store import RecordingRow, Row, Store
from ari_conf.webhooks import Owed
from tests.memory_store import MemoryStore
from tests.stage import until

from .studio import ACCOUNT, EVERYTHING, Request
from .test_recordings import Engine

CALL = "RE" + "1" * 32
ROOM = "CF" + "2" * 32
RATE = 8000


class Life:
    """One life of a controller. ``commits`` are what outlives it; those before this life are given."""

    def __init__(self, folder: Path, commits: Sequence[tuple[Sequence[Row], Sequence[Owed]]] = (), *, at: float = 0.0) -> None:
        self.folder = folder
        self.raw = folder / "raw"
        self.raw.mkdir(exist_ok=True)
        self.commits = list(commits)
        self.clock = VirtualClock(start=1_700_000_000.0 + at)
        self.engine = Engine(self.clock)
        self.kept: list[Callable[[], None]] = []
        self.recordings = Recordings(
            folder,
            self,
            self.clock,
            lambda _account, sid: f"http://here.example/{sid}",
            engine=self.engine,
            set_room_paused=lambda _sid, _paused: None,
            raw=self.raw,
        )

    def commit(self, rows: Sequence[Row], owed: Sequence[Owed] = (), then: Callable[[], None] | None = None) -> None:
        self.commits.append((rows, owed))
        if then is not None:
            self.kept.append(then)

    @property
    def told(self) -> list[str]:
        return [owed.parameters["RecordingStatus"] for _, all_owed in self.commits for owed in all_owed]

    @property
    def last(self) -> RecordingRow:
        return next(row for rows, _ in reversed(self.commits) for row in rows if isinstance(row, RecordingRow))

    def begin(self, *, room: bool = False, trim: bool = False) -> Recording:
        recording = Recording(
            sid=CALL,
            account_sid=ACCOUNT,
            source=Source.CONFERENCE if room else Source.DIAL_VERB,
            started_at=self.clock.now(),
            conference_sid=ROOM if room else None,
            call_sid=None if room else "CA1",
            trim=trim,
            callback=EVERYTHING,
        )
        self.recordings.begin(ROOM if room else CALL, recording)
        return recording

    def record(self, name: str = CALL, seconds: float = 2.0) -> Path:
        """Do what the engine does at the end of a recording."""
        path = self.raw / f"{name}.wav"
        write_wav(path, tone(700, seconds), RATE)
        return path

    def everything_is_kept(self) -> None:
        for then in self.kept:
            then()

    async def next(self, commits: int | None = None, *, after: float = 0.0) -> "Life":
        """Kill the controller when so many commits were kept, all if not given, and return the next life."""
        at = self.clock.now() - 1_700_000_000.0 + after
        life = Life(self.folder, self.commits[:commits], at=at)
        await life.recordings.restore(MemoryStore(rows for rows, _ in life.commits))
        return life


@pytest.fixture
async def life(tmp_path: Path) -> Life:
    return Life(tmp_path)


@pytest.mark.parametrize("room", [False, True])
async def test_a_recording_that_ran_ends_in_the_next_life_as_without_a_kill(life: Life, room: bool) -> None:  # noqa: FBT001
    began = life.begin(room=room)
    name = ROOM if room else CALL
    after = await life.next()
    assert after.recordings.get(CALL) == began
    assert after.recordings.known() == {ROOM if room else "CA1": (KnownRecording(name=name),)}
    finishing = after.recordings.finishing(CALL)
    assert finishing is not None
    after.recordings.over(RecordingFinished(name, after.record(name)))
    await after.recordings.drain()
    assert after.told == ["in-progress", "completed"]
    assert (await finishing).duration == after.last.duration == 2
    assert (after.folder / f"{CALL}.wav").exists()
    assert after.recordings.finishing(CALL) is None
    assert (await after.next()).recordings.known() == {}


async def test_silence_for_a_pause_is_as_long_as_the_pause_though_the_controller_was_away(life: Life) -> None:
    life.begin()
    await life.clock.let_pass(1.0)
    await life.recordings.pause(CALL, PauseBehavior.SILENCE)
    await life.clock.let_pass(2.0)
    after = await life.next(after=5.0)
    await after.recordings.resume(CALL)
    await after.clock.let_pass(1.0)
    after.recordings.over(RecordingFinished(CALL, after.record()))
    await after.recordings.drain()
    samples, rate = read_wav(after.folder / f"{CALL}.wav")
    assert len(samples) / rate == pytest.approx(2.0 + 7.0, abs=0.01)
    assert not samples[int(1.1 * rate) : int(7.9 * rate)].any()
    assert after.told == ["in-progress", "paused", "resumed", "completed"]


async def test_whatever_was_kept_of_its_end_the_recording_is_there_and_told_once(life: Life) -> None:
    life.begin(trim=True)
    raw = life.record()
    life.recordings.over(RecordingFinished(CALL, raw))
    await life.recordings.drain()
    assert life.told == ["in-progress", "completed"]
    assert raw.exists(), "until that is kept, it is all there is of the recording"
    for commits in (1, 2):  # neither that it has ended; nor what has come of it
        after = await life.next(commits)
        if after.recordings.known():
            after.recordings.over(RecordingFinished(CALL, None, "there is no such recording"))
        await after.recordings.drain()
        assert after.told == ["in-progress", "completed"]
        assert (after.last.duration, after.last.status) == (2, "completed")
        assert len(read_wav(after.folder / f"{CALL}.wav")[0]) == 2 * RATE
    after = await life.next()
    await after.recordings.drain()
    assert after.commits == life.commits
    assert not raw.exists(), "nobody needs it any more"


async def test_the_engines_file_is_removed_when_the_outcome_is_kept(life: Life) -> None:
    life.begin()
    raw = life.record()
    life.recordings.over(RecordingFinished(CALL, raw))
    await life.recordings.drain()
    life.everything_is_kept()
    assert list(life.raw.iterdir()) == []


async def test_only_what_is_left_of_recordings_that_are_finished_is_removed(life: Life) -> None:
    life.begin()
    running = {life.record(), life.record(f"{CALL}.in")}
    finished = life.record("RE" + "9" * 32)
    part = (life.raw / ("RE" + "9" * 32)).with_suffix(".part")
    part.touch()
    foreign = life.record("holiday")
    await life.next()
    assert set(life.raw.iterdir()) == {*running, foreign}
    assert not finished.exists()


async def test_a_recording_of_which_nothing_is_left_has_failed(life: Life) -> None:
    life.begin()
    after = await life.next()
    after.recordings.over(RecordingFinished(CALL, None, "the call has ended meanwhile"))
    await after.recordings.drain()
    assert after.told == ["in-progress", "failed"]
    assert after.last.status == "failed"


async def test_a_file_that_the_engine_does_not_vouch_for_is_not_taken_in_the_same_life(life: Life) -> None:
    life.begin()
    life.record()
    life.recordings.over(RecordingFinished(CALL, None, "the disk was full"))
    await life.recordings.drain()
    assert life.told == ["in-progress", "failed"]


@pytest.mark.parametrize("asked", ["resume", "pause", "stop"])
async def test_what_was_asked_of_the_engine_lastly_is_asked_again(life: Life, asked: str) -> None:
    life.begin()
    if asked == "pause":
        await life.recordings.pause(CALL)
    elif asked == "stop":
        await life.recordings.stop(CALL)
    after = await life.next()
    assert after.engine.asked == []
    after.recordings.go_on()
    await after.engine.until_asked(1)
    assert after.engine.asked == [(asked, CALL)]


async def test_an_engine_that_does_not_know_a_recording_keeps_nobody_from_starting(life: Life) -> None:
    life.begin()
    after = await life.next()
    after.engine.failure = EngineError("there is no such recording")
    after.recordings.go_on()
    await after.engine.until_asked(1)
    after.engine.going_on.clear()
    after.recordings.go_on()
    await after.engine.until_asked(2)
    await after.recordings.drain()
    assert after.recordings.get(CALL) is not None


@pytest.mark.parametrize("runs", [True, False])
async def test_a_recording_that_had_not_begun_is_dropped_whether_the_engine_has_it_or_not(life: Life, runs: bool) -> None:  # noqa: FBT001
    life.engine.going_on.clear()
    starting = asyncio.create_task(life.recordings.start_leg("CA1", ACCOUNT, Request()))
    await life.engine.until_asked(1)
    after = await life.next()
    ((known,),) = after.recordings.known().values()
    assert after.recordings.running(ACCOUNT) == []
    after.recordings.go_on()
    await after.engine.until_asked(1)
    assert after.engine.asked == [("stop", known.name)]
    path = after.record(known.name) if runs else None
    after.recordings.over(RecordingFinished(known.name, path, "" if path else "there is no such recording"))
    await after.recordings.drain()
    assert (after.told, list(after.raw.iterdir())) == ([], [])
    assert (await after.next()).recordings.known() == {}
    life.engine.going_on.set()
    sid = (await starting).sid
    later = await life.next()
    assert later.recordings.known() == {"CA1": (KnownRecording(name=sid),)}
    assert [one.sid for one in later.recordings.running(ACCOUNT)] == [sid]


async def test_the_engine_is_asked_when_that_is_kept(life: Life, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(choices, "INTENT_SECONDS", 5.0)
    starting = asyncio.create_task(life.recordings.start_leg("CA1", ACCOUNT, Request()))
    await until(lambda: bool(life.kept))
    assert life.engine.asked == []
    life.everything_is_kept()
    await starting
    assert len(life.engine.asked) == 1


async def test_a_recording_that_the_engine_refuses_is_forgotten(life: Life) -> None:
    life.engine.failure = EngineError("the disk is full")
    with pytest.raises(EngineError):
        await life.recordings.start_leg("CA1", ACCOUNT, Request())
    assert (await life.next()).recordings.known() == {}


async def test_recordings_come_back_from_a_database(life: Life, store: Store) -> None:
    began = life.begin()
    for rows, _ in life.commits:
        store.write(rows)
    await store.flush()
    after = Life(life.folder)
    await after.recordings.restore(store)
    assert after.recordings.get(CALL) == began
