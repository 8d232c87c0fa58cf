"""What it costs that people watch: a room of 1,000 in which 50 begin or cease to talk in a tenth of a second, 500 in one.

The processor's time of one such tenth is measured: for what the rules and the journal do about it, for the feed with nobody
watching, and for the feed and the texts of its messages with 1 and 10 watching; sockets and the database's thread are left out.

``python -m benchmarks.live [--quick] [--once]``
"""

import argparse
import asyncio
import itertools
import time
from collections.abc import Callable

import structlog

from ari_conf.app import Controller
from ari_conf.conference import Conference, ConferenceEvent, ConferenceSettings, Participant
from ari_conf.dashboard.live import Feed
from ari_conf.rooms import Caller
from benchmarks.measure import Figure, print_table, write_json
from benchmarks.metrics import ACCOUNT, controller

CROWD = 1000
CHANGES = 50
WATCHERS = (0, 1, 10)
RULES = "rules and journal"

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


async def measured(rounds: int, crowd: int) -> None:
    taken: dict[str, list[float]] = {name: [] for name in (RULES, *map(str, WATCHERS))}
    async with controller("off") as made:
        bench = Bench(made, crowd)
        for _ in range(rounds):
            for watchers in WATCHERS:
                talking, telling = await bench.turn(watchers)
                taken[str(watchers)].append(telling)
            taken[RULES].append(talking)
    figures = {name: Figure(tuple(values)) for name, values in taken.items()}
    rows = [
        [f"ari_conf, {name if name == RULES else f'feed, {name} watching'}", f"{one.median * 1e3:.2f} ms", f"{one.spread:.0%}"]
        for name, one in figures.items()
    ]
    print_table(f"What watching costs: {crowd} in a room, {CHANGES} changes at once", ["", "CPU time", "spread"], rows)
    write_json("live", {name: one.as_json() for name, one in figures.items()})


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--once", action="store_true", help="one short round, to see whether it runs")
    parser.add_argument("--quick", action="store_true", help="fewer rounds")
    arguments = parser.parse_args()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(50))
    rounds, crowd = (1, 2 * CHANGES) if arguments.once else (20 if arguments.quick else 100, CROWD)
    asyncio.run(measured(rounds, crowd))


if __name__ == "__main__":
    main()
