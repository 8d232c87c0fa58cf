"""The calls that are up: those that have come, and those that we have placed."""

import asyncio

import structlog

from ari_conf.media.port import CallEnded, CallGoneError, EngineError, MediaEngine, OutgoingCall, Unanswered
from ari_conf.webhooks import CallStatus

from .call import Call
from .progress import Progress

log = structlog.get_logger(__name__)


class CallBook:
    """All calls of this process, by Call SID.

    ``left_alone``: the controller stops, and a later life goes on with the calls.
    """

    def __init__(self, engine: MediaEngine, progress: Progress) -> None:
        self.progress = progress
        self._engine = engine
        self._calls: dict[str, Call] = {}
        self.left_alone = False

    @property
    def calls(self) -> list[Call]:
        """The calls that are up, in order of their beginning."""
        return list(self._calls.values())

    def get(self, call_sid: str) -> Call | None:
        """Return the call, if it is up."""
        return self._calls.get(call_sid)

    def arrived(self, call: Call) -> None:
        """Take note of a call that has come."""
        self._calls[call.sid] = call
        self.progress.begun(call)

    def take_up(self, call: Call) -> None:
        """Know a call of an earlier life of the controller; nothing is told of it."""
        self._calls[call.sid] = call

    async def place(self, call: Call, outgoing: OutgoingCall) -> None:
        """Call somebody; ``call.answered`` and ``call.ended`` tell what becomes of it, also if there is no way to dial it."""
        self._calls[call.sid] = call
        call.status = CallStatus.INITIATED
        self.progress.begun(call)
        log.info("call placed", call_sid=call.sid, parent_call_sid=call.parent_call_sid, to=call.to)
        try:
            await self._engine.place(outgoing)
        except EngineError as error:
            log.warning("the call cannot be placed", call_sid=call.sid, cause=str(error))
            self.ended(CallEnded(call.sid, str(error), Unanswered.FAILED))
        except BaseException:
            self.ended(CallEnded(call.sid, "given up", Unanswered.CANCELED))
            raise

    async def hang_up(self, call: Call) -> None:
        """End a call and wait until it is over; nothing happens if it is already."""
        if call.ended.done():
            return
        await self._engine.hang_up(call.sid)
        await asyncio.wait({call.ended})

    def ended(self, event: CallEnded) -> Call | None:
        """Take note that a call is over; return it if it was up."""
        call = self._calls.pop(event.call_sid, None)
        if call is not None:
            log.info("call ended", call_sid=call.sid, cause=event.cause)
            self.progress.ended(call, event)
        return call


def gone(call: Call) -> CallGoneError:
    """Return the error for a call that is over."""
    return CallGoneError(f"call {call.sid} has ended")
