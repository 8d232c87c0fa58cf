"""The queues of this process: carries commands to their rules, and tells those whom it concerns what happened."""

import asyncio
from dataclasses import dataclass, field
from typing import Final

import structlog

from ari_conf.clock import Clock
from ari_conf.queues import (
    AgentGaveUp,
    AgentWaiting,
    Bridged,
    Command,
    Connecting,
    Dequeue,
    Enqueue,
    Enqueued,
    Left,
    Queue,
    QueueEvent,
    QueueFull,
    Returned,
    handle,
    new_queue,
)
from ari_conf.sids import SidKind, new_sid

log = structlog.get_logger(__name__)

MOST_QUEUES: Final = 10_000
"""Beyond, queues in which nothing happens are forgotten."""


@dataclass(frozen=True, slots=True)
class AgentDocument:
    """What a dequeued caller hears before being bridged; without a ``url`` nothing."""

    url: str | None
    method: str


@dataclass(slots=True, eq=False)
class RunningQueue:
    """A queue, and ``inboxes`` by the Call SID of everybody who has to do with it: what happened to them, in order."""

    queue: Queue
    clock: Clock
    inboxes: dict[str, "asyncio.Queue[QueueEvent]"] = field(default_factory=dict)
    documents: dict[str, AgentDocument] = field(default_factory=dict)

    def enqueue(self, call_sid: str, max_size: int | None) -> "asyncio.Queue[QueueEvent]":
        """Let a call wait; return its inbox."""
        inbox = self.inboxes[call_sid] = asyncio.Queue()
        self.carry_out(Enqueue(call_sid, max_size))
        return inbox

    def dequeue(self, agent_call_sid: str, document: AgentDocument) -> "asyncio.Queue[QueueEvent]":
        """Let an agent have the first one who waits, or wait for one; return its inbox."""
        inbox = self.inboxes[agent_call_sid] = asyncio.Queue()
        self.documents[agent_call_sid] = document
        self.carry_out(Dequeue(agent_call_sid))
        return inbox

    def forget(self, call_sid: str) -> None:
        """Tell a call nothing any more."""
        self.inboxes.pop(call_sid, None)
        self.documents.pop(call_sid, None)

    def carry_out(self, command: Command) -> None:
        """Carry out a command, and tell everybody whom it concerns. Returns at once."""
        self.queue, events = handle(self.queue, command, self.clock.now())
        for event in events:
            log.info("queue", queue_sid=self.queue.sid, queue=self.queue.friendly_name, queue_event=type(event).__name__)
            for call_sid in _concerned(event):
                if call_sid in self.inboxes:
                    self.inboxes[call_sid].put_nowait(event)


class Queues:
    """Queues by account and name."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._by_name: dict[tuple[str, str], RunningQueue] = {}

    def named(self, account_sid: str, friendly_name: str) -> RunningQueue:
        """Return the queue of this name, made if there is none."""
        found = self._by_name.get((account_sid, friendly_name))
        if found is None:
            if len(self._by_name) >= MOST_QUEUES:
                self._by_name = {name: one for name, one in self._by_name.items() if not one.queue.idle}
            queue = new_queue(
                sid=new_sid(SidKind.QUEUE), account_sid=account_sid, friendly_name=friendly_name, now=self._clock.now()
            )
            found = self._by_name[account_sid, friendly_name] = RunningQueue(queue, self._clock)
        return found


def _concerned(event: QueueEvent) -> tuple[str, ...]:
    match event:
        case Enqueued() | Returned():
            return (event.member.call_sid,)
        case QueueFull():
            return (event.call_sid,)
        case Connecting() | Bridged():
            return (event.connection.member.call_sid, event.connection.agent.call_sid)
        case Left():
            return (event.call_sid, event.agent_call_sid) if event.agent_call_sid else (event.call_sid,)
        case AgentWaiting() | AgentGaveUp():
            return (event.agent_call_sid,)
