"""The recording of a room's mix: on, paused, over; then its file."""

import asyncio
from collections.abc import Callable

import structlog

from ari_conf.conference import RecordingState
from ari_conf.media.port import RecordingFinished

from .bridge import Bridge
from .errors import AriRefusedError
from .recording import RecordingError, Recordings

log = structlog.get_logger(__name__)


class RoomRecording:
    """One room's recording, named after its mix.

    Asterisk ends a recording when the last participant leaves the bridge, though it be for a hold; then it is gone on with.
    ``on_end`` is called when one has ended.
    """

    def __init__(self, bridge: Bridge, recordings: Recordings, name: str, on_end: Callable[[], None]) -> None:
        self._bridge = bridge
        self._recordings = recordings
        self._name = name
        self._on_end = on_end
        self._state = RecordingState.OFF
        self._failure = ""
        self.asked = False
        """Whether somebody waits to be told of its end."""

    def interrupted(self, wanted: RecordingState) -> bool:
        """Tell whether it has to begin, or to go on after Asterisk has ended it."""
        return wanted is RecordingState.ON and self._state is RecordingState.OFF and not self._failure

    async def take_over(self) -> None:
        """Go on with what an earlier life of ours has begun, if it has."""
        live = await self._recordings.take_over(self._name)
        if live is not None:
            self.asked = True
            self._watch()
            self._state = RecordingState.PAUSED if live["state"] == "paused" else RecordingState.ON

    async def bring_about(self, wanted: RecordingState) -> None:
        """Begin, pause or go on."""
        if self.interrupted(wanted):
            await self._begin()
        elif self._runs and self._state is not wanted:
            paused = wanted is RecordingState.PAUSED
            await (self._recordings.pause(self._name) if paused else self._recordings.resume(self._name))
            if self._runs:  # it may have ended meanwhile
                self._state = wanted

    async def end(self) -> None:
        """End it, if it runs."""
        if self._runs:
            await self._recordings.stop(self._name)

    async def hand_over(self) -> RecordingFinished:
        """Fetch what has been recorded, and return what is to be told."""
        if not self._failure and not self._recordings.has(self._name):
            return RecordingFinished(self._name, None, "the conference was over before its recording began")
        try:
            return RecordingFinished(self._name, await self._recordings.fetch(self._name))
        except RecordingError as error:
            return RecordingFinished(self._name, None, self._failure or str(error))

    @property
    def _runs(self) -> bool:
        return self._state is not RecordingState.OFF

    async def _begin(self) -> None:
        self._watch()
        try:
            await self._bridge.record(self._name)
        except AriRefusedError as error:
            if error.status != 409:  # 409: it runs already, for the answer to the same request was lost
                log.error("a room is not recorded", mix_sid=self._name, cause=str(error))
                self._recordings.finished(self._name, f"Asterisk cannot record: {error}")
                return
        self._state = RecordingState.ON

    def _watch(self) -> None:
        self._recordings.begin(self._name).add_done_callback(self._ended)

    def _ended(self, ended: "asyncio.Future[str]") -> None:
        self._state = RecordingState.OFF
        self._failure = ended.result()
        self._on_end()
