"""Rooms of a controller that was killed: what its next life goes on with, and what it tells."""

import asyncio

import pytest
from structlog.testing import capture_logs

from ari_conf.conference import (
    Announce,
    AudioProgram,
    ConferenceSettings,
    Exit,
    JoinRefused,
    Participant,
    ParticipantCallStatus,
    RecordingState,
    SetHold,
    SetMuted,
    Talking,
    Waiting,
)
from ari_conf.recordings import RecordingCallback, RecordingEvent, RecordingStatus
from ari_conf.rooms import Caller, RoomRecording
from ari_conf.rooms.choices import ANNOUNCEMENT_CUT_OFF
from ari_conf.store import LiveRow, RecordingRow, Store
from tests.memory_store import MemoryStore

from .house import ACCOUNT, ALL_EVENTS, House

CALLER = Caller(ACCOUNT, {"From": "+15550100"})
_ARRANGED = "all rooms from before the start are as they should be"
SONG = AudioProgram("http://app.example/song")
RECORDED = ConferenceSettings(ALL_EVENTS, record=True)
TOLD = RoomRecording(callback=RecordingCallback("http://app.example/recording", "POST", frozenset(RecordingEvent)))


async def next_life(house: House, commits: int | None = None) -> House:
    """Kill the controller after so many commits, all if not given, and return its next life."""
    after = House()
    store = MemoryStore(rows for rows, _ in house.ledger.commits[:commits])
    await after.recordings.restore(store)
    await after.rooms.restore(store)
    return after


def told(house: House) -> list[tuple[str, str]]:
    parameters = [one.parameters for one in house.ledger.owed]
    return [(one.get("SequenceNumber", ""), one.get("StatusCallbackEvent", "")) for one in parameters]


@pytest.fixture
async def house() -> House:
    return House()


async def test_the_stay_of_a_restored_participant_ends_when_it_leaves(house: House) -> None:
    sid = house.join("CA1", callback=ALL_EVENTS).conference_sid
    house.join("CA2")
    after = await next_life(house)
    stay = after.rooms.resume("CA2")
    assert stay is not None
    assert stay.conference_sid == sid
    after.rooms.leave("CA2", Exit.PRESSED_STAR)
    assert stay.left.result().event.participant.call_sid == "CA2"
    assert after.rooms.resume("CA2") is None
    assert told(after) == [("4", "participant-leave")]
    after.rooms.leave("CA1", Exit.HUNG_UP)
    assert told(after)[1:] == [("5", "participant-leave"), ("6", "conference-end")]
    assert after.running == []
    assert (await next_life(after)).running == []


async def test_a_call_that_is_in_no_room_has_no_stay(house: House) -> None:
    house.join("CA1")
    assert (await next_life(house)).rooms.resume("CA9") is None


async def test_whoever_joins_after_a_restart_comes_into_the_same_conference(house: House) -> None:
    sid = house.join("CA1").conference_sid
    after = await next_life(house)
    assert after.join("CA2").conference_sid == sid
    assert after.placements == ["CA1", "CA2"]


async def test_it_is_told_when_all_rooms_are_as_they_should_be(house: House) -> None:
    house.join("CA1")
    house.join("CA2", "Other")
    with capture_logs() as logs:
        after = await next_life(house)
        first, second = (in_force for _, in_force in after.engine.plans)
        first.set_result(None)
        await asyncio.sleep(0)
        assert _ARRANGED not in [line["event"] for line in logs]
        second.set_result(None)
        await asyncio.sleep(0)
        await asyncio.sleep(0)
    assert [line["rooms"] for line in logs if line["event"] == _ARRANGED] == [2]


async def test_those_whose_calls_are_over_leave(house: House) -> None:
    house.join("CA1", callback=ALL_EVENTS)
    house.join("CA2")
    house.rooms.expect(ACCOUNT, "Room", Participant("CA3"), ConferenceSettings())
    after = await next_life(house)
    after.rooms.keep_only({"CA1"})
    assert told(after) == [("4", "participant-leave"), ("5", "participant-leave")]
    reasons = [one.parameters["ReasonParticipantLeft"] for one in after.ledger.owed]
    assert reasons == ["participant_hung_up", "participant_add_failed"]
    (conference,) = after.rooms.conferences
    assert (list(conference.participants), list(conference.expected)) == (["CA1"], [])


async def test_whoever_was_called_before_can_join_or_fail_after_a_restart(house: House) -> None:
    sid = house.rooms.expect(ACCOUNT, "Room", Participant("CA1"), ConferenceSettings(ALL_EVENTS))
    house.rooms.expect(ACCOUNT, "Room", Participant("CA2"), ConferenceSettings())
    assert sid
    after = await next_life(house)
    assert after.join("CA1", "Another name").conference_sid == sid
    after.rooms.add_failed("CA2", ParticipantCallStatus.BUSY)
    assert told(after) == [("1", "participant-join"), ("2", "participant-leave")]


async def test_a_call_that_is_expected_and_not_let_in_can_still_fail(house: House) -> None:
    house.join("CA1", callback=ALL_EVENTS)
    house.join("CA2")
    coach = Participant("CA3", coaching=True, call_sid_to_coach="CA2")
    house.rooms.expect(ACCOUNT, "Room", coach, ConferenceSettings())
    house.rooms.leave("CA2", Exit.HUNG_UP)
    assert isinstance(house.rooms.join(CALLER, "Room", coach, ConferenceSettings()), JoinRefused)
    house.rooms.add_failed("CA3", ParticipantCallStatus.FAILED)
    house.rooms.leave("CA1", Exit.HUNG_UP)
    assert house.running == []


async def test_an_announcement_that_was_under_way_is_told_once_as_failed(house: House) -> None:
    sid = house.join("CA1", callback=ALL_EVENTS).conference_sid
    house.join("CA2")
    house.rooms.command(sid, Announce(SONG, "CA2"))
    after = await next_life(house)
    (owed,) = after.ledger.owed
    assert owed.parameters["StatusCallbackEvent"] == "announcement-fail"
    assert owed.parameters["ReasonAnnouncementFailed"] == ANNOUNCEMENT_CUT_OFF
    assert (owed.parameters["AnnounceUrl"], owed.parameters["CallSid"]) == (SONG.url, "CA2")
    assert after.sounds.announced == []
    both = House()
    both.ledger.commits = [*house.ledger.commits, *after.ledger.commits]
    assert (await next_life(both)).ledger.commits == []


async def test_whoever_talked_is_told_as_having_stopped(house: House) -> None:
    sid = house.join("CA1", callback=ALL_EVENTS).conference_sid
    house.join("CA2")
    house.rooms.command(sid, Talking("CA1", talking=True))
    after = await next_life(house)
    assert told(after) == [("5", "participant-speech-stop")]
    after.rooms.talking("CA1", talking=True)
    assert told(after)[1:] == [("6", "participant-speech-start")]


async def test_a_room_of_which_nobody_can_be_read_ends(house: House) -> None:
    house.join("CA1", callback=ALL_EVENTS)
    after = House()
    rows = [row for row in house.ledger.rows(LiveRow) if row.kind != "participant"]
    unreadable = LiveRow(kind="participant", sid=f"{house.running[0]}/CA1", data='{"of another": "version"}')
    await after.rooms.restore(MemoryStore([[*rows, unreadable]]))
    assert told(after) == [("2", "conference-end")]
    assert after.running == []


async def test_talking_writes_no_row_of_a_participant(house: House) -> None:
    sid = house.join("CA1", callback=ALL_EVENTS).conference_sid
    house.join("CA2")
    house.ledger.commits.clear()
    house.rooms.command(sid, Talking("CA1", talking=True))
    assert [(row.kind, row.sid) for row in house.ledger.rows(LiveRow)] == [("conference", sid)]


async def test_an_event_writes_what_it_has_changed_and_no_more(house: House) -> None:
    for number in range(20):
        sid = house.join(f"CA{number}").conference_sid
    house.ledger.commits.clear()
    house.rooms.command(sid, SetMuted("CA7", muted=True))
    assert [(row.kind, row.sid) for row in house.ledger.rows(LiveRow)] == [("participant", f"{sid}/CA7"), ("conference", sid)]
    house.ledger.commits.clear()
    house.rooms.command(sid, SetMuted("CA7", muted=True))
    assert house.ledger.commits == []


async def test_programs_of_those_who_wait_and_hold_are_begun_again(house: House) -> None:
    house.join(Participant("CA1", wait=SONG))
    after = await next_life(house)
    assert after.sounds.placed == dict(after.engine.plans[-1][0].placements) == {"CA1": Waiting(SONG)}


@pytest.mark.parametrize("lost", [True, False])
async def test_a_room_that_is_recorded_has_one_recording(house: House, lost: bool) -> None:  # noqa: FBT001
    house.rooms.join(CALLER, "Room", Participant("CA1"), RECORDED, TOLD)
    house.rooms.join(CALLER, "Room", Participant("CA2"), RECORDED)
    assert [len([row for row in rows if isinstance(row, RecordingRow)]) for rows, _ in house.ledger.commits] == [0, 0, 1]
    after = await next_life(house, 2 if lost else None)
    (conference,) = after.rooms.conferences
    (recording,) = after.recordings.running(ACCOUNT, conference_sid=conference.sid)
    assert [owed.parameters["RecordingStatus"] for owed in after.ledger.owed] == (["in-progress"] if lost else [])
    assert recording.callback == TOLD.callback


async def test_a_pause_that_was_not_told_has_not_happened(house: House) -> None:
    house.rooms.join(CALLER, "Room", Participant("CA1"), RECORDED, TOLD)
    house.rooms.join(CALLER, "Room", Participant("CA2"), RECORDED)
    (recording,) = house.recordings.running(ACCOUNT)
    await house.recordings.pause(recording.sid)
    after = await next_life(house, len(house.ledger.commits) - 1)
    assert after.recordings.running(ACCOUNT)[0].status is RecordingStatus.IN_PROGRESS
    assert after.engine.plans[-1][0].recording is RecordingState.ON
    paused = await next_life(house)
    assert paused.recordings.running(ACCOUNT)[0].status is RecordingStatus.PAUSED
    assert paused.engine.plans[-1][0].recording is RecordingState.PAUSED


async def test_rooms_come_back_from_a_database(house: House, store: Store) -> None:
    sid = house.join(Participant("CA1", label="Zoë 🎧"), callback=ALL_EVENTS).conference_sid
    house.join("CA2")
    house.join("CA3", "Other")
    house.rooms.command(sid, SetHold("CA2", hold=True, program=SONG))
    house.rooms.leave("CA3", Exit.HUNG_UP)
    for rows, _ in house.ledger.commits:
        store.write(rows)
    await store.flush()
    after = House()
    await after.rooms.restore(store)
    assert after.rooms.conferences == house.rooms.conferences
    after.rooms.command(sid, SetHold("CA2", hold=False))
    assert told(after) == [("5", "participant-unhold")]
