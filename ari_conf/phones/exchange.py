"""Where the phones of a bank can be called: one UDP port, on which a number leads to a phone."""

import weakref
from typing import Final, Protocol

from .dialog import Dialog
from .incoming_call import IncomingCall, refusal
from .sip_message import Request, Response, SipParseError, Uri
from .transactions import Endpoint, SipTransport

_HOST: Final = "127.0.0.1"
_T1: Final = 0.5


class Callee(Protocol):
    """A phone that can be called."""

    def receive(self, transport: SipTransport, invite: Request, source: Endpoint) -> IncomingCall | None:
        """Let it ring, or return None if the phone is busy. Raises ``SipParseError`` if it understands no audio of it."""
        ...


class Exchange:
    """Gives each call to the phone whose number is the user part of its request URI; the latest phone has a number.

    Belongs into the thread of the bank, but ``connect`` may be called in any.
    """

    def __init__(self) -> None:
        self._transport = SipTransport(_HOST, self._serve, t1=_T1)
        self._phones: weakref.WeakValueDictionary[str, Callee] = weakref.WeakValueDictionary()
        self._calls: weakref.WeakValueDictionary[str, Dialog] = weakref.WeakValueDictionary()

    @property
    def address(self) -> Endpoint:
        """Host and port."""
        return self._transport.host, self._transport.port

    def connect(self, number: str, phone: Callee) -> None:
        """Let ``number`` lead to ``phone``, as long as that exists."""
        self._phones[number] = phone

    def close(self) -> None:
        """Take no more calls."""
        self._transport.close()

    def _serve(self, request: Request, source: Endpoint) -> Response:
        call = self._calls.get(request.call_id)
        if call is not None:
            return call.serve(request)
        if request.method == "INVITE":
            return self._invite(request, source)
        return request.reply(200, "OK") if request.method == "OPTIONS" else request.reply(481, "No Such Call")

    def _invite(self, invite: Request, source: Endpoint) -> Response:
        phone = self._phones.get(Uri.parse(invite.uri).user)
        if phone is None:
            return refusal(invite, 404)
        try:
            call = phone.receive(self._transport, invite, source)
        except SipParseError:
            return refusal(invite, 488)
        if call is None:
            return refusal(invite, 486)
        self._calls[invite.call_id] = call
        return call.ring()
