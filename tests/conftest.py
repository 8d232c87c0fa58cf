"""What all tests share: one private Asterisk and one PostgreSQL, and a stage on each engine."""

import gc
import itertools
import os
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import asyncpg
import pytest
import pytest_asyncio
import structlog

from ari_conf.private_asterisk import PrivateAsterisk, ensure_installed
from ari_conf.store import Store

from .postgres import NoPostgresError, running_postgres
from .stage import Stage, set_stage

# A traceback with the values of all local variables takes seconds to print, and hides the fault in them.
structlog.configure(
    processors=[
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback),
    ]
)

# Before any settings are made: no test may touch what the user keeps.
_STATE = tempfile.TemporaryDirectory(prefix="ari-conf-tests-")
os.environ["XDG_STATE_HOME"] = _STATE.name
# Before any console is made: what commands print is not to depend on who runs the tests where.
os.environ["COLUMNS"] = "200"


def pytest_collection_finish() -> None:
    """Take what is loaded by now out of the collections of garbage: each would stop the phones, which share the interpreter.

    With some thousand tests loaded that is a third of a second, and heard.
    """
    gc.collect()
    gc.freeze()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def asterisk() -> AsyncIterator[PrivateAsterisk]:
    """A running Asterisk of the development profile; its rooms are empty at the beginning of each test."""
    async with PrivateAsterisk(ensure_installed(print), keep_seconds=3) as running:
        yield running


@pytest.fixture(params=["local", "asterisk"])
def either_engine(request: pytest.FixtureRequest) -> PrivateAsterisk | None:
    """None for the Python mixer, else the Asterisk; a test that asks for this runs on both."""
    if request.param == "local":
        return None
    running: PrivateAsterisk = request.getfixturevalue("asterisk")
    return running


@pytest.fixture
async def stage(either_engine: PrivateAsterisk | None) -> AsyncIterator[Stage]:
    """A controller whose application answers at ``/voice``, on the Python mixer and on a real Asterisk."""
    async with set_stage(either_engine) as made:
        yield made


_numbers = itertools.count()


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The URL of a running PostgreSQL."""
    try:
        with running_postgres() as url:
            yield url
    except NoPostgresError as error:
        pytest.skip(str(error))


@pytest.fixture
async def postgres_url(postgres: str) -> str:
    name = f"test_{next(_numbers)}"
    connection = await asyncpg.connect(postgres)
    await connection.execute(f"CREATE DATABASE {name} TEMPLATE template0")
    await connection.close()
    return postgres.replace("/postgres?", f"/{name}?")


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'state' / 'ari-conf.db'}"


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """The URL of an empty database; a test that asks for this runs on both."""
    found: str = request.getfixturevalue("sqlite_url" if request.param == "sqlite" else "postgres_url")
    return found


@pytest.fixture
async def store(database_url: str) -> AsyncIterator[Store]:
    """An open store, on both databases."""
    made = Store(database_url)
    await made.open()
    yield made
    await made.close()
