"""Recordings of single calls: a snoop channel hears each track, and is recorded."""

import asyncio
import contextlib
import wave
from collections.abc import Callable
from pathlib import Path
from typing import Final

import numpy as np

from ari_conf.audio.wav import read_wav
from ari_conf.media.port import KnownRecording, RecordingFinished, Track

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
            spies = dict(zip(_tracks(name), ("in", "out"), strict=True))
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
            self._watch(name, ended, list(snoops.values()))
            undo.pop_all()

    async def take_over(self, known: KnownRecording, leg: Leg | None) -> None:
        """Go on with a recording that an earlier life of ours has begun; ``leg`` is its call, if that is still there.

        What is over, or is not recorded as it should be, is fetched and told.
        """
        parts: tuple[str, ...] = (known.name,)
        found = [await self._recordings.take_over(known.name)]
        if known.dual and not self._recordings.has(known.name):
            parts = _tracks(known.name)
            found = [await self._recordings.take_over(part) for part in parts]
        self._parts[known.name] = parts
        runs = [live for live in found if live is not None]
        # A recording of a channel is named after the snoop.
        snoops = [self._snoops.take_over(live["target_uri"].removeprefix("channel:"), leg.channel_id) for live in runs if leg]
        self._watch(known.name, [self._recordings.begin(part) for part in parts], snoops)
        for part, live in zip(parts, found, strict=True):
            if live is None:
                self._recordings.finished(part, "")
        if leg is None or len(runs) < len(parts):
            self._recordings.hand_over(self.stop(known.name))

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

    def _watch(self, name: str, ended: "list[asyncio.Future[str]]", snoops: list[Snoop]) -> None:
        asyncio.gather(*ended).add_done_callback(lambda _done: self._on_end(name, snoops))

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
            path = self._recordings.file(name)
            if len(parts) == 1 or not path.exists():
                self._tell(RecordingFinished(name, None, str(error)))
                return
            # They have been put together already; an earlier life of ours did not come to telling that.
            for part in parts:
                self._recordings.file(part).unlink(missing_ok=True)
        self._tell(RecordingFinished(name, path))


def _tracks(name: str) -> tuple[str, str]:
    """Return what the recordings are called that become one of two channels."""
    return f"{name}.in", f"{name}.out"


def _side_by_side(files: list[Path], name: str) -> Path:
    """Make one file of several channels of several mono files, which it takes the place of.

    Raises ``RecordingError`` if that fails; then they stay.
    """
    target = files[0].with_name(f"{name}.wav")
    draft = target.with_suffix(".part")
    try:
        tracks = [read_wav(file) for file in files]
        length = max(len(samples) for samples, _rate in tracks)
        frames = np.stack([np.pad(samples, (0, length - len(samples))) for samples, _rate in tracks], axis=1)
        with wave.open(str(draft), "wb") as wav:
            wav.setnchannels(len(tracks))
            wav.setsampwidth(2)
            wav.setframerate(tracks[0][1])
            wav.writeframes(frames.astype("<i2").tobytes())
        draft.replace(target)
    except (OSError, ValueError) as error:
        draft.unlink(missing_ok=True)
        raise RecordingError(f"the tracks of the recording {name} cannot be put together: {error}") from error
    for file in files:
        file.unlink()
    return target
