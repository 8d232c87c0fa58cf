"""What comes from a caller: through a network whose packets may be late, and a jitter buffer of fixed length."""

import numpy as np

from ari_conf.audio import Samples

from .line import Line
from .mixer import FRAME_SECONDS


class Reception:
    """A jitter buffer of ``seconds``, rounded up to whole frames; 0 is none.

    Everything is heard that much later, and packets that are up to ``seconds`` late are heard nevertheless; others are lost
    and leave silence. A packet is late when it misses its tick: each tick mixes what has come since the one before, so that a
    packet may be under way for a frame's length without being late.
    """

    def __init__(self, line: Line, frame_length: int, seconds: float) -> None:
        self._line = line
        self._delay = -int(-round(1000 * seconds) // round(1000 * FRAME_SECONDS))
        self._in_time = FRAME_SECONDS * (1 + self._delay)
        # A ring of the frames that are not due yet and the one that is: a tick writes at its place and reads the oldest.
        self._frames = np.zeros((self._delay + 1, frame_length), np.int16)
        self._place = 0

    def speak(self, frame: Samples) -> None:
        """Write the 20 ms that are due into ``frame``."""
        newest = self._frames[self._place]
        self._line.speak(newest)
        transit = self._line.transit
        # Whether a packet will be there when it is due is certain as soon as it is sent.
        if transit is not None and transit() > self._in_time:
            newest.fill(0)
        self._place = (self._place + 1) % len(self._frames)
        frame[:] = self._frames[self._place]

    def clear(self) -> None:
        """Forget what has not been heard yet."""
        self._frames.fill(0)
