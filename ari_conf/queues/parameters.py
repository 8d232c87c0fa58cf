"""The parameters that requests about a queue have besides those of every voice request (all values are text)."""

from .events import Connecting, Left, QueueFull
from .model import Queue, QueueResult


def wait_parameters(queue: Queue, call_sid: str, now: float) -> dict[str, str]:
    """Return what the waitUrl of ``<Enqueue>`` is told. Raises ``ValueError`` for a call that is not in the queue."""
    position = queue.position(call_sid)
    if position is None:
        raise ValueError(f"call {call_sid} is not in queue {queue.sid}, which it would have to be to wait there")
    member = queue.members[position - 1]
    return {
        "QueueSid": queue.sid,
        "QueuePosition": str(position),
        "QueueTime": str(int(now - member.enqueued_at)),
        "AvgQueueTime": str(queue.average_queue_time(now)),
        "CurrentQueueSize": str(queue.current_size),
        "MaxQueueSize": str(queue.max_size),
    }


def url_parameters(queue: Queue, event: Connecting) -> dict[str, str]:
    """Return what the url of ``<Queue>`` is told, whose document the dequeued caller hears."""
    return {
        "QueueSid": queue.sid,
        "CallSid": event.connection.member.call_sid,
        "QueueTime": str(event.connection.queue_time),
        "DequeingCallSid": event.connection.agent.call_sid,
    }


def action_parameters(queue: Queue, event: Left | QueueFull) -> dict[str, str]:
    """Return what the action of ``<Enqueue>`` is told; of a call that was not let in, only that."""
    if isinstance(event, QueueFull):
        return {"QueueResult": QueueResult.QUEUE_FULL.value}
    return {"QueueResult": event.result.value, "QueueSid": queue.sid, "QueueTime": str(event.queue_time)}
