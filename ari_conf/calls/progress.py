"""How a call goes, kept and told: its row in the database, and the callbacks that its owner has subscribed to."""

from collections.abc import Callable

from ari_conf.clock import Clock
from ari_conf.media.port import CallEnded
from ari_conf.store import CallRow
from ari_conf.twiml import CallProgressEvent
from ari_conf.webhooks import CallbackKind, CallStatus, Ledger, Owed, VoiceCall, call_progress_parameters, voice_parameters

from .call import Call
from .live import live_rows

Observer = Callable[[Call, CallProgressEvent], None]
"""Is told what becomes of any call, in order. It must not wait, and not raise."""


class Progress:
    """Takes note of what becomes of calls. Methods return at once."""

    def __init__(self, ledger: Ledger, clock: Clock) -> None:
        self._ledger = ledger
        self._clock = clock
        self.observers: list[Observer] = []

    def begun(self, call: Call) -> None:
        """Note a call that has arrived (it rings) or is being placed (it is initiated)."""
        event = CallProgressEvent.RINGING if call.status is CallStatus.RINGING else CallProgressEvent.INITIATED
        self._note(call, event)

    def ringing(self, call: Call) -> None:
        """Note that it rings at the other side of a call that was placed and not answered yet."""
        if call.answered_at is None:
            call.status = CallStatus.RINGING
            self._note(call, CallProgressEvent.RINGING)
        if not call.rings.done():
            call.rings.set_result(None)

    def answered(self, call: Call) -> None:
        """Note that a call has been answered, by us or by the other side; once."""
        if call.answered_at is None:
            call.status = CallStatus.IN_PROGRESS
            call.answered_at = self._clock.now()
            self._note(call, CallProgressEvent.ANSWERED)
            if not call.answered.done():
                call.answered.set_result(None)

    def ended(self, call: Call, end: CallEnded) -> None:
        """Note that a call is over."""
        if end.unanswered is not None:
            call.status = CallStatus(end.unanswered.value)
        else:
            call.status = call.status_unanswered if call.answered_at is None else CallStatus.COMPLETED
        call.ended_at = self._clock.now()
        self._note(call, CallProgressEvent.COMPLETED, end)
        if not call.ended.done():
            call.ended.set_result(end)

    def _note(self, call: Call, event: CallProgressEvent, end: CallEnded | None = None) -> None:
        owed = self._owed(call, event, end)
        self._ledger.commit([call_row(call, end), *live_rows(call)], [owed] if owed else [])
        for observer in self.observers:
            observer(call, event)

    def _owed(self, call: Call, event: CallProgressEvent, end: CallEnded | None) -> Owed | None:
        callback = call.progress
        if callback is None or event not in callback.events:
            return None
        progress = call_progress_parameters(
            at=self._clock.now(),
            sequence_number=call.events_told,
            call_duration=call.seconds if end else None,
            sip_response_code=end.sip_status if end else None,
        )
        call.events_told += 1
        return Owed(
            account_sid=call.account.sid,
            kind=CallbackKind.CALL,
            lane=call.sid,
            url=callback.url,
            method=callback.method,
            parameters=voice_parameters(described(call)) | progress,
        )


def call_row(call: Call, end: CallEnded | None = None) -> CallRow:
    """Return a call as the database keeps it; ``end`` is what the engine has said of its end."""
    return CallRow(
        sid=call.sid,
        account_sid=call.account.sid,
        from_=call.from_,
        to=call.to,
        direction=call.direction.value,
        status=call.status.value,
        created_at=call.created_at,
        parent_call_sid=call.parent_call_sid,
        answered_at=call.answered_at,
        ended_at=call.ended_at,
        cause=end.cause if end else "",
        sip_status=end.sip_status if end else None,
    )


def described(call: Call) -> VoiceCall:
    """Return a call as webhooks describe it."""
    return VoiceCall(
        call_sid=call.sid,
        account_sid=call.account.sid,
        from_=call.from_,
        to=call.to,
        status=call.status,
        direction=call.direction,
        parent_call_sid=call.parent_call_sid,
        more=call.parameters,
    )
