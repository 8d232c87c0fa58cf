"""Recordings of single calls: a snoop channel hears each track, and is recorded."""

import asyncio
import contextlib
import wave
from collections.abc import Callable
from pathlib import Path
from typing import Final

import numpy as np

from ari_conf.audio.wav import read_wav
from ari_conf.media.port import RecordingFinished, Track

from .leg import Leg
from .link import AriLink
from .recording import RecordingError, Recordings, require_name
from .snoops import Snoop, Snoops, Spy

_SPIES: Final[dict[Track, Spy]] = {Track.INBOUND: "in", Track.OUTBOUND: "out", Track.BOTH: "both"}


class CallRecordings:
    """The recordings of calls that are under way; ``tell`` is called with the end of each."""

    def __init__(
        self, link: AriLink, snoops: Snoops, recordings: Recordings, tell: Callable[[RecordingFinished], None]
    ) -> None:
        self._link = link
        self._snoops = snoops
        self._recordings = recordings
        self._tell = tell
        self._parts: dict[str, tuple[str, ...]] = {}

    async def start(self, leg: Leg, name: str, *, track: Track, dual: bool) -> None:
        """Record from now on; may be repeated if it fails.

        Raises ``CallGoneError``, ``EngineError`` if Asterisk cannot record, ``ValueError`` if there is such a name already or
        cannot be.
        """
        require_name(name)
        if name in self._parts:
            raise ValueError(f"there is a recording {name} already")
        spies: dict[str, Spy] = {name: _SPIES[track]}
        if dual and track is Track.BOTH:
            spies = {f"{name}.in": "in", f"{name}.out": "out"}
        self._parts[name] = tuple(spies)
        async with contextlib.AsyncExitStack() as undo:
            undo.callback(self._parts.pop, name)
            snoops = {}
            for part, spy in spies.items():
                snoop = snoops[part] = await self._snoops.make(leg, "record", leg.call_sid, spy=spy, whisper="none")
                undo.callback(self._snoops.remove_soon, snoop)
            ended = []
            for part in spies:
                undo.callback(self._recordings.forget, part)
                ended.append(self._recordings.begin(part))
            # At once, so that both tracks begin together.
            await asyncio.gather(*(self._record(snoop, part) for part, snoop in snoops.items()))
            ending = asyncio.gather(*ended)
            ending.add_done_callback(lambda _done: self._on_end(name, list(snoops.values())))
            undo.pop_all()

    async def pause(self, name: str) -> None:
        """Record nothing from now on; one that is paused or over already is no error."""
        await asyncio.gather(*(self._recordings.pause(part) for part in self._parts.get(name, ())))

    async def resume(self, name: str) -> None:
        """Go on; one that is not paused, or over already, is no error."""
        await asyncio.gather(*(self._recordings.resume(part) for part in self._parts.get(name, ())))

    async def stop(self, name: str) -> None:
        """End a recording; one that is over already is no error."""
        await asyncio.gather(*(self._recordings.stop(part) for part in self._parts.get(name, ())))

    async def _record(self, snoop: Snoop, part: str) -> None:
        await self._link.call("channels", "record", channelId=snoop.id, name=part, format="wav", ifExists="overwrite")

    def _on_end(self, name: str, snoops: list[Snoop]) -> None:
        parts = self._parts.pop(name)
        for snoop in snoops:
            self._snoops.remove_soon(snoop)
        self._recordings.hand_over(self._fetch(name, parts))

    async def _fetch(self, name: str, parts: tuple[str, ...]) -> None:
        try:
            files = [await self._recordings.fetch(part) for part in parts]
            path = files[0] if len(files) == 1 else await asyncio.to_thread(_side_by_side, files, name)
        except RecordingError as error:
            self._tell(RecordingFinished(name, None, str(error)))
        else:
            self._tell(RecordingFinished(name, path))


def _side_by_side(files: list[Path], name: str) -> Path:
    """Make one file of several channels of several mono files, which it takes the place of."""
    tracks = [read_wav(file) for file in files]
    length = max(len(samples) for samples, _rate in tracks)
    frames = np.stack([np.pad(samples, (0, length - len(samples))) for samples, _rate in tracks], axis=1)
    target = files[0].with_name(f"{name}.wav")
    with wave.open(str(target), "wb") as wav:
        wav.setnchannels(len(tracks))
        wav.setsampwidth(2)
        wav.setframerate(tracks[0][1])
        wav.writeframes(frames.astype("<i2").tobytes())
    for file in files:
        file.unlink()
    return target
