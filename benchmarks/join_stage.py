"""One Asterisk in which callers join rooms in three ways, with everything as a user gets it: what benchmarks of joining share.

Asterisk, callers, controller and application are processes of their own, each kept on a core: on a machine of two, callers and
controller have one of them.
"""

import asyncio
import tempfile
from asyncio.subprocess import Process
from collections.abc import AsyncIterator, Iterable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from ari_conf.private_asterisk import PrivateAsterisk, ensure_installed

from .callers import Heard
from .join_application import ROOM
from .measure import pin
from .processes import CORES, configured, order, said, serving, started

CONFBRIDGE, INLINE, WEBHOOK = "confbridge-room", "inline-room", "webhook-room"
RIVALS = (CONFBRIDGE, INLINE, WEBHOOK)

TONE = 440.0
_ALIKE = 0.1
_LOOKS = 5


class Stage:
    """A room for each rival, in which somebody talks all the time."""

    def __init__(self, asterisk: PrivateAsterisk, callers: Process, controller: Process) -> None:
        self.asterisk = asterisk
        self.controller = controller
        self._callers = callers

    async def open_rooms(self) -> None:
        """Let somebody talk in each room, and see that a caller hears the same in all of them."""
        for room in RIVALS:
            assert await order(self._callers, "stay", room, TONE), f"nobody may talk in {room}"
        loudness = dict.fromkeys(RIVALS, 0.0)
        for _ in range(_LOOKS):
            for room in RIVALS:
                # What a busy machine has lost of the tone makes it the quieter.
                loudness[room] = max(loudness[room], await order(self._callers, "hear", room, TONE))
            if max(loudness.values()) - min(loudness.values()) < _ALIKE < min(loudness.values()):
                return
        raise AssertionError(f"not the same is heard in all rooms: {loudness}")

    async def call(self, planned: Iterable[tuple[float, str]], stay: float) -> list[Heard]:
        """Make calls at times in seconds from now, and return what became of each when all are over."""
        return [Heard(*outcome) for outcome in await order(self._callers, "call", stay, list(planned))]


@asynccontextmanager
async def join_stage() -> AsyncIterator[Stage]:
    installed = await asyncio.to_thread(ensure_installed, lambda _line: None)
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        asterisk = await stack.enter_async_context(PrivateAsterisk(installed))
        application = await started(stack, "application", ["benchmarks.join_application"])
        port = int(await said(application, "([0-9]+)"))
        configured(folder, asterisk, _numbers(port))
        controller = await serving(stack, folder)
        callers = await started(stack, "callers", ["benchmarks.callers", str(asterisk.sip_port)])
        pin(asterisk.pid, CORES["asterisk"])
        stage = Stage(asterisk, callers, controller)
        await stage.open_rooms()
        yield stage


def _numbers(application: int) -> str:
    return f"""
[[numbers]]
match = "{INLINE}"
twiml = "{ROOM.format("{{To}}")}"

[[numbers]]
match = "{WEBHOOK}"
voice_url = "http://127.0.0.1:{application}/voice"
"""
