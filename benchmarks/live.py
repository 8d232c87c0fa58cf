"""What it costs that people watch: a room of 1,000 in which 50 begin or cease to talk in a tenth of a second, 500 in one.

The processor's time of one such tenth is measured: for what the rules and the journal do about it, for the feed with nobody
watching, and for the feed and the texts of its messages with 1 and 10 watching; sockets and the database's thread are left out.

``python -m benchmarks.live [--quick] [--once]``
"""

import itertools
import time
from collections.abc import Callable
from dataclasses import dataclass

from ari_conf.app import Controller
from ari_conf.conference import Conference, ConferenceEvent, ConferenceSettings, Participant
from ari_conf.dashboard.live import Feed
from ari_conf.rooms import Caller

from .findings import Efforts, Line, run
from .measure import Figure
from .silent import ACCOUNT, controller

CHANGES = 50
WATCHERS = (0, 1, 10)
RULES = "rules and journal"


@dataclass(frozen=True, slots=True)
class Effort:
    """Rounds, and participants of the room."""

    rounds: int
    crowd: int


EFFORTS = Efforts(full=Effort(100, 1000), quick=Effort(20, 1000), once=Effort(1, 100))

Happened = list[tuple[Conference, ConferenceEvent]]


def seconds_for(work: Callable[[], object]) -> float:
    began = time.thread_time()
    work()
    return time.thread_time() - began


class Bench:
    """A room full of people, and the feed that shows it."""

    def __init__(self, made: Controller, crowd: int) -> None:
        assert made.dashboard is not None
        self._made = made
        self.feed: Feed = made.dashboard._feed  # noqa: SLF001
        self._happened: Happened = []
        sids = [f"CA{number:032x}" for number in range(crowd)]
        settings = ConferenceSettings(max_participants=crowd)
        for call_sid in sids:
            made.rooms.join(Caller(ACCOUNT.sid, {}), "room", Participant(call_sid), settings)
        self._speakers = itertools.cycle([(call_sid, talking) for talking in (True, False) for call_sid in sids])
        # The feed is told by hand, so that it is timed by itself.
        made.rooms.observers.remove(self.feed._on_event)  # noqa: SLF001
        made.rooms.observers.append(lambda conference, event: self._happened.append((conference, event)))

    async def turn(self, watchers: int) -> tuple[float, float]:
        """Let the next ones begin or cease to talk; return the seconds for that, and for telling it to so many."""
        clients = [await self.feed.connect(None, None) for _ in range(watchers)]
        for client in clients:
            await client.news()
        self._happened.clear()
        talking, telling = seconds_for(self._talk), seconds_for(self._tell)
        for client in clients:
            began = time.thread_time()
            text = (await client.news()).encode()
            telling += time.thread_time() - began
            assert text.count(b'"talking_since"') == CHANGES
            self.feed.disconnect(client)
        return talking, telling

    def _talk(self) -> None:
        for call_sid, talking in itertools.islice(self._speakers, CHANGES):
            self._made.rooms.talking(call_sid, talking=talking)

    def _tell(self) -> None:
        for conference, event in self._happened:
            self.feed._on_event(conference, event)  # noqa: SLF001
        self.feed._tell()  # noqa: SLF001


async def measured(effort: Effort) -> list[Line]:
    taken: dict[str, list[float]] = {name: [] for name in (RULES, *map(str, WATCHERS))}
    async with controller() as made:
        bench = Bench(made, effort.crowd)
        for _ in range(effort.rounds):
            for watchers in WATCHERS:
                talking, telling = await bench.turn(watchers)
                taken[str(watchers)].append(telling)
            taken[RULES].append(talking)
    figures = {name: Figure(tuple(values)) for name, values in taken.items()}
    return [
        Line(name if name == RULES else f"feed, {name} watching", Figure(tuple(1e3 * one for one in figure.rounds)), "ms")
        for name, figure in figures.items()
    ]


if __name__ == "__main__":
    run(__spec__.name, __doc__, EFFORTS, measured)
