"""What measuring costs: the same joins, talk and leaves on a controller with /metrics and on one without, and the page itself.

A stay is a call that joins a room, talks, falls silent and leaves: all that the controller does about it, but for the engine,
which carries nothing out, and for webhooks. What measures it is also timed by itself, for the difference of the first two is
less than they vary.
"""

import asyncio
import time
from collections.abc import Callable
from contextvars import Context
from dataclasses import dataclass
from typing import Self

from prometheus_client import generate_latest

from ari_conf.app import Controller
from ari_conf.conference import Conference, ConferenceEvent, ConferenceSettings, Exit, Participant
from ari_conf.media.port import TalkingChanged
from ari_conf.metrics.talk import RoomMeter
from ari_conf.rooms import Caller

from .findings import Efforts, Line, run
from .measure import Figure
from .silent import ACCOUNT, controller

CROWD = 1000


@dataclass(frozen=True, slots=True)
class Effort:
    """Rounds, and stays in one measure of each."""

    rounds: int
    stays: int


EFFORTS = Efforts(full=Effort(15, 1000), quick=Effort(5, 500), once=Effort(1, 20))


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
    (observe,) = (one for one in made.rooms.observers if isinstance(getattr(one, "__self__", None), RoomMeter))
    waited = made.engine.events.on_taken[-1]
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


async def measured(effort: Effort) -> list[Line]:
    taken: dict[str, list[float]] = {"without": [], "with": [], "measuring": [], "page": []}
    size = 0
    async with controller() as without, controller({"server": {"port": 0, "metrics": "local"}}) as with_metrics:
        for _ in range(effort.rounds):
            taken["without"].append(await stays(without, effort.stays))
            taken["with"].append(await stays(with_metrics, effort.stays))
            taken["measuring"].append(await measuring(with_metrics, effort.stays))
            took, size = await page(with_metrics)
            taken["page"].append(took)
    figures = {name: Figure(tuple(1e6 * one for one in values)) for name, values in taken.items()}
    bare = "a stay without metrics"
    return [
        Line("a stay with metrics", figures["with"], "µs", bare, figures["without"]),
        Line("what measures a stay", figures["measuring"], "µs", bare, figures["without"]),
        Line(f"the page of {CROWD} participants, {size // 1000} kB", figures["page"], "µs"),
    ]


if __name__ == "__main__":
    run(__spec__.name, __doc__, EFFORTS, measured)
