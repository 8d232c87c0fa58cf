"""One SIP call that a phone makes: from INVITE to BYE, inside the loop of the bank."""

import asyncio
import secrets
from dataclasses import dataclass

from . import sdp
from .dialog import Dialog, Ends
from .digest import authorization, parse_challenge
from .phone import CallRefusedError
from .rtp import RtpStream
from .sip_message import Address, Headers, Request, Response, SipParseError, Uri
from .transactions import ClientTransaction, Endpoint, SipTransport


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls: the name to show, the user part of From, what to authenticate with, and headers of each INVITE."""

    display: str
    user: str
    username: str | None
    password: str | None
    headers: tuple[tuple[str, str], ...] = ()


class SipCall(Dialog):
    """One call through ``server``, with a socket of its own."""

    def __init__(self, caller: Caller, to: Uri, server: Endpoint, rtp: RtpStream, *, t1: float) -> None:
        local = Address(str(Uri(server[0], user=caller.user)), caller.display, {"tag": secrets.token_hex(6)})
        ends = Ends(secrets.token_hex(12), local, Address(str(to)), str(to), caller.user)
        super().__init__(SipTransport(rtp.host, self._serve_any, t1=t1), ends, server, rtp)
        self._caller = caller
        self._invite: ClientTransaction | None = None
        self._cancelling: asyncio.Task[None] | None = None

    @property
    def rings(self) -> bool:
        """Whether the called side has said that it rings."""
        return self._invite is not None and self._invite.ringing

    async def dial(self) -> None:
        """Call; returns when the call is answered. Raises ``CallRefusedError``; cancelled, it cancels the call."""
        try:
            await self._dial()
        except asyncio.CancelledError:
            await self._abandon()
            raise
        finally:
            if not self.up:
                self.ended.set()

    async def hang_up(self) -> None:
        """End the call, answered or not, and return when it is over."""
        if self.up or self.ended.is_set():
            await super().hang_up()
        else:
            self._cancelling = self._cancelling or asyncio.get_running_loop().create_task(self._cancel())
            await self.ended.wait()

    def release(self) -> None:
        """Close the socket: nothing is answered any more."""
        self.transport.close()

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
                await self.send("BYE").final()
            raise CallRefusedError(487, "Request Terminated")
        if not answered:
            raise CallRefusedError(response.status, response.reason)
        try:
            remote = sdp.parse_sdp(response.body)
        except SipParseError as error:
            await self.send("BYE").final()
            raise CallRefusedError(488, f"Not Acceptable Here: {error}") from error
        self.up = True
        self.rtp.start(remote)

    async def _abandon(self) -> None:
        """Give up dialling: cancel, or hang up if the call has been answered meanwhile."""
        if self._invite is None or self.up:
            return
        await self._cancel()
        response = await self._invite.final()
        if response.status < 300:
            self._confirm(response)
            await self.send("BYE").final()

    async def _send_invite(self, credentials: tuple[str, str] | None) -> Response:
        headers = [*self._caller.headers, ("Content-Type", "application/sdp")]
        if credentials is not None:
            headers.append(credentials)
        self._invite = self.send("INVITE", headers, sdp.offer(self.session))
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
                    challenge, self._caller.username, self._caller.password, method="INVITE", uri=self.ends.target
                )
        return None

    def _confirm(self, response: Response) -> None:
        """Take the dialog from a 2xx and acknowledge it."""
        self.ends.remote = response.to
        self.routes = response.headers.all("Record-Route")[::-1]
        contact = response.headers.all("Contact")
        if contact:
            self.ends.target = Address.parse(contact[0]).uri
        if self._invite is not None:
            number, _ = self._invite.request.cseq
            self._invite.acknowledge(self.request("ACK", number), self.next_hop())

    def _serve_any(self, request: Request, _source: Endpoint) -> Response:
        """Answer a request that has come to our socket."""
        if request.call_id != self.ends.call_id:
            status, reason = {"OPTIONS": (200, "OK"), "INVITE": (486, "Busy Here")}.get(request.method, (481, "No Such Call"))
            return request.reply(status, reason, tag=self.ends.local.parameters["tag"])
        return self.serve(request)
