"""A controller with the official SDK in front of it, on each engine."""

from collections.abc import AsyncIterator

import pytest

from ari_conf.private_asterisk import PrivateAsterisk
from tests.rest.desk import Desk
from tests.stage import set_stage


@pytest.fixture
async def desk(either_engine: PrivateAsterisk | None) -> AsyncIterator[Desk]:
    """On the Python mixer with its virtual phones, and on a real Asterisk with SIP phones."""
    async with set_stage(either_engine) as stage:
        yield Desk(stage)
