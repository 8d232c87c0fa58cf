"""What a benchmark has found: lines with what is to be reached, shown as a table and kept as JSON for ``benchmarks.report``."""

import argparse
import asyncio
import inspect
import json
import os
import platform
import sys
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any, Generic, TypeVar

import structlog
from rich.console import Console
from rich.table import Table

from .measure import Figure, difference, ratio

RESULTS = Path(__file__).parent / "results"

Effort = TypeVar("Effort")


class Comparison(StrEnum):
    """How a line compares: ours divided by the peer's, ours less the peer's, or ours alone."""

    RATIO = "ratio"
    DIFFERENCE = "difference"
    ALONE = "alone"


@dataclass(frozen=True, slots=True)
class Reach:
    """What is to be reached, in the terms of the comparison: ``bound`` at least, or at most."""

    bound: float
    at_most: bool

    def met(self, value: float) -> bool:
        return value <= self.bound if self.at_most else value >= self.bound


def at_least(bound: float) -> Reach:
    return Reach(bound, at_most=False)


def at_most(bound: float) -> Reach:
    return Reach(bound, at_most=True)


@dataclass(frozen=True, slots=True)
class Line:
    """One answer: ``what`` was measured, ``ours`` and the ``theirs`` of a ``peer`` in the same rounds, both in ``unit``.

    Without a peer ``ours`` stands alone. ``difference``: what counts is how much ours is more, not how many times. ``reach`` is
    None where nothing is to be reached.
    """

    what: str
    ours: Figure
    unit: str
    peer: str | None = None
    theirs: Figure | None = None
    difference: bool = False
    reach: Reach | None = None

    @property
    def comparison(self) -> Comparison:
        if self.theirs is None:
            return Comparison.ALONE
        return Comparison.DIFFERENCE if self.difference else Comparison.RATIO

    @property
    def compared(self) -> Figure:
        """What ``reach`` is about."""
        if self.theirs is None:
            return self.ours
        return difference(self.ours, self.theirs) if self.difference else ratio(self.ours, self.theirs)

    @property
    def reached(self) -> bool | None:
        return None if self.reach is None else self.reach.met(self.compared.median)

    def as_json(self) -> dict[str, Any]:
        return {
            "what": self.what,
            "unit": self.unit,
            "peer": self.peer,
            "comparison": self.comparison,
            "ours": self.ours.as_json(),
            "theirs": self.theirs and self.theirs.as_json(),
            "compared": self.compared.as_json(),
            "reach": self.reach and {"bound": self.reach.bound, "at_most": self.reach.at_most},
            "reached": self.reached,
        }


TIMES, NOTHING = "\N{MULTIPLICATION SIGN}", "\N{EN DASH}"
COLUMNS = ("what", "ari_conf", "peer", "of the peer", "compared", "in single rounds", "reach", "")


def cells(line: dict[str, Any]) -> tuple[str, ...]:
    """Return a line as JSON has it, as the cells of a table with ``COLUMNS``."""
    unit, comparison, compared = line["unit"], line["comparison"], line["compared"]
    reach, theirs = line["reach"], line["theirs"]

    def shown(value: float) -> str:
        match comparison:
            case Comparison.RATIO:
                return f"{number(value)} {TIMES}"
            case Comparison.DIFFERENCE:
                return f"{'' if value < 0 else '+'}{with_unit(value, unit)}"
            case _:
                return with_unit(value, unit)

    return (
        line["what"],
        with_unit(line["ours"]["median"], unit),
        line["peer"] or NOTHING,
        with_unit(theirs["median"], unit) if theirs else NOTHING,
        NOTHING if comparison == Comparison.ALONE else shown(compared["median"]),
        f"{shown(min(compared['rounds']))} to {shown(max(compared['rounds']))}",
        f"{'≤' if reach['at_most'] else '≥'} {shown(reach['bound'])}" if reach else NOTHING,
        {True: "reached", False: "missed", None: ""}[line["reached"]],
    )


def number(value: float) -> str:
    """Return a figure with three digits that count, and no more."""
    if value == 0:
        return "0"
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def with_unit(value: float, unit: str) -> str:
    return f"{number(value * 100)} %" if unit == "%" else f"{number(value)} {unit}".rstrip()


@dataclass(frozen=True, slots=True)
class Efforts(Generic[Effort]):
    """How much is measured: ``full`` for ``make bench``, ``quick`` for ``make bench-quick``, ``once`` to see that it starts."""

    full: Effort
    quick: Effort
    once: Effort


def run(
    module: str,
    doc: str | None,
    efforts: Efforts[Effort],
    measure: Callable[[Effort], Sequence[Line] | Awaitable[Sequence[Line]]],
) -> None:
    """Be the main program of a benchmark: read the arguments, measure, show the lines, and write them unless it was ``--once``.

    ``module`` is its ``__spec__.name``, ``doc`` its ``__doc__``, of which the first line is the title.
    """
    name = module.rpartition(".")[2]
    parser = argparse.ArgumentParser(
        prog=f"python -m {module}", description=doc, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="less of everything: what it finds is rougher")
    parser.add_argument("--once", action="store_true", help="one tiny round, to see that it starts; nothing is written")
    options = parser.parse_args()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(50))
    load = os.getloadavg()
    found = measure(efforts.once if options.once else efforts.quick if options.quick else efforts.full)
    lines = [line.as_json() for line in (asyncio.run(_awaited(found)) if inspect.isawaitable(found) else found)]
    title = (doc or name).partition("\n")[0]
    show(title, lines)
    if not options.once:
        print(f"written to {write(name, title, lines, quick=options.quick, load=load)}")


async def _awaited(found: Awaitable[Sequence[Line]]) -> Sequence[Line]:
    return await found


def show(title: str, lines: Sequence[dict[str, Any]]) -> None:
    """Print lines as JSON has them as a table."""
    table = Table(title=title, title_justify="left")
    for place, column in enumerate(COLUMNS):
        table.add_column(column, justify="right" if place in {1, 3, 4, 5, 6} else "left")
    for line in lines:
        table.add_row(*cells(line))
    # A pipe has no width of its own, and the figures need one.
    Console(width=None if sys.stdout.isatty() else 180).print(table)


def write(name: str, title: str, lines: Sequence[dict[str, Any]], *, quick: bool, load: tuple[float, float, float]) -> Path:
    """Write what was found with the circumstances to ``benchmarks/results/NAME.json`` and return its path."""
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / f"{name}.json"
    document = {
        "benchmark": name,
        "title": title,
        "quick": quick,
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": machine() | {"load": load},
        "lines": lines,
    }
    path.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
    return path


def machine() -> dict[str, Any]:
    """Return what figures depend on: the processor, how many cores, the system, Python."""
    told = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    models = [line.partition(":")[2].strip() for line in told.splitlines() if line.startswith("model name")]
    return {
        "processor": models[0] if models else platform.machine(),
        "cores": os.cpu_count(),
        "system": platform.platform(),
        "python": platform.python_version(),
    }
