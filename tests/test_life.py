"""What signals do to the work of a command: once it clears up, nobody cuts that short."""

import asyncio
import contextlib
import gc

import pytest

from ari_conf.commands.life import Stop
from ari_conf.commands.running import serve
from ari_conf.settings import ServerSettings, Settings
from tests.stage import ACCOUNT, until, within_deadline


class Work:
    """Goes on until it is cancelled, and then clears up until it ``may_end``."""

    def __init__(self) -> None:
        self.began, self.clears, self.may_end = asyncio.Event(), asyncio.Event(), asyncio.Event()
        self.cleared = False
        self.task = asyncio.create_task(self._run())

    async def _run(self) -> None:
        try:
            self.began.set()
            await asyncio.Event().wait()
        finally:
            self.clears.set()
            await self.may_end.wait()
            self.cleared = True

    async def end(self) -> None:
        self.may_end.set()
        with pytest.raises(asyncio.CancelledError):
            await within_deadline(self.task)
        assert self.cleared


async def test_the_first_signal_cancels_and_others_do_not_cut_short_what_clears_up() -> None:
    stop, work = Stop(), Work()
    await within_deadline(work.began.wait())
    stop.on_signal(work.task)
    await within_deadline(work.clears.wait())
    stop.on_signal(work.task)
    await work.end()


async def test_the_first_signal_of_a_gentle_stop_only_asks() -> None:
    stop, work = Stop(), Work()
    stop.gentle = True
    await within_deadline(work.began.wait())
    stop.on_signal(work.task)
    assert stop.asked.is_set()
    assert not work.task.cancelling()
    stop.on_signal(work.task)
    await within_deadline(work.clears.wait())
    await work.end()


async def test_nothing_is_cancelled_when_the_work_has_come_to_its_end() -> None:
    stop, work = Stop(), Work()
    stop.ending = True
    await within_deadline(work.began.wait())
    stop.on_signal(work.task)
    assert not work.task.cancelling()
    work.task.cancel()
    await work.end()


async def test_what_a_start_has_made_is_not_looked_through_again_and_again() -> None:
    gc.unfreeze()
    settings = Settings(engine="local", server=ServerSettings(port=0))
    serving = asyncio.create_task(serve(settings, (ACCOUNT,), Stop()))
    try:
        await until(lambda: gc.get_freeze_count() > 0 or serving.done())
    finally:
        gc.unfreeze()
        serving.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await serving
