"""No order of commands breaks what has to hold of a room."""

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from ari_conf.conference import (
    CallbackEvent,
    Command,
    ConferenceEnded,
    ConferenceEvent,
    ConferenceStarted,
    ConferenceStatus,
    EndConference,
    Exit,
    InMix,
    Join,
    JoinRefused,
    Leave,
    Participant,
    ParticipantJoined,
    ParticipantLeft,
    StatusCallback,
    Waiting,
    audio_plan,
    handle,
    new_conference,
)

CALLS = st.sampled_from([f"CA{number}" for number in range(6)])


class RoomMachine(RuleBasedStateMachine):
    """Any commands in any order, with what happened kept beside."""

    def __init__(self) -> None:
        super().__init__()
        self.state = new_conference(sid="CF1", account_sid="AC1", friendly_name="r", now=0)
        self.told: list[ConferenceEvent] = []
        self.present: set[str] = set()
        self.time = 0

    def do(self, command: Command) -> None:
        self.time += 1
        again = handle(self.state, command, self.time)
        self.state, events = handle(self.state, command, self.time)
        assert (self.state, events) == again, "the same input gave another output"
        for event in events:
            self.told.append(event)
            if isinstance(event, ParticipantJoined):
                assert event.participant.call_sid not in self.present
                self.present.add(event.participant.call_sid)
            elif isinstance(event, ParticipantLeft):
                self.present.remove(event.participant.call_sid)  # raises for a leave without a join
            elif isinstance(event, ConferenceStarted):
                assert len(self.present) >= 2
                assert any(p.start_conference_on_enter for p in self.state.participants.values())
            elif isinstance(event, ConferenceEnded):
                assert not self.present, "somebody left after the end"

    @rule(
        call_sid=CALLS,
        start=st.booleans(),
        end=st.booleans(),
        muted=st.booleans(),
        events=st.frozensets(st.sampled_from(CallbackEvent)),
    )
    def join(self, call_sid: str, start: bool, end: bool, muted: bool, events: frozenset[CallbackEvent]) -> None:  # noqa: FBT001
        participant = Participant(call_sid, muted=muted, start_conference_on_enter=start, end_conference_on_exit=end)
        self.do(Join(participant, StatusCallback("http://app.example/", events=events)))

    @rule(call_sid=CALLS, exit_=st.sampled_from(Exit))
    def leave(self, call_sid: str, exit_: Exit) -> None:
        self.do(Leave(call_sid, exit_))

    @rule()
    def end(self) -> None:
        self.do(EndConference())

    @invariant()
    def who_is_present_is_who_has_joined_and_not_left(self) -> None:
        assert self.present == set(self.state.participants)

    @invariant()
    def the_count_of_starters_is_right(self) -> None:
        assert self.state.starters == sum(p.start_conference_on_enter for p in self.state.participants.values())

    @invariant()
    def it_runs_exactly_after_its_start_and_before_its_end(self) -> None:
        started = sum(isinstance(event, ConferenceStarted) for event in self.told)
        ended = sum(isinstance(event, ConferenceEnded) for event in self.told)
        assert started <= 1
        assert ended <= 1
        assert (self.state.status is ConferenceStatus.COMPLETED) == bool(ended)
        assert (self.state.status is ConferenceStatus.IN_PROGRESS) == bool(started and not ended)

    @invariant()
    def a_completed_room_is_empty_and_a_waiting_one_lacks_two_or_a_starter(self) -> None:
        if self.state.status is ConferenceStatus.COMPLETED:
            assert not self.state.participants
        elif self.state.status is ConferenceStatus.INIT:
            assert len(self.state.participants) < 2 or not self.state.starters

    @invariant()
    def sequence_numbers_have_no_gaps(self) -> None:
        numbers = [event.sequence_number for event in self.told if not isinstance(event, JoinRefused)]
        assert [number for number in numbers if number is not None] == list(range(1, self.state.last_sequence_number + 1))

    @invariant()
    def who_waits_is_not_heard_and_who_is_in_is_placed(self) -> None:
        placements = audio_plan(self.state).placements
        assert set(placements) == set(self.state.participants)
        running = self.state.status is ConferenceStatus.IN_PROGRESS
        assert all(isinstance(placement, InMix if running else Waiting) for placement in placements.values())
        assert all(
            placement.muted is self.state.participants[call_sid].muted
            for call_sid, placement in placements.items()
            if isinstance(placement, InMix)
        )


RoomMachine.TestCase.settings = settings(max_examples=150, stateful_step_count=40, deadline=None)
TestRoom = RoomMachine.TestCase
