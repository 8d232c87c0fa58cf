"""A process that may be killed, on an Asterisk that keeps calls for as long as a slow start takes."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import pytest_asyncio

from ari_conf.private_asterisk import PrivateAsterisk, ensure_installed
from tests.app_server import AppServer
from tests.media.asterisk.proxy import Proxy
from tests.serving import AriConf
from tests.stage import clear_away

from .world import HOLD, World


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def asterisk() -> AsyncIterator[PrivateAsterisk]:
    async with PrivateAsterisk(ensure_installed(print), keep_seconds=60) as running:
        yield running


@pytest.fixture
def stop() -> str:
    """What SIGTERM does with the calls of a world: ``[server] stop``."""
    return "hand-over"


@asynccontextmanager
async def living(
    asterisk: PrivateAsterisk, folder: Path, *, ari_url: str = "", impatient: bool = False, stop: str = "hand-over"
) -> AsyncIterator[World]:
    """A first life that takes calls."""
    program = "tests.survival.impatient" if impatient else "ari_conf"
    async with AppServer() as app:
        numbers = f'[[numbers]]\nvoice_url = "{app.url("/voice")}"\nstatus_callback = "{app.url("/calls")}"\n'
        async with AriConf(folder, asterisk, numbers, ari_url=ari_url, program=program, stop=stop) as running:
            world = World(app, running, asterisk)
            app.voice["/after"] = HOLD
            await world.live()
            try:
                yield world
            finally:
                await world.hang_up_all()
                print(running.log)  # shown of a test that has failed
        await clear_away(asterisk)
        assert app.bad_signatures == []


@pytest.fixture
async def world(asterisk: PrivateAsterisk, tmp_path: Path, stop: str) -> AsyncIterator[World]:
    async with living(asterisk, tmp_path, stop=stop) as made:
        yield made


@pytest.fixture
async def impatient(asterisk: PrivateAsterisk, tmp_path: Path) -> AsyncIterator[World]:
    """A first life with short deadlines, and a clock that can be set."""
    async with living(asterisk, tmp_path, impatient=True) as made:
        yield made


@pytest.fixture
async def proxy(asterisk: PrivateAsterisk) -> AsyncIterator[Proxy]:
    async with Proxy(asterisk.ari_url) as made:
        yield made


@pytest.fixture
async def behind_proxy(asterisk: PrivateAsterisk, proxy: Proxy, tmp_path: Path) -> AsyncIterator[World]:
    """A first life with short deadlines, whose way to Asterisk is ``proxy``."""
    async with living(asterisk, tmp_path, ari_url=proxy.url, impatient=True) as made:
        yield made
