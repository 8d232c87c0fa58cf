"""One bridge of ours in Asterisk, changed by one request at a time: it does not take parallel changes of a bridge well."""

import asyncio
import contextlib
from collections.abc import Sequence
from typing import Final

import structlog

from . import names
from .errors import GONE, AriRefusedError
from .link import AriLink
from .shapes import BRIDGE, listed
from .transport import JsonObject

log = structlog.get_logger(__name__)

ALWAYS_SOFTMIX: Final = "mixing,video_sfu"
"""A plain ``mixing`` bridge of two sends nothing to one while the other is muted, and a whisper would not be heard."""

_ATTEMPTS: Final = 50
_BETWEEN_ATTEMPTS: Final = 0.02
"""Seconds between two attempts to make a bridge in the place of one that is being destroyed."""

_EIGHT_KILOHERTZ: Final = "slin"
"""The format of announcers and recorders: another would lift the rate at which the whole room is mixed."""


class Bridge:
    """A bridge; ``exists`` is what we believe. ``watched``: its playbacks and recordings are told also when nobody is in."""

    def __init__(self, link: AriLink, bridge_id: str, *, watched: bool = False) -> None:
        self.id = bridge_id
        self.exists = False
        self._link = link
        self._watched = self._to_be_subscribed = watched
        self._turn = asyncio.Lock()

    async def call(self, operation: str, **parameters: str) -> None:
        """Carry out one of ARI's operations on the bridge. Raises as ``AriLink.call`` does."""
        async with self._turn:
            await self._link.call("bridges", operation, bridgeId=self.id, **parameters)

    async def make(self) -> None:
        """Make it, if it is not there yet. It does not ``exist`` afterwards if one of its name has not gone for a second."""
        for _ in range(_ATTEMPTS):
            if not self.exists:
                await self._create()
            try:
                await self._subscribe()
            except AriRefusedError as error:
                if error.status not in GONE:
                    raise
                # One of this name that is being destroyed is still there for creating, and not for this any more.
                log.info("a bridge of the same name is about to be gone", bridge=self.id)
                self.exists = False
                await asyncio.sleep(_BETWEEN_ATTEMPTS)
            else:
                return

    async def _create(self) -> None:
        self._to_be_subscribed = self._watched
        try:
            await self.call("createWithId", type=ALWAYS_SOFTMIX)
        except AriRefusedError as error:
            if error.status != 409:
                raise
        self.exists = True

    async def _subscribe(self) -> None:
        if self._to_be_subscribed:
            app = self._link.address.app
            await self._link.call("applications", "subscribe", applicationName=app, eventSource=f"bridge:{self.id}")
            self._to_be_subscribed = False

    async def destroy(self) -> None:
        """Destroy it, if it is there."""
        if not self.exists:
            return
        try:
            await self.call("destroy")
        except AriRefusedError as error:
            if error.status != 404:
                raise
        self.exists = False

    async def add(self, channel_ids: Sequence[str]) -> list[str]:
        """Put channels in, and return those that are in now: a channel that is gone is passed over.

        If somebody else has destroyed the bridge, it does not ``exist`` afterwards.
        """
        if not channel_ids:
            return []
        try:
            await self.call("addChannel", channel=",".join(channel_ids))
        except AriRefusedError as error:
            if error.status not in GONE:
                raise
            if error.status == 404:
                log.warning("a bridge was destroyed by somebody else", bridge=self.id)
                self.exists = False
                return []
            if len(channel_ids) == 1:
                log.info("a channel could not be put into a bridge", channel=channel_ids[0], cause=str(error))
                return []
            # Asterisk refuses them all if one of them is gone.
            return [one for channel_id in channel_ids if self.exists for one in await self.add([channel_id])]
        return list(channel_ids)

    async def remove(self, channel_id: str) -> None:
        """Take a channel out; one that is not in is no error."""
        try:
            await self.call("removeChannel", channel=channel_id)
        except AriRefusedError as error:
            if error.status not in GONE:
                raise

    async def play(self, playback_id: str, media: str) -> None:
        """Start to play to everybody in it."""
        await self.call("playWithId", playbackId=playback_id, media=media, **self._format("playWithId", "announcer_format"))

    async def record(self, name: str) -> None:
        """Start to record what is mixed; a recording of this name that has ended goes on."""
        await self.call("record", name=name, format="wav", ifExists="append", **self._format("record", "recorder_format"))

    def _format(self, operation: str, parameter: str) -> dict[str, str]:
        return {parameter: _EIGHT_KILOHERTZ} if self._link.takes("bridges", operation, parameter) else {}


async def list_bridges(link: AriLink) -> list[JsonObject]:
    """Return all bridges that Asterisk has."""
    return listed(await link.call("bridges", "list"), BRIDGE, "bridge")


async def destroy_unknown_bridges(link: AriLink, known: set[str]) -> None:
    """Remove bridges of ours that nobody has: from before the start, or made by a request whose answer was lost."""
    for bridge in await list_bridges(link):
        if names.is_ours(link.address.app, bridge["id"]) and bridge["id"] not in known:
            log.info("a bridge that belongs to no room is removed", bridge=bridge["id"])
            with contextlib.suppress(AriRefusedError):
                await link.call("bridges", "destroy", bridgeId=bridge["id"])
