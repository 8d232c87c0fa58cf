"""What measuring costs: the same joins, talk and leaves on a controller with /metrics and on one without, and the page itself.

A stay is a call that joins a room, talks, falls silent and leaves: all that the controller does about it, but for the engine,
which carries nothing out, and for webhooks. What measures it is also timed by itself, for the difference of the first two is
less than they vary.
"""

import argparse
import asyncio
import tempfile
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from contextvars import Context
from pathlib import Path
from typing import Literal, Self

import structlog
from prometheus_client import generate_latest

from ari_conf.accounts import Account
from ari_conf.app import Controller
from ari_conf.clock import RealClock
from ari_conf.conference import AudioPlan, Conference, ConferenceEvent, ConferenceSettings, Exit, Participant
from ari_conf.media.local import LocalEngine
from ari_conf.media.port import TalkingChanged
from ari_conf.rooms import Caller
from ari_conf.settings import Settings
from benchmarks.measure import Figure, print_table, ratio, write_json

ACCOUNT = Account("AC" + "0" * 32, "0" * 32)
CROWD = 1000


class SilentEngine(LocalEngine):
    """Carries nothing out."""

    def apply(self, plan: AudioPlan) -> "asyncio.Future[None]":  # noqa: ARG002
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        done.set_result(None)
        return done


@asynccontextmanager
async def controller(metrics: Literal["off", "local"]) -> AsyncIterator[Controller]:
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings.model_validate(
            {
                "server": {"port": 0, "metrics": metrics},
                "database": {"url": f"sqlite:///{Path(folder) / 'bench.db'}"},
                "storage": {"folder": folder},
            }
        )
        async with Controller(settings, (ACCOUNT,), SilentEngine(RealClock())) as made:
            yield made


def join(made: Controller, call_sid: str, room: str = "room") -> None:
    made.rooms.join(Caller(ACCOUNT.sid, {}), room, Participant(call_sid), ConferenceSettings())


async def stay(made: Controller, call_sid: str) -> None:
    join(made, call_sid)
    for talking in (True, False):
        # The switchboard does not know the call, so that the event comes through the queue and is in no room; then it is.
        made.engine.events.put_nowait(TalkingChanged(call_sid, talking=talking))
        made.rooms.talking(call_sid, talking=talking)
    made.rooms.leave(call_sid, Exit.HUNG_UP)
    await asyncio.sleep(0)


async def stays(made: Controller, count: int) -> float:
    """Return the seconds for one of ``count`` stays beside somebody who stays, of this thread alone, without the database's."""
    join(made, "CA-resident")
    await made.store.flush()
    began = time.thread_time()
    for number in range(count):
        await stay(made, f"CA{number}")
    took = (time.thread_time() - began) / count
    made.rooms.leave("CA-resident", Exit.HUNG_UP)
    await made.store.flush()
    return took


class Settled(asyncio.Future[None]):
    """Is done, and calls back at once."""

    def add_done_callback(self, done: Callable[[Self], object], *, context: Context | None = None) -> None:  # noqa: ARG002
        done(self)


async def measuring(made: Controller, count: int) -> float:
    """Return the seconds that go into measuring alone, for one stay."""
    events: list[tuple[Conference, ConferenceEvent]] = []
    made.rooms.observers.append(lambda conference, event: events.append((conference, event)))
    await stay(made, "CA0")
    made.rooms.observers.pop()
    observe, waited = made.rooms.observers[-1], made.engine.events.on_taken[-1]
    settled = Settled()
    began = time.thread_time()
    for _ in range(count):
        made.rooms.on_joined("CA0", settled)
        for conference, event in events:
            observe(conference, event)
        for _ in range(2):
            waited(0.001)
    return (time.thread_time() - began) / count


async def page(made: Controller) -> tuple[float, int]:
    """Return the seconds for one page with a crowd in ten rooms, and its bytes."""
    for number in range(CROWD):
        join(made, f"CA{number}", f"room {number % 10}")
    await made.store.flush()
    assert made.metrics is not None
    began = time.thread_time()
    text = generate_latest(made.metrics.registry)
    took = time.thread_time() - began
    for number in range(CROWD):
        made.rooms.leave(f"CA{number}", Exit.HUNG_UP)
    await made.store.flush()
    return took, len(text)


async def measured(rounds: int, count: int) -> None:
    taken: dict[str, list[float]] = {"without": [], "with": [], "measuring": [], "page": []}
    size = 0
    async with controller("off") as without, controller("local") as with_metrics:
        for _ in range(rounds):
            taken["without"].append(await stays(without, count))
            taken["with"].append(await stays(with_metrics, count))
            taken["measuring"].append(await measuring(with_metrics, count))
            took, size = await page(with_metrics)
            taken["page"].append(took)
    figures = {name: Figure(tuple(values)) for name, values in taken.items()}
    ratios = {f"{name} / without": ratio(figures[name], figures["without"]) for name in ("with", "measuring")}
    rows = [
        [f"ari_conf, {what}", f"{figures[name].median * 1e6:.1f} µs", f"{figures[name].spread:.0%}"]
        for name, what in (
            ("without", "a stay without metrics"),
            ("with", "a stay with metrics"),
            ("measuring", "what measures it"),
            ("page", f"the page, {CROWD} participants, {size // 1000} kB"),
        )
    ]
    rows += [[name, f"{one.median:.3f}", f"{one.spread:.0%}"] for name, one in ratios.items()]
    print_table("What measuring costs (CPU time)", ["", "median", "spread"], rows)
    results = {name: one.as_json() for name, one in (figures | ratios).items()}
    write_json("metrics", results | {"page_bytes": size})


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--once", action="store_true", help="one short round, to see whether it runs")
    parser.add_argument("--quick", action="store_true", help="fewer rounds")
    arguments = parser.parse_args()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(50))
    rounds, count = (1, 20) if arguments.once else (5, 500) if arguments.quick else (15, 1000)
    asyncio.run(measured(rounds, count))


if __name__ == "__main__":
    main()
