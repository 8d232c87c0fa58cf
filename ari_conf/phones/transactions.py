"""SIP over one UDP socket: requests are repeated until answered, answers until acknowledged (RFC 3261 §17)."""

import asyncio
import secrets
import socket
from collections.abc import Callable
from dataclasses import dataclass

from .sip_message import Headers, Request, Response, SipParseError, parse

Endpoint = tuple[str, int]

MAGIC_BRANCH = "z9hG4bK"
_RINGING = 180
_T2 = 4.0
_LIFETIMES = 64  # timers B, F and H, in T1


def new_branch() -> str:
    """Return a name for a transaction."""
    return MAGIC_BRANCH + secrets.token_hex(8)


class ClientTransaction:
    """One request and its responses. No final response in time becomes a 408 of our own."""

    def __init__(self, transport: "SipTransport", request: Request, target: Endpoint) -> None:
        self.request = request
        self.target = target
        self.provisional = asyncio.Event()
        self.ringing = False
        self._transport = transport
        self._datagram = request.encode()
        self._final: asyncio.Future[Response] = transport.loop.create_future()
        self._ack: bytes | None = None
        self._interval = transport.t1
        self._resend_timer = transport.loop.call_later(self._interval, self._resend)
        self._deadline = transport.loop.call_later(_LIFETIMES * transport.t1, self._expire)
        transport.send(self._datagram, target)

    async def final(self) -> Response:
        """Wait for the final response. May be awaited more than once."""
        return await asyncio.shield(self._final)

    def answered_by(self, response: Response) -> None:
        """Take a response that belongs here."""
        invite = self.request.method == "INVITE"
        if response.status < 200:
            self.provisional.set()
            self.ringing = self.ringing or response.status == _RINGING
            if invite and not self._final.done():
                self._resend_timer.cancel()
                self._deadline.cancel()
            return
        if not self._final.done():
            self.stop()
            if invite and response.status >= 300:
                self._ack = self._refusal_ack(response).encode()
            self._final.set_result(response)
        if self._ack is not None:
            self._transport.send(self._ack, self.target)

    def acknowledge(self, ack: Request, target: Endpoint) -> None:
        """Send the ACK of a 2xx, now and for each repetition of the 2xx."""
        self._ack, self.target = ack.encode(), target
        self._transport.send(self._ack, target)

    def give_up_soon(self) -> None:
        """Do not wait for ever for a final response any more: the request has been cancelled."""
        if not self._final.done():
            self._deadline.cancel()
            self._deadline = self._transport.loop.call_later(_LIFETIMES * self._transport.t1, self._expire)

    def stop(self) -> None:
        """Stop the timers."""
        self._resend_timer.cancel()
        self._deadline.cancel()

    def _resend(self) -> None:
        self._transport.send(self._datagram, self.target)
        self._interval *= 2
        if self.request.method != "INVITE":
            self._interval = min(self._interval, _T2)
        self._resend_timer = self._transport.loop.call_later(self._interval, self._resend)

    def _expire(self) -> None:
        self.stop()
        if not self._final.done():
            self._final.set_result(self.request.reply(408, "Request Timeout"))

    def _refusal_ack(self, response: Response) -> Request:
        headers = Headers([("Via", self.request.headers.all("Via")[0]), ("Max-Forwards", "70")])
        for route in self.request.headers.all("Route"):
            headers.add("Route", route)
        headers.add("From", self.request.headers["From"])
        headers.add("To", response.headers["To"])
        headers.add("Call-ID", self.request.call_id)
        headers.add("CSeq", f"{self.request.cseq[0]} ACK")
        return Request(headers, "ACK", self.request.uri)


_Name = tuple[str, str, str]
"""What a transaction of the far side is known by: Call-ID, branch and method."""


@dataclass(slots=True)
class _Unacknowledged:
    """A final response to an INVITE that waits for its ACK."""

    acknowledged: "asyncio.Future[bool]"
    timer: asyncio.TimerHandle | None = None

    def end(self, *, acknowledged: bool) -> None:
        if self.timer is not None:
            self.timer.cancel()
        if not self.acknowledged.done():
            self.acknowledged.set_result(acknowledged)


class SipTransport:
    """The socket and its transactions. ``serve`` is asked for the response to every new request, given its source.

    After a provisional response to an INVITE, ``respond`` gives the final one.
    """

    def __init__(self, host: str, serve: Callable[[Request, Endpoint], Response], *, t1: float) -> None:
        self.t1 = t1
        self.loop = asyncio.get_running_loop()
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.setblocking(False)  # noqa: FBT003 - its only parameter
        self.socket.bind((host, 0))
        self.host = host
        self.port: int = self.socket.getsockname()[1]
        self._serve = serve
        self._clients: dict[tuple[str, str], ClientTransaction] = {}
        self._served: dict[_Name, bytes] = {}
        self._unacknowledged: dict[tuple[str, int], _Unacknowledged] = {}
        self.loop.add_reader(self.socket, self._readable)

    def request(self, request: Request, target: Endpoint) -> ClientTransaction:
        """Send a request and keep sending it until it is answered."""
        transaction = ClientTransaction(self, request, target)
        self._clients[request.branch, request.method] = transaction
        return transaction

    def send(self, datagram: bytes, target: Endpoint) -> None:
        """Send one datagram; one that cannot be sent is lost like any other."""
        try:
            self.socket.sendto(datagram, target)
        except OSError:
            return

    def respond(self, request: Request, response: Response, target: Endpoint) -> "asyncio.Future[bool]":
        """Send the final response to an INVITE, until it is acknowledged; then the future is done, False if it never is."""
        self._served[_name(request)] = datagram = response.encode()
        pending = _Unacknowledged(self.loop.create_future())
        self._unacknowledged[request.call_id, request.cseq[0]] = pending
        self.send(datagram, target)
        self._repeat(pending, datagram, target, self.t1, self.loop.time() + _LIFETIMES * self.t1)
        return pending.acknowledged

    def forget(self, call_id: str) -> None:
        """Forget a call that is over."""
        self._served = {name: datagram for name, datagram in self._served.items() if name[0] != call_id}
        for branch, transaction in tuple(self._clients.items()):
            if transaction.request.call_id == call_id:
                transaction.stop()
                del self._clients[branch]

    def close(self) -> None:
        """Stop everything; no response will come any more."""
        for transaction in self._clients.values():
            transaction.stop()
        for pending in self._unacknowledged.values():
            pending.end(acknowledged=False)
        if self.socket.fileno() >= 0:
            self.loop.remove_reader(self.socket)
            self.socket.close()

    def _readable(self) -> None:
        while True:
            try:
                datagram, source = self.socket.recvfrom(65535)
            except OSError:
                return
            try:
                message = parse(datagram)
                if isinstance(message, Response):
                    self._response(message)
                else:
                    self._request(message, source)
            except SipParseError:
                continue  # a keep-alive, or noise: there is nobody to tell

    def _response(self, response: Response) -> None:
        transaction = self._clients.get((response.branch, response.cseq[1]))
        if transaction is not None:
            transaction.answered_by(response)

    def _request(self, request: Request, source: Endpoint) -> None:
        if request.method == "ACK":
            pending = self._unacknowledged.pop((request.call_id, request.cseq[0]), None)
            if pending is not None:
                pending.end(acknowledged=True)
            return
        name = _name(request)
        if name in self._served:
            self.send(self._served[name], source)
            return
        response = self._serve(request, source)
        if request.method == "INVITE" and response.status >= 200:
            self.respond(request, response, source)
        else:
            self._served[name] = response.encode()
            self.send(self._served[name], source)

    def _repeat(self, pending: _Unacknowledged, datagram: bytes, target: Endpoint, interval: float, until: float) -> None:
        """Repeat the final response to an INVITE until its ACK comes."""

        def again() -> None:
            self.send(datagram, target)
            if self.loop.time() + interval < until:
                self._repeat(pending, datagram, target, min(2 * interval, _T2), until)
            else:
                pending.end(acknowledged=False)

        pending.timer = self.loop.call_later(interval, again)


def _name(request: Request) -> _Name:
    return request.call_id, request.branch, request.method
