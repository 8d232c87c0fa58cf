"""A SIP caller of some hundred lines: one call over UDP, what it heard, how it ended. It answers no challenge."""

import asyncio
import re
import secrets
import struct
from types import TracebackType
from typing import Self

import numpy as np

from ari_conf.phones.phone import Heard, Samples

RATE = 8000
FRAME = 160
"""Samples in the 20 ms of one packet."""


def _ulaw_table() -> Samples:
    """Return the linear value of each µ-law byte (ITU-T G.711)."""
    code = ~np.arange(256, dtype=np.uint8)
    magnitude = (((code & 0x0F).astype(np.int32) << 3) + 0x84) << ((code & 0x70) >> 4)
    return np.where(code & 0x80, 0x84 - magnitude, magnitude - 0x84).astype(np.int16)


_LINEAR = _ulaw_table()


class _Datagrams(asyncio.DatagramProtocol):
    def __init__(self) -> None:
        self.received: asyncio.Queue[bytes] = asyncio.Queue()

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        del addr
        self.received.put_nowait(data)


class Caller:
    """One call to ``user`` at ``host:port``, from ``name``; an async context manager that hangs up at its end."""

    def __init__(self, host: str, port: int, user: str, *, name: str = "caller") -> None:
        self._server = (host, port)
        self._uri = f"sip:{user}@{host}:{port}"
        self._name = name
        self._call_id = secrets.token_hex(8)
        self._to_tag = ""
        self._heard: list[bytes] = []
        self._sender: asyncio.Task[None] | None = None
        self._listener: asyncio.Task[None] | None = None
        self._reader: asyncio.Task[None] | None = None
        self._status: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self._ended = asyncio.Event()
        self._more = asyncio.Event()

    async def __aenter__(self) -> Self:
        loop = asyncio.get_running_loop()
        self._sip, self._signals = await loop.create_datagram_endpoint(_Datagrams, local_addr=("127.0.0.1", 0))
        self._rtp, self._audio = await loop.create_datagram_endpoint(_Datagrams, local_addr=("127.0.0.1", 0))
        self._port = self._sip.get_extra_info("sockname")[1]
        self._rtp_port = self._rtp.get_extra_info("sockname")[1]
        self._reader = asyncio.create_task(self._read())
        self._listener = asyncio.create_task(self._listen())
        self._request("INVITE", 1, self._offer())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._status.done() and self._status.result() == 200 and not self._ended.is_set():
            self._request("BYE", 2)
        elif not self._status.done():
            self._request("CANCEL", 1)
        for task in (self._reader, self._listener, self._sender):
            if task:
                task.cancel()
        self._sip.close()
        self._rtp.close()

    async def status(self) -> int:
        """Return the final answer to the call, 200, 404 …, within 15 s."""
        async with asyncio.timeout(15):
            return await asyncio.shield(self._status)

    async def wait_ended(self) -> None:
        """Return when the other side has hung up, within 30 s."""
        async with asyncio.timeout(30):
            await self._ended.wait()

    async def hear(self, seconds: float) -> Heard:
        """Listen from now on for ``seconds`` of audio."""
        start = len(self.heard().samples)
        async with asyncio.timeout(seconds + 15):
            while len(heard := self.heard().samples[start:]) < seconds * RATE:
                self._more.clear()
                await self._more.wait()
        return Heard(heard, RATE)

    def heard(self) -> Heard:
        """Return everything that was heard up to now."""
        return Heard(_LINEAR[np.frombuffer(b"".join(self._heard), np.uint8)], RATE)

    def _offer(self) -> str:
        return (
            "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
            f"m=audio {self._rtp_port} RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\na=ptime:20\r\n"
        )

    def _request(self, method: str, number: int, body: str = "") -> None:
        # A CANCEL is told by its INVITE's branch; an ACK to 200 and a BYE have their own.
        branch = (
            f"z9hG4bK{self._call_id}{1 if method == 'CANCEL' else method}" if method != "INVITE" else f"z9hG4bK{self._call_id}1"
        )
        head = [
            f"{method} {self._uri} SIP/2.0",
            f"Via: SIP/2.0/UDP 127.0.0.1:{self._port};branch={branch};rport",
            "Max-Forwards: 70",
            f"From: <sip:{self._name}@127.0.0.1>;tag={self._call_id}",
            f"To: <{self._uri}>{self._to_tag}",
            f"Call-ID: {self._call_id}",
            f"CSeq: {number} {method}",
            f"Contact: <sip:{self._name}@127.0.0.1:{self._port}>",
            *(["Content-Type: application/sdp"] if body else []),
            f"Content-Length: {len(body)}",
        ]
        self._sip.sendto(("\r\n".join(head) + "\r\n\r\n" + body).encode(), self._server)

    async def _read(self) -> None:
        while True:
            message = (await self._signals.received.get()).decode()
            start, _, rest = message.partition("\r\n")
            if start.startswith("BYE "):
                head = [line for line in rest.split("\r\n") if re.match(r"(?i)(via|from|to|call-id|cseq):", line)]
                answer = "\r\n".join(["SIP/2.0 200 OK", *head, "Content-Length: 0", "", ""])
                self._sip.sendto(answer.encode(), self._server)
                self._ended.set()
                continue
            answered = re.match(r"SIP/2\.0 ([2-6]\d\d) ", start)
            if answered is None or not re.search(r"(?mi)^cseq: 1 INVITE", message):
                continue
            tag = re.search(r"(?mi)^to:.*(;tag=[^\s;]+)", message)
            self._to_tag = tag[1] if tag else ""
            self._request("ACK", 1)
            if self._status.done():
                continue
            if answered[1] == "200":
                port = re.search(r"(?m)^m=audio (\d+)", message)
                assert port is not None
                self._sender = asyncio.create_task(self._send_silence(int(port[1])))
            self._status.set_result(int(answered[1]))

    async def _listen(self) -> None:
        while True:
            packet = await self._audio.received.get()
            if packet[1] & 0x7F == 0:
                self._heard.append(packet[12:])
                self._more.set()

    async def _send_silence(self, port: int) -> None:
        """Send as a muted phone does; Asterisk's own audio keeps its pace by it."""
        loop = asyncio.get_running_loop()
        start = loop.time()
        for number in range(1 << 16):
            header = struct.pack("!BBHII", 0x80, 0, number, number * FRAME, 0x1234)
            self._rtp.sendto(header + b"\xff" * FRAME, (self._server[0], port))
            await asyncio.sleep(max(0.0, start + 0.02 * (number + 1) - loop.time()))
