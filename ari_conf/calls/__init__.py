"""One call's life: ask for TwiML, run its verbs in order, stay in a room, go on, end."""

from .call import Call
from .switchboard import Switchboard

__all__ = ["Call", "Switchboard"]
