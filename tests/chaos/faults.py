"""What goes wrong: each fault is made, and ended; what is told afterwards has to add up."""

import asyncio
import resource
import signal
import sqlite3
from collections.abc import Awaitable, Callable
from contextlib import closing
from dataclasses import dataclass
from typing import Final

from tests.serving import DEADLINE, killed
from tests.stage import REAL_CLOCK

from .town import Town

LASTS: Final = 3.0
"""Seconds of a fault that has a duration."""

HOUR: Final = 3600.0

Inject = Callable[[Town], Awaitable[float]]
"""Does harm and ends it; returns the moment (seconds, monotonic) from which on all could be well again."""


@dataclass(frozen=True, slots=True)
class Fault:
    """``times`` is how often it is injected in a whole run. ``ends_calls``: all calls end with it, by nature."""

    name: str
    inject: Inject
    times: int
    ends_calls: bool = False


async def nothing(_: Town) -> float:
    await REAL_CLOCK.let_pass(LASTS)
    return REAL_CLOCK.monotonic()


async def kill(town: Town) -> float:
    assert town.process is not None
    await killed(town.process)
    gone = REAL_CLOCK.monotonic()
    await town.begin_life()
    return gone


async def kill_while_starting(town: Town) -> float:
    assert town.process is not None
    await killed(town.process)
    for _ in range(2):
        process = await town.ari_conf.begin()
        await REAL_CLOCK.let_pass(town.rng.uniform(0.5, 2.5))
        await killed(process)
    gone = REAL_CLOCK.monotonic()
    await town.begin_life()
    return gone


async def stop(town: Town) -> float:
    assert town.process is not None
    town.process.send_signal(signal.SIGTERM)
    async with asyncio.timeout(DEADLINE):
        assert await town.process.wait() == 0
    gone = REAL_CLOCK.monotonic()
    await town.begin_life()
    return gone


async def freeze(town: Town) -> float:
    assert town.process is not None
    town.process.send_signal(signal.SIGSTOP)
    await REAL_CLOCK.let_pass(LASTS)
    town.process.send_signal(signal.SIGCONT)
    return REAL_CLOCK.monotonic()


async def second_controller(town: Town) -> float:
    process = await town.ari_conf.begin()
    async with asyncio.timeout(DEADLINE):
        assert await process.wait() == 1
    return REAL_CLOCK.monotonic()


async def cut_ari(town: Town) -> float:
    await town.ari.close()
    await REAL_CLOCK.let_pass(LASTS)
    await town.ari.open()
    return REAL_CLOCK.monotonic()


async def half_open_ari(town: Town) -> float:
    town.ari.freeze()
    await town.until_not_ready()
    town.ari.cut()
    return REAL_CLOCK.monotonic()


async def slow_ari(town: Town) -> float:
    town.ari.delay = 0.5
    await REAL_CLOCK.let_pass(LASTS)
    town.ari.delay = 0.0
    return REAL_CLOCK.monotonic()


async def restart_asterisk(town: Town) -> float:
    await town.asterisk.kill()
    await town.asterisk.restart()
    return REAL_CLOCK.monotonic()


async def webhooks_down(town: Town) -> float:
    await town.callbacks.close()
    await REAL_CLOCK.let_pass(LASTS)
    await town.callbacks.open()
    return REAL_CLOCK.monotonic()


async def webhooks_hang(town: Town) -> float:
    town.callbacks_answered.clear()
    await REAL_CLOCK.let_pass(LASTS)
    town.callbacks_answered.set()
    return REAL_CLOCK.monotonic()


async def database_locked(town: Town) -> float:
    with closing(sqlite3.connect(town.ari_conf.database, isolation_level=None)) as connection:
        connection.execute("PRAGMA busy_timeout = 30000")
        connection.execute("BEGIN EXCLUSIVE")
        await REAL_CLOCK.let_pass(LASTS)
        connection.execute("ROLLBACK")
    return REAL_CLOCK.monotonic()


async def disk_full(town: Town) -> float:
    """Let no file of the controller grow any more."""
    assert town.process is not None
    _, most = resource.prlimit(town.process.pid, resource.RLIMIT_FSIZE, (1, resource.RLIM_INFINITY))
    await REAL_CLOCK.let_pass(LASTS)
    resource.prlimit(town.process.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, most))
    return REAL_CLOCK.monotonic()


async def clock_jumps(town: Town) -> float:
    town.board.clock_error = town.rng.choice((HOUR, -HOUR))
    await REAL_CLOCK.let_pass(LASTS / 2)
    town.board.clock_error = 0.0
    await REAL_CLOCK.let_pass(LASTS / 2)
    return REAL_CLOCK.monotonic()


FAULTS: Final = (
    Fault("(nothing)", nothing, 1),
    Fault("controller killed", kill, 12),
    Fault("killed again while it starts", kill_while_starting, 3),
    Fault("controller restarted", stop, 3),
    Fault("controller frozen", freeze, 2),
    Fault("second controller", second_controller, 1),
    Fault("ARI cut", cut_ari, 4),
    Fault("ARI half open", half_open_ari, 2),
    Fault("ARI slow", slow_ari, 2),
    Fault("webhook server down", webhooks_down, 3),
    Fault("webhook server hangs", webhooks_hang, 2),
    Fault("database locked", database_locked, 2),
    Fault("disk full", disk_full, 2),
    Fault("clock jumps by an hour", clock_jumps, 4),
    Fault("Asterisk restarted", restart_asterisk, 2, ends_calls=True),
)
