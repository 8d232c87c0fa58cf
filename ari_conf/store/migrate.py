"""Brings the tables of a database up to date. Several processes may do so at once."""

import asyncio
from enum import StrEnum
from typing import Final

from sqlalchemy import Connection, inspect, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from .errors import StoreError

LOCK_KEY: Final = 0x6172_6963_6F6E_66
"""The name of our advisory lock in PostgreSQL: "ariconf" in ASCII."""

REVISIONS: Final = ("0001", "0002", "0003", "0004")
"""Of the tables, up to this version's: what ``migrations/versions`` would tell, if a start had to read it each time."""

_WAL_TRIES: Final = 50
_WAL_PAUSE_SECONDS: Final = 0.1


class Form(StrEnum):
    """The form of a database's tables, seen from this version."""

    EMPTY = "empty"
    OLD = "old"
    CURRENT = "current"
    NEWER = "newer"


async def migrate(engine: AsyncEngine) -> None:
    """Make the tables, or bring them to this version's form. Raises ``StoreError`` if a newer version has been there."""
    async with engine.connect() as connection:
        if connection.dialect.name == "sqlite":
            await _write_ahead(connection)
        await begin_alone(connection)
        await connection.run_sync(_upgrade)
        await connection.commit()


async def begin_alone(connection: AsyncConnection) -> None:
    """Begin a transaction that nobody else of ours is in at the same time."""
    if connection.dialect.name == "sqlite":
        # The driver would begin only at the first change, and one that has read by then cannot wait for its turn.
        await connection.exec_driver_sql("BEGIN IMMEDIATE")
    else:
        await connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": LOCK_KEY})


async def form_of(engine: AsyncEngine) -> Form:
    """Return what form the tables have. Changes nothing; raises SQLAlchemy's errors and OSError."""
    async with engine.connect() as connection:
        return await connection.run_sync(_form)


async def _write_ahead(connection: AsyncConnection) -> None:
    """Let readers go on while somebody writes. The file keeps this; SQLite does not wait for others while it changes it."""
    for attempt in range(_WAL_TRIES):
        try:
            await connection.exec_driver_sql("PRAGMA journal_mode=WAL")
        except OperationalError as error:
            if "locked" not in str(error.orig) or attempt == _WAL_TRIES - 1:
                raise
            await asyncio.sleep(_WAL_PAUSE_SECONDS)
        else:
            await connection.rollback()
            return


def _form(connection: Connection) -> Form:
    if not inspect(connection).has_table("alembic_version"):
        return Form.EMPTY
    revision = connection.scalar(text("SELECT version_num FROM alembic_version"))
    if revision is None:
        return Form.EMPTY
    if revision not in REVISIONS:
        return Form.NEWER
    return Form.CURRENT if revision == REVISIONS[-1] else Form.OLD


def _upgrade(connection: Connection) -> None:
    form = _form(connection)
    if form is Form.NEWER:
        raise StoreError(
            "the database was last used by a newer version of ari-conf, and its tables have changed since this one; "
            "run that version, or set database.url to another database"
        )
    if form is not Form.CURRENT:
        from .upgrade import upgrade  # noqa: PLC0415 - alembic takes as long to load as SQLAlchemy, and is hardly ever needed

        upgrade(connection)
