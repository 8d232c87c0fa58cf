"""Snoop channels: they hear what goes to and comes from a caller's channel, and whisper into its ear."""

import asyncio
import contextlib
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

import structlog

from ari_conf.media.port import CallGoneError, EngineUnavailableError

from . import names
from .errors import GONE, AriLostError, AriRefusedError
from .leg import Leg
from .link import AriLink
from .transport import REQUEST_TIMEOUT

log = structlog.get_logger(__name__)

Spy = Literal["none", "in", "out", "both"]
Whisper = Literal["none", "out"]


def _nothing() -> None:
    pass


@dataclass(slots=True, eq=False)
class Snoop:
    """A snoop channel on ``target``, a caller's channel; it ends with that. ``bridge_id`` is the bridge that it is in.

    ``on_ended`` is called when it has ended without having been removed.
    """

    id: str
    target: str
    started: "asyncio.Future[None]"
    bridge_id: str | None = None
    ended: bool = False
    on_ended: Callable[[], None] = _nothing

    def end(self) -> None:
        """Note that it is gone."""
        self.ended = True
        self.bridge_id = None
        self.let_go(CallGoneError(f"the channel {self.target} has ended"))

    def let_go(self, cause: Exception) -> None:
        """Let whoever waits for its start wait no longer."""
        if not self.started.done():
            self.started.set_exception(cause)
            self.started.exception()  # looked at: nobody waits yet, or any longer, where the request itself was refused


class Snoops:
    """All snoop channels of ours."""

    def __init__(self, link: AriLink) -> None:
        self._link = link
        self._all: dict[str, Snoop] = {}
        self._removals: set[asyncio.Task[None]] = set()

    async def make(self, leg: Leg, purpose: str, call_sid: str, *, spy: Spy, whisper: Whisper) -> Snoop:
        """Make a snoop on a call, named after ``call_sid``, and return it when it can be used.

        Raises ``CallGoneError`` if there is no such call any more, ``EngineUnavailableError`` if the connection breaks.
        """
        started: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        prefix = names.snoop_prefix(self._link.address.app, purpose, call_sid, leg.call_sid)
        snoop = Snoop(prefix + secrets.token_hex(4), leg.channel_id, started)
        # Its StasisStart may come before the answer, and must find it here.
        self._all[snoop.id] = snoop
        try:
            await self._link.call(
                "channels",
                "snoopChannelWithId",
                channelId=leg.channel_id,
                snoopId=snoop.id,
                spy=spy,
                whisper=whisper,
                app=self._link.address.app,
            )
            async with asyncio.timeout(REQUEST_TIMEOUT):
                await started
        except AriRefusedError as error:
            snoop.end()
            self._forget(snoop)
            if error.status in GONE:
                raise CallGoneError(f"call {leg.call_sid} has ended") from error
            raise
        except TimeoutError as error:
            self.remove_soon(snoop)
            raise AriLostError(f"Asterisk did not tell within {REQUEST_TIMEOUT:g} s that {snoop.id} has started") from error
        except BaseException:
            self.remove_soon(snoop)
            raise
        return snoop

    def take_over(self, channel_id: str, target: str) -> Snoop:
        """Take a snoop that an earlier life of ours has left, and return it; ``compare`` sees whether it is still there."""
        snoop = self._all[channel_id] = Snoop(channel_id, target, asyncio.get_running_loop().create_future())
        snoop.started.set_result(None)
        return snoop

    def remove_soon(self, snoop: Snoop) -> None:
        """Remove it without waiting."""
        task = asyncio.create_task(self.remove(snoop), name=f"remove {snoop.id}")
        self._removals.add(task)
        task.add_done_callback(self._removals.discard)

    async def remove(self, snoop: Snoop) -> None:
        """Hang it up; one that is gone already is no error. While the connection is lost this is left to ``compare``."""
        self._forget(snoop)
        if not snoop.ended:
            with contextlib.suppress(AriRefusedError, EngineUnavailableError):
                await self._link.call("channels", "hangup", channelId=snoop.id)
            snoop.end()

    async def settled(self) -> None:
        """Return when those that are being removed are."""
        if self._removals:
            await asyncio.wait(self._removals)

    def on_start(self, channel_id: str) -> None:
        """Asterisk has told that this channel of ours is in our application."""
        snoop = self._all.get(channel_id)
        if snoop is not None and not snoop.started.done():
            snoop.started.set_result(None)

    def on_end(self, channel_id: str) -> None:
        """Asterisk has told that this channel of ours is gone."""
        snoop = self._all.pop(channel_id, None)
        if snoop is not None:
            snoop.end()
            snoop.on_ended()

    def on_lost(self) -> None:
        """Let go of those who wait for a start; it may have been told while nobody listened."""
        for snoop in list(self._all.values()):
            snoop.let_go(AriLostError("the connection to Asterisk broke"))

    async def compare(self, channel_ids: list[str], bridge_of: Mapping[str, str]) -> None:
        """Compare with the channels that Asterisk has, and where they are; hang up those of ours that nobody knows."""
        ours = {channel_id for channel_id in channel_ids if names.is_ours(self._link.address.app, channel_id)}
        for snoop in list(self._all.values()):
            if snoop.id not in ours:
                self.on_end(snoop.id)
            else:
                snoop.bridge_id = bridge_of.get(snoop.id)
        for channel_id in ours - self._all.keys():
            log.info("a channel of ours that nobody needs is removed", channel=channel_id)
            with contextlib.suppress(AriRefusedError):
                await self._link.call("channels", "hangup", channelId=channel_id)

    def _forget(self, snoop: Snoop) -> None:
        self._all.pop(snoop.id, None)
