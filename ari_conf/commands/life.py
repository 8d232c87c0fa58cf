"""The life of a controller that a command runs, up to its end: by a signal, or because it cannot go on."""

import asyncio
import contextlib
import gc
import signal
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any

from ari_conf.app import Controller
from ari_conf.service_manager import ServiceManager
from ari_conf.settings import ServerSettings
from ari_conf.stopping import Fate, draining, ending

from .terminal import say


class Stop:
    """What SIGINT and SIGTERM do to some work: they cancel it, once. If it is ``gentle``, the first one is only ``asked``.

    Nothing is cancelled any more when it is ``ending``: what clears up is not for somebody who is impatient to cut short.
    """

    def __init__(self) -> None:
        self.gentle = False
        self.ending = False
        self.asked = asyncio.Event()

    def on_signal(self, work: "asyncio.Future[None]") -> None:
        """Do it."""
        if self.gentle and not self.asked.is_set():
            self.asked.set()
        elif not self.ending:
            self.ending = True
            work.cancel()


async def until_signal(work: Callable[[Stop], Coroutine[Any, Any, None]]) -> None:
    """Run ``work`` until it ends; at SIGINT or SIGTERM it is stopped, and clears up behind itself."""
    stop = Stop()
    task = asyncio.ensure_future(work(stop))
    for sig in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(sig, stop.on_signal, task)
    with contextlib.suppress(asyncio.CancelledError):
        await task


@dataclass(frozen=True, slots=True)
class Life:
    """A ``controller`` that has been started; ``fate`` is that of the calls which are up at its end."""

    controller: Controller
    server: ServerSettings
    stop: Stop
    manager: ServiceManager
    fate: Fate

    async def lead(self, broken: Coroutine[Any, Any, None]) -> None:
        """Live until it is to end, and tell the operator of each step. What ``broken`` raises ends it at once."""
        self.stop.gentle = self.server.stop == "finish"
        _keep_what_is_there()
        self.manager.ready(self.controller.condition)
        watching = asyncio.ensure_future(broken)
        try:
            await _first(watching, self.stop.asked.wait())
            await _first(watching, self._drain())
            say(ending(self.controller.condition, self.fate))
        except asyncio.CancelledError:
            say(ending(self.controller.condition, self.fate))
            raise
        finally:
            self.stop.ending = True
            self.manager.stopping(self.controller.condition)
            await _end(watching)

    async def _drain(self) -> None:
        within = self.server.finish_within
        self.controller.drain()
        self.manager.stopping(self.controller.condition)
        say(draining(self.controller.condition, within, self.fate))
        await self.controller.finished(within)


async def _first(watching: "asyncio.Future[None]", work: Coroutine[Any, Any, Any]) -> None:
    """Wait for ``work``, unless something breaks before; that is raised."""
    task: asyncio.Future[Any] = asyncio.ensure_future(work)
    try:
        await asyncio.wait({watching, task}, return_when=asyncio.FIRST_COMPLETED)
        for one in (watching, task):
            if one.done():
                one.result()
    finally:
        await _end(task)


async def _end(task: "asyncio.Future[Any]") -> None:
    task.cancel()
    await asyncio.wait({task})
    if not task.cancelled():
        task.exception()  # whoever waits for it has been told


def _keep_what_is_there() -> None:
    """Have the garbage collector pass over what the start has made, which stays.

    Everything stands still while it looks through all there is, which it does as soon as somebody reads the history of a long
    conference, say: some 0.2 s, and a tenth of that without what the libraries have made.
    """
    gc.collect()
    gc.freeze()
