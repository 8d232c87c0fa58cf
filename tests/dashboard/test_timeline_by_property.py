"""Whatever is done in a conference, and in whatever order: the timeline says of every moment what was so then."""

from collections.abc import Sequence

from hypothesis import given, settings
from hypothesis import strategies as st

from ari_conf.conference import (
    AddFailed,
    Command,
    Conference,
    ConferenceSettings,
    ConferenceStatus,
    EndConference,
    Exit,
    Expect,
    Join,
    Leave,
    Modify,
    Participant,
    ParticipantCallStatus,
    RecordingState,
    SetHold,
    SetMuted,
    SetRecordingPaused,
    Talking,
)
from ari_conf.dashboard.segments import Segment
from ari_conf.dashboard.timeline import Person

from .past import Past

CALLS = st.sampled_from(["CA1", "CA2", "CA3", "CA4"])
FLAG = st.booleans()
PARTICIPANTS = st.builds(
    lambda call_sid, start, end, muted, hold, coached: Participant(
        call_sid,
        start_conference_on_enter=start,
        end_conference_on_exit=end,
        muted=muted,
        hold=hold,
        coaching=coached is not None,
        call_sid_to_coach=coached,
    ),
    CALLS,
    FLAG | st.just(value=True),
    st.sampled_from([False, False, False, True]),
    FLAG,
    FLAG,
    st.none() | CALLS,
)
COMMANDS: st.SearchStrategy[Command] = st.one_of(
    st.builds(Join, PARTICIPANTS, st.just(ConferenceSettings(record=True))),
    st.builds(Expect, PARTICIPANTS),
    st.builds(AddFailed, CALLS, st.just(ParticipantCallStatus.BUSY)),
    st.builds(Leave, CALLS, st.sampled_from(Exit)),
    st.builds(SetMuted, CALLS, FLAG),
    st.builds(SetHold, CALLS, FLAG),
    st.builds(Talking, CALLS, FLAG),
    st.builds(Talking, CALLS, st.just(value=True)),
    st.builds(lambda call_sid, coached: Modify(call_sid, coaching=True, call_sid_to_coach=coached), CALLS, CALLS),
    st.builds(lambda call_sid: Modify(call_sid, coaching=False), CALLS),
    st.builds(SetRecordingPaused, FLAG),
    st.sampled_from([*[Talking("CA1", talking=True)] * 9, EndConference()]),
)
FIRST = (Join(Participant("CA1"), ConferenceSettings(record=True)), Join(Participant("CA2")), Join(Participant("CA3")))


def covers(segments: Sequence[Segment], moment: float) -> bool:
    return any(begin <= moment and (end is None or moment < end) for begin, end in segments)


def led(commands: Sequence[Command], *, starts: bool) -> Past:
    past = Past()
    past.do(*(FIRST if starts else ()))
    for command in commands:
        if past.is_over:
            break
        # Who is called into a room is in none.
        if not (isinstance(command, Expect) and command.participant.call_sid in past.state.participants):
            past.do(command)
    return past


def was_so(state: Conference, person: Person, moment: float) -> None:
    participant = state.participants.get(person["call_sid"])
    stays = [(stay["joined_at"], stay["left_at"]) for stay in person["stays"]]
    assert covers(stays, moment) is (participant is not None)
    waits = [(stay["joined_at"], stay["waited_until"]) for stay in person["stays"]]
    assert covers(waits, moment) is (participant is not None and state.status is ConferenceStatus.INIT)
    for flag, segments in (("muted", person["muted"]), ("hold", person["hold"])):
        assert covers(segments, moment) is (participant is not None and getattr(participant, flag)), flag
    assert covers(person["talk"], moment) is (person["call_sid"] in state.talking)
    coached = [turn["call_sid_to_coach"] for turn in person["coaching"] if covers([(turn["from"], turn["to"])], moment)]
    assert coached == ([participant.call_sid_to_coach] if participant is not None and participant.coaching else [])
    is_coached = any(one.coaching and one.call_sid_to_coach == person["call_sid"] for one in state.participants.values())
    assert covers(person["coached"], moment) is (participant is not None and is_coached)


@settings(max_examples=150, deadline=None)
@given(st.lists(COMMANDS, min_size=5, max_size=40), FLAG)
def test_at_every_moment_it_was_as_the_timeline_says(commands: list[Command], starts: bool) -> None:  # noqa: FBT001
    past = led(commands, starts=starts)
    made = past.timeline()
    assert (made["end"] is None) is not past.is_over
    assert {person["call_sid"] for person in made["people"]} >= {
        sid for one in past.states.values() for sid in one.participants
    }
    for at, state in past.states.items():
        for person in made["people"]:
            was_so(state, person, at + 0.5)
        recorded = [segment for recording in made["recordings"] for segment in recording["segments"]]
        assert covers(recorded, at + 0.5) is (state.recording is RecordingState.ON)


@settings(max_examples=150, deadline=None)
@given(st.lists(COMMANDS, min_size=5, max_size=40), FLAG, st.data())
def test_segments_lie_within_the_stays_and_do_not_overlap_whatever_events_are_lost(
    commands: list[Command],
    starts: bool,  # noqa: FBT001
    data: st.DataObject,
) -> None:
    past = led(commands, starts=starts)
    lost = data.draw(st.sets(st.integers(1, max(1, len(past.events)))))
    made = past.timeline([event for event in past.events if event.number not in lost])
    for person in made["people"]:
        stays = [(stay["joined_at"], stay["left_at"]) for stay in person["stays"]]
        turns: list[Segment] = [(turn["from"], turn["to"]) for turn in person["coaching"]]
        for segments in (person["talk"], person["muted"], person["hold"], person["coached"], turns):
            before = 0.0
            for begin, end in segments:
                assert before <= begin
                assert any(joined <= begin and (left is None or (end is not None and end <= left)) for joined, left in stays)
                assert end is None or begin < end
                assert end is not None or not past.is_over
                before = float("inf") if end is None else end
