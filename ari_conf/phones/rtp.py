"""RTP for one phone: 20 ms of PCMU at a time, telephone events (RFC 4733), and a timeline of what arrived."""

import asyncio
import functools
import random
import struct
import time
from collections import deque
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from . import g711
from .arrivals import SECOND, take, timed_socket
from .sdp import RemoteAudio
from .timeline import RATE, Timeline

FRAME = 160
"""Samples in a packet: 20 ms."""

KEYS = "0123456789*#"
"""The keys of a phone; the index is the RFC 4733 event."""

_EVENTS = KEYS + "ABCD"

HEADER = struct.Struct("!BBHII")
_EVENT = struct.Struct("!BBH")
_PCMU = 0
_EVENT_FRAMES = 6
_PAUSE_FRAMES = 4
_EVENT_VOLUME = 10  # dBm0 below zero, as telephones send it
_END_OF_EVENT = 0x80
_SILENT_FRAME = bytes([g711.SILENCE]) * FRAME
_NOT_A_PACKET = 12  # bytes of a bare header


@functools.lru_cache(maxsize=128)
def tone_frames(tone: float, amplitude: float) -> tuple[bytes, ...]:
    """Return a loop of PCMU frames in which a tone (Hz, rounded to 1/50) goes on without a break at the seam."""
    exact = Fraction(tone).limit_denominator(50)
    length = exact.denominator * RATE
    phase = 2 * np.pi * float(exact) * np.arange(length) / RATE
    coded = g711.encode(np.round(amplitude * 32767 * np.sin(phase)).astype(np.int16))
    return tuple(coded[start : start + FRAME] for start in range(0, length, FRAME))


@dataclass(slots=True)
class _Press:
    """A key being pressed; ``began`` is the frame of its first packet."""

    event: int
    done: "asyncio.Future[None]"
    began: int | None = None
    ended: bool = False


class RtpStream:
    """One UDP socket that sends and receives. Lives in the loop of its bank, which calls ``send_frame`` 50 times a second.

    ``jitter`` delays every packet by up to so many seconds at random, and a share of ``loss`` of the packets is not sent.
    ``sequence`` is the number before the first packet's, by chance if there is none.
    ``talking`` may be changed from any thread. ``keys_heard`` are the keys that the far side has pressed.
    """

    def __init__(
        self,
        host: str,
        tone: float,
        amplitude: float,
        *,
        jitter: float = 0.0,
        loss: float = 0.0,
        sequence: int | None = None,
    ) -> None:
        self.talking = True
        self.timeline: Timeline | None = None
        self.keys_heard = ""
        self.socket = timed_socket(host)
        self.host = host
        self.port: int = self.socket.getsockname()[1]
        self._frames = tone_frames(tone, amplitude)
        self._remote: RemoteAudio | None = None
        self._ssrc = random.getrandbits(32)
        self._sequence = random.getrandbits(16) if sequence is None else sequence
        self._first_timestamp = random.getrandbits(31)
        self._marker = True
        self._presses: deque[_Press] = deque()
        self._last_event: int | None = None
        self._jitter = jitter
        self._loss = loss
        self._chance = random.Random(round(tone))  # noqa: S311 (the same every time, so that a test can be repeated)

    def start(self, remote: RemoteAudio) -> None:
        """Send to ``remote`` from the next frame on, and begin the timeline if it has not begun."""
        self._marker = self._marker or self._remote is None or not self._remote.listens
        self._remote = remote
        if self.timeline is None:
            self.timeline = Timeline(time.monotonic())

    def close(self) -> None:
        """Stop sending and receiving; the timeline stays."""
        self._remote = None
        self.socket.close()
        for press in self._presses:
            # A key may well end the call before its packets are all sent.
            if not press.done.done():
                press.done.set_result(None)
        self._presses.clear()

    async def press(self, key: str) -> None:
        """Send a key as a telephone event of 120 ms and wait until it and a pause of 80 ms are over."""
        if self._remote is None or self._remote.events is None:
            raise RuntimeError("the far side takes no telephone events (RFC 4733): its session description offers none")
        press = _Press(KEYS.index(key), asyncio.get_running_loop().create_future())
        self._presses.append(press)
        await press.done

    def send_frame(self, frame: int) -> None:
        """Send what belongs into the 20 ms number ``frame``; frames may be skipped, and the time stamps skip with them."""
        remote = self._remote
        if remote is None or not remote.listens:
            return
        if self._presses and self._send_event(self._presses[0], frame, remote):
            return
        payload = self._frames[frame % len(self._frames)] if self.talking else _SILENT_FRAME
        self._send(remote, _PCMU, self._first_timestamp + frame * FRAME, payload)

    def _send_event(self, press: _Press, frame: int, remote: RemoteAudio) -> bool:
        """Send the event's part of this frame; False if the frame is audio's."""
        if press.began is None:
            press.began = frame
            self._marker = True
        passed = frame - press.began
        if not press.ended:
            press.ended = passed >= _EVENT_FRAMES - 1
            flags = _EVENT_VOLUME | (_END_OF_EVENT if press.ended else 0)
            payload = _EVENT.pack(press.event, flags, (passed + 1) * FRAME)
            for _ in range(3 if press.ended else 1):
                self._send(remote, remote.events or 0, self._first_timestamp + press.began * FRAME, payload)
            return True
        if passed >= _EVENT_FRAMES + _PAUSE_FRAMES:
            self._presses.popleft()
            if not press.done.done():
                press.done.set_result(None)
        return False

    def _send(self, remote: RemoteAudio, payload_type: int, timestamp: int, payload: bytes) -> None:
        first = payload_type | (0x80 if self._marker else 0)
        self._marker = False
        self._sequence = (self._sequence + 1) & 0xFFFF
        if self._loss and self._chance.random() < self._loss:
            return
        header = HEADER.pack(0x80, first, self._sequence, timestamp & 0xFFFFFFFF, self._ssrc)
        if self._jitter:
            delay = self._chance.uniform(0.0, self._jitter)
            asyncio.get_running_loop().call_later(delay, self._put_on_the_wire, header + payload, (remote.host, remote.port))
        else:
            self._put_on_the_wire(header + payload, (remote.host, remote.port))

    def _put_on_the_wire(self, packet: bytes, address: tuple[str, int]) -> None:
        try:
            self.socket.sendto(packet, address)
        except OSError:
            # Lost like any other packet: a full buffer, or the far side's port is closed already.
            return

    def readable(self) -> None:
        """Take what has arrived, each packet with the moment of its arrival, however late this is."""
        ahead = time.time_ns() - time.monotonic_ns()
        while True:
            try:
                packet, arrival = take(self.socket)
            except OSError:
                return
            self._receive((arrival - ahead) / SECOND, packet)

    def _receive(self, arrival: float, packet: bytes) -> None:
        if len(packet) <= _NOT_A_PACKET or packet[0] >> 6 != 2 or self.timeline is None:
            return
        flags, kind, _, timestamp, ssrc = HEADER.unpack_from(packet)
        start = _NOT_A_PACKET + 4 * (flags & 0x0F)
        if flags & 0x10:
            start += 4 + 4 * int.from_bytes(packet[start + 2 : start + 4], "big")
        end = len(packet) - (packet[-1] if flags & 0x20 else 0)
        if kind & 0x7F == _PCMU and start < end:
            self.timeline.add(arrival, ssrc, timestamp, packet[start:end], marker=bool(kind & 0x80))
        elif self._remote is not None and kind & 0x7F == self._remote.events and end - start >= _EVENT.size:
            self._receive_event(packet[start], timestamp)

    def _receive_event(self, event: int, timestamp: int) -> None:
        # All packets of one event have its time stamp.
        if timestamp != self._last_event and event < len(_EVENTS):
            self._last_event = timestamp
            self.keys_heard += _EVENTS[event]
