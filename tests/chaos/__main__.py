"""``make chaos``: what each fault costs, in a town of rooms on a real Asterisk with real SIP phones.

Prints a table; ends with 1 if a fault has cost something that GUARANTEES.md promises to keep.
"""

import argparse
import asyncio
import random
import sys
import tempfile
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.table import Table

from .faults import FAULTS, Fault
from .run import Cost, costs, lively_town

LATE: Final = 0.2
"""Seconds for which a phone of a busy machine may be late with its packets, also when nothing happens."""


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m tests.chaos", description="Lets things go wrong and counts what that costs."
    )
    parser.add_argument("--rooms", type=int, default=20, help="each with three phones")
    parser.add_argument("--share", type=float, default=1.0, help="of the usual times that a fault is injected")
    parser.add_argument("--only", default="", help="faults whose name contains this")
    parser.add_argument("--seed", default=str(random.randrange(2**31)))  # noqa: S311 - to be repeated, not to be secret
    asked = parser.parse_args()
    faults = [fault for fault in FAULTS if asked.only in fault.name]
    if not faults:
        parser.error(f"no fault has {asked.only!r} in its name; there are: {', '.join(fault.name for fault in FAULTS)}")
    print(f"{asked.rooms} rooms, {3 * asked.rooms} phones, seed {asked.seed}", flush=True)
    with tempfile.TemporaryDirectory(prefix="chaos-") as folder:
        found = asyncio.run(_run(Path(folder), faults, asked))
    Console(width=120).print(table(found))
    return 0 if all(cost.nothing and (cost.gap or 0.0) <= LATE for cost in found) else 1


async def _run(folder: Path, faults: list[Fault], asked: argparse.Namespace) -> list[Cost]:
    found = []
    async with lively_town(folder, rooms=asked.rooms, seed=asked.seed) as (town, traffic):
        async for cost in costs(town, traffic, faults, share=asked.share):
            found.append(cost)
            print(f"{cost.fault}: recovered in {cost.typical:.1f} s", flush=True)
            for what in (*cost.lost_calls, *cost.lost, *cost.doubled, *cost.wrong):
                print(f"  {what}", flush=True)
        if not all(cost.nothing for cost in found):
            print(town.ari_conf.log, file=sys.stderr)
    return found


def table(costs: list[Cost]) -> Table:
    """Return what was found, a line for each fault."""
    made = Table("fault", title="What faults cost")
    events = ("events\nlost", "events\ndoubled", "events against\nthe rules")
    for heading in ("injected\ntimes", "calls\nlost", *events, "longest gap\nin audio", "recovered in\n(median, most)"):
        made.add_column(heading, justify="right")
    for cost in costs:
        counts = (cost.times, len(cost.lost_calls), len(cost.lost), len(cost.doubled), len(cost.wrong))
        gap = "all calls end" if cost.gap is None else f"{1000 * cost.gap:.0f} ms"
        made.add_row(cost.fault, *map(str, counts), gap, f"{cost.typical:.1f} s, {max(cost.recovery):.1f} s")
    return made


if __name__ == "__main__":
    sys.exit(main())
