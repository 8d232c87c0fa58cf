"""One controller for each database: two would both go on with the calls that are kept there."""

import fcntl
import os
from pathlib import Path
from typing import Final, Protocol

from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from .errors import StoreError

CLAIM_KEY: Final = 0x6172_6963_6C61_696D
"""The name of our lock in PostgreSQL: "ariclaim" in ASCII."""


class Claim(Protocol):
    """A claim that is held until ``release``, or the end of the process, whatever its end is."""

    async def release(self) -> None:
        """Let somebody else have it."""
        ...

    async def is_held(self) -> bool:
        """Tell whether it still is there: a server that was restarted has forgotten it, and a file may be removed."""
        ...


class _FileClaim:
    def __init__(self, file: int, path: Path) -> None:
        self._file = file
        self._path = path

    async def release(self) -> None:
        if self._file >= 0:
            os.close(self._file)
            self._file = -1

    async def is_held(self) -> bool:
        if self._file < 0:
            return False
        try:
            return os.path.samestat(os.fstat(self._file), self._path.stat())
        except FileNotFoundError:
            return False


class _ConnectionClaim:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def release(self) -> None:
        await self._connection.close()

    async def is_held(self) -> bool:
        try:
            await self._connection.execute(text("SELECT 1"))
        except (SQLAlchemyError, OSError):
            return False
        return True


def claim_file(database: Path, where: str) -> Claim:
    """Claim an SQLite database, by a lock on a file beside it. Raises ``StoreError`` if somebody has, and OSError."""
    path = database.with_name(database.name + ".lock")
    file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        owner = os.read(file, 20).decode(errors="replace").strip()
        os.close(file)
        raise _taken(where, f" (process {owner})" if owner.isdigit() else "") from None
    os.ftruncate(file, 0)
    os.write(file, f"{os.getpid()}\n".encode())
    return _FileClaim(file, path)


async def claim_server(engine: AsyncEngine, where: str) -> Claim:
    """Claim a PostgreSQL database, by a lock of a connection. Raises ``StoreError`` if somebody has, SQLAlchemy's errors."""
    connection = await (await engine.connect()).execution_options(isolation_level="AUTOCOMMIT")
    try:
        got = (await connection.execute(text("SELECT pg_try_advisory_lock(:key)"), {"key": CLAIM_KEY})).scalar()
    except BaseException:
        await connection.close()
        raise
    if not got:
        await connection.close()
        raise _taken(where, "")
    return _ConnectionClaim(connection)


def _taken(where: str, owner: str) -> StoreError:
    return StoreError(
        f"another ari-conf{owner} serves the calls of the database {where}; stop that one first, or give this one a "
        "database and an application of Asterisk of its own (database.url, asterisk.app)"
    )
