"""``make soak``: calls that come and go for half an hour, against the rules as the oracle; nothing may grow.

Prints a line for each quiet moment, in which no call is up; ends with 1 if something was lost, doubled, or has grown.
"""

import argparse
import asyncio
import os
import random
import sys
import tempfile
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.table import Table

from tests.stage import REAL_CLOCK

from .oracle import Verdict
from .run import SETTLES, busy_town, settled
from .town import Town
from .traffic import Traffic

PARTS: Final = 6
"""Of a soak, each with a quiet moment at its end. The first one is for warming up."""

MORE: Final = 1.2
"""Times as much as after the first part is still the same ..."""

A_FEW: Final = 5
"""... and so many more: connections are kept for a while, and each has its task."""

LEAKS: Final = frozenset({"tasks", "threads", "files", "asterisk_files"})
"""What goes within ``SETTLES``, or stays for ever."""

_TICK: Final = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Quiet:
    """What the processes have on their hands when no call is up; memory in MB, ``cpu`` in ms for each callback."""

    calls: int
    callbacks: int
    cpu: float
    memory: float
    tasks: int
    threads: int
    files: int
    asterisk_memory: float
    asterisk_files: int

    def grown(self, first: "Quiet") -> list[str]:
        """Return what there is more of than there was."""
        counted = ("memory", "tasks", "threads", "files", "asterisk_memory", "asterisk_files")
        found = [name for name in counted if getattr(self, name) > MORE * getattr(first, name) + A_FEW]
        return found + (["cpu"] if self.cpu > MORE * first.cpu else [])


@dataclass(frozen=True, slots=True)
class Process:
    """A process as Linux knows it."""

    pid: int

    @property
    def cpu(self) -> float:
        """Seconds of processor time so far."""
        fields = Path(f"/proc/{self.pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / _TICK

    @property
    def memory(self) -> float:
        """Resident memory in MB."""
        return int(self._status("VmRSS")) / 1024

    @property
    def threads(self) -> int:
        return int(self._status("Threads"))

    @property
    def files(self) -> int:
        """Open files and sockets."""
        return len(list(Path(f"/proc/{self.pid}/fd").iterdir()))

    def _status(self, name: str) -> str:
        lines = Path(f"/proc/{self.pid}/status").read_text(encoding="utf-8").splitlines()
        return next(line for line in lines if line.startswith(f"{name}:")).split()[1]


async def soak(town: Town, traffic: Traffic, *, seconds: float, parts: int) -> AsyncIterator[Quiet]:
    """Let traffic flow for so long, and yield what there is in the quiet moment after each part."""
    assert town.process is not None
    controller, asterisk = Process(town.process.pid), Process(town.asterisk.pid)
    cpu, callbacks, calls = controller.cpu, town.books.count, len(town.visits)
    first: Quiet | None = None

    def look() -> Quiet:
        return Quiet(
            len(town.visits) - calls,
            town.books.count - callbacks,
            1000 * busy,
            controller.memory,
            town.board.tasks,
            controller.threads,
            controller.files,
            asterisk.memory,
            asterisk.files,
        )

    for _ in range(parts):
        traffic.go_on()
        await REAL_CLOCK.let_pass(seconds / parts)
        await traffic.pause()
        await town.empty()
        busy = (controller.cpu - cpu) / max(1, town.books.count - callbacks)
        quiet, gives_up = look(), REAL_CLOCK.monotonic() + SETTLES
        first = first or quiet
        # The last callbacks are delivered, and what delivered them is on its way out.
        while LEAKS & set(quiet.grown(first)) and REAL_CLOCK.monotonic() < gives_up:
            await REAL_CLOCK.let_pass(0.2)
            quiet = look()
        yield quiet
        cpu, callbacks, calls = controller.cpu, town.books.count, len(town.visits)


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m tests.chaos.soak", description="Lets calls come and go, and looks what grows."
    )
    parser.add_argument("--rooms", type=int, default=20, help="each with three phones")
    parser.add_argument("--minutes", type=float, default=30.0)
    parser.add_argument("--seed", default=str(random.randrange(2**31)))  # noqa: S311 - to be repeated, not to be secret
    asked = parser.parse_args()
    print(f"{asked.rooms} rooms, {3 * asked.rooms} phones, {asked.minutes:g} minutes, seed {asked.seed}", flush=True)
    with tempfile.TemporaryDirectory(prefix="soak-") as folder:
        quiet, verdict, lost_calls = asyncio.run(_run(Path(folder), asked))
    Console(width=140).print(table(quiet))
    wrong = [*lost_calls, *verdict.lost, *verdict.doubled, *verdict.wrong]
    print(
        f"{sum(one.calls for one in quiet)} calls, {len(lost_calls)} lost; {sum(one.callbacks for one in quiet)} callbacks: "
        f"{len(verdict.lost)} lost, {len(verdict.doubled)} doubled, {len(verdict.wrong)} against the rules"
    )
    grown = quiet[-1].grown(quiet[0])
    print(f"grown: {', '.join(grown) or 'nothing'}")
    for what in wrong:
        print(f"  {what}")
    return 1 if wrong or grown else 0


async def _run(folder: Path, asked: argparse.Namespace) -> tuple[list[Quiet], Verdict, list[str]]:
    async with busy_town(folder, rooms=asked.rooms, seed=asked.seed) as (town, traffic):
        quiet = []
        async for one in soak(town, traffic, seconds=60 * asked.minutes, parts=PARTS):
            quiet.append(one)
            print(one, flush=True)
        return quiet, await settled(town), town.lost_calls


def table(quiet: list[Quiet]) -> Table:
    """Return what there was in each quiet moment, a line for each."""
    made = Table(title="In each quiet moment")
    headings = ("calls", "callbacks", "CPU per callback", "memory", "tasks", "threads", "open files")
    for heading in (*headings, "Asterisk's memory", "its open files"):
        made.add_column(heading, justify="right")
    for one in quiet:
        counts = (one.tasks, one.threads, one.files)
        made.add_row(
            *(str(one.calls), str(one.callbacks), f"{one.cpu:.2f} ms", f"{one.memory:.1f} MB", *map(str, counts)),
            *(f"{one.asterisk_memory:.1f} MB", str(one.asterisk_files)),
        )
    return made


if __name__ == "__main__":
    sys.exit(main())
