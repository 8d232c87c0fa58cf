"""The far side of a call, scripted by a test: a SIP server in a few lines, for what a real one would not do on request."""

import asyncio
from collections.abc import Callable
from typing import Self

from ari_conf.phones import sdp
from ari_conf.phones.rtp import RtpStream
from ari_conf.phones.sip_message import Address, Headers, Request, Response, parse

Address4 = tuple[str, int]


class SipServer(asyncio.DatagramProtocol):
    """Hands each request to ``script``, which answers with ``reply`` or keeps silent; the RTP end is the test's to drive."""

    def __init__(self, script: Callable[["SipServer", Request], None]) -> None:
        self.script = script
        self.requests: list[Request] = []
        self.responses: list[Response] = []
        self.changed = asyncio.Condition()
        self.rtp = RtpStream("127.0.0.1", 1000, 0.2)
        self.client: Address4 = ("", 0)
        self._transport: asyncio.DatagramTransport | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        loop = asyncio.get_running_loop()
        self._transport, _ = await loop.create_datagram_endpoint(lambda: self, ("127.0.0.1", 0))
        loop.add_reader(self.rtp.socket, self.rtp.readable)
        return self

    async def __aexit__(self, *_: object) -> None:
        asyncio.get_running_loop().remove_reader(self.rtp.socket)
        self.rtp.close()
        assert self._transport is not None
        self._transport.close()
        await asyncio.gather(*self._tasks)

    @property
    def address(self) -> Address4:
        assert self._transport is not None
        host, port = self._transport.get_extra_info("sockname")
        return host, port

    def datagram_received(self, data: bytes, addr: Address4) -> None:
        message = parse(data)
        self.client = addr
        if isinstance(message, Request):
            self.requests.append(message)
            self.script(self, message)
        else:
            self.responses.append(message)
        task = asyncio.get_running_loop().create_task(self._tell())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def send(self, message: Request | Response) -> None:
        assert self._transport is not None
        self._transport.sendto(message.encode(), self.client)

    def reply(self, request: Request, status: int, reason: str, *headers: tuple[str, str], body: bytes = b"") -> Response:
        response = request.reply(status, reason, tag="server")
        for name, value in headers:
            response.headers.add(name, value)
        response.body = body
        self.send(response)
        return response

    def answer(self, request: Request, *headers: tuple[str, str]) -> Response:
        """Answer an INVITE with audio."""
        self.rtp.start(sdp.parse_sdp(request.body))
        contact = ("Contact", "<sip:room@{}:{}>".format(*self.address))
        body = sdp.offer(self.local_audio)
        return self.reply(request, 200, "OK", contact, ("Content-Type", "application/sdp"), *headers, body=body)

    @property
    def local_audio(self) -> sdp.LocalAudio:
        return sdp.LocalAudio("127.0.0.1", self.rtp.port, 1, 1)

    def request(
        self, method: str, cseq: int, *headers: tuple[str, str], body: bytes = b"", call_id: str | None = None
    ) -> Request:
        """Send a request inside the dialog of the first INVITE."""
        invite = self.requests[0]
        host, port = self.address
        request = Request(
            Headers(
                [
                    ("Via", f"SIP/2.0/UDP {host}:{port};branch=z9hG4bK{method}{cseq}"),
                    ("From", f"{Address(invite.to.uri)};tag=server"),
                    ("To", invite.headers["From"]),
                    ("Call-ID", call_id or invite.call_id),
                    ("CSeq", f"{cseq} {method}"),
                    *headers,
                ]
            ),
            method,
            Address.parse(invite.headers["Contact"]).uri,
            body=body,
        )
        self.send(request)
        return request

    async def got(self, method: str, count: int = 1) -> Request:
        """Wait for the ``count``-th request of a method."""
        async with asyncio.timeout(5), self.changed:
            await self.changed.wait_for(lambda: len(self._of(method)) >= count)
        return self._of(method)[count - 1]

    async def response_to(self, request: Request, count: int = 1) -> Response:
        """Wait for the ``count``-th response to one of our requests."""
        async with asyncio.timeout(5), self.changed:
            await self.changed.wait_for(lambda: len(self._answers(request)) >= count)
        return self._answers(request)[count - 1]

    async def heard_something(self) -> None:
        """Wait until audio that is not silence has arrived."""
        async with asyncio.timeout(5):
            while self.rtp.timeline is None or not self.rtp.timeline.samples(0, 80_000).any():  # noqa: ASYNC110
                await asyncio.sleep(0.01)

    def _of(self, method: str) -> list[Request]:
        return [request for request in self.requests if request.method == method]

    def _answers(self, request: Request) -> list[Response]:
        return [response for response in self.responses if response.branch == request.branch]

    async def _tell(self) -> None:
        async with self.changed:
            self.changed.notify_all()
