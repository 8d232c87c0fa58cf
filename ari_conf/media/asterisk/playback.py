"""Playbacks: started, awaited to their end, stopped when nobody wants them any more."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any, Final

from ari_conf.media.port import EngineUnavailableError

from . import names
from .errors import AriRefusedError
from .link import AriLink

_LOOKS: Final = 50
_BETWEEN_LOOKS: Final = 0.02
"""Seconds between two looks whether a playback that was stopped is over, at first,"""
_LONGEST_PAUSE: Final = 1.0
"""and in the end."""


class Outcome(Enum):
    """How a playback ended."""

    PLAYED = auto()
    FAILED = auto()
    STOPPED = auto()
    """By us, before its end."""
    CALL_ENDED = auto()


@dataclass(slots=True, eq=False)
class Playback:
    """One playback; ``outcome`` is there when it is over.

    ``asked``: Asterisk has been asked for it. ``unwanted``: it is to be stopped, or has been.
    """

    id: str
    outcome: "asyncio.Future[Outcome]"
    asked: bool = False
    unwanted: bool = False
    starting: "asyncio.Task[None] | None" = None
    stopping: "asyncio.Task[None] | None" = None

    def end(self, outcome: Outcome) -> None:
        """Note that it is over."""
        if not self.outcome.done():
            self.outcome.set_result(outcome)


class Playbacks:
    """All playbacks of ours that are under way."""

    def __init__(self, link: AriLink) -> None:
        self._link = link
        self._running: dict[str, Playback] = {}

    async def run(
        self,
        playback_id: str,
        start: Callable[[], Awaitable[None]],
        among: set[Playback],
        *,
        prepare: Callable[[], Awaitable[None]] | None = None,
        on_over: Callable[[], None] | None = None,
    ) -> Outcome:
        """Carry out ``prepare``, then ``start``, which asks for the playback, and return how that ended.

        It is one of ``among`` from the beginning to the end; then ``on_over`` is called, also if it was cancelled, which stops
        it. Raises what ``start`` raises.
        """
        playback = Playback(playback_id, asyncio.get_running_loop().create_future())
        starting = playback.starting = asyncio.create_task(_start(playback, prepare, start), name=f"play {playback_id}")
        self._running[playback_id] = playback
        among.add(playback)

        def over(_outcome: "asyncio.Future[Outcome]") -> None:
            among.discard(playback)
            if self._running.get(playback_id) is playback:
                del self._running[playback_id]
            if on_over is not None:
                on_over()

        playback.outcome.add_done_callback(over)
        try:
            either: set[asyncio.Future[Any]] = {starting, playback.outcome}
            await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
            if not playback.outcome.done():
                starting.result()
            return await asyncio.shield(playback.outcome)
        finally:
            self.stop(playback)
            starting.add_done_callback(lambda done: done.cancelled() or done.exception())

    def stop(self, playback: Playback) -> "asyncio.Future[Outcome]":
        """Stop it, also before it has begun; done when it is over."""
        if not playback.outcome.done() and playback.stopping is None:
            playback.unwanted = True
            if not playback.asked:
                if playback.starting is not None:
                    playback.starting.cancel()
                playback.end(Outcome.STOPPED)
                return playback.outcome
            playback.stopping = asyncio.create_task(self._stop(playback), name=f"stop playback {playback.id}")
        return playback.outcome

    async def stop_all(self, playbacks: set[Playback]) -> None:
        """Stop them and return when they are over."""
        if playbacks:
            await asyncio.wait([self.stop(playback) for playback in playbacks])

    def finished(self, playback_id: str, *, failed: bool) -> None:
        """Asterisk has told the end of a playback."""
        playback = self._running.get(playback_id)
        if playback is not None:
            outcome = Outcome.FAILED if failed else Outcome.PLAYED
            playback.end(Outcome.STOPPED if playback.unwanted else outcome)

    async def compare(self) -> None:
        """Find out, after a gap, which playbacks have ended meanwhile."""
        for playback in list(self._running.values()):
            if playback.starting is not None and playback.starting.done():
                try:
                    await self._link.call("playbacks", "get", playbackId=playback.id)
                except AriRefusedError:
                    playback.end(Outcome.PLAYED)
                    continue
            if playback.unwanted:
                self.stop(playback)

    async def stop_unknown(self, channel_id: str) -> None:
        """Stop what an earlier life of ours has left playing to a call: it would go into no bridge before the end of that."""
        for number in range(names.PLAYBACKS_OF_A_CALL):
            playback_id = names.playback(self._link.address.app, channel_id, number)
            with contextlib.suppress(AriRefusedError):
                await self._link.call("playbacks", "stop", playbackId=playback_id)
                await self._until_gone(playback_id)

    async def _until_gone(self, playback_id: str) -> None:
        """Wait until a playback that was stopped is over, for its id is used again. Raises ``AriRefusedError`` when it is."""
        for _ in range(_LOOKS):
            await self._link.call("playbacks", "get", playbackId=playback_id)
            await asyncio.sleep(_BETWEEN_LOOKS)

    async def _stop(self, playback: Playback) -> None:
        if playback.starting is not None:
            await asyncio.wait({playback.starting})
        pause = _BETWEEN_LOOKS
        try:
            # Again and again: its end is not told where Asterisk had not begun it, and a room would wait for ever.
            while not playback.outcome.done():
                await self._link.call("playbacks", "stop", playbackId=playback.id)
                await asyncio.wait({playback.outcome}, timeout=pause)
                pause = min(2 * pause, _LONGEST_PAUSE)
        except AriRefusedError:
            playback.end(Outcome.STOPPED)
        except EngineUnavailableError:
            playback.stopping = None  # whether it plays on is seen when the connection is back


async def _start(
    playback: Playback, prepare: Callable[[], Awaitable[None]] | None, start: Callable[[], Awaitable[None]]
) -> None:
    if prepare is not None:
        await prepare()
    playback.asked = True
    await start()
