"""No order of commands breaks what has to hold of a room."""

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from ari_conf.conference import (
    Announce,
    AnnouncementOver,
    AudioProgram,
    BeepDue,
    CallbackEvent,
    Coaching,
    Command,
    Conference,
    ConferenceEnded,
    ConferenceEvent,
    ConferenceSettings,
    ConferenceStarted,
    ConferenceStatus,
    EndConference,
    Exit,
    InMix,
    Join,
    JoinRefused,
    Leave,
    Modify,
    OnHold,
    Participant,
    ParticipantJoined,
    ParticipantLeft,
    ParticipantSpeechChanged,
    RecordingState,
    Refused,
    SetHold,
    SetMuted,
    SetRecordingPaused,
    StatusCallback,
    Talking,
    Waiting,
    audio_plan,
    callback_parameters,
    handle,
    new_conference,
    revised,
)

CALLS = st.sampled_from([f"CA{number}" for number in range(6)])
LABELS = st.sampled_from([None, "agent", "caller"])
EVENTS = st.frozensets(st.sampled_from(CallbackEvent))
MAYBE = st.none() | st.booleans()
SONG = AudioProgram("http://app.example/song.mp3")


class RoomMachine(RuleBasedStateMachine):
    """Any commands in any order, with what happened kept beside."""

    def __init__(self) -> None:
        super().__init__()
        self.state = new_conference(sid="CF1", account_sid="AC1", friendly_name="r", now=0)
        self.plan = audio_plan(self.state)
        self.counts = dict.fromkeys((ConferenceStarted, ConferenceEnded), 0)
        self.numbers: list[int] = []
        self.present: set[str] = set()
        self.talking: set[str] = set()
        self.time = 0
        self.limit = 250

    @initialize(limit=st.integers(min_value=1, max_value=5), record=st.booleans(), events=EVENTS)
    def the_first_decides(self, limit: int, record: bool, events: frozenset[CallbackEvent]) -> None:  # noqa: FBT001
        self.limit = limit
        callback = StatusCallback("http://app.example/", events=events)
        self.do(Join(Participant("CA0"), ConferenceSettings(callback, max_participants=limit, record=record)))

    def do(self, command: Command) -> None:
        self.time += 1
        before = self.state
        again = handle(before, command, self.time)
        self.state, events = handle(before, command, self.time)
        assert (self.state, events) == again, "the same input gave another output"
        if before.status is ConferenceStatus.COMPLETED:
            assert self.state == before, "a completed conference has changed"
        self.revise(before, command)
        for event in events:
            self.note(event)

    def revise(self, before: Conference, command: Command) -> None:
        placed = self.plan.placements
        self.plan, anew = revised(self.plan, before, self.state, command)
        whole = audio_plan(self.state)
        assert self.plan == whole, "the revised plan is not the one that is made of the whole"
        assert list(self.plan.placements) == list(whole.placements)
        assert anew == {call_sid: to for call_sid, to in whole.placements.items() if placed.get(call_sid) != to}

    def note(self, event: ConferenceEvent) -> None:
        match event:
            case ParticipantJoined():
                assert event.participant.call_sid not in self.present
                self.present.add(event.participant.call_sid)
            case ParticipantLeft():
                self.present.remove(event.participant.call_sid)  # raises for a leave without a join
                assert event.participant.call_sid not in self.talking, "left while talking"
            case ParticipantSpeechChanged():
                changed = {event.participant.call_sid}
                assert changed.isdisjoint(self.talking) is event.talking, "a start or a stop without the other"
                self.talking ^= changed
            case ConferenceStarted():
                assert len(self.present) >= 2
                assert any(p.start_conference_on_enter for p in self.state.participants.values())
                self.counts[ConferenceStarted] += 1
            case ConferenceEnded():
                assert not self.present, "somebody left after the end"
                self.counts[ConferenceEnded] += 1
            case BeepDue():
                assert self.state.status is ConferenceStatus.IN_PROGRESS
        number = getattr(event, "sequence_number", None)
        if number is not None:
            assert not isinstance(event, JoinRefused | Refused)
            self.numbers.append(number)
            parameters = callback_parameters(self.state, event)  # type: ignore[arg-type]
            assert all(isinstance(value, str) for value in parameters.values())

    @rule(
        call_sid=CALLS,
        start=st.booleans(),
        end=st.booleans(),
        muted=st.booleans(),
        label=LABELS,
        coached=st.none() | CALLS,
        limit=st.integers(1, 5),
    )
    def join(
        self,
        call_sid: str,
        start: bool,  # noqa: FBT001
        end: bool,  # noqa: FBT001
        muted: bool,  # noqa: FBT001
        label: str | None,
        coached: str | None,
        limit: int,
    ) -> None:
        participant = Participant(
            call_sid,
            label=label,
            muted=muted,
            start_conference_on_enter=start,
            end_conference_on_exit=end,
            coaching=coached is not None,
            call_sid_to_coach=coached,
        )
        self.do(Join(participant, ConferenceSettings(max_participants=limit)))

    @rule(call_sid=CALLS, exit_=st.sampled_from(Exit))
    def leave(self, call_sid: str, exit_: Exit) -> None:
        self.do(Leave(call_sid, exit_))

    @rule(call_sid=CALLS, muted=st.booleans())
    def mute(self, call_sid: str, muted: bool) -> None:  # noqa: FBT001
        self.do(SetMuted(call_sid, muted))

    @rule(call_sid=CALLS, hold=st.booleans())
    def hold(self, call_sid: str, hold: bool) -> None:  # noqa: FBT001
        self.do(SetHold(call_sid, hold, SONG))

    @rule(call_sid=CALLS, end=MAYBE, coaching=MAYBE, coached=st.none() | CALLS)
    def modify(self, call_sid: str, end: bool | None, coaching: bool | None, coached: str | None) -> None:  # noqa: FBT001
        self.do(Modify(call_sid, end_conference_on_exit=end, coaching=coaching, call_sid_to_coach=coached))

    @rule(call_sid=CALLS, talking=st.booleans())
    def talk(self, call_sid: str, talking: bool) -> None:  # noqa: FBT001
        self.do(Talking(call_sid, talking))

    @rule(call_sid=st.none() | CALLS, over=st.booleans())
    def announce(self, call_sid: str | None, over: bool) -> None:  # noqa: FBT001
        self.do(AnnouncementOver(SONG, call_sid) if over else Announce(SONG, call_sid))

    @rule(paused=st.booleans())
    def pause_recording(self, paused: bool) -> None:  # noqa: FBT001
        self.do(SetRecordingPaused(paused))

    @rule()
    def end(self) -> None:
        self.do(EndConference())

    @invariant()
    def who_is_present_is_who_has_joined_and_not_left(self) -> None:
        assert self.present == set(self.state.participants)
        assert len(self.present) <= self.limit

    @invariant()
    def what_is_counted_along_is_right(self) -> None:
        participants = self.state.participants.values()
        assert self.state.starters == sum(p.start_conference_on_enter for p in participants)
        labels = [(p.label, p.call_sid) for p in participants if p.label is not None]
        assert dict(labels) == self.state.labels
        assert len(labels) == len(self.state.labels), "two participants have one label"
        assert self.state.coaches == {p.call_sid: p.call_sid_to_coach for p in participants if p.coaching}

    @invariant()
    def it_runs_exactly_after_its_start_and_before_its_end(self) -> None:
        started, ended = self.counts[ConferenceStarted], self.counts[ConferenceEnded]
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
        assert self.numbers == list(range(1, self.state.last_sequence_number + 1))

    @invariant()
    def who_talks_can_be_heard_by_the_room(self) -> None:
        assert self.talking == self.state.talking.keys()
        placements = audio_plan(self.state).placements
        assert all(placements[call_sid] == InMix() for call_sid in self.talking)

    @invariant()
    def everybody_is_placed_where_their_state_says(self) -> None:
        plan = audio_plan(self.state)
        assert list(plan.placements) == list(self.state.participants)
        running = self.state.status is ConferenceStatus.IN_PROGRESS
        assert running or plan.recording is RecordingState.OFF
        for call_sid, placement in plan.placements.items():
            participant = self.state.participants[call_sid]
            assert isinstance(placement, OnHold) == participant.hold
            assert isinstance(placement, Waiting) == (not running and not participant.hold)
            if participant.muted or participant.coaching:
                assert placement != InMix(), "somebody is heard by all who must not be"
            if isinstance(placement, Coaching):
                assert participant.coaching
                assert placement.call_sid_to_coach == participant.call_sid_to_coach != call_sid
                assert isinstance(plan.placements[placement.call_sid_to_coach], InMix)

    @invariant()
    def no_coach_is_coached(self) -> None:
        participants = self.state.participants
        for coach in participants.values():
            coached = participants.get(coach.call_sid_to_coach or "") if coach.coaching else None
            assert coached is None or not coached.coaching


RoomMachine.TestCase.settings = settings(max_examples=200, stateful_step_count=50, deadline=None)
TestRoom = RoomMachine.TestCase
