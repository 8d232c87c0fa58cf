"""What a phone has received, on a timeline of real time: RTP says where a packet belongs, arrivals say when a stream began."""

from dataclasses import dataclass

import numpy as np

from . import g711
from .phone import Samples

RATE = 8000
"""Samples per second of PCMU; a timeline counts in samples."""

_EARLY = 320  # a packet this far ahead of its arrival shows that the stream was anchored on a late one
_LATE = 480  # up to here a packet's lateness is jitter ...
_LATE_IN_A_ROW = 25  # ... and from this many late packets on, the stream's own clock stood still meanwhile
_TOO_LATE = 8000


@dataclass(slots=True)
class _Stream:
    """One RTP source: ``anchor`` is what has to be added to its (unwrapped) time stamps.

    ``longest`` is the length of its packets; after one that is shorter ``is_over``: a sound has ended, and what follows begins
    whenever it comes.
    """

    ssrc: int
    last: int
    anchor: int
    late: int = 0
    longest: int = 0
    is_over: bool = False


class Timeline:
    """Packets with their places, in samples since ``started`` (seconds, monotonic). Decoded only when asked for.

    A packet's last sample belongs to the moment of its arrival when its stream begins; from then on the stream's time stamps
    give the place, so that jitter on the way does no harm. A stream that strays from its arrivals is anchored again, and one
    whose sound was over: Asterisk counts the time stamps on from there, however late the next sound comes. Where nothing
    arrived there is silence. Packets may be added in one thread and read in another.
    """

    def __init__(self, started: float) -> None:
        self.started = started
        self._packets: list[tuple[int, bytes]] = []
        self._stream: _Stream | None = None

    def position(self, moment: float) -> int:
        """Return the place of a moment (seconds, monotonic)."""
        return round((moment - self.started) * RATE)

    def add(self, arrival: float, ssrc: int, timestamp: int, payload: bytes, *, marker: bool = False) -> None:
        """Put one packet (µ-law ``payload``) in its place."""
        now = self.position(arrival) - len(payload)
        stream = self._stream
        if stream is None or stream.ssrc != ssrc or (marker and abs(self._place(stream, timestamp) - now) > _EARLY):
            stream = self._stream = _Stream(ssrc, timestamp, now - timestamp)
        place = self._place(stream, timestamp)
        stream.last = place - stream.anchor
        stream.late = stream.late + 1 if now - place > _LATE else 0
        next_sound = stream.is_over and place < now
        if next_sound or place - now > _EARLY or stream.late >= _LATE_IN_A_ROW or now - place > _TOO_LATE:
            stream.anchor += now - place
            stream.late = 0
            place = now
        stream.longest = max(stream.longest, len(payload))
        stream.is_over = len(payload) < stream.longest
        self._packets.append((place, payload))

    @staticmethod
    def _place(stream: _Stream, timestamp: int) -> int:
        step = (timestamp - stream.last + 0x80000000) % 0x100000000 - 0x80000000
        return stream.anchor + stream.last + step

    def samples(self, start: int, end: int) -> Samples:
        """Return what was heard from place ``start`` to place ``end``."""
        heard = np.zeros(max(0, end - start), dtype=np.int16)
        for place, payload in list(self._packets):
            first, last = max(place, start), min(place + len(payload), end)
            if first < last:
                heard[first - start : last - start] = g711.decode(payload[first - place : last - place])
        return heard
