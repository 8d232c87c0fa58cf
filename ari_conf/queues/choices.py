"""Our choices where Twilio's public material is silent, all of them, in one place."""

from typing import Final

from .commands import Exit
from .model import QueueResult

RESULT_WHILE_WAITING: Final[dict[Exit, QueueResult]] = {
    Exit.HUNG_UP: QueueResult.HANGUP,
    Exit.LEFT: QueueResult.LEAVE,
    Exit.REDIRECTED: QueueResult.REDIRECTED,
    Exit.DOCUMENT_FAILED: QueueResult.ERROR,
    Exit.SYSTEM_FAILED: QueueResult.SYSTEM_ERROR,
    Exit.BRIDGE_OVER: QueueResult.SYSTEM_ERROR,
}
"""``QueueResult`` of who goes while waiting. Documented but for the last, which should not happen."""

RESULT_WHILE_CONNECTING: Final[dict[Exit, QueueResult]] = {
    **RESULT_WHILE_WAITING,
    Exit.REDIRECTED: QueueResult.BRIDGING_IN_PROCESS,
}
"""``QueueResult`` of who goes between being dequeued and being bridged, while the agent's document is heard."""

RESULT_WHILE_BRIDGED: Final[dict[Exit, QueueResult]] = {
    **dict.fromkeys(Exit, QueueResult.BRIDGED),
    Exit.REDIRECTED: QueueResult.REDIRECTED_FROM_BRIDGED,
}
"""``QueueResult`` of who was bridged, whichever side has ended that."""

CALLER_RETURNS: Final = True
"""Whether a caller whose agent goes before the bridge gets its old place back; else its ``<Enqueue>`` ends with ``error``."""

AGENT_WAITS_ON: Final = True
"""Whether an agent whose caller goes before the bridge gets the next one, or waits; else it gets nobody."""
