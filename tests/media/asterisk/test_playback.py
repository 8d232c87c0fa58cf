"""Playbacks without an Asterisk: what becomes of one whose end is not told."""

import asyncio
from typing import Any, cast

from ari_conf.media.asterisk.errors import AriRefusedError
from ari_conf.media.asterisk.link import AriAddress, AriLink
from ari_conf.media.asterisk.playback import Outcome, Playback, Playbacks
from tests.stage import leaves_no_task, within_deadline


class _TellsNothing:
    """A link to an Asterisk that ends a playback some time after it was asked to, and tells no event of it."""

    address = AriAddress("http://127.0.0.1:1", "user", "password", "app")

    def __init__(self) -> None:
        self.stopped = 0

    async def call(self, resource: str, operation: str, **_parameters: Any) -> None:
        assert (resource, operation) == ("playbacks", "stop")
        self.stopped += 1
        if self.stopped == 3:
            raise AriRefusedError("DELETE", "playbacks/1", 404, "Playback not found")


async def test_a_playback_that_was_stopped_is_over_when_it_is_gone_though_no_event_tells_so() -> None:
    link = _TellsNothing()
    playbacks = Playbacks(cast("AriLink", link))
    among: set[Playback] = set()

    asked = asyncio.Event()

    async def start() -> None:
        asked.set()

    async with leaves_no_task():
        running = asyncio.create_task(playbacks.run("1", start, among))
        await within_deadline(asked.wait())
        await within_deadline(playbacks.stop_all(among))
        assert await within_deadline(running) is Outcome.STOPPED
    assert link.stopped == 3
    assert among == set()
