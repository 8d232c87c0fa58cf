"""The calls of the local engine: how they come, ring, are answered and end, seen from their other sides."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from ari_conf.clock import Clock
from ari_conf.media.port import (
    CallAnswered,
    CallArrived,
    CallEnded,
    CallGoneError,
    CallRinging,
    DigitPressed,
    EngineEvent,
    EngineUnavailableError,
    OutgoingCall,
    Unanswered,
)
from ari_conf.sids import SidKind, new_sid

from .call import Call
from .directory import Directory, headers_in, number_in
from .keypad import KEYS
from .line import Invitation, Line


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a call was not answered: the SIP status and its phrase, the network's word, and the port's for a call of ours."""

    status: int
    phrase: str
    cause: str
    unanswered: Unanswered


NORMAL: Final = "Normal Clearing"

BUSY: Final = Refusal(486, "Busy Here", "User busy", Unanswered.BUSY)
NOT_FOUND: Final = Refusal(404, "Not Found", "Unallocated (unassigned) number", Unanswered.FAILED)
UNAVAILABLE: Final = Refusal(480, "Temporarily Unavailable", NORMAL, Unanswered.NO_ANSWER)
CONGESTED: Final = Refusal(503, "Service Unavailable", "Circuit/channel congestion", Unanswered.FAILED)
CALLER_GONE: Final = Refusal(487, "Request Terminated", NORMAL, Unanswered.CANCELED)
_TIMED_OUT: Final = Refusal(487, "Request Terminated", "User alerting, no answer", Unanswered.NO_ANSWER)

_REFUSALS: Final = {
    404: NOT_FOUND,
    408: Refusal(408, "Request Timeout", "No user responding", Unanswered.NO_ANSWER),
    480: UNAVAILABLE,
    486: BUSY,
    600: Refusal(600, "Busy Everywhere", "User busy", Unanswered.BUSY),
    603: Refusal(603, "Decline", "Call rejected", Unanswered.FAILED),
}


class Exchange:
    """The calls that are there; ``changed`` says that their way through the mixer is to be worked out anew.

    ``directory`` is who can be called. Those at the other ends of calls use ``connect``, ``pick_up``, ``refuse``, ``press`` and
    ``disconnect``; what they do there is told. ``keep_pace`` is called whenever a call has come or gone.
    """

    def __init__(
        self, clock: Clock, frame_length: int, tell: Callable[[EngineEvent], None], keep_pace: Callable[[], None]
    ) -> None:
        self.directory = Directory()
        self.calls: dict[str, Call] = {}
        self.running = False
        self.changed = False
        self._clock = clock
        self._frame_length = frame_length
        self._tell = tell
        self._keep_pace = keep_pace
        self._rings_until: dict[str, float] = {}

    def check_running(self) -> None:
        """Raise ``EngineUnavailableError`` if the engine does not run."""
        if not self.running:
            raise EngineUnavailableError("the local engine is not running; call start() first")

    def call(self, call_sid: str) -> Call:
        """Return a call. Raises ``CallGoneError``, ``EngineUnavailableError``."""
        self.check_running()
        call = self.calls.get(call_sid)
        if call is None:
            raise CallGoneError(f"call {call_sid} has ended or never was; there is nothing to do for it")
        return call

    # Calls that come.

    def connect(self, line: Line, from_: str, to: str) -> str:
        """Let ``line`` call ``to`` and return the call's SID; it rings until somebody takes it or turns it down.

        Raises ``EngineUnavailableError`` if the engine is not running.
        """
        self.check_running()
        call = Call(new_sid(SidKind.CALL), line, self._frame_length)
        self.calls[call.sid] = call
        self._tell(CallArrived(call.sid, from_, to))
        self._keep_pace()
        return call.sid

    def answer(self, call: Call) -> None:
        """Take a call that has come."""
        call.answered = self.changed = True
        call.line.answered()

    # Calls that are placed.

    def place(self, outgoing: OutgoingCall) -> None:
        """Let somebody's phone ring, or tell why not."""
        callee = self.directory.find(outgoing.to)
        invitation = Invitation(outgoing.call_sid, outgoing.caller_id, number_in(outgoing.to), headers_in(outgoing.to))
        line = callee(invitation) if callee is not None else None
        if line is None:
            refusal = NOT_FOUND if callee is None else BUSY
            self._tell(CallEnded(outgoing.call_sid, refusal.cause, refusal.unanswered, refusal.status))
            return
        self.calls[outgoing.call_sid] = Call(outgoing.call_sid, line, self._frame_length, placed=True)
        self._rings_until[outgoing.call_sid] = self._clock.monotonic() + outgoing.timeout
        self._tell(CallRinging(outgoing.call_sid))
        self._keep_pace()

    def pick_up(self, call_sid: str) -> None:
        """Let the called side answer; nothing happens if it has. Raises ``CallGoneError``."""
        call = self.call(call_sid)
        if call.placed and not call.answered:
            del self._rings_until[call_sid]
            self.answer(call)
            self._tell(CallAnswered(call_sid))

    def refuse(self, call_sid: str, status: int) -> None:
        """Let the called side turn down a call that rings. Raises ``CallGoneError``."""
        call = self.call(call_sid)
        self.end(call, _REFUSALS.get(status) or Refusal(status, "", NORMAL, Unanswered.FAILED))

    def end_what_rings_too_long(self) -> None:
        """End calls that were placed and not answered in time."""
        if self._rings_until:
            now = self._clock.monotonic()
            for call_sid in [call_sid for call_sid, until in self._rings_until.items() if until <= now]:
                self.end(self.calls[call_sid], _TIMED_OUT)

    # All calls.

    def press(self, call_sid: str, key: str) -> None:
        """Tell that the other side has pressed ``key``. Raises ``ValueError`` if there is no such key, ``CallGoneError``."""
        if key not in KEYS:
            raise ValueError(f"a phone has no key {key!r}; the keys are 0-9, *, # and A-D")
        self.call(call_sid)
        self._tell(DigitPressed(call_sid, key))

    def disconnect(self, call_sid: str) -> None:
        """Hang up on the other side; a call that is gone is no error. Before the answer, this is giving up or refusing."""
        call = self.calls.get(call_sid)
        if call is not None:
            self.end(call, UNAVAILABLE if call.placed else CALLER_GONE)

    def end(self, call: Call, refusal: Refusal) -> None:
        """End a call; ``refusal`` is what is told if it has not been answered."""
        del self.calls[call.sid]
        self._rings_until.pop(call.sid, None)
        self.changed = True
        call.give_up()
        if call.answered:
            call.line.ended()
            self._tell(CallEnded(call.sid, NORMAL, sip_status=200 if call.placed else None))
        else:
            call.line.refused(refusal.status, refusal.phrase)
            if call.placed:
                self._tell(CallEnded(call.sid, refusal.cause, refusal.unanswered, refusal.status))
            else:
                self._tell(CallEnded(call.sid, refusal.cause))
        for recorder in call.recorders.values():
            self._tell(recorder.finish())
        self._keep_pace()
