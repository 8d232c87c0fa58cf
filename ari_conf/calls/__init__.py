"""One call's life: ask for TwiML, run its verbs in order, talk with others, go on, end."""

from .book import CallBook
from .call import Call
from .interpreter import run_screening
from .progress import Progress
from .queues import Queues
from .session import Services
from .switchboard import Switchboard

__all__ = ["Call", "CallBook", "Progress", "Queues", "Services", "Switchboard", "run_screening"]
