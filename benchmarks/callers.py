"""Callers for benchmarks: hundreds of short calls over SIP and RTP (UDP, PCMU) from one process.

``python -m benchmarks.callers PORT`` calls the SIP server on this machine's port. It takes its orders as lines of JSON:
``["stay", TO, TONE]`` is answered ``true`` when somebody has called ``TO`` who talks with a tone (Hz) from now on;
``["talk", [TO, …]]`` is answered ``true`` when all these calls, made one after the other, have been answered and each of them,
who talks without a pause from now on, has heard something; ``["dial", [TO, …]]`` when they have been answered, who send nothing
and read nothing; and ``["hang up"]`` when none of them all is left;
``["hear", TO, TONE]`` with how loud one caller hears that tone, ``["hear", TO]`` with how loud everything;
``["call", STAY, [[AT, TO], …]]`` with a list of ``Heard`` as tuples: calls are made at these times in seconds, are silent, and
hang up ``STAY`` seconds after they have heard something.
"""

import asyncio
import contextlib
import functools
import json
import secrets
import socket
import sys
import time
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np

from ari_conf.phones import g711, phone, rtp, sdp
from ari_conf.phones.arrivals import SECOND, take, timed_socket
from ari_conf.phones.sip_message import Address, Headers, Request, Response, SipParseError, Uri, parse
from ari_conf.phones.timeline import RATE

HOST = "127.0.0.1"
FRAME_SECONDS = rtp.FRAME / RATE
PATIENCE = 8.0
"""Seconds after which a call that hears nothing is given up."""

PATIENCE_WITH_MANY = 30.0
REPEAT_AFTER = 0.5
_SILENT = bytes([g711.SILENCE, 0x7F])
_RTP_HEADER = 12
_LONGEST = 65_535
_BUFFER = 4 << 20
_LISTEN = 20
"""Frames of one look at how loud something is."""

_BETWEEN_CALLS = 0.005
"""Seconds."""

Frames = tuple[bytes, ...]

SILENT: Frames = (bytes([g711.SILENCE]) * rtp.FRAME,)


class Heard(NamedTuple):
    """What became of a call: seconds from its INVITE to the answer and to the first packet that is not silent.

    ``status`` is SIP's; 0 if nobody has answered in time. ``heard`` is None if nothing was heard.
    """

    status: int
    answered: float | None
    heard: float | None


@functools.cache
def speech(voice: int) -> Frames:
    """Return what somebody says in two seconds, with nine overtones to a pitch of his own and four syllables a second."""
    pitch = 90.0 + 1.5 * voice  # whole periods, all of them, in two seconds
    at = np.arange(2 * RATE) / RATE
    sound = sum(np.sin(2 * np.pi * pitch * overtone * at + overtone) / overtone for overtone in range(1, 11))
    syllables = 0.6 + 0.4 * np.sin(2 * np.pi * 4 * at + voice)
    coded = g711.encode(np.round(3000 * sound * syllables).astype(np.int16))
    return tuple(coded[start : start + rtp.FRAME] for start in range(0, len(coded), rtp.FRAME))


class Call:
    """One call, of somebody who says ``frames`` again and again, or once if he is ``idle``.

    ``heard`` is done with the moment (nanoseconds since 1970) of the first packet that is not silent.
    """

    def __init__(self, to: Uri, frames: Frames, *, idle: bool = False) -> None:
        loop = asyncio.get_running_loop()
        self.rtp = timed_socket(HOST)
        self.id = secrets.token_hex(12)
        self.target = str(to)
        self.local = Address(str(Uri(HOST, user="caller")), "", {"tag": secrets.token_hex(6)})
        self.remote = Address(self.target)
        self.far_side: tuple[str, int] | None = None
        self.status = 0
        self.sent_at = 0
        self.answered_at: int | None = None
        self.final: asyncio.Future[int] = loop.create_future()
        self.heard: asyncio.Future[int] = loop.create_future()
        self.over: asyncio.Future[None] = loop.create_future()
        self.unanswered: bytes | None = None
        self.repeat_at = 0.0
        self.packets = 0
        self.idle = idle
        self._frames = frames

    def send_frame(self) -> None:
        if self.far_side is not None:
            number = self.packets
            header = rtp.HEADER.pack(0x80, 0 if number else 0x80, number & 0xFFFF, number * rtp.FRAME, 1)
            with contextlib.suppress(OSError):
                self.rtp.sendto(header + self._frames[number % len(self._frames)], self.far_side)
            self.packets += 1

    def listen(self) -> None:
        """Read what has arrived, until the first packet that is not silent; no more is read after it."""
        with contextlib.suppress(BlockingIOError):
            while True:
                datagram, arrival = take(self.rtp)
                if datagram[_RTP_HEADER:].strip(_SILENT):
                    asyncio.get_running_loop().remove_reader(self.rtp)
                    self.heard.set_result(arrival)
                    return

    def outcome(self) -> Heard:
        def seconds(moment: int | None) -> float | None:
            return None if moment is None else (moment - self.sent_at) / SECOND

        heard = self.heard.done() and not self.heard.cancelled()
        return Heard(self.status, seconds(self.answered_at), seconds(self.heard.result()) if heard else None)


class Callers:
    """All calls of this process, with one socket for SIP and one timer for all that they say."""

    def __init__(self, server: int) -> None:
        self._server = (HOST, server)
        self._sip = timed_socket(HOST)
        self._sip.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _BUFFER)
        self._port = self._sip.getsockname()[1]
        self._calls: dict[str, Call] = {}
        self._many: list[Call] = []
        asyncio.get_running_loop().add_reader(self._sip, self._readable)

    async def tick(self) -> None:
        """Send a frame of each call every 20 ms, and repeat what has not been answered."""
        next_at = time.monotonic()
        while True:
            next_at += FRAME_SECONDS
            await asyncio.sleep(next_at - time.monotonic())
            now = time.monotonic()
            for call in self._calls.values():
                if not call.idle:
                    call.send_frame()
                if call.unanswered is not None and now >= call.repeat_at:
                    self._send(call, call.unanswered)

    def begin(self, to: str, frames: Frames = SILENT, *, idle: bool = False) -> Call:
        """Call somebody."""
        call = Call(Uri(HOST, self._server[1], to), frames, idle=idle)
        if not idle:
            asyncio.get_running_loop().add_reader(call.rtp, call.listen)
        host, port = call.rtp.getsockname()
        invite = self._request(call, "INVITE", 1, sdp.offer(sdp.LocalAudio(host, port, 1, 1))).encode()
        self._calls[call.id] = call
        call.sent_at = time.time_ns()
        self._send(call, invite)
        return call

    async def end(self, call: Call) -> None:
        """Hang up, and return when that is answered."""
        call.far_side = None
        asyncio.get_running_loop().remove_reader(call.rtp)
        if call.status == 200 and not call.over.done():
            self._send(call, self._request(call, "BYE", 2).encode())
            await asyncio.wait({call.over}, timeout=PATIENCE)
        del self._calls[call.id]
        call.rtp.close()

    async def call(self, to: str, at: float, stay: float) -> Heard:
        """Call at a time of the monotonic clock; return what became of it when it is over."""
        await asyncio.sleep(at - time.monotonic())
        call = self.begin(to)
        either: set[asyncio.Future[Any]] = {call.heard, call.over}
        await asyncio.wait(either, timeout=PATIENCE, return_when=asyncio.FIRST_COMPLETED)
        outcome = call.outcome()
        if outcome.heard is not None:
            await asyncio.sleep(stay)
        await self.end(call)
        return outcome

    async def talk(self, many: Iterable[str]) -> bool:
        """Let somebody call each of these; return whether all have been answered, and have heard another."""
        begun = []
        for voice, to in enumerate(many):
            begun.append(self.begin(to, speech(voice)))
            await asyncio.sleep(_BETWEEN_CALLS)
        self._many += begun
        await asyncio.wait([call.heard for call in begun], timeout=PATIENCE_WITH_MANY)
        return all(call.heard.done() for call in begun)

    async def dial(self, many: Iterable[str]) -> bool:
        """Let somebody who says nothing call each of these; return whether all have been answered."""
        begun = []
        for to in many:
            begun.append(self.begin(to, idle=True))
            await asyncio.sleep(_BETWEEN_CALLS)
        self._many += begun
        return all([await call.final == 200 for call in begun])

    async def hang_up(self) -> bool:
        """End the calls of the many; return whether none is left."""
        many, self._many = self._many, []
        await asyncio.gather(*(self.end(call) for call in many))
        return all(call.over.done() for call in many)

    async def loudness(self, to: str, tone: float | None = None) -> float:
        """Return the amplitude with which one caller hears a tone, or of all that is heard."""
        call = self.begin(to)
        await asyncio.wait({call.heard}, timeout=PATIENCE)
        payloads: list[bytes] = []
        while len(payloads) < _LISTEN:
            await asyncio.sleep(FRAME_SECONDS)
            with contextlib.suppress(BlockingIOError):
                while True:
                    payloads.append(take(call.rtp)[0][_RTP_HEADER:])
        await self.end(call)
        samples = g711.decode(b"".join(payloads[:_LISTEN]))
        heard = phone.Heard(np.asarray(samples), RATE)
        return heard.level if tone is None else heard.amplitude(tone)

    def _request(self, call: Call, method: str, count: int, body: bytes = b"") -> Request:
        headers = Headers(
            [
                ("Via", f"SIP/2.0/UDP {HOST}:{self._port};rport;branch=z9hG4bK{method}{call.id}"),
                ("Max-Forwards", "70"),
                ("From", str(call.local)),
                ("To", str(call.remote)),
                ("Call-ID", call.id),
                ("CSeq", f"{count} {method}"),
                ("Contact", f"<{Uri(HOST, self._port, 'caller')}>"),
            ]
        )
        if body:
            headers.add("Content-Type", "application/sdp")
        return Request(headers, method, call.target, body=body)

    def _send(self, call: Call, datagram: bytes) -> None:
        call.unanswered, call.repeat_at = datagram, time.monotonic() + REPEAT_AFTER
        self._sip.sendto(datagram, self._server)

    def _readable(self) -> None:
        while True:
            try:
                datagram, arrival = take(self._sip)
            except BlockingIOError:
                return
            with contextlib.suppress(SipParseError):
                message = parse(datagram)
                if isinstance(message, Response):
                    self._on_response(message, arrival)
                else:
                    self._on_request(message)

    def _on_response(self, response: Response, arrival: int) -> None:
        call = self._calls.get(response.call_id)
        if call is None:
            return
        _, method = response.cseq
        if method == "INVITE" and call.status == 0:
            call.unanswered = None
            if response.status >= 200:
                self._on_final(call, response, arrival)
        if method == "INVITE" and response.status >= 200:
            self._sip.sendto(self._request(call, "ACK", 1).encode(), self._server)
        elif method == "BYE":
            call.unanswered = None
            self._is_over(call)

    def _on_final(self, call: Call, response: Response, arrival: int) -> None:
        call.status, call.answered_at, call.remote = response.status, arrival, response.to
        call.final.set_result(response.status)
        if response.status != 200:
            self._is_over(call)
            return
        call.target = Address.parse(response.headers.all("Contact")[0]).uri
        audio = sdp.parse_sdp(response.body)
        call.far_side = (audio.host, audio.port)
        call.send_frame()

    def _on_request(self, request: Request) -> None:
        self._sip.sendto(request.reply(200, "OK").encode(), self._server)
        call = self._calls.get(request.call_id)
        if request.method == "BYE" and call is not None:
            self._is_over(call)

    @staticmethod
    def _is_over(call: Call) -> None:
        if not call.over.done():
            call.over.set_result(None)


async def obey(callers: Callers, order: Sequence[Any]) -> Any:
    match order:
        case ["stay", to, tone]:
            return await callers.begin(to, rtp.tone_frames(tone, 0.2)).final == 200
        case ["talk", [*many]]:
            return await callers.talk(many)
        case ["dial", [*many]]:
            return await callers.dial(many)
        case ["hang up"]:
            return await callers.hang_up()
        case ["hear", to, *tone]:
            return await callers.loudness(to, *tone)
        case ["call", stay, planned]:
            began = time.monotonic() + FRAME_SECONDS
            return await asyncio.gather(*(callers.call(to, began + at, stay) for at, to in planned))
        case _:
            raise ValueError(f"no such order: {order}")


async def main(server: int) -> None:
    orders = asyncio.StreamReader(limit=1 << 20)
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(orders), sys.stdin)
    callers = Callers(server)
    ticking = asyncio.create_task(callers.tick())
    while line := await orders.readline():
        print(json.dumps(await obey(callers, json.loads(line))), flush=True)
    ticking.cancel()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1])))
