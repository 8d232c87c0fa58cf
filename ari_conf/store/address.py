"""Where a database is: what its URL says, which forms of it are taken, and how it is told without its password."""

from pathlib import Path
from typing import Final

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from .errors import StoreError

_DRIVERS: Final = {
    "sqlite": "sqlite+aiosqlite",
    "sqlite+aiosqlite": "sqlite+aiosqlite",
    "postgres": "postgresql+asyncpg",
    "postgresql": "postgresql+asyncpg",
    "postgresql+asyncpg": "postgresql+asyncpg",
}


def parse_url(text: str) -> URL:
    """Return the URL with the driver that we use. Raises ``StoreError`` if it names no database that we can use."""
    try:
        url = make_url(text)
    except (ArgumentError, ValueError) as error:
        # Without the value: there may be a password in it.
        raise StoreError(
            "database.url is no URL of a database; write sqlite:///path or postgresql://user:password@host/database"
        ) from error
    driver = _DRIVERS.get(url.drivername)
    if driver is None:
        raise StoreError(f"database.url begins with {url.drivername}://, which is not supported; use sqlite or postgresql")
    url = url.set(drivername=driver)
    if driver.startswith("sqlite"):
        if url.database in {None, "", ":memory:"}:
            raise StoreError("database.url names no file, so nothing would be kept; write sqlite:///path")
        return url.set(database=str(Path(url.database or "").expanduser()))
    if not url.database:
        raise StoreError("database.url names no database on the server; write postgresql://user:password@host/database")
    if "sslmode" in url.query:  # libpq's name of asyncpg's argument; people have it in their URLs
        query = {("ssl" if name == "sslmode" else name): value for name, value in url.query.items()}
        url = url.set(query=query)
    return url


def sqlite_path(url: URL) -> Path | None:
    """Return the file of an SQLite database, None for another."""
    return Path(url.database or "") if url.drivername.startswith("sqlite") else None


def describe(url: URL) -> str:
    """Say where the database is: its file, or its name and server. No user, no password."""
    path = sqlite_path(url)
    if path is not None:
        return str(path)
    host = url.host or url.query.get("host", "localhost")
    return f'"{url.database}" at {host}' + (f":{url.port}" if url.port else "")
