"""What is known of a call that we have placed, until somebody answers or it ends."""

import asyncio
from dataclasses import dataclass
from typing import Final

from ari_conf.media.port import Unanswered

_BUSY_STATUSES: Final = frozenset({486, 600})
_NO_ANSWER_STATUSES: Final = frozenset({408, 480})
"""408 is also Asterisk's own word for a called side that does not react at all."""

_BUSY_CAUSES: Final = frozenset({17})
_NO_ANSWER_CAUSES: Final = frozenset({18, 19})


@dataclass(slots=True, eq=False)
class Placed:
    """``created``: Asterisk has made the channel. ``started``: it is in our application; False, if it is gone before that.

    ``asked``: Asterisk was asked to dial; ``dialling``: it does.

    ``ending`` is why we have ended it ourselves, ``sip_status`` what the called side has said last, as far as it is known.
    ``rings_until`` is in the loop's time.
    """

    started: "asyncio.Future[bool]"
    created: bool = False
    asked: bool = False
    dialling: bool = False
    ringing: bool = False
    rings_until: float = 0.0
    ending: Unanswered | None = None
    ended_here: bool = False
    sip_status: int | None = None
    sip_call_id: str = ""

    def on_hangup_request(self, *, soft: bool, status: int | None) -> None:
        """Take over who has ended the call: us, or Asterisk itself for us (``soft``), or the called side with a SIP status."""
        if soft:
            self.ended_here = True
        elif not self.ended_here and status is not None:
            self.sip_status = status

    def unanswered(self, cause: int | None) -> Unanswered:
        """Say why nobody has answered; ``cause`` is Q.850's, None if nobody has told us the end."""
        if self.ending is not None:
            return self.ending
        if self.sip_status in _BUSY_STATUSES or cause in _BUSY_CAUSES:
            return Unanswered.BUSY
        if self.sip_status in _NO_ANSWER_STATUSES or cause in _NO_ANSWER_CAUSES:
            return Unanswered.NO_ANSWER
        if cause is None and asyncio.get_running_loop().time() >= self.rings_until:
            return Unanswered.NO_ANSWER
        return Unanswered.FAILED
