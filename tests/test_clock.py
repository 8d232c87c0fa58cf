import asyncio
import time

import pytest

from ari_conf.clock import Clock, RealClock, VirtualClock


class Beat:
    """Is called every 20 ms, ``times`` times, and says that it has set something off at those in ``stirring``."""

    def __init__(self, clock: Clock, times: int, *stirring: int) -> None:
        self._clock = clock
        self._times = times
        self._stirring = stirring
        self.moments: list[float] = []
        clock.call_at(0.02, self)

    def __call__(self) -> bool:
        self.moments.append(self._clock.monotonic())
        count = len(self.moments)
        if count < self._times:
            self._clock.call_at((count + 1) * 0.02, self)
        return count in self._stirring


async def test_sleepers_wake_in_the_order_of_their_moments_each_at_the_moment_it_asked_for() -> None:
    clock = VirtualClock()
    woken: list[tuple[float, float]] = []

    async def sleep(moment: float) -> None:
        await clock.sleep_until(moment)
        woken.append((moment, clock.monotonic()))

    moments = [0.3, 0.1, 0.7, 0.1 + 0.2, 0.02]
    async with asyncio.TaskGroup() as group:
        for moment in moments:
            group.create_task(sleep(moment))
        group.create_task(clock.let_pass(1.0))
    assert [asked for asked, _ in woken] == pytest.approx([0.02, 0.1, 0.3, 0.3, 0.7])
    assert [at for _, at in woken] == [0.02, 0.1, 0.3, 0.3, 0.7]
    assert clock.monotonic() == 1.0


async def test_sleepers_of_one_moment_wake_in_the_order_of_asking() -> None:
    clock = VirtualClock()
    woken: list[str] = []

    async def sleep(name: str) -> None:
        await clock.sleep_until(0.5)
        woken.append(name)

    async with asyncio.TaskGroup() as group:
        for name in "abc":
            group.create_task(sleep(name))
        group.create_task(clock.let_pass(0.5))
    assert woken == ["a", "b", "c"]


async def test_several_who_let_time_pass_share_it() -> None:
    clock = VirtualClock()
    returned: list[float] = []

    async def let_pass(seconds: float) -> None:
        await clock.let_pass(seconds)
        returned.append(seconds)

    await asyncio.gather(let_pass(2.0), let_pass(0.5), let_pass(1.0))
    assert returned == [0.5, 1.0, 2.0]
    assert clock.monotonic() == 2.0


async def test_time_stands_still_unless_somebody_lets_it_pass() -> None:
    clock = VirtualClock(start=1000.0)
    sleeper = asyncio.create_task(clock.sleep_until(0.25))
    for _ in range(50):
        await asyncio.sleep(0)
    assert not sleeper.done()
    assert (clock.monotonic(), clock.now()) == (0.0, 1000.0)
    await clock.let_pass(0.2)
    assert not sleeper.done()
    await clock.let_pass(0.2)
    assert sleeper.done()
    assert (clock.monotonic(), clock.now()) == (0.4, 1000.4)


async def test_what_a_sleeper_sets_off_runs_before_time_goes_on() -> None:
    clock = VirtualClock()
    queue: asyncio.Queue[float] = asyncio.Queue()
    handled: list[tuple[float, float]] = []

    async def tick() -> None:
        for count in range(1, 6):
            await clock.sleep_until(count * 0.02)
            queue.put_nowait(clock.monotonic())

    async def handle() -> None:
        while True:
            put_at = await queue.get()
            handled.append((put_at, clock.monotonic()))

    tasks = [asyncio.create_task(tick()), asyncio.create_task(handle())]
    await clock.let_pass(0.1)
    for task in tasks:
        task.cancel()
    assert handled == [(moment, moment) for moment in (0.02, 0.04, 0.06, 0.08, 0.1)]


async def test_what_is_handed_on_arrives_before_time_goes_on() -> None:
    clock = VirtualClock()
    first: asyncio.Queue[float] = asyncio.Queue()
    second: asyncio.Queue[float] = asyncio.Queue()
    arrived: list[tuple[float, float]] = []

    async def tick() -> None:
        for count in range(1, 4):
            await clock.sleep_until(count * 0.02)
            first.put_nowait(clock.monotonic())

    async def hand_on() -> None:
        while True:
            second.put_nowait(await first.get())

    async def handle() -> None:
        while True:
            arrived.append((await second.get(), clock.monotonic()))

    tasks = [asyncio.create_task(work()) for work in (handle, hand_on, tick)]
    await clock.let_pass(0.06)
    for task in tasks:
        task.cancel()
    assert arrived == [(moment, moment) for moment in (0.02, 0.04, 0.06)]


async def test_calls_are_made_in_the_order_of_their_moments_among_sleepers() -> None:
    clock = VirtualClock()
    done: list[tuple[str, float]] = []

    async def sleep(moment: float) -> None:
        await clock.sleep_until(moment)
        done.append(("woken", clock.monotonic()))

    def call() -> bool:
        done.append(("called", clock.monotonic()))
        return False

    clock.call_at(0.3, call)
    clock.call_at(0.1, call)
    clock.call_at(0.15, call).cancel()
    async with asyncio.TaskGroup() as group:
        group.create_task(sleep(0.1))
        group.create_task(sleep(0.3))
        await asyncio.sleep(0)
        clock.call_at(0.3, call)
        group.create_task(clock.let_pass(0.3))
    assert done == [("called", 0.1), ("woken", 0.1), ("called", 0.3), ("woken", 0.3), ("called", 0.3)]


async def test_a_call_in_the_past_is_made_as_soon_as_time_passes() -> None:
    clock = VirtualClock()
    await clock.let_pass(1.0)
    made: list[float] = []

    def call() -> bool:
        made.append(clock.monotonic())
        return False

    clock.call_at(0.5, call)
    assert made == []
    await clock.let_pass(0.1)
    assert made == [1.0]


async def test_what_a_call_sets_off_runs_before_time_goes_on() -> None:
    clock = VirtualClock()
    queue: asyncio.Queue[float] = asyncio.Queue()
    handled: list[tuple[float, float]] = []

    async def handle() -> None:
        while True:
            put_at = await queue.get()
            await asyncio.sleep(0)
            handled.append((put_at, clock.monotonic()))

    def put() -> bool:
        queue.put_nowait(clock.monotonic())
        return True

    Beat(clock, 100)
    moments = [0.5, 0.51, 1.0]
    for moment in moments:
        clock.call_at(moment, put)
    handler = asyncio.create_task(handle())
    await clock.let_pass(2.0)
    handler.cancel()
    assert handled == [(moment, moment) for moment in moments]


async def test_while_nothing_is_set_off_the_event_loop_turns_every_500_ms() -> None:
    clock = VirtualClock(turns=1)
    turned_at: list[float] = []

    async def turn() -> None:
        while True:
            await asyncio.sleep(0)
            turned_at.append(clock.monotonic())

    turning = asyncio.create_task(turn())
    beat = Beat(clock, 150, 50)
    await clock.let_pass(3.0)
    turning.cancel()
    after_start, after_stir = [0.02 * count for count in range(11)], [1.0 + 0.02 * count for count in range(11)]
    assert sorted(set(turned_at)) == pytest.approx([*after_start, 0.7, *after_stir, 1.7, 2.2, 2.7, 3.0])
    assert len(beat.moments) == 150


async def test_the_real_clock_calls_when_it_is_time() -> None:
    clock = RealClock()
    made: asyncio.Queue[tuple[str, float]] = asyncio.Queue()
    begun = clock.monotonic()

    def call(name: str) -> bool:
        made.put_nowait((name, clock.monotonic() - begun))
        return True

    clock.call_at(begun + 0.02, lambda: call("later"))
    clock.call_at(begun + 0.01, lambda: call("cancelled")).cancel()
    clock.call_at(begun - 1.0, lambda: call("at once"))
    assert made.empty()
    (first, _), (second, after) = await made.get(), await made.get()
    assert (first, second) == ("at once", "later")
    assert after >= 0.0199


async def test_sums_of_fractions_meet_the_moment_that_was_meant() -> None:
    clock = VirtualClock()
    for _ in range(1000):
        await clock.let_pass(0.02)
    assert clock.monotonic() == 20.0


async def test_a_moment_in_the_past_returns_without_time_passing() -> None:
    clock = VirtualClock()
    await clock.let_pass(1.0)
    await clock.sleep_until(0.5)
    assert clock.monotonic() == 1.0


async def test_time_does_not_stop_at_the_moment_of_a_cancelled_sleeper() -> None:
    clock = VirtualClock()
    moments: list[float] = []
    cancelled = asyncio.create_task(clock.sleep_until(0.1))
    await asyncio.sleep(0)
    cancelled.cancel()
    passing = asyncio.create_task(clock.let_pass(0.2))
    while not passing.done():
        moments.append(clock.monotonic())
        await asyncio.sleep(0)
    assert set(moments) == {0.0, 0.2}


async def test_the_virtual_clock_leaves_no_task_behind() -> None:
    clock = VirtualClock()
    await asyncio.gather(clock.let_pass(0.1), clock.let_pass(0.3))
    assert asyncio.all_tasks() == {asyncio.current_task()}


async def test_a_cancelled_let_pass_stops_the_clock() -> None:
    clock = VirtualClock()
    passing = asyncio.create_task(clock.let_pass(1e9))
    ticked = asyncio.Event()

    async def tick() -> None:
        while True:
            await clock.sleep_until(clock.monotonic() + 0.02)
            ticked.set()

    ticking = asyncio.create_task(tick())
    await ticked.wait()
    passing.cancel()
    for _ in range(5):
        await asyncio.sleep(0)
    stopped_at = clock.monotonic()
    for _ in range(20):
        await asyncio.sleep(0)
    assert clock.monotonic() == stopped_at
    ticking.cancel()


async def test_the_real_clock_sleeps_no_shorter_than_asked() -> None:
    clock = RealClock()
    before = clock.monotonic()
    await clock.sleep_until(before + 0.02)
    await clock.let_pass(0.01)
    assert clock.monotonic() - before >= 0.0299
    assert clock.now() == pytest.approx(time.time(), abs=60)
    await clock.sleep_until(before - 1.0)
