"""A queue that is running: carries commands to its rules, and tells those whom it concerns what happened."""

import asyncio
from collections.abc import Callable, Container
from dataclasses import dataclass, field

import structlog

from ari_conf.clock import Clock
from ari_conf.queues import (
    AgentGaveUp,
    AgentGone,
    AgentWaiting,
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
    Returned,
    handle,
)
from ari_conf.store import LiveRow

from .live_queue import AgentDocument, End, Kept, LiveQueue

log = structlog.get_logger(__name__)


@dataclass(slots=True, eq=False)
class RunningQueue:
    """A queue, and ``inboxes`` by the Call SID of everybody who has to do with it: what happened to them, in order.

    ``updated_at`` is when its name or size has changed lastly; ``on_changed`` hears of every change. ``restored`` are the calls
    that an earlier life of the controller has let in and that have not gone on yet.
    """

    queue: Queue
    clock: Clock
    on_changed: Callable[["RunningQueue"], None]
    updated_at: float
    inboxes: dict[str, "asyncio.Queue[QueueEvent]"] = field(default_factory=dict)
    documents: dict[str, AgentDocument] = field(default_factory=dict)
    restored: set[str] = field(default_factory=set)
    _ends: dict[str, End] = field(default_factory=dict)
    _kept: Kept = field(default_factory=Kept)

    def enqueue(self, call_sid: str, max_size: int | None) -> "asyncio.Queue[QueueEvent]":
        """Let a call wait; return its inbox.

        A call that is ``restored`` keeps its place; what has become of it is the first in its inbox.
        """
        inbox = self.inboxes[call_sid] = asyncio.Queue()
        if not self._go_on(call_sid, inbox):
            self.carry_out(Enqueue(call_sid, max_size))
        return inbox

    def dequeue(self, agent_call_sid: str, document: AgentDocument) -> "asyncio.Queue[QueueEvent]":
        """Let an agent have the first one who waits, or wait for one; return its inbox. One that is ``restored`` goes on."""
        inbox = self.inboxes[agent_call_sid] = asyncio.Queue()
        if not self._go_on(agent_call_sid, inbox):
            self.documents[agent_call_sid] = document
            self.carry_out(Dequeue(agent_call_sid))
        return inbox

    def forget(self, call_sid: str) -> None:
        """Tell a call nothing any more."""
        self.inboxes.pop(call_sid, None)
        self.documents.pop(call_sid, None)
        self.restored.discard(call_sid)
        if self._ends.pop(call_sid, None):
            self.on_changed(self)

    def carry_out(self, command: Command) -> None:
        """Carry out a command, and tell everybody whom it concerns. Returns at once."""
        before = self.queue
        self.queue, events = handle(before, command, self.clock.now())
        if (before.friendly_name, before.max_size) != (self.queue.friendly_name, self.queue.max_size):
            self.updated_at = self.clock.now()
        for event in events:
            self._note_end(before, event)
        if self.queue is not before:
            self.on_changed(self)
        for event in events:
            log.info("queue", queue_sid=self.queue.sid, queue=self.queue.friendly_name, queue_event=type(event).__name__)
            for call_sid in _concerned(event):
                if call_sid in self.inboxes:
                    self.inboxes[call_sid].put_nowait(event)

    def keep_only(self, calls: Container[str]) -> None:
        """Let everybody go whose call is not one of these: such calls are over."""
        gone = sorted(call_sid for call_sid in self.restored if call_sid not in calls)
        # Agents first: whoever has lost one is to have its old place before the others' agents take somebody else.
        for call_sid in gone:
            self.carry_out(AgentGone(call_sid))
        for call_sid in gone:
            self.carry_out(Leave(call_sid, Exit.HUNG_UP))
            self.forget(call_sid)

    def live_rows(self) -> list[LiveRow]:
        """Return what keeps the queue as it is now for a later life, where that has changed since the last time."""
        queue = self.queue
        agents = {agent.call_sid for agent in queue.agents}
        agents.update(connection.agent.call_sid for connection in queue.connections.values())
        documents = {call_sid: document for call_sid, document in self.documents.items() if call_sid in agents}
        return self._kept.rows(LiveQueue(queue=queue, updated_at=self.updated_at, documents=documents, ends=self._ends))

    def take_up(self, kept: LiveQueue) -> None:
        """Be what an earlier life has kept."""
        queue = self.queue = kept.queue
        self._kept = Kept(queue.waiting)
        self.updated_at = kept.updated_at
        self.documents = dict(kept.documents)
        self._ends = dict(kept.ends)
        self.restored.update(self._ends)
        self.restored.update(member.call_sid for member in queue.waiting)
        self.restored.update(agent.call_sid for agent in queue.agents)
        for connection in queue.connections.values():
            self.restored |= {connection.member.call_sid, connection.agent.call_sid}

    def _go_on(self, call_sid: str, inbox: "asyncio.Queue[QueueEvent]") -> bool:
        """Tell a call of an earlier life what it is in, or how that has ended; return whether it is one."""
        if call_sid not in self.restored:
            return False
        self.restored.discard(call_sid)
        for event in self._ends.get(call_sid) or self._present(call_sid):
            inbox.put_nowait(event)
        return not inbox.empty()

    def _present(self, call_sid: str) -> tuple[QueueEvent, ...]:
        queue, now = self.queue, self.clock.now()
        connection = queue.connections.get(call_sid) or queue.connection_of_agent(call_sid)
        if connection is not None:
            return (Bridged(now, connection) if connection.bridged else Connecting(now, connection),)
        waiting = (Enqueued(now, member) for member in queue.waiting if member.call_sid == call_sid)
        agents = (AgentWaiting(now, agent.call_sid) for agent in queue.agents if agent.call_sid == call_sid)
        return (*waiting, *agents)

    def _note_end(self, before: Queue, event: QueueEvent) -> None:
        match event:
            case Left():
                self._ends[event.call_sid] = (event,)
                connection = before.connections.get(event.call_sid)
                if connection is not None and event.agent_call_sid is not None:
                    self._ends[event.agent_call_sid] = (Bridged(event.at, connection), event)
            case AgentGaveUp():
                self._ends[event.agent_call_sid] = (event,)


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
