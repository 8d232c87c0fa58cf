"""The shell around the rules: which room a call is in, what the engine and the application are told, and in what order."""

import asyncio
from dataclasses import replace

import pytest

from ari_conf.conference import (
    AnnouncementOver,
    AudioProgram,
    BeepDue,
    CallbackEvent,
    ConferenceEvent,
    ConferenceSettings,
    ConferenceStarted,
    EndConference,
    Exit,
    InMix,
    JoinRefused,
    Modify,
    Participant,
    ParticipantJoined,
    ParticipantLeft,
    ParticipantSpeechChanged,
    ReasonParticipantLeft,
    SetRecordingPaused,
    StatusCallback,
)
from ari_conf.rooms import Caller
from ari_conf.store import ConferenceRow, EventRow, ParticipantRow

from .house import ACCOUNT, ALL_EVENTS, House

CALLER = Caller(ACCOUNT, {})
OTHER_ACCOUNT = "AC" + "1" * 32


@pytest.fixture
async def house() -> House:
    return House()


async def test_two_first_joins_make_one_conference(house: House) -> None:
    one, other = house.join("CA1"), house.join("CA2")
    assert one.conference_sid == other.conference_sid
    assert house.running == [one.conference_sid]
    assert house.placements == ["CA1", "CA2"]


async def test_two_joins_at_once_make_one_conference(house: House) -> None:
    async def join(call: str) -> str:
        return house.join(call).conference_sid

    assert len(set(await asyncio.gather(*(join(f"CA{index}") for index in range(10))))) == 1


async def test_the_same_name_of_another_account_is_another_room(house: House) -> None:
    sids = {house.join("CA1").conference_sid, house.join("CA2", account=OTHER_ACCOUNT).conference_sid}
    assert sids == set(house.running)
    assert len(sids) == 2


async def test_names_differ_by_case(house: House) -> None:
    assert house.join("CA1", "Room").conference_sid != house.join("CA2", "room").conference_sid


async def test_a_call_that_is_in_a_room_cannot_join_another(house: House) -> None:
    house.join("CA1")
    with pytest.raises(ValueError, match="CA1 is in a room already"):
        house.join("CA1", "Other")
    assert [conference.friendly_name for conference in house.rooms.conferences] == ["Room"]
    assert len(house.engine.plans) == 1


async def test_a_call_that_has_left_can_join_again(house: House) -> None:
    first = house.join("CA1").conference_sid
    house.rooms.leave("CA1", Exit.HUNG_UP)
    assert house.running == []
    second = house.join("CA1").conference_sid
    assert house.running == [second]
    assert first != second


async def test_callbacks_are_owed_in_order_to_whom_the_first_one_named(house: House) -> None:
    house.join("CA1", callback=ALL_EVENTS)
    house.join("CA2", callback=StatusCallback("http://app.example/ignored", "POST", frozenset(CallbackEvent)))
    house.rooms.leave("CA1", Exit.HUNG_UP)
    house.rooms.leave("CA2", Exit.HUNG_UP)
    assert {(one.url, one.method) for one in house.ledger.owed} == {(ALL_EVENTS.url, "POST")}
    told = [one.parameters for one in house.ledger.owed]
    assert [(parameters["SequenceNumber"], parameters["StatusCallbackEvent"]) for parameters in told] == [
        ("1", "participant-join"),
        ("2", "participant-join"),
        ("3", "conference-start"),
        ("4", "participant-leave"),
        ("5", "participant-leave"),
        ("6", "conference-end"),
    ]


async def test_events_that_nobody_has_subscribed_to_are_owed_to_nobody(house: House) -> None:
    house.join("CA1", callback=replace(ALL_EVENTS, events=frozenset({CallbackEvent.START})))
    assert house.ledger.owed == []
    house.join("CA2")
    (owed,) = house.ledger.owed
    assert (owed.lane, owed.parameters["StatusCallbackEvent"]) == (house.running[0], "conference-start")


async def test_what_happens_is_kept_together_with_the_callbacks_that_are_owed_for_it(house: House) -> None:
    admission = house.join(Participant("CA1", label="ann", end_conference_on_exit=True), callback=ALL_EVENTS)
    house.join("CA2")
    house.rooms.leave("CA1", Exit.HUNG_UP)
    commits = house.ledger.commits
    assert [[one.parameters["StatusCallbackEvent"] for one in owed] for _, owed in commits] == [
        ["participant-join"],
        ["participant-join", "conference-start"],
        ["participant-leave", "participant-leave", "conference-end"],
    ]
    assert [(row.number, row.kind) for row in house.ledger.rows(EventRow)] == [
        (1, "participant-join"),
        (2, "participant-join"),
        (3, "conference-start"),
        (4, "participant-leave"),
        (5, "participant-leave"),
        (6, "conference-end"),
    ]
    last = house.ledger.rows(ConferenceRow)[-1]
    assert (last.sid, last.status, last.call_sid_ending) == (admission.conference_sid, "completed", "CA1")
    assert last.reason_ended == "participant-with-end-conference-on-exit-left"
    stays = {row.call_sid: row for row in house.ledger.rows(ParticipantRow)}
    assert stays["CA1"].label == "ann"
    assert stays["CA1"].reason_left == "participant_hung_up"
    assert stays["CA2"].reason_left == "moderator_ended_conference"


async def test_events_are_kept_with_what_a_reader_needs_later(house: House) -> None:
    house.join(Participant("CA1", label="ann", muted=True))
    house.join("CA2")
    sid = house.running[0]
    for command in (
        Modify("CA2", coaching=True, call_sid_to_coach="CA1"),
        AnnouncementOver(AudioProgram("https://bob:sesame@app.example/a.mp3"), "CA1", "it is no audio"),
        AnnouncementOver(AudioProgram("https://app.example/b.mp3")),
    ):
        assert house.rooms.command(sid, command) is None
    house.rooms.leave("CA1", Exit.HUNG_UP)
    flags = dict.fromkeys(("muted", "hold", "coaching", "end_conference_on_exit"), "false") | {
        "start_conference_on_enter": "true"
    }
    assert [(row.kind, row.data) for row in house.ledger.rows(EventRow)] == [
        ("participant-join", flags | {"muted": "true", "label": "ann"}),
        ("participant-join", flags),
        ("conference-start", {}),
        ("participant-modify", flags | {"coaching": "true", "call_sid_to_coach": "CA1"}),
        ("announcement-fail", {"announce_url": "https://app.example/a.mp3", "failure": "it is no audio"}),
        ("announcement-end", {"announce_url": "https://app.example/b.mp3"}),
        ("participant-leave", {"label": "ann", "reason": "participant_hung_up", "call_status": "completed"}),
    ]


async def test_when_a_room_was_recorded_is_kept_and_told_to_nobody(house: House) -> None:
    house.join("CA1", callback=ALL_EVENTS, record=True)
    house.join("CA2")
    for paused in (True, False):
        await house.clock.let_pass(1.0)
        assert house.rooms.command(house.running[0], SetRecordingPaused(paused)) is None
    house.rooms.leave("CA1", Exit.HUNG_UP)
    house.rooms.leave("CA2", Exit.HUNG_UP)
    rows = house.ledger.rows(EventRow)
    began = rows[2].at
    assert [(row.kind, row.at - began, row.sequence_number) for row in rows if row.kind.startswith("recording")] == [
        ("recording-start", 0.0, None),
        ("recording-pause", pytest.approx(1.0), None),
        ("recording-resume", pytest.approx(2.0), None),
    ]
    assert [row.number for row in rows] == list(range(1, len(rows) + 1))


async def test_a_call_that_comes_back_has_a_stay_of_its_own(house: House) -> None:
    house.join("CA1")
    house.join("CA2")
    house.rooms.leave("CA2", Exit.HUNG_UP)
    await house.clock.let_pass(5.0)
    house.join("CA2")
    assert len({row.joined_at for row in house.ledger.rows(ParticipantRow) if row.call_sid == "CA2"}) == 2


async def test_observers_are_told_everything_in_order(house: House) -> None:
    seen: list[tuple[str, type[ConferenceEvent]]] = []
    house.rooms.observers.append(lambda conference, event: seen.append((conference.friendly_name, type(event))))
    house.join("CA1")
    house.join("CA2")
    house.rooms.leave("CA1", Exit.HUNG_UP)
    happened = (ParticipantJoined, ParticipantJoined, ConferenceStarted, BeepDue, ParticipantLeft, BeepDue)
    assert seen == [("Room", what) for what in happened]


async def test_leaving_without_being_in_a_room_is_nothing(house: House) -> None:
    house.rooms.leave("CA9", Exit.HUNG_UP)
    house.join("CA1")
    told = len(house.engine.plans)
    house.rooms.leave("CA9", Exit.HUNG_UP)
    assert len(house.engine.plans) == told
    assert house.placements == ["CA1"]


async def test_left_is_done_at_once_and_settled_when_the_audio_is_out(house: House) -> None:
    admission = house.join("CA1")
    house.join("CA2")
    assert not admission.left.done()
    house.rooms.leave("CA1", Exit.PRESSED_STAR)
    left = admission.left.result()
    assert left.event.participant.call_sid == "CA1"
    assert house.placements == ["CA2"]
    assert not left.settled.done()
    house.engine.plans[-1][1].set_result(None)
    await left.settled


async def test_a_conference_is_ended_by_its_sid_for_all(house: House) -> None:
    admissions = [house.join("CA1", callback=ALL_EVENTS), house.join("CA2")]
    other = house.join("CA3", "Other")
    assert house.rooms.command(admissions[0].conference_sid, EndConference()) is None
    assert house.running == [other.conference_sid]
    reasons = {admission.left.result().event.reason for admission in admissions}
    assert reasons == {ReasonParticipantLeft.CONFERENCE_ENDED_VIA_API}
    assert house.placements == []
    assert not other.left.done()
    assert house.ledger.owed[-1].parameters["StatusCallbackEvent"] == "conference-end"
    assert house.join("CA1").conference_sid not in {other.conference_sid, admissions[0].conference_sid}


async def test_a_command_to_a_conference_that_is_not_there_changes_nothing(house: House) -> None:
    admission = house.join("CA1")
    with pytest.raises(KeyError):
        house.rooms.command("CF" + "0" * 32, EndConference())
    assert house.running == [admission.conference_sid]
    assert not admission.left.done()


async def test_end_on_exit_lets_everybody_go(house: House) -> None:
    leader = house.join(Participant("CA1", end_conference_on_exit=True))
    follower = house.join("CA2")
    house.rooms.leave("CA1", Exit.HUNG_UP)
    assert leader.left.result().event.reason is ReasonParticipantLeft.HUNG_UP
    assert follower.left.result().event.reason is ReasonParticipantLeft.MODERATOR_ENDED_CONFERENCE
    assert leader.left.result().settled is follower.left.result().settled
    assert house.running == []


async def test_the_engine_is_told_before_anybody_else(house: House) -> None:
    known: list[list[str]] = []
    house.rooms.observers.append(lambda *_: known.append(house.placements))
    house.join("CA1")
    assert known == [["CA1"]]


async def test_muted_is_in_the_plan(house: House) -> None:
    house.join(Participant("CA1", muted=True))
    house.join("CA2")
    assert dict(house.engine.plans[-1][0].placements) == {"CA1": InMix(muted=True), "CA2": InMix(muted=False)}


async def test_a_refused_join_leaves_the_room_as_it_was(house: House) -> None:
    admission = house.join(Participant("CA1", label="agent"), callback=ALL_EVENTS)
    refused = house.rooms.join(CALLER, "Room", Participant("CA2", label="agent"), ConferenceSettings())
    assert isinstance(refused, JoinRefused)
    assert refused.code == 16025
    assert house.placements == ["CA1"]
    assert len(house.ledger.owed) == 1
    assert not admission.left.done()
    house.join("CA3")
    assert house.running == [admission.conference_sid]
    house.join("CA2", "Other")


async def test_a_refused_first_join_leaves_no_room(house: House) -> None:
    coach = Participant("CA1", coaching=True, call_sid_to_coach="CA2")
    assert isinstance(house.rooms.join(CALLER, "Room", coach, ConferenceSettings()), JoinRefused)
    assert house.running == []
    house.join("CA1")
    assert len(house.running) == 1


async def test_a_conference_that_somebody_is_called_into_is_kept_before_anything_happens_in_it(house: House) -> None:
    sid = house.rooms.expect(ACCOUNT, "Room", Participant("CA1"), ConferenceSettings(region="ie1"))
    (row,) = house.ledger.rows(ConferenceRow)
    assert (row.sid, row.status, row.region, row.created_at, row.updated_at) == (
        sid,
        "init",
        "ie1",
        house.clock.now(),
        house.clock.now(),
    )
    house.rooms.expect(ACCOUNT, "Room", Participant("CA2"), ConferenceSettings())
    assert house.ledger.rows(ConferenceRow) == [row]
    assert house.ledger.owed == []


async def test_a_conference_into_which_nobody_may_be_called_is_not_kept(house: House) -> None:
    coach = Participant("CA1", coaching=True, call_sid_to_coach="CA2")
    assert isinstance(house.rooms.expect(ACCOUNT, "Room", coach, ConferenceSettings()), JoinRefused)
    assert house.ledger.commits == []
    assert house.running == []


async def test_who_talks_is_kept_and_changes_neither_the_audio_nor_the_conference(house: House) -> None:
    sid = house.join("CA1").conference_sid
    house.join("CA2")
    seen: list[ConferenceEvent] = []
    house.rooms.observers.append(lambda _conference, event: seen.append(event))
    before, plans = len(house.ledger.commits), len(house.engine.plans)
    house.rooms.talking("CA1", talking=True)
    house.rooms.talking("CA1", talking=True)
    house.rooms.talking("CA1", talking=False)
    rows = [row for rows, owed in house.ledger.commits[before:] for row in rows]
    kept = [row for row in rows if isinstance(row, EventRow)]
    assert [(row.kind, row.number, row.sequence_number) for row in kept] == [
        ("participant-speech-start", 4, None),
        ("participant-speech-stop", 5, None),
    ]
    assert [row for row in rows if isinstance(row, ConferenceRow | ParticipantRow)] == []
    assert house.ledger.owed == []
    assert [type(event) for event in seen] == [ParticipantSpeechChanged] * 2
    assert len(house.engine.plans) == plans
    assert house.rooms.running(sid) is not None
