"""Queues with which somebody has to do, as they are kept for a later life of the controller."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from operator import attrgetter
from types import MappingProxyType
from typing import Final

from ari_conf.live import Keeper
from ari_conf.queues import AgentGaveUp, Bridged, Left, Member, Queue
from ari_conf.store import LiveRow, Store


@dataclass(frozen=True, slots=True)
class AgentDocument:
    """What a dequeued caller hears before being bridged; without a ``url`` nothing."""

    url: str | None
    method: str


End = tuple[Bridged | Left | AgentGaveUp, ...]
"""What has happened to a call lastly, in order, when its stay was over."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveQueue:
    """A queue with which somebody has to do: ``documents`` of the agents, and ``ends`` of stays that nobody has seen yet."""

    queue: Queue
    updated_at: float
    documents: Mapping[str, AgentDocument]
    ends: Mapping[str, End]


_QUEUES: Final = Keeper("queue", LiveQueue)
_MEMBERS: Final = Keeper("member", Member)
"""Who waits is not in the queue's own row, which would grow with their number and is written at each change."""


class Kept:
    """What was kept of one queue last, to be compared with what it is now: only what has changed is made into rows."""

    def __init__(self, waiting: tuple[Member, ...] = ()) -> None:
        self._waiting = {member.call_sid: member for member in waiting}

    def rows(self, live: LiveQueue) -> list[LiveRow]:
        """Return what has to be written in order to keep ``live``; one with which nobody has to do is let go."""
        queue = live.queue
        waiting = {member.call_sid: member for member in queue.waiting}
        before, self._waiting = self._waiting, waiting
        gone = [_MEMBERS.over(_name(queue, call_sid)) for call_sid in before if call_sid not in waiting]
        # Who waits on is the same object, and need not be compared field by field.
        came = [
            _MEMBERS.row(_name(queue, call_sid), member)
            for call_sid, member in waiting.items()
            if before.get(call_sid) is not member
        ]
        if queue.idle and not live.ends:
            return [*gone, *came, _QUEUES.over(queue.sid)]
        return [*gone, *came, _QUEUES.row(queue.sid, replace(live, queue=replace(queue, waiting=())))]


async def kept_queues(store: Store) -> dict[str, LiveQueue]:
    """Return the queues that an earlier life has kept, by SID. Raises SQLAlchemy's errors."""
    waiting: dict[str, list[Member]] = {}
    for name, member in (await _MEMBERS.read(store)).items():
        waiting.setdefault(name.partition("/")[0], []).append(member)
    return {sid: _whole(live, waiting.get(sid, [])) for sid, live in (await _QUEUES.read(store)).items()}


def _whole(live: LiveQueue, waiting: list[Member]) -> LiveQueue:
    in_order = tuple(sorted(waiting, key=attrgetter("ticket")))
    connections = MappingProxyType(dict(live.queue.connections))
    return replace(live, queue=replace(live.queue, waiting=in_order, connections=connections))


def _name(queue: Queue, call_sid: str) -> str:
    return f"{queue.sid}/{call_sid}"
