"""No order of commands breaks what has to hold of a queue."""

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from ari_conf.queues import (
    AgentGaveUp,
    AgentGone,
    AgentWaiting,
    Bridge,
    Bridged,
    Command,
    Connecting,
    Dequeue,
    Enqueue,
    Enqueued,
    Exit,
    Leave,
    Left,
    QueueEvent,
    QueueFull,
    Returned,
    StopWaiting,
    action_parameters,
    handle,
    new_queue,
    url_parameters,
    wait_parameters,
)

CALLERS = st.sampled_from([f"CA{number}" for number in range(6)])
AGENTS = st.sampled_from([f"AG{number}" for number in range(4)])


class QueueMachine(RuleBasedStateMachine):
    """Any commands in any order; what the events say is kept beside, and has to be what the queue says."""

    def __init__(self) -> None:
        super().__init__()
        self.state = new_queue(sid="QU1", account_sid="AC1", friendly_name="q", now=0)
        self.time = 0
        self.came: list[str] = []
        self.dialled: list[str] = []
        self.waiting: set[str] = set()
        self.free: set[str] = set()
        self.pairs: dict[str, str] = {}
        self.bridged: set[str] = set()

    @initialize(max_size=st.integers(1, 6))
    def size(self, max_size: int) -> None:
        self.state = new_queue(sid="QU1", account_sid="AC1", friendly_name="q", now=0, max_size=max_size)

    def do(self, command: Command) -> None:
        self.time += 1
        before = self.state
        again = handle(before, command, self.time)
        self.state, events = handle(before, command, self.time)
        assert (self.state, events) == again, "the same input gave another output"
        if not events and not isinstance(command, Enqueue):
            assert self.state is before, "something has changed, and nothing was told"
        for event in events:
            self.note(event)

    def note(self, event: QueueEvent) -> None:
        assert event.at == self.time
        match event:
            case Enqueued():
                assert event.member.call_sid not in self.came
                self.came.append(event.member.call_sid)
                self.waiting.add(event.member.call_sid)
            case QueueFull():
                assert self.state.current_size >= self.state.max_size
                assert action_parameters(self.state, event) == {"QueueResult": "queue-full"}
            case Connecting():
                self.connect(event)
            case Bridged():
                assert event.connection.member.call_sid not in self.bridged
                self.bridged.add(event.connection.member.call_sid)
            case Returned():
                assert event.member.call_sid not in self.bridged
                del self.pairs[event.member.call_sid]
                self.waiting.add(event.member.call_sid)
            case Left():
                self.leave(event)
            case AgentWaiting():
                assert not self.waiting, "an agent waits while callers wait"
                self.dialled += [event.agent_call_sid] if event.agent_call_sid not in self.dialled else []
                self.free.add(event.agent_call_sid)
            case AgentGaveUp():
                self.free.discard(event.agent_call_sid)
                self.dialled.remove(event.agent_call_sid)

    def connect(self, event: Connecting) -> None:
        call_sid, agent = event.connection.member.call_sid, event.connection.agent.call_sid
        self.dialled += [agent] if agent not in self.dialled else []
        assert next(other for other in self.came if other in self.waiting) == call_sid, "somebody jumped the queue"
        assert next(other for other in self.dialled if other in self.free | {agent}) == agent, "an agent was passed over"
        assert agent not in self.pairs.values()
        self.waiting.remove(call_sid)
        self.free.discard(agent)
        self.pairs[call_sid] = agent
        parameters = url_parameters(self.state, event)
        assert (parameters["CallSid"], parameters["DequeingCallSid"]) == (call_sid, agent)

    def leave(self, event: Left) -> None:
        assert event.queue_time >= 0
        assert (event.call_sid in self.bridged) == ("bridged" in event.result.value)
        assert (event.agent_call_sid is not None) == (event.call_sid in self.bridged)
        assert action_parameters(self.state, event)["QueueSid"] == "QU1"
        self.came.remove(event.call_sid)
        self.waiting.discard(event.call_sid)
        agent = self.pairs.pop(event.call_sid, None)
        if event.call_sid in self.bridged:
            assert event.agent_call_sid == agent
            self.dialled.remove(str(agent))
        self.bridged.discard(event.call_sid)

    @rule(call_sid=CALLERS, max_size=st.none() | st.integers(0, 7))
    def enqueue(self, call_sid: str, max_size: int | None) -> None:
        self.do(Enqueue(call_sid, max_size))

    @rule(call_sid=CALLERS, exit_=st.sampled_from(Exit))
    def leave_by(self, call_sid: str, exit_: Exit) -> None:
        self.do(Leave(call_sid, exit_))

    @rule(agent=AGENTS)
    def dequeue(self, agent: str) -> None:
        self.do(Dequeue(agent))

    @rule(agent=AGENTS)
    def time_out(self, agent: str) -> None:
        self.do(StopWaiting(agent))

    @rule(agent=AGENTS)
    def agent_goes(self, agent: str) -> None:
        self.do(AgentGone(agent))
        assert agent not in self.free | set(self.pairs.values())

    @rule(call_sid=CALLERS)
    def bridge(self, call_sid: str) -> None:
        self.do(Bridge(call_sid))

    @invariant()
    def the_events_tell_what_the_queue_is(self) -> None:
        assert {member.call_sid for member in self.state.waiting} == self.waiting
        assert {agent.call_sid for agent in self.state.agents} == self.free
        assert {sid: connection.agent.call_sid for sid, connection in self.state.connections.items()} == self.pairs
        assert {sid for sid, connection in self.state.connections.items() if connection.bridged} == self.bridged
        assert self.state.idle == (not self.came and not self.dialled)

    @invariant()
    def nobody_waits_for_somebody_who_waits(self) -> None:
        assert not (self.waiting and self.free)

    @invariant()
    def positions_are_the_order_of_coming(self) -> None:
        members = [call_sid for call_sid in self.came if call_sid not in self.bridged]
        assert [member.call_sid for member in self.state.members] == members
        assert self.state.current_size == len(members)
        for place, call_sid in enumerate(members, start=1):
            parameters = wait_parameters(self.state, call_sid, self.time)
            assert parameters["QueuePosition"] == str(place)
            assert parameters["CurrentQueueSize"] == str(len(members))


QueueMachine.TestCase.settings = settings(max_examples=200, stateful_step_count=50, deadline=None)
TestQueue = QueueMachine.TestCase
