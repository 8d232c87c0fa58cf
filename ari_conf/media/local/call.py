"""One call of the local engine, and what it hears while it is in no mix."""

import asyncio
from collections import deque
from typing import Protocol

from ari_conf.audio import Samples
from ari_conf.conference import InMix, Placement

from .line import Line


class Source(Protocol):
    """Where a call outside of the mix gets its frames from."""

    def next_frame(self) -> Samples:
        """Return the next 20 ms; they are not to be written to."""
        ...


class Loop:
    """Frames that are played over and over, from the first one on: music, or a single frame of silence."""

    def __init__(self, frames: Samples) -> None:
        """Play ``frames``, of shape (frames, frame_length)."""
        self._frames = frames
        self._next = 0

    def next_frame(self) -> Samples:
        """Return the next 20 ms."""
        frame: Samples = self._frames[self._next]
        self._next += 1
        if self._next == len(self._frames):
            self._next = 0
        return frame


class Playback:
    """One sound that is played once; ``done`` is set when its last frame has been given out."""

    def __init__(self, frames: Samples) -> None:
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._frames = deque(frames)

    def next_frame(self) -> Samples:
        """Return the next 20 ms; there are some as long as ``done`` is not set."""
        frame: Samples = self._frames.popleft()
        if not self._frames:
            self.done.set_result(None)
        return frame


class Call:
    """A call and where its audio goes: in no room (``placement`` is None), waiting for one, or in its mix."""

    __slots__ = ("answered", "conference_sid", "line", "placement", "playbacks", "program", "sid")

    def __init__(self, sid: str, line: Line) -> None:
        self.sid = sid
        self.line = line
        self.answered = False
        self.conference_sid: str | None = None
        self.placement: Placement | None = None
        self.program: Source | None = None
        self.playbacks: deque[Playback] = deque()

    @property
    def in_mix(self) -> bool:
        """Tell whether the call hears its room."""
        return self.answered and isinstance(self.placement, InMix)

    @property
    def heard(self) -> bool:
        """Tell whether its room hears the call."""
        return self.answered and isinstance(self.placement, InMix) and not self.placement.muted

    def current_source(self) -> Source | None:
        """Return what a call outside of the mix hears now; None is silence."""
        if self.placement is not None:
            return self.program
        while self.playbacks and self.playbacks[0].done.done():
            self.playbacks.popleft()
        return self.playbacks[0] if self.playbacks else None
