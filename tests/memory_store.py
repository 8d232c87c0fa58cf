"""What a kill leaves behind: the live rows of the commits up to some moment, to be read by a later life."""

from collections.abc import Iterable, Sequence
from typing import Any, TypeVar

from sqlalchemy import Select

from ari_conf.store import LiveRow, Row, Store

R = TypeVar("R", bound=Row)


class MemoryStore(Store):
    """Has the live rows of these commits, in order, and nothing else; only ``rows`` can be used."""

    def __init__(self, commits: Iterable[Sequence[Row]]) -> None:
        self.live: dict[tuple[str, str], LiveRow] = {}
        for rows in commits:
            for row in rows:
                if isinstance(row, LiveRow):
                    self.live.pop((row.kind, row.sid), None)
                    if row.data is not None:
                        self.live[row.kind, row.sid] = row

    async def rows(self, kind: type[R], statement: Select[Any]) -> list[R]:
        if kind is not LiveRow:
            return []
        (wanted,) = statement.compile().params.values()
        return [row for row in self.live.values() if row.kind == wanted]  # type: ignore[misc]
