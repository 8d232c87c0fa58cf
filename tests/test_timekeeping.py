"""The machine's clock is set while calls are up, between two lives, by an hour and by months."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import pytest
from structlog.testing import capture_logs

from ari_conf.clock import SteadyClock, VirtualClock
from ari_conf.store import Store
from ari_conf.timekeeping import DOUBT_SECONDS, KEEP_SECONDS, LOOK_SECONDS, Timekeeper

HOUR = 3600.0


class JumpingClock(VirtualClock):
    """A virtual clock that somebody sets, by ``ahead`` seconds."""

    ahead = 0.0

    def now(self) -> float:
        return super().now() + self.ahead


class Life:
    """A life of the controller, as far as it goes by a clock."""

    def __init__(self, machine: JumpingClock, store: Store, boot: str = "first") -> None:
        self.in_use = False
        self.clock = SteadyClock(machine)
        self.keeper = Timekeeper(self.clock, store.write, lambda: self.in_use, boot=lambda: boot)


@asynccontextmanager
async def lives(life: Life, store: Store) -> AsyncIterator[Life]:
    await life.keeper.restore(store)
    task = asyncio.create_task(life.keeper.keep())
    try:
        yield life
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        await store.flush()


@pytest.fixture
def machine() -> JumpingClock:
    return JumpingClock()


@pytest.mark.parametrize("jump", [HOUR, -HOUR, 86_400.0])
async def test_what_is_up_does_not_notice(store: Store, machine: JumpingClock, jump: float) -> None:
    async with lives(Life(machine, store), store) as life:
        life.in_use = True
        began = life.clock.now()
        with capture_logs() as logs:
            machine.ahead = jump
            await machine.let_pass(10.0)
            assert life.clock.now() - began == pytest.approx(10.0)
            assert life.keeper.problem == f"set by {jump:+.0f} s while something was up"
            life.in_use = False
            await machine.let_pass(2 * LOOK_SECONDS)
        assert life.clock.now() == pytest.approx(machine.now())
        assert [life.keeper.problem] == [None]
    assert [(line["log_level"], line["by_seconds"]) for line in logs] == [("error", jump), ("warning", jump)]


async def test_a_clock_that_is_set_back_to_where_it_was(store: Store, machine: JumpingClock) -> None:
    async with lives(Life(machine, store), store) as life:
        life.in_use = True
        with capture_logs() as logs:
            machine.ahead = HOUR
            await machine.let_pass(2 * LOOK_SECONDS)
            machine.ahead = 0.0
            await machine.let_pass(2 * LOOK_SECONDS)
    assert [line["log_level"] for line in logs] == ["error", "warning"]


@pytest.mark.parametrize("jump", [HOUR, -HOUR])
async def test_what_is_up_goes_on_in_a_later_life(store: Store, machine: JumpingClock, jump: float) -> None:
    async with lives(Life(machine, store), store) as first:
        await machine.let_pass(LOOK_SECONDS)
        began = first.clock.now()
    machine.ahead = jump
    await machine.let_pass(30.0)
    later = Life(machine, store)
    later.in_use = True
    async with lives(later, store):
        await machine.let_pass(10.0)
        assert later.clock.now() - began == pytest.approx(40.0)


async def test_after_a_reboot_nothing_has_begun_in_the_future(store: Store, machine: JumpingClock) -> None:
    async with lives(Life(machine, store), store) as first:
        first.in_use = True
        await machine.let_pass(KEEP_SECONDS + LOOK_SECONDS)
        began = first.clock.now()
    other = JumpingClock(start=0.0)
    async with lives(Life(other, store, boot="second"), store) as later:
        later.in_use = True
        assert later.clock.now() == pytest.approx(began, abs=KEEP_SECONDS)
        later.in_use = False
        await other.let_pass(2 * LOOK_SECONDS)
        assert later.clock.now() == pytest.approx(other.now())


@pytest.mark.parametrize("boot", ["first", "second"])
async def test_what_is_suddenly_old_is_not_removed_at_once(store: Store, machine: JumpingClock, boot: str) -> None:
    async with lives(Life(machine, store), store) as life:
        await machine.let_pass(LOOK_SECONDS)
        assert life.keeper.trusted
    machine.ahead = 100 * DOUBT_SECONDS
    async with lives(Life(machine, store, boot), store) as life:
        await machine.let_pass(2 * LOOK_SECONDS)
        assert not life.keeper.trusted
    async with lives(Life(machine, store, boot), store) as life:  # another start makes it no truer
        await machine.let_pass(DOUBT_SECONDS / 2)
        assert not life.keeper.trusted
        await machine.let_pass(DOUBT_SECONDS / 2)
        assert life.keeper.trusted


async def test_a_clock_that_was_wrong_is_trusted_again(store: Store, machine: JumpingClock) -> None:
    async with lives(Life(machine, store), store) as life:
        machine.ahead = 100 * DOUBT_SECONDS
        await machine.let_pass(2 * LOOK_SECONDS)
        assert not life.keeper.trusted
        machine.ahead = 0.0
        await machine.let_pass(DOUBT_SECONDS + 2 * LOOK_SECONDS)
        assert life.keeper.trusted
