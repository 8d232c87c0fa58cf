"""How loud calls speak, while somebody watches: what a snoop channel hears of each comes to us over a WebSocket.

Each has a bridge of its own, with the snoop and a channel whose audio Asterisk sends to us. We open the WebSocket, at the
address of ARI: so no port of ours is open, and Asterisk need not reach us. Nothing of it is kept across a loss of the
connection: after that, and at a start, whatever is left of it is removed as everything of ours that nobody knows.
"""

import asyncio
import contextlib
import itertools
import secrets
from collections.abc import Collection, Coroutine, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import aiohttp
import numpy as np
import structlog

from ari_conf.media.levels import LEVEL_SECONDS, Loudness, OnLevels
from ari_conf.media.port import EngineError, EngineUnavailableError

from . import names
from .bridge import Bridge
from .errors import AriLostError, AriRefusedError
from .leg import Leg
from .link import AriLink
from .patience import AGAIN_AFTER
from .snoops import Snoops
from .transport import REQUEST_TIMEOUT

log = structlog.get_logger(__name__)

MOST_LEVELS: Final = 25
"""How many calls are measured at once: for so many Asterisk needs a fifth of a core more, and we a tenth."""

_STOP_SECONDS: Final = 2.0
"""How long a stopping engine waits until nothing of it is left in Asterisk."""

_REMEDY: Final = "load chan_websocket.so in Asterisk (22.6, 21.11 or 20.16 at least; see asterisk-config/) to see levels"


def _nobody(_levels: Mapping[str, float]) -> None:
    pass


@dataclass(slots=True, eq=False)
class _Measured:
    """A call that is measured, or about to be: ``loudness`` is None until it is heard."""

    leg: Leg
    task: "asyncio.Task[None]" = field(init=False)
    loudness: Loudness | None = None

    def cancel(self) -> None:
        """Measure it no longer."""
        self.task.cancel()


class Levels:
    """The levels of calls. ``legs`` are all calls by Call SID. While the connection is lost, it only knows who is wanted."""

    def __init__(self, link: AriLink, snoops: Snoops, legs: Mapping[str, Leg]) -> None:
        self._link = link
        self._snoops = snoops
        self._legs = legs
        self._wanted: tuple[str, ...] = ()
        self._on_levels: OnLevels = _nobody
        self._ready = False
        self._able = True
        self._measured: dict[str, _Measured] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._starts: dict[str, asyncio.Future[None]] = {}
        self._ticks: asyncio.TimerHandle | None = None
        self._again: asyncio.TimerHandle | None = None

    def watch(self, call_sids: Collection[str], on_levels: OnLevels) -> None:
        """Measure these from now on, and no others."""
        self._wanted = tuple(itertools.islice(dict.fromkeys(call_sids), MOST_LEVELS))
        self._on_levels = on_levels
        self._arrange()

    def go_on(self) -> None:
        """Measure (again): the connection is there, and everything has been compared."""
        self._ready = self._able = True
        self._arrange()

    def on_lost(self) -> None:
        """Stop: the connection is gone."""
        self._ready = False
        self._arrange()

    async def stop(self) -> None:
        """Stop, and leave nothing behind."""
        self.on_lost()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_STOP_SECONDS):
                while self._tasks:
                    await asyncio.wait(self._tasks)

    def on_start(self, channel_id: str) -> None:
        """Asterisk has told that this channel of ours is in our application."""
        started = self._starts.get(channel_id)
        if started is not None and not started.done():
            started.set_result(None)

    def _arrange(self) -> None:
        wanted = self._wanted if self._ready and self._able else ()
        for call_sid in self._measured.keys() - set(wanted):
            self._measured.pop(call_sid).cancel()
        for call_sid in wanted:
            leg = self._legs.get(call_sid)
            if leg is not None and leg.answered and call_sid not in self._measured:
                self._begin(leg)
        if self._again is not None:
            self._again.cancel()
            self._again = None
        if self._measured and self._ticks is None:
            self._tick()
        elif self._ticks is not None and not self._measured:
            self._ticks.cancel()
            self._ticks = None

    def _begin(self, leg: Leg) -> None:
        measured = self._measured[leg.call_sid] = _Measured(leg)
        measured.task = self._start(self._measure(measured), f"level {leg.call_sid}")
        measured.task.add_done_callback(lambda _task: self._on_over(measured))

    def _start(self, work: Coroutine[Any, Any, None], name: str) -> "asyncio.Task[None]":
        task = asyncio.create_task(work, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    def _on_over(self, measured: _Measured) -> None:
        if self._measured.get(measured.leg.call_sid) is measured:
            del self._measured[measured.leg.call_sid]
            if self._again is None:
                self._again = asyncio.get_running_loop().call_later(AGAIN_AFTER, self._arrange)

    def _tick(self) -> None:
        self._ticks = asyncio.get_running_loop().call_later(LEVEL_SECONDS, self._tick)
        heard = self._measured.items()
        levels = {call_sid: one.loudness.take() for call_sid, one in heard if one.loudness is not None}
        if levels:
            self._on_levels(levels)

    async def _measure(self, measured: _Measured) -> None:
        """Measure a call until it ends, or this is cancelled; whatever was made for it is removed by somebody else."""
        made = contextlib.AsyncExitStack()
        try:
            await self._listen(measured, made)
        except EngineError as error:
            # The call has ended, or the connection breaks; else it is tried again, as long as it is wanted.
            log.debug("the level of a call is not measured", call_sid=measured.leg.call_sid, cause=str(error))
        except Exception:
            log.exception("the level of a call cannot be measured", call_sid=measured.leg.call_sid)
        finally:
            measured.loudness = None
            self._start(made.aclose(), f"level {measured.leg.call_sid} removed")

    async def _listen(self, measured: _Measured, made: contextlib.AsyncExitStack) -> None:
        leg, app, token = measured.leg, self._link.address.app, secrets.token_hex(4)
        snoop = await self._snoops.make(leg, "level", leg.call_sid, spy="in", whisper="none")
        made.callback(self._snoops.remove_soon, snoop)
        snoop.on_ended = measured.cancel
        bridge = Bridge(self._link, names.level_bridge(app, leg.call_sid, token))
        made.push_async_callback(self._destroy, bridge)
        await bridge.make()
        channel_id = names.level_channel(app, leg.call_sid, token)
        made.push_async_callback(self._hang_up, channel_id)
        self._starts[channel_id] = asyncio.get_running_loop().create_future()
        made.callback(self._starts.pop, channel_id)
        socket = await self._link.open_media(await self._make_channel(channel_id))
        made.push_async_callback(socket.close)
        await self._started(channel_id)
        await bridge.add([snoop.id, channel_id])
        measured.loudness = Loudness()
        async for message in socket:
            if message.type is aiohttp.WSMsgType.BINARY:
                measured.loudness.add(np.frombuffer(message.data, "<i2", len(message.data) // 2))

    async def _make_channel(self, channel_id: str) -> str:
        """Make a channel whose audio is handed out, and return the name of the WebSocket where that can be had."""
        try:
            answer = await self._link.call(
                "channels",
                "externalMedia",
                channelId=channel_id,
                app=self._link.address.app,
                external_host="INCOMING",
                transport="websocket",
                encapsulation="none",
                connection_type="server",
                format="slin",
            )
            return str(answer.json()["channelvars"]["MEDIA_WEBSOCKET_CONNECTION_ID"])
        except (AriRefusedError, ValueError, KeyError, TypeError) as error:
            if self._able:
                self._able = False
                log.warning("this Asterisk does not tell how loud calls speak", cause=str(error), remedy=_REMEDY)
            raise EngineError("Asterisk hands no audio out") from error

    async def _started(self, channel_id: str) -> None:
        try:
            async with asyncio.timeout(REQUEST_TIMEOUT):
                await self._starts[channel_id]
        except TimeoutError as error:
            raise AriLostError(f"Asterisk did not tell within {REQUEST_TIMEOUT:g} s that {channel_id} has started") from error

    async def _hang_up(self, channel_id: str) -> None:
        # What is gone is no error; what cannot be removed now is found when everything is compared.
        with contextlib.suppress(AriRefusedError, EngineUnavailableError):
            await self._link.call("channels", "hangup", channelId=channel_id)

    async def _destroy(self, bridge: Bridge) -> None:
        # A request whose answer was lost may have made it all the same.
        bridge.exists = True
        with contextlib.suppress(AriRefusedError, EngineUnavailableError):
            await bridge.destroy()
