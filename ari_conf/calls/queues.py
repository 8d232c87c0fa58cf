"""The queues of this process: carries commands to their rules, and tells those whom it concerns what happened."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

import structlog
from sqlalchemy import select

from ari_conf.clock import Clock
from ari_conf.queues import (
    DEFAULT_MAX_SIZE,
    AgentGaveUp,
    AgentWaiting,
    Bridged,
    Command,
    Connecting,
    Dequeue,
    Enqueue,
    Enqueued,
    Left,
    Modify,
    Queue,
    QueueEvent,
    QueueFull,
    Returned,
    handle,
    new_queue,
)
from ari_conf.sids import SidKind, new_sid
from ari_conf.store import QueueRow, Store, tables

log = structlog.get_logger(__name__)

MOST_QUEUES: Final = 10_000
"""Beyond, those in which nothing happens are removed, the ones that were used longest ago first, down to nine tenths."""


class QueueExistsError(Exception):
    """Another queue of the account has this name."""


class QueueInUseError(Exception):
    """Somebody is in the queue, waits for one, or is connected by it."""


@dataclass(frozen=True, slots=True)
class AgentDocument:
    """What a dequeued caller hears before being bridged; without a ``url`` nothing."""

    url: str | None
    method: str


@dataclass(slots=True, eq=False)
class RunningQueue:
    """A queue, and ``inboxes`` by the Call SID of everybody who has to do with it: what happened to them, in order.

    ``updated_at`` is when its name or size has changed lastly; ``on_changed`` hears of that.
    """

    queue: Queue
    clock: Clock
    on_changed: Callable[["RunningQueue"], None]
    updated_at: float
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
        before = self.queue
        self.queue, events = handle(before, command, self.clock.now())
        if (before.friendly_name, before.max_size) != (self.queue.friendly_name, self.queue.max_size):
            self.updated_at = self.clock.now()
            self.on_changed(self)
        for event in events:
            log.info("queue", queue_sid=self.queue.sid, queue=self.queue.friendly_name, queue_event=type(event).__name__)
            for call_sid in _concerned(event):
                if call_sid in self.inboxes:
                    self.inboxes[call_sid].put_nowait(event)


class Queues:
    """Queues by account and name. ``keep`` is given the row of each that is made, changed or removed; it returns at once."""

    def __init__(self, clock: Clock, keep: Callable[[QueueRow], None] | None = None) -> None:
        self._clock = clock
        self._keep = keep
        self._running: dict[tuple[str, str], RunningQueue] = {}
        """The ones used last are the last."""

    async def restore(self, store: Store) -> None:
        """Take up the queues of an earlier life, nobody in them, before anything else happens. Raises SQLAlchemy's errors."""
        kept = select(tables.queues).where(tables.queues.c.deleted_at.is_(None)).order_by(tables.queues.c.updated_at)
        for row in await store.rows(QueueRow, kept):
            queue = new_queue(
                sid=row.sid,
                account_sid=row.account_sid,
                friendly_name=row.friendly_name,
                now=row.created_at,
                max_size=row.max_size,
            )
            self._run(queue).updated_at = row.updated_at

    def named(self, account_sid: str, friendly_name: str) -> RunningQueue:
        """Return the queue of this name, made if there is none."""
        found = self._running.pop((account_sid, friendly_name), None)
        if found is None:
            return self.create(account_sid, friendly_name)
        self._running[account_sid, friendly_name] = found
        return found

    def of_account(self, account_sid: str) -> list[RunningQueue]:
        """Return the queues of an account, the newest first."""
        mine = [running for running in self._running.values() if running.queue.account_sid == account_sid]
        return sorted(mine, key=lambda running: (running.queue.created_at, running.queue.sid), reverse=True)

    def get(self, account_sid: str, sid: str) -> RunningQueue | None:
        """Return the queue with this SID, if the account has it."""
        mine = (running for (account, _), running in self._running.items() if account == account_sid)
        return next((running for running in mine if running.queue.sid == sid), None)

    def create(self, account_sid: str, friendly_name: str, max_size: int = DEFAULT_MAX_SIZE) -> RunningQueue:
        """Make a queue. Raises ``QueueExistsError`` if there is one of this name."""
        if (account_sid, friendly_name) in self._running:
            raise QueueExistsError
        if len(self._running) >= MOST_QUEUES:
            self._make_room()
        queue = new_queue(
            sid=new_sid(SidKind.QUEUE),
            account_sid=account_sid,
            friendly_name=friendly_name,
            now=self._clock.now(),
            max_size=max_size,
        )
        running = self._run(queue)
        self._note(running)
        return running

    def modify(self, running: RunningQueue, friendly_name: str | None = None, max_size: int | None = None) -> None:
        """Give a queue another name or size. Raises ``QueueExistsError`` if another one has this name."""
        old = running.queue.account_sid, running.queue.friendly_name
        new = old[0], old[1] if friendly_name is None else friendly_name
        if new != old:
            if new in self._running:
                raise QueueExistsError
            self._running[new] = self._running.pop(old)
        running.carry_out(Modify(friendly_name, max_size))

    def remove(self, running: RunningQueue) -> None:
        """Remove a queue. Raises ``QueueInUseError`` unless it is idle."""
        if not running.queue.idle:
            raise QueueInUseError
        del self._running[running.queue.account_sid, running.queue.friendly_name]
        self._note(running, deleted_at=self._clock.now())

    def _run(self, queue: Queue) -> RunningQueue:
        running = RunningQueue(queue, self._clock, self._note, queue.created_at)
        self._running[queue.account_sid, queue.friendly_name] = running
        return running

    def _make_room(self) -> None:
        idle = [running for running in self._running.values() if running.queue.idle]
        for running in idle[: MOST_QUEUES // 10]:
            self.remove(running)

    def _note(self, running: RunningQueue, deleted_at: float | None = None) -> None:
        queue = running.queue
        if self._keep is not None:
            self._keep(
                QueueRow(
                    sid=queue.sid,
                    account_sid=queue.account_sid,
                    friendly_name=queue.friendly_name,
                    max_size=queue.max_size,
                    created_at=queue.created_at,
                    updated_at=running.updated_at,
                    deleted_at=deleted_at,
                )
            )


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
