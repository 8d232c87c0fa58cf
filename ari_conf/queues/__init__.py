"""The rules of a queue: ``<Enqueue>``, ``<Leave>``, ``<Dial><Queue>``. Pure: immutable data in and out; no clock, no socket.

``handle(queue, command, now) -> (queue, events)`` is the only way to change a ``Queue``. Its waiting callers are served in the
order in which they came, by agents in the order in which they dialled.
"""

from .commands import AgentGone, Bridge, Command, Dequeue, Enqueue, Exit, Leave, Modify, StopWaiting
from .events import AgentGaveUp, AgentWaiting, Bridged, Connecting, Enqueued, Left, QueueEvent, QueueFull, Returned
from .model import DEFAULT_MAX_SIZE, LARGEST_MAX_SIZE, Agent, Connection, Member, Queue, QueueResult
from .parameters import action_parameters, url_parameters, wait_parameters
from .rules import handle, new_queue

__all__ = [
    "DEFAULT_MAX_SIZE",
    "LARGEST_MAX_SIZE",
    "Agent",
    "AgentGaveUp",
    "AgentGone",
    "AgentWaiting",
    "Bridge",
    "Bridged",
    "Command",
    "Connecting",
    "Connection",
    "Dequeue",
    "Enqueue",
    "Enqueued",
    "Exit",
    "Leave",
    "Left",
    "Member",
    "Modify",
    "Queue",
    "QueueEvent",
    "QueueFull",
    "QueueResult",
    "Returned",
    "StopWaiting",
    "action_parameters",
    "handle",
    "new_queue",
    "url_parameters",
    "wait_parameters",
]
