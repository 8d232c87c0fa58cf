"""What participants cost the controller: memory, the processor's time, and how late it hears of those who talk.

Each is a call that has arrived, run TwiML and joined. All is as in the field (SQLite, metrics, callbacks of all events to an
application in another process) but for the engine, which carries nothing out: what Asterisk would tell is put into the engine's
queue, for as many SIP phones would need more than this machine. While they talk, each begins or ceases every two seconds, at
random; the lag is the time from when that was due until it is taken from the queue to be handled, whatever kept the event loop
busy meanwhile. The processor's time is that of all threads, for the whole controller, divided by participants; memory is what
Python has allocated (tracemalloc).

``python -m benchmarks.controller [--quick] [--once]``
"""

import asyncio
import contextlib
import gc
import random
import statistics
import tempfile
import time
import tracemalloc
from collections import deque
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

from pydantic import SecretStr

from ari_conf.app import Controller
from ari_conf.clock import RealClock
from ari_conf.media.port import CallArrived, CallEnded, TalkingChanged
from ari_conf.settings import DatabaseSettings, NumberSettings, ServerSettings, Settings, StorageSettings, WebhookSettings

from .callbacks import endpoints
from .findings import Efforts, Line, at_most, run
from .measure import Figure
from .silent import ACCOUNT, SilentEngine

CHANGES_A_SECOND = 0.5
"""Of one participant in a lively conversation."""
DEADLINE = 30.0
EVENTS = "start end join leave mute hold modify speaker announcement"


@dataclass(frozen=True, slots=True)
class Effort:
    """Rounds, participants, of how many more (and of how many rooms) memory is taken, seconds idle, and of talk."""

    rounds: int
    crowd: int
    more: int
    idle: float
    talking: float


EFFORTS = Efforts(
    full=Effort(5, 300, 100, 2.0, 5.0),
    quick=Effort(1, 300, 50, 0.5, 2.0),
    once=Effort(1, 40, 2, 0.1, 0.4),
)


class Bench:
    """A controller whose callers are made up. The number that is called is the name of a room."""

    def __init__(self, made: Controller) -> None:
        self._made = made
        self._random = random.Random(1)
        self._calls: list[str] = []
        self._talking: set[str] = set()
        self._last = 0

    async def arrive(self, rooms: dict[str, int]) -> None:
        """Let so many call each of these rooms, and return when all are in, and everything about it is stored and told."""
        for room, count in rooms.items():
            for _ in range(count):
                self._last += 1
                call_sid = f"CA{self._last:032x}"
                self._calls.append(call_sid)
                self._made.engine.events.put_nowait(CallArrived(call_sid, f"+1555{self._last:06}", room))
        await self._until_there_are(len(self._calls))

    async def leave(self) -> None:
        for call_sid in self._calls:
            self._made.engine.events.put_nowait(CallEnded(call_sid, "Normal Clearing"))
        self._calls.clear()
        self._talking.clear()
        await self._until_there_are(0)

    async def _until_there_are(self, count: int) -> None:
        rooms, outbox = self._made.rooms, self._made.outbox
        async with asyncio.timeout(DEADLINE):
            # Nobody tells when all of this is so.
            while sum(len(one.participants) for one in rooms.conferences) != count or outbox.owed:  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        await self._made.store.flush()
        gc.collect()

    async def idle(self, seconds: float) -> float:
        """Return the part of a core that the controller takes while nothing happens."""
        used, began = time.process_time(), time.monotonic()
        await asyncio.sleep(seconds)
        return (time.process_time() - used) / (time.monotonic() - began)

    async def talk(self, seconds: float) -> tuple[float, list[float]]:
        """Return the part of a core that the controller takes while all talk, and the lag of each event in seconds."""
        loop = asyncio.get_running_loop()
        events, lags, due = self._made.engine.events, list[float](), deque[float]()

        def change(at: float) -> None:
            call_sid = self._random.choice(self._calls)
            self._talking ^= {call_sid}
            due.append(at)
            events.put_nowait(TalkingChanged(call_sid, talking=call_sid in self._talking))

        def taken(_waited: float) -> None:
            lags.append(loop.time() - due.popleft())

        events.on_taken.append(taken)
        used, began = time.process_time(), loop.time()
        moment = began
        while (moment := moment + self._random.expovariate(CHANGES_A_SECOND * len(self._calls))) < began + seconds:
            loop.call_at(moment, change, moment)
        await asyncio.sleep(seconds)
        await self._until_there_are(len(self._calls))
        events.on_taken.remove(taken)
        return (time.process_time() - used) / (loop.time() - began), lags


@contextlib.asynccontextmanager
async def bench(url: str) -> AsyncIterator[Bench]:
    conference = f"<Conference statusCallback='{url}' statusCallbackEvent='{EVENTS}' beep='false'>{{{{To}}}}</Conference>"
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(
            engine="local",
            server=ServerSettings(port=0),
            storage=StorageSettings(folder=Path(folder)),
            database=DatabaseSettings(url=SecretStr(f"sqlite:///{folder}/bench.db")),
            webhooks=WebhookSettings(private_addresses=True),
            numbers=(NumberSettings(twiml=f"<Response><Dial>{conference}</Dial></Response>"),),
        )
        async with Controller(settings, (ACCOUNT,), SilentEngine(RealClock())) as made:
            # As ``ari-conf run`` does when it has started.
            gc.collect()
            gc.freeze()
            yield Bench(made)
            gc.unfreeze()


def halves(crowd: int) -> dict[str, int]:
    """Return two rooms with half of the crowd in each, for one takes 250."""
    return dict.fromkeys(("room-0", "room-1"), crowd // 2)


async def memory(made: Bench, count: int) -> tuple[float, float]:
    """Return the bytes of one more participant in a room, and of one more room beside the one in it."""
    tracemalloc.start()
    taken = []
    # What is made once for all is there before the first figure.
    for rooms in ({"room-0": count}, {"room-0": count}, {f"room-{number}": 1 for number in range(1, count + 1)}):
        await made.arrive(rooms)
        taken.append(tracemalloc.get_traced_memory()[0])
    tracemalloc.stop()
    await made.leave()
    crowd, larger, rooms_of_one = taken
    participant = (larger - crowd) / count
    return participant, (rooms_of_one - larger) / count - participant


async def measure(effort: Effort) -> list[Line]:
    names = ("participant", "room", "idle", "talking", "median", "p99")
    taken: dict[str, list[float]] = {name: [] for name in names}
    async with endpoints() as urls:
        for _ in range(effort.rounds):
            async with bench(urls[0]) as made:
                participant, room = await memory(made, effort.more)
                await made.arrive(halves(effort.crowd))
                idle = await made.idle(effort.idle)
                talking, lags = await made.talk(effort.talking)
                await made.leave()
            middle, p99 = statistics.median(lags), statistics.quantiles(lags, n=100)[98]
            found = (participant / 1000, room / 1000, idle / effort.crowd, talking / effort.crowd, middle * 1e3, p99 * 1e3)
            for name, value in zip(names, found, strict=True):
                taken[name].append(value)
    figures = {name: Figure(tuple(values)) for name, values in taken.items()}
    crowd = f"{effort.crowd} participants"
    return [
        Line("memory of a participant", figures["participant"], "kB", reach=at_most(20)),
        Line("memory of a room beside its participants", figures["room"], "kB"),
        Line(f"of a core for each of {crowd}, idle", figures["idle"], "%", reach=at_most(0.0002)),
        Line(f"of a core for each of {crowd}, talking", figures["talking"], "%"),
        Line(f"lag of an event while {crowd} talk, median", figures["median"], "ms"),
        Line(f"lag of an event while {crowd} talk, p99", figures["p99"], "ms", reach=at_most(20)),
    ]


if __name__ == "__main__":
    run(__spec__.name, __doc__, EFFORTS, measure)
