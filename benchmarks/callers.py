"""Callers for benchmarks: hundreds of short calls over SIP and RTP (UDP, PCMU) from one process.

``python -m benchmarks.callers PORT`` calls the SIP server on this machine's port. It takes its orders as lines of JSON:
``["stay", TO, TONE]`` is answered ``true`` when somebody has called ``TO`` who talks with a tone (Hz) from now on;
``["hear", TO, TONE]`` with how loud one caller hears that tone;
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
from collections.abc import Sequence
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

REPEAT_AFTER = 0.5
_SILENT = bytes([g711.SILENCE, 0x7F])
_SILENT_FRAME = bytes([g711.SILENCE]) * rtp.FRAME
_RTP_HEADER = 12
_LONGEST = 65_535
_BUFFER = 4 << 20
_LISTEN = 20
"""Frames of one look at how loud something is."""


class Heard(NamedTuple):
    """What became of a call: seconds from its INVITE to the answer and to the first packet that is not silent.

    ``status`` is SIP's; 0 if nobody has answered in time. ``heard`` is None if nothing was heard.
    """

    status: int
    answered: float | None
    heard: float | None


@functools.cache
def packet(tone: float, number: int) -> bytes:
    """Return packet ``number`` of a caller who talks with a tone, or of one who is silent if that is 0."""
    frames = rtp.tone_frames(tone, 0.2) if tone else (_SILENT_FRAME,)
    flags = 0x80 if number == 0 else 0
    return rtp.HEADER.pack(0x80, flags, number & 0xFFFF, number * rtp.FRAME, 1) + frames[number % len(frames)]


class Call:
    """One call. ``heard`` is done with the moment (nanoseconds since 1970) of the first packet that is not silent."""

    def __init__(self, to: Uri, tone: float) -> None:
        loop = asyncio.get_running_loop()
        self.rtp = timed_socket(HOST)
        self.id = secrets.token_hex(12)
        self.tone = tone
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

    def send_frame(self) -> None:
        if self.far_side is not None:
            with contextlib.suppress(OSError):
                self.rtp.sendto(packet(self.tone, self.packets), self.far_side)
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
        asyncio.get_running_loop().add_reader(self._sip, self._readable)

    async def tick(self) -> None:
        """Send a frame of each call every 20 ms, and repeat what has not been answered."""
        next_at = time.monotonic()
        while True:
            next_at += FRAME_SECONDS
            await asyncio.sleep(next_at - time.monotonic())
            now = time.monotonic()
            for call in self._calls.values():
                call.send_frame()
                if call.unanswered is not None and now >= call.repeat_at:
                    self._send(call, call.unanswered)

    def begin(self, to: str, tone: float = 0.0) -> Call:
        """Call somebody."""
        loop = asyncio.get_running_loop()
        call = Call(Uri(HOST, self._server[1], to), tone)
        loop.add_reader(call.rtp, call.listen)
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

    async def loudness(self, to: str, tone: float) -> float:
        """Return the amplitude with which one caller hears a tone."""
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
        return phone.Heard(np.asarray(samples), RATE).amplitude(tone)

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
            return await callers.begin(to, tone).final == 200
        case ["hear", to, tone]:
            return await callers.loudness(to, tone)
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
