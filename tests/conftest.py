"""What all tests share: one private Asterisk, and a stage on each engine."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from ari_conf.private_asterisk import PrivateAsterisk, ensure_installed

from .stage import Stage, set_stage


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
