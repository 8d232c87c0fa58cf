"""What is live, kept so that a later life of the controller can go on with it: values of one type, as JSON in the store."""

from types import MappingProxyType
from typing import Generic, TypeVar

import structlog
from pydantic import TypeAdapter, ValidationError
from sqlalchemy import select

from ari_conf.store import LiveRow, Store, tables

log = structlog.get_logger(__name__)

T = TypeVar("T")


class Keeper(Generic[T]):
    """Keeps live things of one ``kind``, each a value of ``type_`` (a dataclass, say) under a SID of its own."""

    def __init__(self, kind: str, type_: type[T]) -> None:
        self._kind = kind
        self._adapter: TypeAdapter[T] = TypeAdapter(type_)

    def row(self, sid: str, value: T) -> LiveRow:
        """Return what keeps ``value``, in the place of what was kept under ``sid``."""
        return LiveRow(kind=self._kind, sid=sid, data=self._adapter.dump_json(value, warnings=False, fallback=_plain).decode())

    def over(self, sid: str) -> LiveRow:
        """Return what lets ``sid`` be forgotten."""
        return LiveRow(kind=self._kind, sid=sid, data=None)

    async def read(self, store: Store) -> dict[str, T]:
        """Return what is kept, by SID; what another version has kept and this one cannot read is told and left out.

        Raises SQLAlchemy's errors.
        """
        values: dict[str, T] = {}
        for row in await store.rows(LiveRow, select(tables.live).where(tables.live.c.kind == self._kind)):
            try:
                values[row.sid] = self._adapter.validate_json(row.data or "")
            except ValidationError as error:
                fields = sorted({".".join(map(str, one["loc"])) for one in error.errors()})
                log.error("what was live cannot be read; it is left out", kind=self._kind, sid=row.sid, fields=fields)
        return values


def _plain(value: object) -> object:
    """Return what JSON has a word for instead of a value for which pydantic has none. Raises ``TypeError``."""
    if isinstance(value, MappingProxyType):
        return dict(value)
    raise TypeError(f"{type(value).__name__} cannot be kept")
