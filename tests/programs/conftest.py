import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from ari_conf.programs import SoundStore
from ari_conf.webhooks import WebhookClient
from tests.app_server import AppServer
from tests.programs.stage import Stage, ToneSpeech


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SoundStore]:
    store = SoundStore(tmp_path, speech=ToneSpeech())
    yield store
    store.close()


@pytest.fixture
async def stage(store: SoundStore) -> AsyncIterator[Stage]:
    async with AppServer() as app, WebhookClient() as webhooks:
        before = asyncio.all_tasks()
        yield Stage(app, store, webhooks)
        left = {task for task in asyncio.all_tasks() - before if "program" in task.get_name()}
        assert left == set()
        assert app.bad_signatures == []
