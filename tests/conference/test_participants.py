"""Muted, on hold, coaching, talking, labels, limits, beeps, announcements, recording: the rules of what a participant may."""

import pytest

from ari_conf.conference import (
    Announce,
    AnnouncementDue,
    AnnouncementOver,
    AudioProgram,
    Coaching,
    EndConference,
    Exit,
    InMix,
    JoinRefused,
    Modify,
    OnHold,
    ParticipantHoldChanged,
    ParticipantJoined,
    ParticipantLeft,
    ParticipantModified,
    ParticipantMuteChanged,
    ParticipantSpeechChanged,
    RecordingState,
    Refused,
    SetHold,
    SetMuted,
    SetRecordingPaused,
    Talking,
    Waiting,
    audio_plan,
)
from tests.conference.room import Room, kinds, told

SONG = AudioProgram("http://app.example/song.mp3", "GET")


def three(**settings: object) -> Room:
    room = Room(**settings)  # type: ignore[arg-type]
    for call_sid in ("CA1", "CA2", "CA3"):
        room.join(call_sid)
    room.events.clear()
    room.beeps = 0
    return room


def placement(room: Room, call_sid: str) -> object:
    return audio_plan(room.state).placements[call_sid]


# muted


def test_muting_and_unmuting_is_told_once_each() -> None:
    room = three()
    assert kinds(room.do(SetMuted("CA1", muted=True))) == [ParticipantMuteChanged]
    assert placement(room, "CA1") == InMix(muted=True)
    assert room.do(SetMuted("CA1", muted=True)) == ()
    room.do(SetMuted("CA1", muted=False))
    assert placement(room, "CA1") == InMix()
    assert [(p["StatusCallbackEvent"], p["Muted"]) for p in told(room)] == [
        ("participant-mute", "true"),
        ("participant-unmute", "false"),
    ]


def test_joining_muted_is_told_by_the_join_alone() -> None:
    room = three()
    assert kinds(room.join("CA4", muted=True)) == [ParticipantJoined]
    assert told(room)[0]["Muted"] == "true"


# hold


def test_hold_takes_out_of_the_mix_with_its_own_program_and_back() -> None:
    room = three()
    assert kinds(room.do(SetHold("CA1", hold=True, program=SONG))) == [ParticipantHoldChanged]
    assert placement(room, "CA1") == OnHold(SONG)
    room.do(SetHold("CA1", hold=False))
    assert placement(room, "CA1") == InMix()
    assert [(p["StatusCallbackEvent"], p["Hold"]) for p in told(room)] == [
        ("participant-hold", "true"),
        ("participant-unhold", "false"),
    ]


def test_mute_and_hold_are_independent() -> None:
    room = three()
    room.do(SetMuted("CA1", muted=True))
    room.do(SetHold("CA1", hold=True))
    room.do(SetHold("CA1", hold=False))
    assert placement(room, "CA1") == InMix(muted=True)


def test_another_program_for_who_is_on_hold_is_played_and_told_to_nobody() -> None:
    room = three()
    room.do(SetHold("CA1", hold=True))
    assert room.do(SetHold("CA1", hold=True, program=SONG)) == ()
    assert placement(room, "CA1") == OnHold(SONG)


def test_held_before_the_start_stays_held_after_it() -> None:
    room = Room()
    room.join("CA1", start=False)
    room.do(SetHold("CA1", hold=True, program=SONG))
    assert placement(room, "CA1") == OnHold(SONG)
    room.join("CA2")
    assert placement(room, "CA1") == OnHold(SONG)
    assert placement(room, "CA2") == InMix()


# labels and limits


def test_a_label_is_unique_among_the_present_and_free_after_leaving() -> None:
    room = three()
    room.join("CA4", label="agent")
    (refused,) = room.join("CA5", label="agent")
    assert isinstance(refused, JoinRefused)
    assert refused.code == 16025
    assert "CA5" not in room.state.participants
    room.leave("CA4")
    assert kinds(room.join("CA5", label="agent")) == [ParticipantJoined]


def test_the_one_too_many_is_refused() -> None:
    room = Room(max_participants=2)
    room.join("CA1")
    room.join("CA2")
    (refused,) = room.join("CA3")
    assert isinstance(refused, JoinRefused)
    assert refused.code == 16020
    room.leave("CA2")
    assert kinds(room.join("CA3")) == [ParticipantJoined]


def test_the_first_participants_limit_counts() -> None:
    room = Room(max_participants=3)
    room.join("CA1")
    room.settings = {"max_participants": 1}
    assert kinds(room.join("CA2"))[0] is ParticipantJoined


def test_the_first_region_given_counts() -> None:
    room = Room()
    room.join("CA1")
    room.settings = {"region": "ie1"}
    room.join("CA2")
    room.settings = {"region": "us1"}
    room.join("CA3")
    assert room.state.settings.region == "ie1"


# beeps


@pytest.mark.parametrize(
    ("on_enter", "on_exit", "beeps"), [(True, True, 2), (False, False, 0), (True, False, 1), (False, True, 1)]
)
def test_a_beep_for_ones_own_coming_and_going(on_enter: bool, on_exit: bool, beeps: int) -> None:  # noqa: FBT001
    room = three()
    room.join("CA4", beep_on_enter=on_enter, beep_on_exit=on_exit)
    assert room.beeps == on_enter
    room.leave("CA4")
    assert room.beeps == beeps


def test_the_start_beeps_once_for_whom_it_started_with() -> None:
    room = Room()
    room.join("CA1")
    assert room.beeps == 0
    room.join("CA2")
    assert room.beeps == 1


def test_nobody_beeps_while_waiting_or_at_the_end() -> None:
    room = Room()
    room.join("CA1", start=False)
    room.join("CA2", start=False)
    room.leave("CA2")
    assert room.beeps == 0
    room = three()
    room.do(EndConference())
    assert room.beeps == 0


# coaching


def coached(room: Room, coach: str = "CA9", target: str = "CA1") -> Room:
    room.join(coach, coaching=True, call_sid_to_coach=target)
    return room


def test_a_coach_is_placed_beside_the_one_who_is_coached() -> None:
    room = coached(three())
    assert placement(room, "CA9") == Coaching("CA1")
    assert told(room)[0]["Coaching"] == "true"
    assert told(room)[0]["CallSidToCoach"] == "CA1"


def test_a_coach_needs_somebody_present_in_a_running_conference() -> None:
    room = Room()
    room.join("CA1")
    assert [
        event.code for event in room.join("CA9", coaching=True, call_sid_to_coach="CA1") if isinstance(event, JoinRefused)
    ] == [13240]
    room = three()
    for target in ("CA8", "CA9", None):
        (refused,) = room.join("CA9", coaching=True, call_sid_to_coach=target)
        assert isinstance(refused, JoinRefused)
        assert refused.code == 13240


def test_when_the_coached_one_leaves_or_is_held_the_coach_hears_on_and_is_heard_by_nobody() -> None:
    room = coached(three())
    room.do(SetHold("CA1", hold=True))
    assert placement(room, "CA9") == InMix(muted=True)
    room.do(SetHold("CA1", hold=False))
    assert placement(room, "CA9") == Coaching("CA1")
    room.leave("CA1")
    assert placement(room, "CA9") == InMix(muted=True)
    assert room.state.participants["CA9"].coaching


def test_naming_somebody_who_has_left_is_refused_though_nothing_changes_by_it() -> None:
    room = coached(three())
    assert room.do(Modify("CA9", coaching=True, call_sid_to_coach="CA1")) == ()
    room.leave("CA1")
    (refused,) = room.do(Modify("CA9", coaching=True, call_sid_to_coach="CA1"))
    assert isinstance(refused, Refused)
    assert refused.code == 16028
    assert kinds(room.do(Modify("CA9", beep_on_exit=False))) == [ParticipantModified]


def test_a_coached_one_who_is_muted_is_coached_all_the_same() -> None:
    room = coached(three())
    room.do(SetMuted("CA1", muted=True))
    assert placement(room, "CA9") == Coaching("CA1")


def test_a_muted_coach_whispers_nothing() -> None:
    room = coached(three())
    room.do(SetMuted("CA9", muted=True))
    assert placement(room, "CA9") == Coaching("CA1", muted=True)


def test_a_coach_moves_to_another_and_becomes_an_ordinary_participant() -> None:
    room = coached(three())
    assert kinds(room.do(Modify("CA9", call_sid_to_coach="CA2"))) == [ParticipantModified]
    assert placement(room, "CA9") == Coaching("CA2")
    room.do(Modify("CA9", coaching=False))
    assert placement(room, "CA9") == InMix()
    assert room.state.participants["CA9"].call_sid_to_coach is None


@pytest.mark.parametrize(
    "command",
    [
        Modify("CA3", coaching=True, call_sid_to_coach="CA9"),  # a coach
        Modify("CA1", coaching=True, call_sid_to_coach="CA2"),  # by somebody who is coached
        Modify("CA1", coaching=True, call_sid_to_coach="CA9"),  # each other
        Modify("CA2", call_sid_to_coach="CA9"),  # by a coach, who then would not be one of a participant
    ],
)
def test_no_coach_is_coached(command: Modify) -> None:
    room = coached(three())
    if command.call_sid == "CA2":
        room.do(Modify("CA2", coaching=True, call_sid_to_coach="CA3"))
    before = room.state
    (refused,) = room.do(command)
    assert isinstance(refused, Refused)
    assert refused.code == 16000
    assert room.state == before


def test_who_would_coach_a_coach_does_not_get_in() -> None:
    room = coached(three())
    (refused,) = room.join("CA8", coaching=True, call_sid_to_coach="CA9")
    assert isinstance(refused, JoinRefused)
    assert refused.code == 13240


def test_who_was_coached_can_coach_when_nobody_does_that_any_more() -> None:
    room = coached(three())
    room.do(Modify("CA9", call_sid_to_coach="CA2"))
    room.do(Modify("CA1", coaching=True, call_sid_to_coach="CA2"))
    assert (placement(room, "CA1"), placement(room, "CA9")) == (Coaching("CA2"), Coaching("CA2"))
    room.leave("CA9")
    room.do(Modify("CA1", coaching=False))
    room.do(Modify("CA2", coaching=True, call_sid_to_coach="CA1"))
    assert placement(room, "CA2") == Coaching("CA1")


@pytest.mark.parametrize(
    ("command", "code"),
    [
        (Modify("CA2", coaching=True), 16002),
        (Modify("CA2", coaching=True, call_sid_to_coach="CA8"), 16028),
        (Modify("CA2", coaching=True, call_sid_to_coach="CA2"), 16028),
        (Modify("CA2", coaching=True, call_sid_to_coach="CA3"), 16027),
        (Modify("CA8", beep_on_exit=False), 20404),
        (SetMuted("CA8", muted=True), 20404),
        (SetHold("CA8", hold=True), 20404),
        (Announce(SONG, "CA8"), 20404),
        (SetRecordingPaused(paused=True), 16114),
    ],
)
def test_what_cannot_be_done_is_refused_with_twilios_code_and_changes_nothing(command: object, code: int) -> None:
    room = three()
    room.do(SetHold("CA3", hold=True))
    before = room.state
    (refused,) = room.do(command)  # type: ignore[arg-type]
    assert isinstance(refused, Refused)
    assert refused.code == code
    assert room.state == before


# modify


def test_the_new_end_conference_on_exit_and_beep_count() -> None:
    room = three()
    room.do(Modify("CA1", end_conference_on_exit=True, beep_on_exit=False))
    assert len(told(room)) == 1
    assert told(room)[0]["EndConferenceOnExit"] == "true"
    room.do(Modify("CA2", beep_on_exit=False))
    room.leave("CA2")
    assert room.beeps == 0
    room.leave("CA1")
    assert room.status == "completed"


def test_no_change_is_no_event() -> None:
    room = three()
    assert room.do(Modify("CA1", end_conference_on_exit=False, beep_on_exit=True)) == ()


def test_a_new_wait_program_is_heard_while_waiting() -> None:
    room = Room()
    room.join("CA1")
    assert kinds(room.do(Modify("CA1", wait=SONG))) == [ParticipantModified]
    assert placement(room, "CA1") == Waiting(SONG)


# talking


def speech(room: Room) -> list[str]:
    return [p["StatusCallbackEvent"].removeprefix("participant-") for p in told(room)]


def test_speech_starts_and_stops_in_pairs() -> None:
    room = three()
    for talking in (True, True, False, False):
        room.do(Talking("CA1", talking=talking))
    assert speech(room) == ["speech-start", "speech-stop"]


@pytest.mark.parametrize(
    ("command", "then"),
    [(SetMuted("CA1", muted=True), "mute"), (SetHold("CA1", hold=True), "hold"), (EndConference(), "leave")],
)
def test_who_is_silenced_while_talking_stops_before(command: object, then: str) -> None:
    room = three()
    room.do(Talking("CA1", talking=True))
    room.do(command)  # type: ignore[arg-type]
    assert speech(room)[:3] == ["speech-start", "speech-stop", then]
    room.do(Talking("CA1", talking=False))
    assert speech(room).count("speech-stop") == 1


def test_who_leaves_while_talking_stops_before() -> None:
    room = three()
    room.do(Talking("CA1", talking=True))
    assert kinds(room.leave("CA1")) == [ParticipantSpeechChanged, ParticipantLeft]


def test_who_is_not_heard_does_not_talk() -> None:
    room = coached(three())
    room.do(SetMuted("CA1", muted=True))
    room.do(SetHold("CA2", hold=True))
    room.events.clear()
    for call_sid in ("CA1", "CA2", "CA9", "CA0"):
        assert room.do(Talking(call_sid, talking=True)) == ()


# announcements


def test_an_announcement_to_one_carries_the_participant_and_one_to_all_does_not() -> None:
    room = three()
    assert kinds(room.do(Announce(SONG, "CA1"))) == [AnnouncementDue]
    room.do(AnnouncementOver(SONG, "CA1"))
    assert kinds(room.do(Announce(SONG))) == [AnnouncementDue]
    room.do(AnnouncementOver(SONG))
    one, everybody = told(room)
    assert one["StatusCallbackEvent"] == everybody["StatusCallbackEvent"] == "announcement-end"
    assert one["AnnounceUrl"] == everybody["AnnounceUrl"] == SONG.url
    assert one["CallSid"] == "CA1"
    assert "CallSid" not in everybody
    assert "Muted" not in everybody


def test_an_announcement_that_failed_is_told_with_its_reason_and_without_who_has_left() -> None:
    room = three()
    room.do(Announce(SONG, "CA1"))
    room.leave("CA1")
    room.events.clear()
    room.do(AnnouncementOver(SONG, "CA1", failure="11200 answered 404"))
    (failed,) = told(room)
    assert failed["StatusCallbackEvent"] == "announcement-fail"
    assert failed["ReasonAnnouncementFailed"] == "11200 answered 404"
    assert "CallSid" not in failed


def test_an_announcement_to_all_needs_a_start_and_ends_with_the_conference() -> None:
    room = Room()
    room.join("CA1")
    (refused,) = room.do(Announce(SONG))
    assert isinstance(refused, Refused)
    assert refused.code == 16001
    room.do(EndConference())
    (refused,) = room.do(Announce(SONG))
    assert isinstance(refused, Refused)
    assert refused.code == 16022
    assert room.do(AnnouncementOver(SONG)) == ()


# recording


def test_recording_begins_with_the_start_and_ends_with_the_end() -> None:
    room = Room(record=True)
    room.join("CA1")
    assert audio_plan(room.state).recording is RecordingState.OFF
    room.join("CA2")
    assert audio_plan(room.state).recording is RecordingState.ON
    room.do(SetRecordingPaused(paused=True))
    assert audio_plan(room.state).recording is RecordingState.PAUSED
    room.do(SetRecordingPaused(paused=False))
    assert audio_plan(room.state).recording is RecordingState.ON
    room.do(EndConference())
    assert audio_plan(room.state).recording is RecordingState.OFF


def test_nobody_is_recorded_who_did_not_ask() -> None:
    assert audio_plan(three().state).recording is RecordingState.OFF


# ways out


@pytest.mark.parametrize("exit_", list(Exit))
def test_every_way_out_is_told_and_counts_for_end_conference_on_exit(exit_: Exit) -> None:
    room = three()
    room.join("CA4", end=True)
    room.leave("CA4", exit_)
    assert room.status == "completed"


def test_talking_is_detected_only_for_those_who_want_to_know() -> None:
    assert audio_plan(three().state).detect_talking
    assert not audio_plan(three(callback=None).state).detect_talking
    assert audio_plan(three(callback=None).state, detect_talking=True).detect_talking
