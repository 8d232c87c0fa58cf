"""Who starts, waits and leaves, what ends a conference, and what is told of it."""

import pytest

from ari_conf.conference import (
    AudioProgram,
    CallbackEvent,
    Conference,
    ConferenceEnded,
    ConferenceStarted,
    ConferenceStatus,
    EndConference,
    Exit,
    InMix,
    Join,
    JoinRefused,
    Participant,
    ParticipantCallStatus,
    ParticipantJoined,
    ParticipantLeft,
    ReasonConferenceEnded,
    ReasonParticipantLeft,
    StatusCallback,
    Waiting,
    audio_plan,
    callback_parameters,
    handle,
    new_conference,
)
from tests.conference.room import EVERYTHING, Room, kinds, told


def test_one_alone_never_starts() -> None:
    room = Room()
    assert kinds(room.join("CA1")) == [ParticipantJoined]
    assert room.status is ConferenceStatus.INIT


def test_the_second_starts_it_and_the_join_comes_before_the_start() -> None:
    room = Room()
    room.join("CA1")
    assert kinds(room.join("CA2")) == [ParticipantJoined, ConferenceStarted]
    assert room.status is ConferenceStatus.IN_PROGRESS
    assert room.state.started_at == 2.0


def test_nobody_starts_it_without_start_conference_on_enter() -> None:
    room = Room()
    for call_sid in ("CA1", "CA2", "CA3"):
        room.join(call_sid, start=False)
    assert room.status is ConferenceStatus.INIT
    assert kinds(room.join("CA4", start=True)) == [ParticipantJoined, ConferenceStarted]


def test_a_late_participant_with_start_false_joins_live() -> None:
    room = Room()
    room.join("CA1")
    room.join("CA2")
    assert kinds(room.join("CA3", start=False)) == [ParticipantJoined]
    assert audio_plan(room.state).placements["CA3"] == InMix()


def test_once_started_it_stays_in_progress_with_one_and_nobody_waits_again() -> None:
    room = Room()
    room.join("CA1")
    room.join("CA2")
    room.leave("CA2")
    assert room.status is ConferenceStatus.IN_PROGRESS
    assert audio_plan(room.state).placements == {"CA1": InMix()}


def test_the_last_one_ends_it() -> None:
    room = Room()
    room.join("CA1", label="agent")
    (left, ended) = room.leave("CA1")
    assert isinstance(left, ParticipantLeft)
    assert isinstance(ended, ConferenceEnded)
    assert ended.reason is ReasonConferenceEnded.LAST_PARTICIPANT_LEFT
    assert room.state.call_sid_ending_conference == "CA1"
    assert not audio_plan(room.state).placements


@pytest.mark.parametrize(
    ("exit_", "reason"),
    [
        (Exit.HUNG_UP, ReasonConferenceEnded.END_ON_EXIT_PARTICIPANT_LEFT),
        (Exit.PRESSED_STAR, ReasonConferenceEnded.END_ON_EXIT_PARTICIPANT_LEFT),
        (Exit.REDIRECTED, ReasonConferenceEnded.END_ON_EXIT_PARTICIPANT_LEFT),
        (Exit.KICKED, ReasonConferenceEnded.END_ON_EXIT_PARTICIPANT_KICKED),
    ],
)
def test_end_conference_on_exit_ends_it_for_all_by_any_way_of_leaving(exit_: Exit, reason: ReasonConferenceEnded) -> None:
    room = Room()
    room.join("CA1", end=True)
    room.join("CA2")
    room.join("CA3")
    events = room.leave("CA1", exit_)
    assert kinds(events) == [ParticipantLeft, ParticipantLeft, ParticipantLeft, ConferenceEnded]
    others = [event for event in events if isinstance(event, ParticipantLeft)][1:]
    assert {event.reason for event in others} == {ReasonParticipantLeft.MODERATOR_ENDED_CONFERENCE}
    assert {event.call_status for event in others} == {ParticipantCallStatus.IN_PROGRESS}
    ended = events[-1]
    assert isinstance(ended, ConferenceEnded)
    assert ended.reason is reason
    assert room.status is ConferenceStatus.COMPLETED
    assert not room.state.participants


def test_end_conference_on_exit_wins_over_being_the_last_one() -> None:
    room = Room()
    room.join("CA1", end=True)
    ended = room.leave("CA1")[-1]
    assert isinstance(ended, ConferenceEnded)
    assert ended.reason is ReasonConferenceEnded.END_ON_EXIT_PARTICIPANT_LEFT


def test_the_application_ends_it_once() -> None:
    room = Room()
    room.join("CA1")
    room.join("CA2")
    events = room.do(EndConference())
    assert kinds(events) == [ParticipantLeft, ParticipantLeft, ConferenceEnded]
    ended = events[-1]
    assert isinstance(ended, ConferenceEnded)
    assert ended.ended_by is None
    assert room.do(EndConference()) == ()


def test_a_completed_conference_lets_nobody_in() -> None:
    room = Room()
    room.join("CA1")
    room.leave("CA1")
    before = room.state
    (refused,) = room.join("CA2")
    assert isinstance(refused, JoinRefused)
    assert refused.code == 16022
    assert room.state == before


def test_the_same_join_or_leave_twice_changes_nothing() -> None:
    room = Room()
    room.join("CA1")
    assert room.join("CA1") == ()
    room.join("CA2")
    room.leave("CA1")
    assert room.leave("CA1") == ()


def test_the_first_participant_decides_where_events_are_told() -> None:
    room = Room(callback=None)
    room.join("CA1")
    room.callback = EVERYTHING
    room.join("CA2")
    assert room.state.settings.status_callback is None
    assert told(room) == []


def test_sequence_numbers_count_what_is_told_without_gaps() -> None:
    room = Room(StatusCallback("http://app.example/", events=frozenset({CallbackEvent.START, CallbackEvent.LEAVE})))
    room.join("CA1")
    room.join("CA2")
    room.leave("CA1")
    room.leave("CA2")
    assert [parameters["SequenceNumber"] for parameters in told(room)] == ["1", "2", "3"]


def test_waiting_hears_its_own_program_and_a_start_puts_all_into_the_mix() -> None:
    room = Room()
    room.join("CA1", start=False, wait=AudioProgram(""))
    room.join("CA2", start=False, muted=True)
    assert audio_plan(room.state).placements == {
        "CA1": Waiting(AudioProgram("")),
        "CA2": Waiting(AudioProgram(None)),
    }
    room.join("CA3")
    assert audio_plan(room.state).placements == {"CA1": InMix(), "CA2": InMix(muted=True), "CA3": InMix()}


def test_callbacks_carry_exactly_twilios_parameters() -> None:
    room = Room()
    room.time = 1_496_350_110.0
    room.join("CA1", end=True, label="moderator")
    room.join("CA2", start=False, muted=True)
    room.leave("CA1")
    common = {"ConferenceSid": "CF1", "FriendlyName": "Room 1", "AccountSid": "AC1"}
    moderator = {
        "CallSid": "CA1",
        "Muted": "false",
        "Hold": "false",
        "Coaching": "false",
        "EndConferenceOnExit": "true",
        "StartConferenceOnEnter": "true",
        "ParticipantLabel": "moderator",
    }
    guest = {
        "CallSid": "CA2",
        "Muted": "true",
        "Hold": "false",
        "Coaching": "false",
        "EndConferenceOnExit": "false",
        "StartConferenceOnEnter": "false",
    }
    at = ["Thu, 01 Jun 2017 20:48:31 +0000", "Thu, 01 Jun 2017 20:48:32 +0000", "Thu, 01 Jun 2017 20:48:33 +0000"]
    assert told(room) == [
        common | moderator | {"StatusCallbackEvent": "participant-join", "SequenceNumber": "1", "Timestamp": at[0]},
        common | guest | {"StatusCallbackEvent": "participant-join", "SequenceNumber": "2", "Timestamp": at[1]},
        common | {"StatusCallbackEvent": "conference-start", "SequenceNumber": "3", "Timestamp": at[1]},
        common
        | moderator
        | {
            "StatusCallbackEvent": "participant-leave",
            "SequenceNumber": "4",
            "Timestamp": at[2],
            "ParticipantCallStatus": "completed",
            "ReasonParticipantLeft": "participant_hung_up",
        },
        common
        | guest
        | {
            "StatusCallbackEvent": "participant-leave",
            "SequenceNumber": "5",
            "Timestamp": at[2],
            "ParticipantCallStatus": "in-progress",
            "ReasonParticipantLeft": "moderator_ended_conference",
        },
        common
        | {
            "StatusCallbackEvent": "conference-end",
            "SequenceNumber": "6",
            "Timestamp": at[2],
            "ReasonConferenceEnded": "participant-with-end-conference-on-exit-left",
            "Reason": "A participant with endConferenceOnExit set left the conference",
            "CallSidEndingConference": "CA1",
            "ParticipantLabelEndingConference": "moderator",
        },
    ]


def test_an_end_by_the_application_names_nobody() -> None:
    room = Room()
    room.join("CA1")
    room.do(EndConference())
    parameters = told(room)[-1]
    assert parameters["ReasonConferenceEnded"] == "conference-ended-via-api"
    assert "CallSidEndingConference" not in parameters


def test_what_nobody_subscribed_to_cannot_be_told() -> None:
    room = Room(callback=None)
    room.join("CA1")
    (joined,) = room.events
    assert isinstance(joined, ParticipantJoined)
    with pytest.raises(ValueError, match="not told"):
        callback_parameters(room.state, joined)


def test_the_room_handed_in_is_not_changed() -> None:
    before: Conference = new_conference(sid="CF1", account_sid="AC1", friendly_name="r", now=0)
    after, _events = handle(before, Join(Participant("CA1")), 1)
    assert not before.participants
    assert list(after.participants) == ["CA1"]
