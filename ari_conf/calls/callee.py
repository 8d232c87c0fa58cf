"""Somebody who is called by ``<Dial>``: the leg, what its noun says of it, and what the action is told of it."""

import contextlib
from typing import Final
from urllib.parse import quote, urlencode

from ari_conf.media.port import EngineError, OutgoingCall
from ari_conf.sids import SidKind, new_sid
from ari_conf.twiml import ClientNoun, Dial, NumberNoun, SipNoun
from ari_conf.webhooks import CallStatus, Direction

from .call import Call
from .requests import ProgressCallback
from .session import CallSession, absolute

TIMEOUT_BUFFER: Final = 5.0
"""Seconds that Twilio lets it ring longer than ``timeout`` says."""


class Callee:
    """One leg of a Dial. Raises ``TwilioError`` for a URL that cannot be resolved; nobody is called before ``place``."""

    def __init__(self, caller: CallSession, noun: NumberNoun | SipNoun | ClientNoun, dial: Dial, base: str) -> None:
        self.caller = caller
        self.noun = noun
        self.base = base
        self.url = absolute(noun.url, base) if noun.url else None
        self.placed = False
        """Whether ``call`` is one that was placed."""
        self.taken = False
        """Another document has taken the leg over before it was connected; it is no business of the Dial any more."""
        self._timeout = dial.timeout + TIMEOUT_BUFFER
        parent = caller.call
        progress = None
        if noun.status_callback:
            url = absolute(noun.status_callback, base)
            progress = ProgressCallback(url, noun.status_callback_method.value, noun.status_callback_event)
        self.call = Call(
            sid=new_sid(SidKind.CALL),
            account=parent.account,
            from_=dial.caller_id or parent.from_,
            to=_to(noun),
            created_at=caller.clock.now(),
            direction=Direction.OUTBOUND_DIAL,
            parent_call_sid=parent.sid,
            status=CallStatus.INITIATED,
            progress=progress,
        )

    @property
    def parameters(self) -> dict[str, str]:
        """What the action is told of this leg."""
        call = self.call
        parameters = {"DialCallSid": call.sid}
        if call.answered_at is not None:
            parameters["DialCallDuration"] = str(call.seconds)
        if isinstance(self.noun, SipNoun) and call.ended.done():
            end = call.ended.result()
            parameters["DialSipCallId"] = end.sip_call_id
            if end.sip_status is not None:
                parameters["DialSipResponseCode"] = str(end.sip_status)
        return parameters

    async def place(self) -> None:
        """Begin to call; what becomes of it is known to ``call``."""
        self.placed = True
        noun = self.noun
        secret = (noun.username or "", noun.password or "") if isinstance(noun, SipNoun) else ("", "")
        outgoing = OutgoingCall(
            call_sid=self.call.sid,
            to=_dialled(noun),
            caller_id=self.call.from_,
            timeout=self._timeout,
            username=secret[0],
            password=secret[1],
        )
        await self.caller.services.book.place(self.call, outgoing)

    def resume(self, call: Call) -> None:
        """Take over the call that was placed for this leg in an earlier life of the controller."""
        self.call = call
        self.placed = True

    async def hang_up(self) -> None:
        """End the leg, if it was placed, and wait for its end."""
        if self.placed:
            with contextlib.suppress(EngineError):
                await self.caller.services.book.hang_up(self.call)


def _to(noun: NumberNoun | SipNoun | ClientNoun) -> str:
    """Return whom the leg is to, as the application is told."""
    match noun:
        case NumberNoun():
            return noun.number
        case SipNoun():
            return noun.uri.partition("?")[0]
        case ClientNoun():
            return f"client:{noun.identity}"


def _dialled(noun: NumberNoun | SipNoun | ClientNoun) -> str:
    """Return what the engine is to dial: headers, and a client's custom parameters, are in its query."""
    match noun:
        case NumberNoun():
            return noun.number
        case SipNoun():
            return noun.uri
        case ClientNoun():
            parameters = urlencode([(f"X-{name}", value) for name, value in noun.parameters], quote_via=quote)
            return f"client:{noun.identity}" + (f"?{parameters}" if parameters else "")
