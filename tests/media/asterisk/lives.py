"""Controllers that are killed: an engine that is cut off for ever, and the next one, which remembers its calls."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ari_conf.conference import AudioPlan
from ari_conf.media.asterisk.engine import AsteriskEngine
from ari_conf.media.asterisk.errors import AriLostError
from ari_conf.media.asterisk.link import AriAddress
from ari_conf.media.asterisk.transport import AriResponse
from ari_conf.media.port import KnownCall, KnownRecording
from ari_conf.private_asterisk import PrivateAsterisk

from .proxy import Proxy
from .scene import Scene, set_scene, within_deadline


@dataclass(slots=True, eq=False)
class Lives:
    """``scene.engine`` is the present life's; ``known`` says what the next one will remember of calls, by phones' names."""

    scene: Scene
    proxy: Proxy
    known: dict[str, KnownCall] = field(default_factory=dict)
    requests: list[str] = field(default_factory=list)
    """The operations that the present life has asked Asterisk for since ``watch``."""
    kill_after: int = 0
    killed_by_request: asyncio.Event = field(default_factory=asyncio.Event)
    killed: asyncio.Event = field(default_factory=asyncio.Event)
    _proxies: list[Proxy] = field(default_factory=list)
    _dead: list[AsteriskEngine] = field(default_factory=list)

    async def kill(self) -> None:
        """Let the engine die where it stands."""
        await self.proxy.close()
        self.killed.set()
        self._dead.append(self.scene.engine)
        self.scene.events.clear()

    async def start(self, *plans: AudioPlan, recordings: Sequence[KnownRecording] = ()) -> None:
        """Begin the next life with plans that are in force, or are to be, when it begins."""
        await self.prepare()
        self.watch()
        self.remember(recordings)
        applied = [self.scene.engine.apply(plan) for plan in plans]
        await within_deadline(self.scene.engine.start())
        await within_deadline(asyncio.gather(*applied))

    async def restart(self, *plans: AudioPlan, recordings: Sequence[KnownRecording] = ()) -> None:
        """End a life and begin the next one."""
        await self.kill()
        await self.start(*plans, recordings=recordings)

    async def prepare(self) -> None:
        """Make the engine of the next life."""
        scene, asterisk = self.scene, self.scene.asterisk
        # Each life has a proxy of its own: an engine that was killed must not come back.
        self.proxy = Proxy(asterisk.ari_url)
        await self.proxy.open()
        self._proxies.append(self.proxy)
        address = AriAddress(self.proxy.url, asterisk.ari_username, asterisk.ari_password)
        scene.engine = AsteriskEngine(address, sounds=scene.sounds, recordings=scene.recordings)
        self.killed = asyncio.Event()

    def remember(self, recordings: Sequence[KnownRecording] = ()) -> None:
        """Let the engine know the calls of all phones."""
        calls = [self.known.get(name) or came(sid) for name, sid in self.scene.sids.items() if name in self.scene.phones]
        self.scene.engine.remember(calls, recordings)

    def watch(self) -> None:
        """Note what the engine asks for from now on, and kill it after ``kill_after`` of it, before it sees the answer."""
        link = self.scene.engine._link
        call, killed = link.call, self.killed
        requests = self.requests = []

        async def watched(resource: str, operation: str, **parameters: Any) -> AriResponse:
            if killed.is_set():
                raise AriLostError("killed")
            try:
                return await call(resource, operation, **parameters)
            finally:
                if not killed.is_set():
                    requests.append(operation)
                    if len(requests) == self.kill_after:
                        await self.kill()
                        self.killed_by_request.set()
                if killed.is_set():
                    raise AriLostError("killed")

        link.call = watched  # type: ignore[method-assign]

    async def cut_short(self, begin: Callable[[], Awaitable[object]], *, after: int) -> bool:
        """Kill the engine after so many requests of some work, or of its start; return False if it takes fewer."""
        self.requests.clear()
        self.kill_after, self.killed_by_request = after, asyncio.Event()
        work, killed = asyncio.ensure_future(begin()), asyncio.ensure_future(self.killed_by_request.wait())
        await within_deadline(asyncio.wait({work, killed}, return_when=asyncio.FIRST_COMPLETED))
        self.kill_after = 0
        killed.cancel()
        if self.killed_by_request.is_set():
            work.cancel()
            await asyncio.gather(work, return_exceptions=True)
        else:
            await work
        return self.killed_by_request.is_set()

    async def bury(self) -> None:
        """End what is left of engines that were killed, and of the ways to Asterisk."""
        await asyncio.gather(*(engine.stop() for engine in self._dead))
        await asyncio.gather(*(proxy.close() for proxy in self._proxies))


def came(call_sid: str, *recordings: KnownRecording) -> KnownCall:
    return KnownCall(call_sid=call_sid, placed=False, answered=True, recordings=recordings)


@contextlib.asynccontextmanager
async def several_lives(asterisk: PrivateAsterisk, folder: Path) -> AsyncIterator[Lives]:
    """Run an engine that can be killed; nothing may be left in Asterisk when the last one has stopped."""
    async with Proxy(asterisk.ari_url) as proxy:
        lives: Lives | None = None
        try:
            async with set_scene(asterisk, folder, url=proxy.url) as scene:
                lives = Lives(scene, proxy)
                lives.watch()
                yield lives
        finally:
            if lives is not None:
                await lives.bury()
