"""A stage with the official SDK in front of it."""

from collections.abc import AsyncIterator

import pytest

from ari_conf.private_asterisk import PrivateAsterisk
from tests.rest.desk import Desk
from tests.stage import set_stage


@pytest.fixture
async def desk() -> AsyncIterator[Desk]:
    """A controller on the Python mixer, with the official SDK in front of it."""
    async with set_stage(None) as stage:
        yield Desk(stage)


@pytest.fixture
async def either_desk(either_engine: PrivateAsterisk | None) -> AsyncIterator[Desk]:
    """The same on both engines, for what is heard."""
    async with set_stage(either_engine) as stage:
        yield Desk(stage)
