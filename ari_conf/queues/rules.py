"""The rules of a queue: who gets in, who is served by whom, and how it ends for each caller.

Everything that changes a ``Queue`` happens in ``handle``. What a caller goes through:

============  =====================================================================  ==========
state         what happens                                                           next
============  =====================================================================  ==========
(none)        it is enqueued                                                         waiting
waiting       an agent dials, or waits already                                       connecting
connecting    it has heard the agent's document                                      bridged
connecting    the agent goes                                                         waiting
any           it goes; bridged: or the agent does                                    (none)
============  =====================================================================  ==========
"""

from collections.abc import Callable
from dataclasses import replace
from types import MappingProxyType
from typing import Any, Final

from . import choices
from .commands import AgentGone, Bridge, Command, Dequeue, Enqueue, Exit, Leave, Modify, StopWaiting
from .events import AgentGaveUp, AgentWaiting, Bridged, Connecting, Enqueued, Left, QueueEvent, QueueFull, Returned
from .model import DEFAULT_MAX_SIZE, LARGEST_MAX_SIZE, Agent, Connection, Member, Queue, QueueResult

Events = tuple[QueueEvent, ...]

_QUEUE_FULL: Final = 14207


def new_queue(*, sid: str, account_sid: str, friendly_name: str, now: float, max_size: int = DEFAULT_MAX_SIZE) -> Queue:
    """Return an empty queue of at most ``max_size`` members: from 1 to 5000; beyond, the nearer of these."""
    return Queue(sid, account_sid, friendly_name, created_at=now, max_size=_within_limits(max_size))


def handle(queue: Queue, command: Command, now: float) -> tuple[Queue, Events]:
    """Carry out one command and return the queue as it is then, with what happened, in order.

    The same input gives the same output. ``now`` is in seconds since 1970 (UTC). A command that comes too late, or twice,
    returns the queue as it was and no events.
    """
    return _HANDLERS[type(command)](queue, command, now)


def _enqueue(queue: Queue, command: Enqueue, now: float) -> tuple[Queue, Events]:
    if _knows(queue, command.call_sid):
        return queue, ()
    if command.max_size is not None:
        queue = replace(queue, max_size=_within_limits(command.max_size))
    if queue.current_size >= queue.max_size:
        message = f"queue {queue.sid} is full: {queue.max_size} callers may be in it"
        return queue, (QueueFull(now, command.call_sid, _QUEUE_FULL, message),)
    queue = replace(queue, last_ticket=queue.last_ticket + 1)
    member = Member(command.call_sid, now, queue.last_ticket)
    queue, connecting = _serve(replace(queue, waiting=(*queue.waiting, member)), now)
    return queue, (Enqueued(now, member), *connecting)


def _dequeue(queue: Queue, command: Dequeue, now: float) -> tuple[Queue, Events]:
    if _knows(queue, command.agent_call_sid):
        return queue, ()
    queue = replace(queue, last_ticket=queue.last_ticket + 1)
    return _give_next(queue, Agent(command.agent_call_sid, queue.last_ticket), now)


def _stop_waiting(queue: Queue, command: StopWaiting, now: float) -> tuple[Queue, Events]:
    agents = tuple(agent for agent in queue.agents if agent.call_sid != command.agent_call_sid)
    if len(agents) == len(queue.agents):
        return queue, ()
    return replace(queue, agents=agents), (AgentGaveUp(now, command.agent_call_sid),)


def _agent_gone(queue: Queue, command: AgentGone, now: float) -> tuple[Queue, Events]:
    connection = queue.connection_of_agent(command.agent_call_sid)
    if connection is None:
        return _stop_waiting(queue, StopWaiting(command.agent_call_sid), now)
    queue = _without(queue, connection)
    if connection.bridged:
        return queue, (_left_bridge(connection, Exit.BRIDGE_OVER, now),)
    gone = AgentGaveUp(now, command.agent_call_sid)
    member = connection.member
    if not choices.CALLER_RETURNS:
        return queue, (gone, Left(now, member.call_sid, QueueResult.ERROR, connection.queue_time))
    waiting = sorted((*queue.waiting, member), key=lambda other: other.ticket)
    queue, connecting = _serve(replace(queue, waiting=tuple(waiting)), now)
    return queue, (gone, Returned(now, member), *connecting)


def _modify(queue: Queue, command: Modify, now: float) -> tuple[Queue, Events]:  # noqa: ARG001 (as all commands)
    if command.friendly_name is not None:
        queue = replace(queue, friendly_name=command.friendly_name)
    if command.max_size is not None:
        queue = replace(queue, max_size=_within_limits(command.max_size))
    return queue, ()


def _bridge(queue: Queue, command: Bridge, now: float) -> tuple[Queue, Events]:
    connection = queue.connections.get(command.call_sid)
    if connection is None or connection.bridged:
        return queue, ()
    connection = replace(connection, bridged=True)
    return _with(queue, connection), (Bridged(now, connection),)


def _leave(queue: Queue, command: Leave, now: float) -> tuple[Queue, Events]:
    connection = queue.connections.get(command.call_sid)
    if connection is None:
        return _leave_waiting(queue, command, now)
    queue = _without(queue, connection)
    if connection.bridged:
        return queue, (_left_bridge(connection, command.exit, now),)
    left = Left(now, command.call_sid, choices.RESULT_WHILE_CONNECTING[command.exit], connection.queue_time)
    if not choices.AGENT_WAITS_ON:
        return queue, (left, AgentGaveUp(now, connection.agent.call_sid))
    queue, events = _give_next(queue, connection.agent, now)
    return queue, (left, *events)


def _leave_waiting(queue: Queue, command: Leave, now: float) -> tuple[Queue, Events]:
    for member in queue.waiting:
        if member.call_sid == command.call_sid:
            queue = replace(queue, waiting=tuple(other for other in queue.waiting if other is not member))
            result = choices.RESULT_WHILE_WAITING[command.exit]
            return queue, (Left(now, member.call_sid, result, int(now - member.enqueued_at)),)
    return queue, ()


def _left_bridge(connection: Connection, exit_: Exit, now: float) -> Left:
    result = choices.RESULT_WHILE_BRIDGED[exit_]
    return Left(now, connection.member.call_sid, result, connection.queue_time, connection.agent.call_sid)


def _give_next(queue: Queue, agent: Agent, now: float) -> tuple[Queue, Events]:
    """Let an agent have the first one who waits, or wait at its place among the agents."""
    agents = sorted((*queue.agents, agent), key=lambda other: other.ticket)
    queue, connecting = _serve(replace(queue, agents=tuple(agents)), now)
    return queue, connecting or (AgentWaiting(now, agent.call_sid),)


def _serve(queue: Queue, now: float) -> tuple[Queue, Events]:
    """Let the first agent have the first caller, if there are both."""
    if not queue.waiting or not queue.agents:
        return queue, ()
    connection = Connection(queue.waiting[0], queue.agents[0], dequeued_at=now)
    queue = replace(queue, waiting=queue.waiting[1:], agents=queue.agents[1:])
    return _with(queue, connection), (Connecting(now, connection),)


def _with(queue: Queue, connection: Connection) -> Queue:
    return replace(queue, connections=MappingProxyType({**queue.connections, connection.member.call_sid: connection}))


def _without(queue: Queue, connection: Connection) -> Queue:
    rest = {call_sid: other for call_sid, other in queue.connections.items() if other is not connection}
    return replace(queue, connections=MappingProxyType(rest))


def _knows(queue: Queue, call_sid: str) -> bool:
    return (
        any(member.call_sid == call_sid for member in queue.waiting)
        or any(agent.call_sid == call_sid for agent in queue.agents)
        or call_sid in queue.connections
        or queue.connection_of_agent(call_sid) is not None
    )


def _within_limits(max_size: int) -> int:
    return min(max(max_size, 1), LARGEST_MAX_SIZE)


_HANDLERS: dict[type[Command], Callable[[Queue, Any, float], tuple[Queue, Events]]] = {
    Enqueue: _enqueue,
    Leave: _leave,
    Dequeue: _dequeue,
    StopWaiting: _stop_waiting,
    AgentGone: _agent_gone,
    Bridge: _bridge,
    Modify: _modify,
}
