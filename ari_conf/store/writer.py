"""Writes what waits, in order, in large transactions; nobody waits for it, and what the database refuses is tried again."""

import asyncio
import contextlib
import time
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from importlib import import_module
from operator import attrgetter
from typing import Any, Final

import structlog
from sqlalchemy import Dialect, Table, bindparam, delete
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from .causes import is_about_the_data, plainly
from .rows import DocumentRow, EventRow, LiveRow, Row, VerbRow
from .tables import TABLES, live

_log = structlog.get_logger(__name__)

ROWS_PER_TRANSACTION: Final = 250
"""Few enough that the event loop is held up for a few milliseconds only, many enough that a commit's cost is shared."""

GATHER_SECONDS: Final = 0.02
"""A call that comes in is eight commits within this time. Each alone would keep the processor from the call longer than all.

Who waits for the database does not wait for this, too."""

MANY_ROWS: Final = 20_000
"""That many rows waiting are an alarm: the database does not keep up."""

TOO_MANY_ROWS: Final = 200_000
"""From here on memory counts, and rows that are there only to look things up afterwards are dropped."""

DISPENSABLE: Final = (DocumentRow, VerbRow, EventRow)

FIRST_RETRY_SECONDS: Final = 0.1
LONGEST_RETRY_SECONDS: Final = 5.0


@dataclass(frozen=True, slots=True)
class _Written:
    """What one call of ``write`` was given."""

    rows: tuple[Row, ...]
    then: Callable[[], None] | None


class _Upsert:
    """The statement for one table, made once, and how a row becomes its parameters.

    They go to the driver directly: what SQLAlchemy does to each row would hold the event loop up four times as long.
    """

    def __init__(self, table: Table, dialect: Dialect) -> None:
        # What is not used is not loaded: PostgreSQL's types alone take 0.1 s of a start.
        insert: Any = import_module(f"sqlalchemy.dialects.{dialect.name}").insert(table)
        key = [column.name for column in table.primary_key]
        rest = {column.name: insert.excluded[column.name] for column in table.columns if not column.primary_key}
        compiled = insert.on_conflict_do_update(index_elements=key, set_=rest).compile(dialect=dialect)
        names: list[str] = compiled.positiontup
        processors = [table.columns[name].type.dialect_impl(dialect).bind_processor(dialect) for name in names]
        self.statement = str(compiled)
        self.key: Callable[[Row], Any] = attrgetter(*key)
        self._values: Callable[[Row], tuple[Any, ...]] = attrgetter(*names)
        self._processors = [(place, process) for place, process in enumerate(processors) if process is not None]

    def parameters(self, row: Row) -> tuple[Any, ...]:
        values = list(self._values(row))
        for place, process in self._processors:
            values[place] = process(values[place])
        return tuple(values)


def _removal(dialect: Dialect) -> str:
    """Return the statement that removes what is over from the table ``live``; its parameters are the kind and the SID."""
    of_row = (live.c.kind == bindparam("kind"), live.c.sid == bindparam("sid"))
    return str(delete(live).where(*of_row).compile(dialect=dialect))


class Writer:
    """Keeps rows in the order in which they came. ``run`` does the work, on a connection of its own.

    ``see_to_it`` is called before each transaction, ``before_connecting`` before each connection; what they raise counts as the
    database's refusal.
    """

    def __init__(
        self,
        engine: AsyncEngine,
        see_to_it: Callable[[], Awaitable[None]],
        before_connecting: Callable[[], Awaitable[None]],
    ) -> None:
        self._engine = engine
        self._see_to_it = see_to_it
        self._before_connecting = before_connecting
        self._upserts = {kind: _Upsert(table, engine.dialect) for kind, table in TABLES.items()}
        self._removal = _removal(engine.dialect)
        self._waiting: deque[_Written] = deque()
        self._work = asyncio.Event()
        self._hurry = asyncio.Event()
        self._connection: AsyncConnection | None = None
        self._alarmed = False
        self._dropped = 0
        self.backlog = 0
        self.failing: str | None = None
        self.on_committed: list[Callable[[float], None]] = []
        """Are told how many seconds each transaction took; must not raise."""

    def add(self, rows: Sequence[Row], then: Callable[[], None] | None) -> None:
        """Let ``rows`` be written, and ``then`` be called after that."""
        kept = tuple(rows)
        if self.backlog >= TOO_MANY_ROWS:
            kept = tuple(row for row in kept if not isinstance(row, DISPENSABLE))
            self._dropped += len(rows) - len(kept)
        if not kept and then is None:
            return
        self._waiting.append(_Written(kept, then))
        self.backlog += len(kept)
        self._work.set()
        if self.backlog >= MANY_ROWS and not self._alarmed:
            self._alarmed = True
            _tell(_log.error, "the database does not keep up; rows wait in memory", rows=self.backlog, cause=self.failing)

    async def run(self) -> None:
        """Write for ever."""
        while True:
            await self._work.wait()
            await self._gather()
            written = self._next()
            kept = await self._keep(written)
            for _ in written:
                self._waiting.popleft()
            self.backlog -= sum(len(one.rows) for one in written)
            if not self._waiting:
                self._work.clear()
            self._calm_down()
            for one in kept:
                if one.then is not None:
                    _call(one.then)
            # The database may answer without a pause; calls are to have their turn between two transactions.
            await asyncio.sleep(0)

    def hurry(self) -> None:
        """Write at once, for somebody waits for what was added."""
        self._hurry.set()

    async def _gather(self) -> None:
        if self.backlog < ROWS_PER_TRANSACTION:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(GATHER_SECONDS):
                    await self._hurry.wait()
        self._hurry.clear()

    async def close(self) -> None:
        """Give the connection back."""
        connection, self._connection = self._connection, None
        if connection is not None:
            with contextlib.suppress(SQLAlchemyError, OSError):
                await connection.close()

    def _next(self) -> list[_Written]:
        """Return what goes into the next transaction; what was given at once stays together."""
        taken: list[_Written] = []
        rows = 0
        for one in self._waiting:
            rows += len(one.rows)
            if taken and rows > ROWS_PER_TRANSACTION:
                break
            taken.append(one)
        return taken

    async def _keep(self, written: Sequence[_Written]) -> Sequence[_Written]:
        """Write until it has succeeded; return what was kept: all, but for rows that cannot be written at all."""
        pause = FIRST_RETRY_SECONDS
        since = time.monotonic()
        try:
            statements = self._statements(written)
        except Exception as error:  # noqa: BLE001 (whatever it is, it is a fault of these rows)
            return await self._keep_one_by_one(written, error)
        while True:
            try:
                await self._transaction(statements)
            except Exception as error:  # noqa: BLE001 (whatever it is, the rows want to be kept once it is over)
                await self._drop_connection()
                if is_about_the_data(error):
                    return await self._keep_one_by_one(written, error)
                self._note(plainly(error))
            else:
                self._note_success(since)
                return written
            await asyncio.sleep(pause)
            pause = min(pause * 2, LONGEST_RETRY_SECONDS)

    async def _keep_one_by_one(self, written: Sequence[_Written], error: Exception) -> Sequence[_Written]:
        """Keep the rows that cannot be written from keeping all others out."""
        if len(written) > 1:
            return [one for alone in written for one in await self._keep([alone])]
        # Without the text of the error, for it quotes values.
        orig = error.orig if isinstance(error, DBAPIError) else error
        kinds = sorted({type(row).__name__ for row in written[0].rows})
        _tell(_log.error, "rows are lost, for the database cannot keep such values", rows=kinds, cause=type(orig).__name__)
        return []

    def _statements(self, written: Sequence[_Written]) -> list[tuple[str, list[tuple[Any, ...]]]]:
        """Return what is to be executed, and with which parameters; of several rows with one key the last counts."""
        latest: dict[type, dict[Any, Row]] = {}
        for one in written:
            for row in one.rows:
                latest.setdefault(type(row), {})[self._upserts[type(row)].key(row)] = row
        over = [row for row in latest.get(LiveRow, {}).values() if isinstance(row, LiveRow) and row.data is None]
        for row in over:
            del latest[LiveRow][row.kind, row.sid]
        upserts = [(self._upserts[kind], rows.values()) for kind, rows in latest.items() if rows]
        statements = [(upsert.statement, [upsert.parameters(row) for row in rows]) for upsert, rows in upserts]
        return [*statements, (self._removal, [(row.kind, row.sid) for row in over])] if over else statements

    async def _transaction(self, statements: Sequence[tuple[str, list[tuple[Any, ...]]]]) -> None:
        if not statements:
            return
        began = time.monotonic()
        await self._see_to_it()
        if self._connection is None:
            await self._before_connecting()
            self._connection = await self._engine.connect()
        for statement, parameters in statements:
            await self._connection.exec_driver_sql(statement, parameters)
        await self._connection.commit()
        seconds = time.monotonic() - began
        for on_committed in self.on_committed:
            on_committed(seconds)

    async def _drop_connection(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            with contextlib.suppress(SQLAlchemyError, OSError):
                await connection.invalidate()
            with contextlib.suppress(SQLAlchemyError, OSError):
                await connection.close()

    def _note(self, cause: str) -> None:
        if self.failing is None:
            _tell(_log.error, "the database refuses; what it is to keep waits in memory", cause=cause)
        self.failing = cause

    def _note_success(self, since: float) -> None:
        if self.failing is not None:
            self.failing = None
            _tell(_log.warning, "the database works again", after_seconds=round(time.monotonic() - since, 1), rows=self.backlog)

    def _calm_down(self) -> None:
        if self._alarmed and self.backlog < MANY_ROWS // 2:
            self._alarmed = False
            _tell(_log.warning, "the database keeps up again", rows=self.backlog, dropped=self._dropped)
            self._dropped = 0


def _call(then: Callable[[], None]) -> None:
    try:
        then()
    except Exception:  # noqa: BLE001 (a fault there must not end the writing)
        _tell(_log.exception, "what was to happen after a commit went wrong")


def _tell(how: Callable[..., object], what: str, **facts: object) -> None:
    """Log it; that standard error is closed, say, must not end the writing."""
    with contextlib.suppress(OSError, ValueError):
        how(what, **facts)
