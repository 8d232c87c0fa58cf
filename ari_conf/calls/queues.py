"""The queues of this process, by account and name."""

from collections.abc import Callable, Container, Sequence
from typing import Final

from sqlalchemy import select

from ari_conf.clock import Clock
from ari_conf.queues import DEFAULT_MAX_SIZE, Modify, Queue, new_queue
from ari_conf.sids import SidKind, new_sid
from ari_conf.store import QueueRow, Row, Store, tables

from .live_queue import AgentDocument, kept_queues
from .running_queue import RunningQueue

__all__ = ["MOST_QUEUES", "AgentDocument", "QueueExistsError", "QueueInUseError", "Queues", "RunningQueue"]

MOST_QUEUES: Final = 10_000
"""Beyond, those in which nothing happens are removed, the ones that were used longest ago first, down to nine tenths."""


class QueueExistsError(Exception):
    """Another queue of the account has this name."""


class QueueInUseError(Exception):
    """Somebody is in the queue, waits for one, or is connected by it."""


class Queues:
    """Queues by account and name. ``keep`` is given the rows of each that is made, changed or removed; it returns at once."""

    def __init__(self, clock: Clock, keep: Callable[[Sequence[Row]], None] | None = None) -> None:
        self._clock = clock
        self._keep = keep
        self._running: dict[tuple[str, str], RunningQueue] = {}
        """The ones used last are the last."""

    async def restore(self, store: Store) -> None:
        """Take up the queues of an earlier life, with everybody in them, before anything else happens.

        Raises SQLAlchemy's errors.
        """
        live = await kept_queues(store)
        kept = select(tables.queues).where(tables.queues.c.deleted_at.is_(None)).order_by(tables.queues.c.updated_at)
        for row in await store.rows(QueueRow, kept):
            queue = new_queue(
                sid=row.sid,
                account_sid=row.account_sid,
                friendly_name=row.friendly_name,
                now=row.created_at,
                max_size=row.max_size,
            )
            running = self._run(queue)
            running.updated_at = row.updated_at
            if row.sid in live:
                running.take_up(live[row.sid])

    def keep_only(self, calls: Container[str]) -> None:
        """Let everybody of an earlier life go whose call is not one of these: such calls are over."""
        for running in self._running.values():
            running.keep_only(calls)

    def named(self, account_sid: str, friendly_name: str) -> RunningQueue:
        """Return the queue of this name, made if there is none."""
        found = self._running.pop((account_sid, friendly_name), None)
        if found is None:
            return self.create(account_sid, friendly_name)
        self._running[account_sid, friendly_name] = found
        return found

    @property
    def queues(self) -> list[Queue]:
        """All of them, as they are now."""
        return [running.queue for running in self._running.values()]

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
            row = QueueRow(
                sid=queue.sid,
                account_sid=queue.account_sid,
                friendly_name=queue.friendly_name,
                max_size=queue.max_size,
                created_at=queue.created_at,
                updated_at=running.updated_at,
                deleted_at=deleted_at,
            )
            self._keep([row, *running.live_rows()])
