"""What becomes of callers and agents, one case at a time."""

import pytest

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
    Queue,
    QueueEvent,
    QueueFull,
    QueueResult,
    Returned,
    StopWaiting,
    action_parameters,
    choices,
    handle,
    new_queue,
    url_parameters,
    wait_parameters,
)


class Line:
    """A queue, and a clock that runs ten seconds from each command to the next."""

    def __init__(self, max_size: int = 1000) -> None:
        self.queue: Queue = new_queue(sid="QU1", account_sid="AC1", friendly_name="support", now=0, max_size=max_size)
        self.now = 0

    def do(self, *commands: Command) -> list[QueueEvent]:
        """Carry out commands, and return what happened at the last one."""
        happened: tuple[QueueEvent, ...] = ()
        for command in commands:
            self.now += 10
            self.queue, happened = handle(self.queue, command, self.now)
        return list(happened)

    @property
    def waiting(self) -> list[str]:
        return [member.call_sid for member in self.queue.waiting]

    @property
    def pairs(self) -> dict[str, str]:
        return {call_sid: connection.agent.call_sid for call_sid, connection in self.queue.connections.items()}


def kinds(events: list[QueueEvent]) -> list[type[QueueEvent]]:
    return [type(event) for event in events]


def test_who_comes_first_is_served_first() -> None:
    line = Line()
    assert kinds(line.do(Enqueue("A"))) == [Enqueued]
    line.do(Enqueue("B"), Enqueue("C"))
    assert [line.queue.position(call) for call in "ABCX"] == [1, 2, 3, None]
    (connecting,) = line.do(Dequeue("agent"))
    assert isinstance(connecting, Connecting)
    assert (connecting.connection.member.call_sid, connecting.connection.agent.call_sid) == ("A", "agent")
    assert connecting.connection.queue_time == 30
    assert line.waiting == ["B", "C"]


def test_agents_who_dial_an_empty_queue_wait_and_are_served_in_order() -> None:
    line = Line()
    assert line.do(Dequeue("agent 1")) == [AgentWaiting(10, "agent 1")]
    assert line.do(Dequeue("agent 2")) == [AgentWaiting(20, "agent 2")]
    assert kinds(line.do(Enqueue("A"))) == [Enqueued, Connecting]
    assert kinds(line.do(Enqueue("B"))) == [Enqueued, Connecting]
    assert line.pairs == {"A": "agent 1", "B": "agent 2"}
    assert line.queue.connections["A"].queue_time == 0


def test_a_bridged_call_tells_how_long_it_was_in_the_queue_not_how_long_it_talked() -> None:
    line = Line()
    line.do(Enqueue("A"), Dequeue("agent"))
    (bridged,) = line.do(Bridge("A"))
    assert isinstance(bridged, Bridged)
    assert line.do(Leave("A")) == [Left(40, "A", QueueResult.BRIDGED, 10, "agent")]
    assert line.queue.idle


def test_when_the_agent_ends_the_bridge_the_caller_was_bridged_too() -> None:
    line = Line()
    line.do(Enqueue("A"), Dequeue("agent"), Bridge("A"))
    assert line.do(AgentGone("agent")) == [Left(40, "A", QueueResult.BRIDGED, 10, "agent")]
    assert line.do(Leave("A")) == []


@pytest.mark.parametrize(
    ("exit_", "waiting", "connecting", "bridged"),
    [
        (Exit.HUNG_UP, "hangup", "hangup", "bridged"),
        (Exit.LEFT, "leave", "leave", "bridged"),
        (Exit.REDIRECTED, "redirected", "bridging-in-process", "redirected-from-bridged"),
        (Exit.DOCUMENT_FAILED, "error", "error", "bridged"),
        (Exit.SYSTEM_FAILED, "system-error", "system-error", "bridged"),
        (Exit.BRIDGE_OVER, "system-error", "system-error", "bridged"),
    ],
)
def test_the_result_says_where_a_call_was_and_how_it_went(exit_: Exit, waiting: str, connecting: str, bridged: str) -> None:
    way: tuple[Command, ...] = (Enqueue("A"), Dequeue("agent"), Bridge("A"))
    for steps, result in enumerate((waiting, connecting, bridged), start=1):
        line = Line()
        line.do(*way[:steps])
        left = line.do(Leave("A", exit_))[0]
        assert isinstance(left, Left)
        assert left.result.value == result
        assert left.queue_time == 10
        assert left.agent_call_sid == ("agent" if steps == 3 else None)


def test_a_full_queue_lets_nobody_in_until_somebody_is_bridged_or_goes() -> None:
    line = Line(max_size=2)
    line.do(Enqueue("A"), Enqueue("B"))
    (full,) = line.do(Enqueue("C"))
    assert full == QueueFull(30, "C", 14207, "queue QU1 is full: 2 callers may be in it")
    line.do(Dequeue("agent"))
    assert kinds(line.do(Enqueue("C"))) == [QueueFull], "a caller who hears the agent's document is still in the queue"
    line.do(Bridge("A"))
    assert kinds(line.do(Enqueue("C"))) == [Enqueued]
    line.do(Leave("B"))
    assert kinds(line.do(Enqueue("D"))) == [Enqueued]


def test_max_size_has_limits_and_can_be_changed_by_who_comes() -> None:
    sizes = [new_queue(sid="QU1", account_sid="AC1", friendly_name="q", now=0, max_size=size).max_size for size in (0, 9, 9999)]
    assert sizes == [1, 9, 5000]
    line = Line()
    assert line.queue.max_size == 1000
    line.do(Enqueue("A", max_size=1))
    assert kinds(line.do(Enqueue("B"))) == [QueueFull]
    assert kinds(line.do(Enqueue("B", max_size=6000))) == [Enqueued]
    assert line.queue.max_size == 5000


def test_an_agent_gives_up_waiting_but_not_a_caller_that_it_has_got() -> None:
    line = Line()
    line.do(Dequeue("agent"))
    assert line.do(StopWaiting("agent")) == [AgentGaveUp(20, "agent")]
    assert line.do(StopWaiting("agent")) == []
    assert kinds(line.do(Enqueue("A"))) == [Enqueued]
    line.do(Dequeue("agent"))
    assert line.do(StopWaiting("agent")) == []
    assert line.pairs == {"A": "agent"}


def test_an_agent_who_hangs_up_while_waiting_gets_nobody() -> None:
    line = Line()
    line.do(Dequeue("agent"))
    assert line.do(AgentGone("agent")) == [AgentGaveUp(20, "agent")]
    assert kinds(line.do(Enqueue("A"))) == [Enqueued]
    assert line.do(AgentGone("agent")) == []


def test_a_caller_whose_agent_goes_before_the_bridge_is_the_first_again() -> None:
    line = Line()
    line.do(Enqueue("A"), Enqueue("B"), Dequeue("agent 1"))
    gave_up, returned = line.do(AgentGone("agent 1"))
    assert gave_up == AgentGaveUp(40, "agent 1")
    assert isinstance(returned, Returned)
    assert returned.member.call_sid == "A"
    assert line.waiting == ["A", "B"]
    assert line.do(Bridge("A")) == [], "the agent's document was heard to its end too late"
    (connecting,) = line.do(Dequeue("agent 2"))
    assert isinstance(connecting, Connecting)
    assert connecting.connection.queue_time == 50


def test_a_caller_whose_agent_goes_gets_the_next_one_who_waits() -> None:
    line = Line()
    line.do(Dequeue("agent 1"), Dequeue("agent 2"), Enqueue("A"))
    assert kinds(line.do(AgentGone("agent 1"))) == [AgentGaveUp, Returned, Connecting]
    assert line.pairs == {"A": "agent 2"}


def test_an_agent_whose_caller_goes_before_the_bridge_gets_the_next_one() -> None:
    line = Line()
    line.do(Enqueue("A"), Enqueue("B"), Dequeue("agent"))
    assert kinds(line.do(Leave("A"))) == [Left, Connecting]
    assert line.pairs == {"B": "agent"}
    assert line.do(Leave("B"))[1:] == [AgentWaiting(50, "agent")]


def test_an_agent_whose_caller_goes_is_still_before_those_who_dialled_later() -> None:
    line = Line()
    line.do(Dequeue("agent 1"), Dequeue("agent 2"), Enqueue("A"), Leave("A"), Enqueue("B"))
    assert line.pairs == {"B": "agent 1"}


def test_the_other_choices(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(choices, "CALLER_RETURNS", False)
    monkeypatch.setattr(choices, "AGENT_WAITS_ON", False)
    line = Line()
    line.do(Enqueue("A"), Dequeue("agent"))
    assert line.do(AgentGone("agent")) == [AgentGaveUp(30, "agent"), Left(30, "A", QueueResult.ERROR, 10)]
    line.do(Enqueue("B"), Dequeue("agent"))
    assert line.do(Leave("B")) == [Left(60, "B", QueueResult.HANGUP, 10), AgentGaveUp(60, "agent")]
    assert line.queue.idle


def test_what_comes_twice_or_too_late_changes_nothing() -> None:
    line = Line()
    line.do(Enqueue("A"), Dequeue("agent"), Dequeue("agent 2"))
    before = line.queue
    late: tuple[Command, ...] = (
        Enqueue("A"),
        Enqueue("agent 2"),
        Dequeue("agent"),
        Dequeue("agent 2"),
        Dequeue("A"),
        Bridge("X"),
        Leave("X"),
        AgentGone("X"),
        StopWaiting("X"),
    )
    for command in late:
        assert line.do(command) == []
        assert line.queue is before
    line.do(Bridge("A"))
    assert line.do(Bridge("A")) == []


def test_the_parameters_of_the_wait_url() -> None:
    line = Line()
    line.do(Enqueue("A"), Enqueue("B", max_size=20))
    assert wait_parameters(line.queue, "B", 35.9) == {
        "QueueSid": "QU1",
        "QueuePosition": "2",
        "QueueTime": "15",
        "AvgQueueTime": "20",
        "CurrentQueueSize": "2",
        "MaxQueueSize": "20",
    }
    with pytest.raises(ValueError, match="call C is not in queue QU1"):
        wait_parameters(line.queue, "C", 40)
    assert line.queue.average_queue_time(20) == 5
    line.do(Leave("A"), Leave("B"))
    assert line.queue.average_queue_time(99) == 0


def test_the_parameters_of_the_queues_url_and_of_the_action() -> None:
    line = Line(max_size=1)
    line.do(Enqueue("A"))
    (full,) = line.do(Enqueue("B"))
    assert isinstance(full, QueueFull)
    assert action_parameters(line.queue, full) == {"QueueResult": "queue-full"}
    (connecting,) = line.do(Dequeue("agent"))
    assert isinstance(connecting, Connecting)
    assert url_parameters(line.queue, connecting) == {
        "QueueSid": "QU1",
        "CallSid": "A",
        "QueueTime": "20",
        "DequeingCallSid": "agent",
    }
    (left,) = line.do(Bridge("A"), Leave("A"))
    assert isinstance(left, Left)
    assert action_parameters(line.queue, left) == {"QueueResult": "bridged", "QueueSid": "QU1", "QueueTime": "20"}
