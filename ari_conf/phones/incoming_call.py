"""One SIP call that a phone gets: it rings, is picked up or refused, and ends, inside the loop of the bank."""

import secrets
from typing import Final

from . import sdp
from .dialog import Dialog, Ends
from .phone import Incoming
from .rtp import RtpStream
from .sip_message import Address, Request, Response, Uri
from .transactions import Endpoint, SipTransport

REASONS: Final = {
    403: "Forbidden",
    404: "Not Found",
    480: "Temporarily Unavailable",
    486: "Busy Here",
    487: "Request Terminated",
    488: "Not Acceptable Here",
    491: "Request Pending",
    503: "Service Unavailable",
    600: "Busy Everywhere",
    603: "Decline",
}
"""The words for the statuses with which a call is not taken."""


def refusal(request: Request, status: int, tag: str = "") -> Response:
    """Make the refusal of a call."""
    return request.reply(status, REASONS.get(status, "Refused"), tag=tag or secrets.token_hex(6))


class IncomingCall(Dialog):
    """A call that ``source`` has sent to ``transport``, which all phones share. Raises ``SipParseError`` without PCMU audio."""

    def __init__(self, transport: SipTransport, invite: Request, source: Endpoint, rtp: RtpStream, number: str) -> None:
        self._remote_audio = sdp.parse_sdp(invite.body)
        local = Address(invite.to.uri, invite.to.display, {"tag": secrets.token_hex(6)})
        contact = invite.headers.all("Contact")
        target = Address.parse(contact[0]).uri if contact else invite.from_.uri
        super().__init__(transport, Ends(invite.call_id, local, invite.from_, target, number), source, rtp)
        self.routes = invite.headers.all("Record-Route")
        self._invite = invite
        self._source = source

    @property
    def rings(self) -> bool:
        """Whether it waits for somebody to pick up."""
        return not self.up and not self.ended.is_set()

    @property
    def incoming(self) -> Incoming:
        """Who calls, as the phone shows it."""
        headers = tuple((name, value) for name, value in self._invite.headers if name.lower().startswith("x-"))
        caller = Uri.parse(self._invite.from_.uri)
        return Incoming(caller.user or caller.host, Uri.parse(self._invite.uri).user, headers)

    def ring(self) -> Response:
        """Return the response that tells the caller that it rings."""
        response = self._invite.reply(180, "Ringing", tag=self.ends.local.parameters["tag"])
        response.headers.add("Contact", self.contact)
        return response

    async def pick_up(self) -> None:
        """Answer, already talking; return when the caller has acknowledged that."""
        self.up = True
        self.rtp.start(self._remote_audio)
        body = sdp.answer(self.session, self._remote_audio)
        if not await self.transport.respond(self._invite, self.accept(self._invite, body), self._source):
            self.up = False
            self.ended.set()
            raise RuntimeError("the caller has not acknowledged the answer: is it still there?")

    def refuse(self, status: int) -> None:
        """Refuse the call that rings."""
        self.transport.respond(self._invite, refusal(self._invite, status, self.ends.local.parameters["tag"]), self._source)
        self.ended.set()

    async def hang_up(self) -> None:
        """End the call; one that rings is refused as busy."""
        if self.rings:
            self.refuse(486)
        await super().hang_up()

    def serve(self, request: Request) -> Response:
        """Answer a request of the caller in the dialog."""
        if request.method == "CANCEL" and self.rings:
            self.refuse(487)
            return request.reply(200, "OK", tag=self.ends.local.parameters["tag"])
        if request.method == "INVITE" and not self.up:
            return refusal(request, 491)
        return super().serve(request)

    def release(self) -> None:
        """Forget the call: repeated messages are not answered any more."""
        self.transport.forget(self.ends.call_id)
