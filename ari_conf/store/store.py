"""The store: a database that is written without anybody waiting for it, and read as rows."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any, Final, TypeVar

import structlog
from sqlalchemy import URL, Select, event
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from .address import describe, parse_url, sqlite_path
from .causes import plainly
from .claim import Claim, claim_file, claim_server
from .errors import StoreError
from .file import DatabaseFile
from .migrate import Form, begin_alone, form_of, migrate
from .rows import Row
from .tables import TABLES, to_json
from .writer import Writer

_log = structlog.get_logger(__name__)

R = TypeVar("R", bound=Row)

CLOSE_SECONDS: Final = 10.0
"""How long a store that closes goes on trying to write what waits."""

BUSY_SECONDS: Final = 5.0
"""How long SQLite waits for somebody else's transaction before it says that the database is locked."""

ANSWER_SECONDS: Final = 30.0
"""How long PostgreSQL may take for a statement; after that the connection counts as dead."""


class Store:
    """The database at ``url``, SQLite or PostgreSQL. Raises ``StoreError`` if that is no such URL.

    Rows that are written before it is open wait until it is.
    """

    def __init__(self, url: str) -> None:
        self.url: URL = parse_url(url)
        self._engine = _make_engine(self.url)
        self._file = DatabaseFile(self.path) if self.path is not None else None
        self._writer = Writer(self._engine, self._see_to_file, self._see_to_claim)
        self._writing: asyncio.Task[None] | None = None
        self._claim: Claim | None = None
        self._on_claim_lost: Callable[[str], None] = lambda _cause: None
        self._closed = False

    @property
    def where(self) -> str:
        """Where the database is, without its user and password."""
        return describe(self.url)

    @property
    def path(self) -> Path | None:
        """The file of an SQLite database, None for PostgreSQL."""
        return sqlite_path(self.url)

    @property
    def backlog(self) -> int:
        """How many rows wait to be written."""
        return self._writer.backlog

    def measure(self, on_committed: Callable[[float], None]) -> None:
        """Let ``on_committed``, too, be told how many seconds each transaction takes that writes; it must not raise."""
        self._writer.on_committed.append(on_committed)

    @property
    def failing(self) -> str | None:
        """Why the database refuses at the moment, in its own words; None while it does not."""
        return self._writer.failing

    async def open(self) -> None:
        """Make the database if there is none, bring its tables up to date and begin to write.

        Raises ``StoreError`` with the cause and what helps.
        """
        try:
            with self._clear_errors():
                await self._prepare()
        except StoreError:
            await self._engine.dispose()
            raise
        self._writing = asyncio.create_task(self._writer.run(), name="database writer")

    async def claim(self, on_lost: Callable[[str], None] = lambda _cause: None) -> None:
        """Be the one who serves the calls that are kept here, until it is closed or the process dies.

        Raises ``StoreError`` if another process is. A server that goes and comes back forgets it; if another process is quicker
        then, nothing is written any more and ``on_lost`` is called with the cause.
        """
        self._on_claim_lost = on_lost
        with self._clear_errors():
            self._claim = await self._make_claim()

    async def close(self) -> None:
        """Write what waits, for ten seconds at most if the database refuses, and close. Closing twice is harmless."""
        if self._closed:
            return
        try:
            if self._writing is not None:
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(CLOSE_SECONDS):
                        await self.flush()
        finally:
            self._closed = True
            if self._writing is not None:
                self._writing.cancel()
                await asyncio.wait([self._writing])
                await self._writer.close()
            if self._claim is not None:
                with contextlib.suppress(SQLAlchemyError, OSError):
                    await self._claim.release()
            await self._engine.dispose()
            if self.backlog:
                _log.error("the database was closed before all was written", rows=self.backlog, cause=self.failing)

    async def form(self) -> Form:
        """Return what form the tables have; the store need not be open. Raises ``StoreError`` if it cannot be told."""
        with self._clear_errors():
            return await form_of(self._engine)

    def write(self, rows: Sequence[Row], then: Callable[[], None] | None = None) -> None:
        """Write ``rows``, all in one transaction, in the place of those with the same keys; then call ``then``.

        Returns at once. What is written first is kept first. ``then`` is called on the event loop after the commit.
        Raises ``RuntimeError`` if the store is closed.
        """
        if self._closed:
            raise RuntimeError(f"the database {self.where} is closed")
        self._writer.add(rows, then)

    async def flush(self) -> None:
        """Wait until all that was written so far is committed."""
        done = asyncio.get_running_loop().create_future()
        self.write((), lambda: None if done.done() else done.set_result(None))
        self._writer.hurry()
        await done

    def connect(self) -> AbstractAsyncContextManager[AsyncConnection]:
        """Return a connection to read with, for ``async with``. Raises SQLAlchemy's errors."""
        return self._engine.connect()

    def alone(self) -> AbstractAsyncContextManager[AsyncConnection]:
        """Return a connection in a transaction that waits for those of other processes that asked for the same.

        It is committed at the end of ``async with``. What happens in it has to be quick.
        """
        return self._alone()

    async def rows(self, kind: type[R], statement: Select[Any]) -> list[R]:
        """Return what ``statement``, a select of all columns of the table of ``kind``, finds."""
        names = [column.name for column in TABLES[kind].columns]
        async with self.connect() as connection:
            result = await connection.execute(statement)
            return [kind(**dict(zip(names, found, strict=True))) for found in result]

    @contextlib.asynccontextmanager
    async def _alone(self) -> AsyncIterator[AsyncConnection]:
        async with self._engine.connect() as connection:
            await begin_alone(connection)
            yield connection
            await connection.commit()

    async def _prepare(self) -> None:
        if self._file is not None:
            self._file.make()
        await migrate(self._engine)

    async def _see_to_file(self) -> None:
        """Make a file anew that was removed: SQLite would go on writing into what no name leads to. Raises OSError at first."""
        if self._file is None or not self._file.is_gone():
            return
        await self._engine.dispose()
        await self._prepare()
        await self._see_to_claim()

    async def _make_claim(self) -> Claim:
        return await claim_server(self._engine, self.where) if self.path is None else claim_file(self.path, self.where)

    async def _see_to_claim(self) -> None:
        """Claim it again if that was forgotten. Raises ``StoreError`` if somebody else has, SQLAlchemy's errors and OSError."""
        if self._claim is None or await self._claim.is_held():
            return
        claim, self._claim = self._claim, None
        with contextlib.suppress(SQLAlchemyError, OSError):
            await claim.release()
        try:
            self._claim = await self._make_claim()
        except StoreError as error:
            self._on_claim_lost(str(error))
            raise
        finally:
            if self._claim is None:
                self._claim = claim

    @contextlib.contextmanager
    def _clear_errors(self) -> Iterator[None]:
        try:
            yield
        except (SQLAlchemyError, OSError) as error:
            help_ = (
                "see that the server runs, and that database.url names its host, database, user and password"
                if self.path is None
                else "see that it is a database of ari-conf and can be written; database.url or XDG_STATE_HOME names another"
            )
            raise StoreError(f"the database {self.where} cannot be used: {plainly(error)}; {help_}") from error


def _make_engine(url: URL) -> AsyncEngine:
    sqlite = sqlite_path(url) is not None
    arguments: dict[str, Any] = (
        {"timeout": BUSY_SECONDS}
        if sqlite
        else {"timeout": ANSWER_SECONDS, "command_timeout": ANSWER_SECONDS, "server_settings": {"application_name": "ari_conf"}}
    )
    try:
        engine = create_async_engine(
            url, connect_args=arguments, json_serializer=to_json, hide_parameters=True, pool_pre_ping=not sqlite
        )
    except ModuleNotFoundError as error:
        raise StoreError(
            f"PostgreSQL needs {error.name}, which is not installed: pip install 'ari-conf[postgresql]'"
        ) from error
    if sqlite:
        event.listen(engine.sync_engine, "connect", _set_up_sqlite)
    return engine


def _set_up_sqlite(connection: Any, _record: object) -> None:
    cursor = connection.cursor()
    cursor.execute("PRAGMA synchronous=FULL")
    cursor.close()
