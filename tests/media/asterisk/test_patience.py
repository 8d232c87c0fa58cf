"""What is repeated when a request gets no answer, and when."""

import asyncio
from typing import Any

import pytest

from ari_conf.conference import InMix
from ari_conf.media.asterisk import patience, room
from ari_conf.media.asterisk.patience import Patience
from ari_conf.media.asterisk.transport import AriResponse
from ari_conf.media.port import EngineUnavailableError

from .scene import Scene, within_deadline


class Work:
    """Fails as often as it is told to, and counts its attempts."""

    def __init__(self, failures: int) -> None:
        self.attempts = 0
        self.has_failed = asyncio.Event()
        self._failures = failures

    async def attempt(self) -> int:
        self.attempts += 1
        if self.attempts <= self._failures:
            self.has_failed.set()
            raise EngineUnavailableError("no answer")
        return self.attempts


async def test_one_request_without_an_answer_stops_nobody_while_the_connection_is_there(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(patience, "AGAIN_AFTER", 0.01)
    ours, one, other = Patience(), Work(failures=2), Work(failures=0)
    ours.back()
    repeated = asyncio.create_task(ours.until_done(one.attempt))
    await within_deadline(one.has_failed.wait())
    assert await within_deadline(ours.until_done(other.attempt)) == 1
    assert await within_deadline(repeated) == 3


async def test_what_a_loss_has_interrupted_waits_for_the_comparison() -> None:
    ours, work = Patience(), Work(failures=1)
    ours.back()
    waiting = asyncio.create_task(ours.until_done(work.attempt))
    await within_deadline(work.has_failed.wait())
    ours.lost(final=False)
    for _ in range(10):
        await asyncio.sleep(0)
    assert work.attempts == 1
    ours.back()
    assert await within_deadline(waiting) == 2


async def test_nobody_waits_for_what_does_not_come_back() -> None:
    ours, work = Patience(), Work(failures=9)
    ours.back()
    waiting = asyncio.create_task(ours.until_done(work.attempt))
    await within_deadline(work.has_failed.wait())
    ours.lost(final=True)
    with pytest.raises(EngineUnavailableError):
        await within_deadline(waiting)


async def test_a_room_whose_request_gets_no_answer_is_arranged_all_the_same(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(room, "AGAIN_AFTER", 0.01)
    link = scene.engine._link
    call, unanswered = link.call, ["createWithId", "addChannel"]

    async def once_without_an_answer(resource: str, operation: str, **parameters: Any) -> AriResponse:
        if operation in unanswered:
            unanswered.remove(operation)
            raise EngineUnavailableError("no answer")
        return await call(resource, operation, **parameters)

    monkeypatch.setattr(link, "call", once_without_an_answer)
    await scene.call("ann", "bob")
    await scene.place({"ann": InMix(), "bob": InMix()})
    await scene.hears({"ann": {"bob"}, "bob": {"ann"}})
    assert unanswered == []
