"""What both directions of a SIP call have in common, once there is a dialog (RFC 3261 §12): requests in it, audio, the end."""

import asyncio
import random
from dataclasses import dataclass

from . import sdp
from .rtp import RtpStream
from .sip_message import Address, Headers, Request, Response, SipParseError, Uri
from .transactions import ClientTransaction, Endpoint, SipTransport, new_branch

ALLOWED = "INVITE, ACK, BYE, CANCEL, OPTIONS, UPDATE, INFO, NOTIFY"


@dataclass(slots=True)
class Ends:
    """Both ends of a dialog: ``local`` and ``remote`` as they stand in From and To, ``target`` the remote URI to send to."""

    call_id: str
    local: Address
    remote: Address
    target: str
    user: str
    """The user part of our Contact."""


class Dialog:
    """One call. ``rtp`` is started when the call is answered; ``ended`` is set when it is over.

    Requests whose next hop is no address go to ``server``.
    """

    def __init__(self, transport: SipTransport, ends: Ends, server: Endpoint, rtp: RtpStream) -> None:
        self.ended = asyncio.Event()
        self.transport = transport
        self.ends = ends
        self.routes: list[str] = []
        self.up = False
        self.rtp = rtp
        self.session = sdp.LocalAudio(rtp.host, rtp.port, random.getrandbits(31), 1)
        self._server = server
        self._cseq = random.randrange(1, 10_000)  # noqa: S311 - a number to count from, no secret

    async def hang_up(self) -> None:
        """End the call that is up, and return when it is over."""
        if self.up and not self.ended.is_set():
            self.up = False
            await self.send("BYE").final()
            self.ended.set()

    def send(self, method: str, headers: list[tuple[str, str]] | None = None, body: bytes = b"") -> ClientTransaction:
        """Send the next request of the dialog."""
        self._cseq += 1
        return self.transport.request(self.request(method, self._cseq, headers, body), self.next_hop())

    def request(self, method: str, cseq: int, extra: list[tuple[str, str]] | None = None, body: bytes = b"") -> Request:
        """Make a request of the dialog."""
        local = f"{self.transport.host}:{self.transport.port}"
        headers = Headers([("Via", f"SIP/2.0/UDP {local};rport;branch={new_branch()}"), ("Max-Forwards", "70")])
        for route in self.routes:
            headers.add("Route", route)
        headers.add("From", str(self.ends.local))
        headers.add("To", str(self.ends.remote))
        headers.add("Call-ID", self.ends.call_id)
        headers.add("CSeq", f"{cseq} {method}")
        headers.add("Contact", self.contact)
        headers.add("Allow", ALLOWED)
        headers.add("User-Agent", "ari_conf phone")
        for name, value in extra or ():
            headers.add(name, value)
        return Request(headers, method, self.ends.target, body=body)

    @property
    def contact(self) -> str:
        """Where we want to be sent requests."""
        return f"<{Uri(self.transport.host, self.transport.port, self.ends.user)}>"

    def next_hop(self) -> Endpoint:
        """Where requests go: the first route or the far side's contact, or the server if that is a name."""
        uri = Uri.parse(Address.parse(self.routes[0]).uri if self.routes else self.ends.target)
        if not self.ends.remote.parameters.get("tag") or not uri.host.replace(".", "").isdecimal():
            return self._server
        return uri.host, uri.port or 5060

    def serve(self, request: Request) -> Response:
        """Answer a request of the far side in the dialog."""
        tag = self.ends.local.parameters["tag"]
        if request.method in {"INVITE", "UPDATE"}:
            return self._renegotiate(request)
        if request.method == "BYE":
            self.up = False
            self.ended.set()
        elif request.method == "CANCEL":
            return request.reply(481, "No Such Transaction", tag=tag)
        elif request.method not in {"OPTIONS", "INFO", "NOTIFY"}:
            response = request.reply(405, "Method Not Allowed", tag=tag)
            response.headers.add("Allow", ALLOWED)
            return response
        return request.reply(200, "OK", tag=tag)

    def accept(self, request: Request, body: bytes) -> Response:
        """Make the 200 to a request, with a session description if there is one."""
        response = request.reply(200, "OK", tag=self.ends.local.parameters["tag"])
        response.headers.add("Contact", self.contact)
        response.headers.add("Allow", ALLOWED)
        if body:
            response.headers.add("Content-Type", "application/sdp")
            response.body = body
        return response

    def _renegotiate(self, request: Request) -> Response:
        contact = request.headers.all("Contact")
        body = b""
        if request.body:
            try:
                remote = sdp.parse_sdp(request.body)
            except SipParseError:
                return request.reply(488, "Not Acceptable Here")
            version = self.session.version + 1
            self.session = sdp.LocalAudio(self.session.host, self.session.port, self.session.session, version)
            body = sdp.answer(self.session, remote)
            if self.up:
                self.rtp.start(remote)
        elif request.method == "INVITE":
            body = sdp.offer(self.session)
        if contact:
            self.ends.target = Address.parse(contact[0]).uri
        return self.accept(request, body)
