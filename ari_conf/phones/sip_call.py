"""One outgoing SIP call: from INVITE to BYE, inside the loop of the bank."""

import asyncio
import random
import secrets
from dataclasses import dataclass

from . import sdp
from .digest import authorization, parse_challenge
from .phone import CallRefusedError
from .rtp import RtpStream
from .sip_message import Address, Headers, Request, Response, SipParseError, Uri
from .transactions import ClientTransaction, Endpoint, SipTransport, new_branch

_ALLOWED = "INVITE, ACK, BYE, CANCEL, OPTIONS, UPDATE, INFO, NOTIFY"


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls: the name to show, the user part of From, and what to authenticate with."""

    display: str
    user: str
    username: str | None
    password: str | None


class SipCall:
    """One call through ``server``. ``rtp`` is started when the call is answered; ``ended`` is set when it is over."""

    def __init__(self, caller: Caller, to: Uri, server: Endpoint, rtp: RtpStream, *, t1: float) -> None:
        self.ended = asyncio.Event()
        self._caller = caller
        self._server = server
        self._rtp = rtp
        self.transport = SipTransport(rtp.host, self._serve, t1=t1)
        self._call_id = secrets.token_hex(12)
        self._cseq = random.randrange(1, 10_000)  # noqa: S311 - a number to count from, no secret
        self._from = Address(str(Uri(server[0], user=caller.user)), caller.display, {"tag": secrets.token_hex(6)})
        self._to = Address(str(to))
        self._target = str(to)
        self._routes: list[str] = []
        self._session = sdp.LocalAudio(rtp.host, rtp.port, random.getrandbits(31), 1)
        self._invite: ClientTransaction | None = None
        self._cancelling: asyncio.Task[None] | None = None
        self._up = False

    async def dial(self) -> None:
        """Call; returns when the call is answered. Raises ``CallRefusedError``; cancelled, it cancels the call."""
        try:
            await self._dial()
        except asyncio.CancelledError:
            await self._abandon()
            raise
        finally:
            if not self._up:
                self.ended.set()

    async def hang_up(self) -> None:
        """End the call, answered or not, and return when it is over."""
        if self._up and not self.ended.is_set():
            self._up = False
            await self._send("BYE").final()
            self.ended.set()
        elif not self.ended.is_set():
            self._cancelling = self._cancelling or asyncio.get_running_loop().create_task(self._cancel())
            await self.ended.wait()

    async def _dial(self) -> None:
        response = await self._send_invite(None)
        if response.status in {401, 407} and self._cancelling is None:
            credentials = self._credentials(response)
            if credentials is not None:
                response = await self._send_invite(credentials)
        answered = response.status < 300
        if answered:
            self._confirm(response)
        if self._cancelling is not None:
            if answered:
                await self._send("BYE").final()
            raise CallRefusedError(487, "Request Terminated")
        if not answered:
            raise CallRefusedError(response.status, response.reason)
        try:
            remote = sdp.parse_sdp(response.body)
        except SipParseError as error:
            await self._send("BYE").final()
            raise CallRefusedError(488, f"Not Acceptable Here: {error}") from error
        self._up = True
        self._rtp.start(remote)

    async def _abandon(self) -> None:
        """Give up dialling: cancel, or hang up if the call has been answered meanwhile."""
        if self._invite is None or self._up:
            return
        await self._cancel()
        response = await self._invite.final()
        if response.status < 300:
            self._confirm(response)
            await self._send("BYE").final()

    async def _send_invite(self, credentials: tuple[str, str] | None) -> Response:
        headers = [("Content-Type", "application/sdp")]
        if credentials is not None:
            headers.append(credentials)
        self._invite = self._send("INVITE", headers, sdp.offer(self._session))
        return await self._invite.final()

    async def _cancel(self) -> None:
        invite = self._invite
        if invite is None:
            return
        # A CANCEL may not overtake its INVITE: it waits for a sign of life, or for the end (RFC 3261 §9.1).
        waits = {asyncio.ensure_future(invite.provisional.wait()), asyncio.ensure_future(invite.final())}
        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        for wait in waits:
            wait.cancel()
        headers = Headers([("Via", invite.request.headers.all("Via")[0]), ("Max-Forwards", "70")])
        for name in ("From", "To", "Call-ID"):
            headers.add(name, invite.request.headers[name])
        headers.add("CSeq", f"{invite.request.cseq[0]} CANCEL")
        self.transport.request(Request(headers, "CANCEL", invite.request.uri), invite.target)
        invite.give_up_soon()

    def _credentials(self, response: Response) -> tuple[str, str] | None:
        asked, answered = (
            ("WWW-Authenticate", "Authorization") if response.status == 401 else ("Proxy-Authenticate", "Proxy-Authorization")
        )
        if self._caller.username is None or self._caller.password is None:
            return None
        for name, value in response.headers:
            challenge = parse_challenge(value) if name.lower() == asked.lower() else None
            if challenge is not None:
                return answered, authorization(
                    challenge, self._caller.username, self._caller.password, method="INVITE", uri=self._target
                )
        return None

    def _confirm(self, response: Response) -> None:
        """Take the dialog from a 2xx and acknowledge it."""
        self._to = response.to
        self._routes = response.headers.all("Record-Route")[::-1]
        contact = response.headers.all("Contact")
        if contact:
            self._target = Address.parse(contact[0]).uri
        if self._invite is not None:
            number, _ = self._invite.request.cseq
            self._invite.acknowledge(self._request("ACK", number), self._next_hop())

    def _send(self, method: str, headers: list[tuple[str, str]] | None = None, body: bytes = b"") -> ClientTransaction:
        self._cseq += 1
        return self.transport.request(self._request(method, self._cseq, headers, body), self._next_hop())

    def _request(self, method: str, cseq: int, extra: list[tuple[str, str]] | None = None, body: bytes = b"") -> Request:
        local = f"{self.transport.host}:{self.transport.port}"
        headers = Headers([("Via", f"SIP/2.0/UDP {local};rport;branch={new_branch()}"), ("Max-Forwards", "70")])
        for route in self._routes:
            headers.add("Route", route)
        headers.add("From", str(self._from))
        headers.add("To", str(self._to))
        headers.add("Call-ID", self._call_id)
        headers.add("CSeq", f"{cseq} {method}")
        headers.add("Contact", f"<{Uri(self.transport.host, self.transport.port, self._caller.user)}>")
        headers.add("Allow", _ALLOWED)
        headers.add("User-Agent", "ari_conf phone")
        for name, value in extra or ():
            headers.add(name, value)
        return Request(headers, method, self._target, body=body)

    def _next_hop(self) -> Endpoint:
        """Where requests go: the first route or the far side's contact, or the server if that is a name."""
        uri = Uri.parse(Address.parse(self._routes[0]).uri if self._routes else self._target)
        if not self._to.parameters.get("tag") or not uri.host.replace(".", "").isdecimal():
            return self._server
        return uri.host, uri.port or 5060

    def _serve(self, request: Request) -> Response:
        """Answer a request of the far side."""
        tag = self._from.parameters["tag"]
        if request.call_id != self._call_id:
            status, reason = {"OPTIONS": (200, "OK"), "INVITE": (486, "Busy Here")}.get(request.method, (481, "No Such Call"))
            return request.reply(status, reason, tag=tag)
        if request.method in {"INVITE", "UPDATE"}:
            return self._renegotiate(request)
        if request.method == "BYE":
            self._up = False
            self.ended.set()
        elif request.method == "CANCEL":
            return request.reply(481, "No Such Transaction", tag=tag)
        elif request.method not in {"OPTIONS", "INFO", "NOTIFY"}:
            response = request.reply(405, "Method Not Allowed", tag=tag)
            response.headers.add("Allow", _ALLOWED)
            return response
        return request.reply(200, "OK", tag=tag)

    def _renegotiate(self, request: Request) -> Response:
        contact = request.headers.all("Contact")
        body = b""
        if request.body:
            try:
                remote = sdp.parse_sdp(request.body)
            except SipParseError:
                return request.reply(488, "Not Acceptable Here")
            version = self._session.version + 1
            self._session = sdp.LocalAudio(self._session.host, self._session.port, self._session.session, version)
            body = sdp.answer(self._session, remote)
            if self._up:
                self._rtp.start(remote)
        elif request.method == "INVITE":
            body = sdp.offer(self._session)
        if contact:
            self._target = Address.parse(contact[0]).uri
        response = request.reply(200, "OK")
        response.headers.add("Contact", f"<{Uri(self.transport.host, self.transport.port, self._caller.user)}>")
        response.headers.add("Allow", _ALLOWED)
        if body:
            response.headers.add("Content-Type", "application/sdp")
            response.body = body
        return response
