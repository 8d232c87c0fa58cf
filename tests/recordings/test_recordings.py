"""What recordings refuse, keep and tell, on an engine that does what the test says."""

import asyncio
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from ari_conf.audio.tones import tone
from ari_conf.audio.wav import write_wav
from ari_conf.clock import VirtualClock
from ari_conf.media.local import LocalEngine
from ari_conf.media.port import CallGoneError, RecordingFinished, Track
from ari_conf.recordings import (
    PauseBehavior,
    Recording,
    RecordingCallback,
    RecordingEvent,
    Recordings,
    RecordingStatus,
    Source,
    recording_row,
)
from ari_conf.recordings.choices import MOST_RECORDINGS_OF_A_CALL
from ari_conf.store import RecordingRow
from ari_conf.twilio_codes import Code, TwilioError

from .studio import ACCOUNT, EVERYTHING, Kept, Request

OTHER_ACCOUNT = "AC" + "1" * 32
TWIML = RecordingCallback("http://app.example/recording", "POST", frozenset({RecordingEvent.ABSENT}))
CONFERENCE = "CF1"


class Engine(LocalEngine):
    """Knows no calls; does nothing of what it is asked until it is ``going_on``; then fails with ``failure``, if any."""

    outlives_us = True

    def __init__(self, clock: VirtualClock) -> None:
        super().__init__(clock)
        self.asked: list[tuple[object, ...]] = []
        self.failure: Exception | None = None
        self.news = asyncio.Condition()
        self.going_on = asyncio.Event()
        self.going_on.set()

    async def until_asked(self, times: int) -> None:
        async with asyncio.timeout(5), self.news:
            await self.news.wait_for(lambda: len(self.asked) >= times)

    async def record(self, call_sid: str, name: str, *, track: Track = Track.BOTH, dual: bool = False) -> None:
        await self._note("record", name, call_sid, track, dual)

    async def pause_recording(self, name: str) -> None:
        await self._note("pause", name)

    async def resume_recording(self, name: str) -> None:
        await self._note("resume", name)

    async def stop_recording(self, name: str) -> None:
        await self._note("stop", name)

    async def _note(self, *asked: object) -> None:
        async with self.news:
            self.asked.append(asked)
            self.news.notify_all()
        await self.going_on.wait()
        if self.failure is not None:
            raise self.failure


class House:
    """Recordings of calls that need not exist."""

    def __init__(self, folder: Path) -> None:
        self.clock = VirtualClock()
        self.engine = Engine(self.clock)
        self.ledger = Kept()
        self.folder = folder
        self.rooms: list[tuple[str, bool]] = []
        self.room_refuses: TwilioError | None = None
        self.recordings = Recordings(
            folder,
            self.ledger,
            self.clock,
            lambda _account, sid: f"http://here.example/{sid}",
            engine=self.engine,
            set_room_paused=self._set_room_paused,
        )

    async def start(self, call_sid: str = "CA1", request: Request | None = None, account: str = ACCOUNT) -> Recording:
        return await self.recordings.start_leg(call_sid, account, request or Request())

    def begin_room(self) -> Recording:
        recording = Recording(
            sid="RE1",
            account_sid=ACCOUNT,
            source=Source.CONFERENCE,
            started_at=self.clock.now(),
            conference_sid=CONFERENCE,
            callback=EVERYTHING,
        )
        self.recordings.begin(CONFERENCE, recording)
        return recording

    async def end(self, recording: Recording, *, seconds: float = 1.0, failure: str = "") -> RecordingRow:
        """Let a recording be over, and return what is kept of it."""
        path = None
        if not failure:
            path = self.folder / "raw.wav"
            write_wav(path, tone(700, seconds), 8000)
        self.recordings.over(RecordingFinished(recording.conference_sid or recording.sid, path, failure))
        await self.recordings.drain()
        return self.ledger.rows[-1]

    def _set_room_paused(self, conference_sid: str, paused: bool) -> None:  # noqa: FBT001
        if self.room_refuses is not None:
            raise self.room_refuses
        self.rooms.append((conference_sid, paused))


@pytest.fixture
async def house(tmp_path: Path) -> House:
    return House(tmp_path)


def refused(code: Code = Code.RECORDING_STATE) -> AbstractContextManager[object]:
    return pytest.raises(TwilioError, match=f"^{code.value}: ")


async def test_a_leg_is_recorded_as_asked_kept_and_told(house: House) -> None:
    recording = await house.start(request=Request(channels=2, trim=True))
    assert house.engine.asked == [("record", recording.sid, "CA1", Track.BOTH, True)]
    assert (recording.source, recording.channels, recording.trim) == (Source.OUTBOUND_API, 2, True)
    assert house.ledger.rows == [recording_row(recording)]
    (owed,) = house.ledger.owed
    assert (owed.lane, owed.url, owed.method) == ("CA1", EVERYTHING.url, "POST")
    assert owed.parameters == {
        "AccountSid": ACCOUNT,
        "CallSid": "CA1",
        "RecordingSid": recording.sid,
        "RecordingUrl": f"http://here.example/{recording.sid}",
        "RecordingStatus": "in-progress",
        "RecordingChannels": "2",
        "RecordingStartTime": "Tue, 14 Nov 2023 22:13:20 +0000",
        "RecordingSource": "OutboundAPI",
        "RecordingTrack": "both",
        "ErrorCode": "0",
    }


async def test_one_direction_has_one_channel(house: House) -> None:
    recording = await house.start(request=Request(channels=2, track=Track.INBOUND))
    assert recording.channels == 1
    assert house.engine.asked == [("record", recording.sid, "CA1", Track.INBOUND, False)]


async def test_each_state_is_kept_and_told(house: House) -> None:
    recording = await house.start()
    sid = recording.sid
    await house.clock.let_pass(2.0)
    paused = await house.recordings.pause(sid)
    assert paused.updated_at == recording.started_at + 2.0
    await house.recordings.resume(sid)
    await house.recordings.pause(sid, PauseBehavior.SKIP)
    await house.recordings.stop(sid)
    row = await house.end(recording)
    statuses = ["in-progress", "paused", "in-progress", "paused", "stopped", "processing", "completed"]
    assert [kept.status for kept in house.ledger.rows] == statuses
    assert house.ledger.told == ["in-progress", "paused", "resumed", "paused", "stopped", "completed"]
    assert [asked[0] for asked in house.engine.asked] == ["record", "pause", "resume", "pause", "stop"]
    assert (row.duration, row.error_code) == (1, None)
    assert row.size == (house.folder / f"{sid}.wav").stat().st_size


async def test_what_does_not_fit_the_state_is_refused_and_changes_nothing(house: House) -> None:
    recordings = house.recordings
    sid = (recording := await house.start()).sid
    with refused():
        await recordings.resume(sid)
    await recordings.pause(sid)
    with refused():
        await recordings.pause(sid)
    await recordings.stop(sid)
    asked, kept = len(house.engine.asked), len(house.ledger.rows)
    for refuse in (recordings.pause, recordings.resume, recordings.stop):
        with refused():
            await refuse(sid)
    assert (len(house.engine.asked), len(house.ledger.rows)) == (asked, kept)
    await house.end(recording)
    for refuse in (recordings.pause, recordings.resume, recordings.stop):
        with refused():
            await refuse(sid)
        with refused():
            await refuse("RE404")


async def test_two_pauses_at_once_are_one_and_a_refusal(house: House) -> None:
    sid = (await house.start()).sid
    house.engine.going_on.clear()
    pauses = [asyncio.create_task(house.recordings.pause(sid)) for _ in range(2)]
    await house.engine.until_asked(3)
    house.engine.going_on.set()
    first, second = await asyncio.gather(*pauses, return_exceptions=True)
    assert isinstance(first, Recording)
    assert isinstance(second, TwilioError)
    assert house.ledger.told == ["in-progress", "paused"]


async def test_a_recording_that_ends_while_it_is_being_paused_is_not_paused(house: House) -> None:
    recording = await house.start()
    house.engine.going_on.clear()
    pause = asyncio.create_task(house.recordings.pause(recording.sid))
    await house.engine.until_asked(2)
    assert (await house.end(recording)).status == "completed"
    house.engine.going_on.set()
    with refused():
        await pause
    assert house.ledger.told == ["in-progress", "completed"]


async def test_the_recording_of_a_conference_is_paused_through_the_room_and_cannot_be_stopped(house: House) -> None:
    recording = house.begin_room()
    await house.recordings.pause(recording.sid)
    await house.recordings.resume(recording.sid)
    assert house.rooms == [(CONFERENCE, True), (CONFERENCE, False)]
    with refused():
        await house.recordings.stop(recording.sid)
    house.room_refuses = TwilioError(Code.CONFERENCE_OVER, "It is over.")
    with refused(Code.CONFERENCE_OVER):
        await house.recordings.pause(recording.sid)
    assert house.recordings.get(recording.sid) is not None
    assert house.recordings.running(ACCOUNT)[0].status is RecordingStatus.IN_PROGRESS
    assert house.engine.asked == []


async def test_running_recordings_are_found_by_what_they_are_of(house: House) -> None:
    room = house.begin_room()
    first, second, other = await house.start("CA1"), await house.start("CA1"), await house.start("CA2", account=OTHER_ACCOUNT)
    await house.recordings.pause(second.sid)

    def found(account: str = ACCOUNT, **of: str) -> list[str]:
        return [recording.sid for recording in house.recordings.running(account, **of)]

    assert found() == [room.sid, first.sid, second.sid]
    assert found(call_sid="CA1") == [first.sid, second.sid]
    assert found(conference_sid=CONFERENCE) == [room.sid]
    assert found(OTHER_ACCOUNT) == [other.sid]
    assert found(OTHER_ACCOUNT, call_sid="CA1") == []
    await house.recordings.stop(first.sid)
    assert found(call_sid="CA1") == [second.sid]
    stopped = house.recordings.get(first.sid)
    assert stopped is not None
    assert stopped.status is RecordingStatus.STOPPED


async def test_the_current_recording_is_the_only_one(house: House) -> None:
    with refused():
        house.recordings.current(ACCOUNT, call_sid="CA1")
    first = await house.start()
    assert house.recordings.current(ACCOUNT, call_sid="CA1") == first
    await house.start()
    with refused():
        house.recordings.current(ACCOUNT, call_sid="CA1")
    await house.recordings.stop(first.sid)
    assert house.recordings.current(ACCOUNT, call_sid="CA1") != first


async def test_a_call_has_so_many_recordings_at_once_and_no_more(house: House) -> None:
    running = [await house.start() for _ in range(MOST_RECORDINGS_OF_A_CALL)]
    with refused(Code.TOO_MANY_RECORDINGS):
        await house.start()
    await house.start("CA2")
    await house.recordings.stop(running[0].sid)
    await house.start()


async def test_many_recordings_that_are_asked_for_at_once_count_too(house: House) -> None:
    house.engine.going_on.clear()
    starting = [asyncio.create_task(house.start()) for _ in range(MOST_RECORDINGS_OF_A_CALL)]
    await house.engine.until_asked(MOST_RECORDINGS_OF_A_CALL)
    assert house.recordings.running(ACCOUNT) == []
    with refused(Code.TOO_MANY_RECORDINGS):
        await house.start()
    house.engine.going_on.set()
    assert {recording.sid for recording in await asyncio.gather(*starting)} == {
        recording.sid for recording in house.recordings.running(ACCOUNT)
    }


async def test_a_leg_that_is_gone_leaves_no_recording(house: House) -> None:
    house.engine.failure = CallGoneError("call CA1 has ended")
    for _ in range(MOST_RECORDINGS_OF_A_CALL + 1):
        with pytest.raises(CallGoneError):
            await house.start()
    assert house.recordings.running(ACCOUNT) == []
    assert house.ledger.rows == []


async def test_a_leg_that_ends_while_its_recording_begins_is_finished_all_the_same(house: House) -> None:
    house.engine.going_on.clear()
    starting = asyncio.create_task(house.start())
    await house.engine.until_asked(1)
    sid = str(house.engine.asked[0][1])
    house.recordings.over(RecordingFinished(sid, None, "the call has ended"))
    house.engine.going_on.set()
    await starting
    await house.recordings.drain()
    assert house.ledger.rows[-1].status == "failed"
    assert house.recordings.get(sid) is None


@pytest.mark.parametrize(
    ("events", "told"),
    [
        ({RecordingEvent.STARTED}, ["in-progress"]),
        ({RecordingEvent.STARTED, RecordingEvent.IN_PROGRESS}, ["in-progress"]),
        ({RecordingEvent.COMPLETED, RecordingEvent.ABSENT}, ["absent"]),
        ({RecordingEvent.FAILED, RecordingEvent.ABSENT}, ["failed"]),
        ({RecordingEvent.COMPLETED}, []),
    ],
)
async def test_who_has_not_subscribed_to_a_failure_is_told_that_there_is_nothing(
    house: House, events: set[RecordingEvent], told: list[str]
) -> None:
    callback = RecordingCallback("http://app.example/recording", "GET", frozenset(events))
    recording = await house.start(request=Request(callback=callback))
    row = await house.end(recording, failure="the disk is full")
    assert house.ledger.told == told
    assert (row.status, row.duration, row.error_code) == ("failed", 0, None)


async def test_a_recording_that_is_too_short_is_absent_with_its_code(house: House) -> None:
    row = await house.end(await house.start(), seconds=0.1)
    assert (row.status, row.error_code) == ("absent", 16101)
    assert (house.ledger.told[-1], house.ledger.owed[-1].parameters["ErrorCode"]) == ("absent", "16101")


async def test_a_finished_recording_can_be_deleted_and_leaves_its_row(house: House) -> None:
    recording = await house.start()
    with refused():
        await house.recordings.delete(house.ledger.rows[-1])
    row = await house.end(recording)
    await house.clock.let_pass(5.0)
    await house.recordings.delete(row)
    assert not (house.folder / f"{recording.sid}.wav").exists()
    deleted = house.ledger.rows[-1]
    assert (deleted.status, deleted.duration, deleted.updated_at) == ("deleted", row.duration, row.updated_at + 5.0)
    await house.recordings.delete(await house.end(await house.start(), seconds=0.1))
    assert house.ledger.rows[-1].status == "deleted"
