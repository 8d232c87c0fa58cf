"""Queues of a controller that was killed: who waits keeps the place, who talks goes on talking, who has left has left."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from ari_conf.calls.queues import AgentDocument, Queues, RunningQueue
from ari_conf.clock import VirtualClock
from ari_conf.queues import (
    AgentGaveUp,
    AgentGone,
    AgentWaiting,
    Bridge,
    Bridged,
    Connecting,
    Enqueued,
    Exit,
    Leave,
    Left,
    Modify,
    Queue,
    QueueEvent,
    StopWaiting,
)
from ari_conf.store import LiveRow, QueueRow, Row, Store
from tests.memory_store import MemoryStore

ACCOUNT = "AC" + "0" * 32
DOCUMENT = AgentDocument("http://app.example/agent", "POST")
CALLERS = tuple(f"CA{number}" for number in range(4))
AGENTS = tuple(f"AG{number}" for number in range(3))


class Life(MemoryStore):
    """One life of a controller, with the queue ``Support``, which can be read from it as from a database."""

    def __init__(self, commits: Sequence[Sequence[Row]] = ()) -> None:
        super().__init__(commits)
        self.commits = list(commits)
        self.clock = VirtualClock()
        self.queues = Queues(self.clock, self.commits.append)

    @property
    def queue(self) -> RunningQueue:
        return self.queues.named(ACCOUNT, "Support")

    async def rows(self, kind, statement):  # type: ignore[no-untyped-def]
        if kind is QueueRow:
            latest = {row.sid: row for rows in self.commits for row in rows if isinstance(row, QueueRow)}
            return [row for row in latest.values() if row.deleted_at is None]
        return await super().rows(kind, statement)

    async def next(self) -> "Life":
        life = Life(self.commits)
        await life.clock.let_pass(self.clock.now() - life.clock.now())
        await life.queues.restore(life)
        return life


def inbox_of(inbox: "asyncio.Queue[QueueEvent]") -> list[type[QueueEvent]]:
    return [type(inbox.get_nowait()) for _ in range(inbox.qsize())]


async def test_whoever_waits_keeps_place_and_time() -> None:
    life = Life()
    life.queue.enqueue("CA1", None)
    await life.clock.let_pass(5.0)
    life.queue.enqueue("CA2", None)
    after = await life.next()
    assert after.queue.queue == life.queue.queue
    assert inbox_of(after.queue.enqueue("CA2", None)) == [Enqueued]
    assert inbox_of(after.queue.enqueue("CA1", None)) == [Enqueued]
    assert [member.call_sid for member in after.queue.queue.members] == ["CA1", "CA2"]
    await after.clock.let_pass(5.0)
    assert after.queue.queue.average_queue_time(after.clock.now()) == 7
    inbox = after.queue.dequeue("AG1", DOCUMENT)
    assert inbox_of(inbox) == [Connecting]


async def test_an_agent_who_waits_gets_who_comes_after_the_restart() -> None:
    life = Life()
    life.queue.dequeue("AG1", DOCUMENT)
    after = await life.next()
    inbox = after.queue.dequeue("AG1", DOCUMENT)
    assert inbox_of(inbox) == [AgentWaiting]
    after.queue.enqueue("CA1", None)
    assert inbox_of(inbox) == [Connecting]


async def test_a_caller_who_heard_the_agents_document_hears_it_again() -> None:
    life = Life()
    life.queue.enqueue("CA1", None)
    life.queue.dequeue("AG1", DOCUMENT)
    after = await life.next()
    assert inbox_of(after.queue.enqueue("CA1", None)) == [Connecting]
    assert after.queue.documents == {"AG1": DOCUMENT}
    inbox = after.queue.dequeue("AG1", DOCUMENT)
    after.queue.carry_out(Bridge("CA1"))
    assert inbox_of(inbox) == [Connecting, Bridged]


async def test_those_who_talk_go_on() -> None:
    life = Life()
    life.queue.enqueue("CA1", None)
    life.queue.dequeue("AG1", DOCUMENT)
    life.queue.carry_out(Bridge("CA1"))
    after = await life.next()
    caller, agent = after.queue.enqueue("CA1", None), after.queue.dequeue("AG1", DOCUMENT)
    assert (inbox_of(caller), inbox_of(agent)) == ([Bridged], [Bridged])
    after.queue.carry_out(AgentGone("AG1"))
    assert (inbox_of(caller), inbox_of(agent)) == ([Left], [Left])


async def test_an_end_that_nobody_has_seen_is_told_in_the_next_life_and_nobody_enters_anew() -> None:
    life = Life()
    life.queue.enqueue("CA1", None)
    life.queue.dequeue("AG1", DOCUMENT)
    life.queue.carry_out(Bridge("CA1"))
    life.queue.carry_out(Leave("CA1", Exit.REDIRECTED))
    life.queue.dequeue("AG2", DOCUMENT)
    life.queue.carry_out(StopWaiting("AG2"))
    after = await life.next()
    assert inbox_of(after.queue.enqueue("CA1", None)) == [Left]
    assert inbox_of(after.queue.dequeue("AG1", DOCUMENT)) == [Bridged, Left]
    assert inbox_of(after.queue.dequeue("AG2", DOCUMENT)) == [AgentGaveUp]
    assert after.queue.queue.idle
    for call_sid in ("CA1", "AG1", "AG2"):
        after.queue.forget(call_sid)
    assert (await after.next()).queue.restored == set()


async def test_a_call_that_comes_again_after_the_restart_comes_anew() -> None:
    life = Life()
    life.queue.enqueue("CA1", None)
    after = await life.next()
    after.queue.enqueue("CA1", None)
    after.queue.carry_out(Leave("CA1", Exit.LEFT))
    after.queue.forget("CA1")
    assert inbox_of(after.queue.enqueue("CA1", None)) == [Enqueued]
    assert [member.ticket for member in after.queue.queue.waiting] == [2]


async def test_those_whose_calls_are_over_leave() -> None:
    life = Life()
    for call_sid in ("CA1", "CA2", "CA3"):
        life.queue.enqueue(call_sid, None)
    life.queue.dequeue("AG1", DOCUMENT)
    life.queue.dequeue("AG2", DOCUMENT)
    after = await life.next()
    after.queues.keep_only({"CA1", "CA3", "AG2"})
    queue = after.queue.queue
    assert {sid: one.agent.call_sid for sid, one in queue.connections.items()} == {"CA1": "AG2"}, "not the one who came first"
    assert [member.call_sid for member in queue.waiting] == ["CA3"]
    assert (await after.next()).queue.restored == {"CA1", "CA3", "AG2"}


async def test_a_change_writes_what_it_has_changed_and_no_more() -> None:
    life = Life()
    for number in range(50):
        life.queue.enqueue(f"CA{number}", None)
    rows = [row for row in life.commits[-1] if isinstance(row, LiveRow)]
    sid = life.queue.queue.sid
    assert [(row.kind, row.sid) for row in rows] == [("member", f"{sid}/CA49"), ("queue", sid)]
    assert sum(len(row.data or "") for row in rows) < 1000
    life.queue.carry_out(Leave("CA7", Exit.HUNG_UP))
    rows = [row for row in life.commits[-1] if isinstance(row, LiveRow)]
    assert [(row.kind, row.sid, row.data is None) for row in rows] == [
        ("member", f"{sid}/CA7", True),
        ("queue", sid, False),
    ]
    assert (await life.next()).queue.queue == life.queue.queue


async def test_a_queue_with_which_nobody_has_to_do_keeps_no_live_row() -> None:
    life = Life()
    life.queue.enqueue("CA1", None)
    life.queue.carry_out(Leave("CA1"))
    life.queue.forget("CA1")
    assert MemoryStore(life.commits).live == {}


async def test_queues_come_back_from_a_database(store: Store) -> None:
    before = Queues(VirtualClock(), store.write)
    running = before.named(ACCOUNT, "Büro")
    running.enqueue("CA1", 7)
    running.dequeue("AG1", DOCUMENT)
    running.enqueue("CA2", None)
    await store.flush()
    after = Queues(VirtualClock(), store.write)
    await after.restore(store)
    restored = after.named(ACCOUNT, "Büro")
    assert restored.queue == running.queue
    assert restored.updated_at == running.updated_at
    assert restored.queue.sid == running.queue.sid


Step = Callable[[RunningQueue], object]
SIZES = st.none() | st.integers(1, 4)
STEPS: st.SearchStrategy[Step] = st.one_of(
    st.builds(
        lambda sid, most: lambda queue: queue.enqueue(sid, most), st.sampled_from(CALLERS), st.none() | st.integers(1, 4)
    ),
    st.builds(lambda sid: lambda queue: queue.dequeue(sid, DOCUMENT), st.sampled_from(AGENTS)),
    st.builds(
        lambda sid, exit_: lambda queue: queue.carry_out(Leave(sid, exit_)), st.sampled_from(CALLERS), st.sampled_from(Exit)
    ),
    st.builds(lambda sid: lambda queue: queue.carry_out(Bridge(sid)), st.sampled_from(CALLERS)),
    st.builds(lambda sid: lambda queue: queue.carry_out(AgentGone(sid)), st.sampled_from(AGENTS)),
    st.builds(lambda sid: lambda queue: queue.carry_out(StopWaiting(sid)), st.sampled_from(AGENTS)),
    st.builds(lambda sid: lambda queue: queue.forget(sid), st.sampled_from(CALLERS + AGENTS)),
    st.builds(lambda size: lambda queue: queue.carry_out(Modify(None, size)), st.integers(1, 4)),
)


def without_tickets(queue: Queue) -> Queue:
    """Return a queue as it is kept: tickets begin anew when nobody has one."""
    return replace(queue, last_ticket=0) if queue.idle else queue


@settings(max_examples=60, deadline=None)
@given(st.lists(STEPS, min_size=10, max_size=40))
def test_after_any_commands_the_next_life_knows_the_queue(steps: list[Step]) -> None:
    asyncio.run(_knows_the_queue(steps))


async def _knows_the_queue(steps: list[Step]) -> None:
    life = Life()
    for step in steps:
        await life.clock.let_pass(1.0)
        step(life.queue)
        after = await life.next()
        assert without_tickets(after.queue.queue) == without_tickets(life.queue.queue)
        assert after.queue.updated_at == life.queue.updated_at
        assert bool(MemoryStore(life.commits).live) == bool(after.queue.restored)
