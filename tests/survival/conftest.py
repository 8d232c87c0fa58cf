"""A process that may be killed, on an Asterisk that keeps calls for as long as a slow start takes."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from ari_conf.private_asterisk import PrivateAsterisk, ensure_installed
from tests.app_server import AppServer
from tests.serving import AriConf
from tests.stage import clear_away

from .world import World


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def asterisk() -> AsyncIterator[PrivateAsterisk]:
    async with PrivateAsterisk(ensure_installed(print), keep_seconds=60) as running:
        yield running


@pytest.fixture
def stop() -> str:
    """What SIGTERM does with the calls of a world: ``[server] stop``."""
    return "hand-over"


@pytest.fixture
async def world(asterisk: PrivateAsterisk, tmp_path: Path, stop: str) -> AsyncIterator[World]:
    """A first life that takes calls."""
    async with AppServer() as app:
        numbers = f'[[numbers]]\nvoice_url = "{app.url("/voice")}"\nstatus_callback = "{app.url("/calls")}"\n'
        async with AriConf(tmp_path, asterisk, numbers, stop=stop) as running:
            world = World(app, running, asterisk)
            await world.live()
            try:
                yield world
            finally:
                await world.hang_up_all()
                print(running.log)  # shown of a test that has failed
        await clear_away(asterisk)
        assert app.bad_signatures == []
