"""What is known of a call, and what its verbs wait for."""

import asyncio
from dataclasses import dataclass, field

from ari_conf.accounts import Account
from ari_conf.webhooks import CallStatus


@dataclass(slots=True, eq=False)
class Call:
    """One call. ``ended`` is done, with the cause, when it is over; ``stars`` is set when the caller presses ``*``."""

    sid: str
    account: Account
    from_: str
    to: str
    status: CallStatus = CallStatus.RINGING
    ended: "asyncio.Future[str]" = field(default_factory=lambda: asyncio.get_running_loop().create_future())
    hangup_on_star: bool = False

    def end(self, cause: str) -> None:
        """Note that the call is over."""
        self.status = CallStatus.COMPLETED
        if not self.ended.done():
            self.ended.set_result(cause)
