"""A scene on the Asterisk that all tests share."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from ari_conf.private_asterisk import PrivateAsterisk

from .scene import Scene, set_scene


@pytest.fixture
async def scene(asterisk: PrivateAsterisk, tmp_path: Path) -> AsyncIterator[Scene]:
    async with set_scene(asterisk, tmp_path) as made:
        yield made
