"""Writes what the benchmarks have found last into docs/performance.md, between its marks: ``python -m benchmarks.report``."""

import json
import re
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from .__main__ import BENCHMARKS
from .findings import COLUMNS, RESULTS, cells

PAGE = Path(__file__).parents[1] / "docs" / "performance.md"
BEGIN, END = "<!-- figures: begin -->", "<!-- figures: end -->"


def found_last() -> list[dict[str, Any]]:
    """Return the documents of those benchmarks that have run here, in the order of ``BENCHMARKS``."""
    paths = (RESULTS / f"{name}.json" for name in BENCHMARKS)
    return [json.loads(path.read_text(encoding="utf-8")) for path in paths if path.exists()]


def section(document: dict[str, Any]) -> str:
    """Return a heading, the table, and under what circumstances it was measured."""
    machine = document["machine"]
    effort = "`--quick`, " if document["quick"] else ""
    # The load is that of before: a benchmark makes its own.
    circumstances = (
        f"{effort}{document['at'][:10]}, {machine['cores']} cores of {machine['processor']}, Python {machine['python']}, "
        f"load {machine['load'][0]:.1f} before. `python -m benchmarks.{document['benchmark']}`"
    )
    return "\n".join([f"### {document['title']}", "", *_table(map(cells, document["lines"])), "", circumstances])


def _table(rows: Iterable[tuple[str, ...]]) -> list[str]:
    return [_row(COLUMNS), _row("---" for _ in COLUMNS), *map(_row, rows)]


def _row(texts: Iterable[str]) -> str:
    return f"| {' | '.join(text.replace('|', '/') for text in texts)} |"


def main() -> int:
    documents = found_last()
    if not documents:
        print("there are no results yet; make bench measures", file=sys.stderr)
        return 1
    figures = "\n\n".join([BEGIN, *map(section, documents), END])
    page = PAGE.read_text(encoding="utf-8")
    PAGE.write_text(re.sub(f"{BEGIN}.*{END}", lambda _: figures, page, flags=re.DOTALL), encoding="utf-8")
    missed = [line["what"] for document in documents for line in document["lines"] if line["reached"] is False]
    print(f"{PAGE} has the figures of {len(documents)} benchmarks, {len(missed)} lines of which miss what they are to reach")
    return 0


if __name__ == "__main__":
    sys.exit(main())
