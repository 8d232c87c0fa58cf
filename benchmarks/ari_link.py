"""ARI requests a second: one after the other, 32 and 300 in flight

The request is ``GET /ari/asterisk/ping``, for which Asterisk does next to nothing. The rivals, on the same Asterisk: asyncari
as it comes, Node's ari-client, bare REST over the WebSocket (the least code that can ask: it checks nothing, measures no times
and has no time limits), and aiohttp over HTTP with keep-alive. Asterisk has one core, the clients share the other. What is to
be reached is meant for 32 in flight: of one after the other, Asterisk's time is the most.

``python -m benchmarks.ari_link [--quick] [--once]``
"""

import os
from dataclasses import dataclass

from rich.console import Console

from ari_conf.private_asterisk import PrivateAsterisk, ensure_installed

from .ari_rivals import AIOHTTP, BARE, CORE, NODE, OURS, STOCK, clients
from .findings import Efforts, Line, at_least, run
from .measure import Figure, pin

REACH = {STOCK: at_least(40), NODE: at_least(2), BARE: at_least(0.5), AIOHTTP: None}
JUDGED = 32


@dataclass(frozen=True, slots=True)
class Effort:
    """Rounds, for how many seconds each client asks in each and before the first, how many requests are in flight.

    ``node``: whether Node's client takes part; it takes the longest to begin.
    """

    rounds: int
    seconds: float
    warm: float
    in_flight: tuple[int, ...] = (1, JUDGED, 300)
    node: bool = True


EFFORTS = Efforts(full=Effort(5, 0.3, 0.7), quick=Effort(2, 0.1, 0.2, (JUDGED,)), once=Effort(1, 0.0, 0.0, (2,), node=False))


async def measure(effort: Effort) -> list[Line]:
    console = Console(stderr=True)
    lines = []
    async with PrivateAsterisk(ensure_installed(console.print)) as asterisk:
        pin(asterisk.pid, CORE + 1)
        pin(os.getpid(), CORE)
        async with clients(asterisk, node=effort.node) as rates:
            for rate in rates.values():
                await rate(min(8, effort.in_flight[-1]), effort.warm)  # connections made, code compiled
            for in_flight in effort.in_flight:
                taken: dict[str, list[float]] = {name: [] for name in rates}
                for _ in range(effort.rounds):
                    for name, rate in rates.items():
                        taken[name].append(await rate(in_flight, effort.seconds))
                figures = {name: Figure(tuple(values)) for name, values in taken.items()}
                lines += [
                    Line(
                        f"{in_flight} in flight",
                        figures[OURS],
                        "per second",
                        name,
                        figures[name],
                        reach=REACH[name] if in_flight == JUDGED else None,
                    )
                    for name in REACH
                    if name in figures
                ]
    return lines


if __name__ == "__main__":
    run(__spec__.name, __doc__, EFFORTS, measure)
