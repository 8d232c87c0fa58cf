"""What happened in a queue. ``at`` is the time that was given to ``handle``, in seconds since 1970 (UTC)."""

from dataclasses import dataclass

from .model import Connection, Member, QueueResult


@dataclass(frozen=True, slots=True)
class Enqueued:
    """A call waits; its wait document is to be run."""

    at: float
    member: Member


@dataclass(frozen=True, slots=True)
class QueueFull:
    """A call was not let in; its ``<Enqueue>`` has ended. ``code`` is Twilio's, for a notification."""

    at: float
    call_sid: str
    code: int
    message: str


@dataclass(frozen=True, slots=True)
class Connecting:
    """A caller is dequeued: it waits no more, hears the agent's document if there is one, and then ``Bridge`` is due."""

    at: float
    connection: Connection


@dataclass(frozen=True, slots=True)
class Bridged:
    """A caller and an agent are to hear each other now."""

    at: float
    connection: Connection


@dataclass(frozen=True, slots=True)
class Returned:
    """The agent has gone before the bridge: the caller waits again, at its old place; its wait document begins anew."""

    at: float
    member: Member


@dataclass(frozen=True, slots=True)
class Left:
    """A caller's ``<Enqueue>`` has ended. ``queue_time`` is in whole seconds.

    ``agent_call_sid`` is the agent whose bridge with it ended thereby, if there was one.
    """

    at: float
    call_sid: str
    result: QueueResult
    queue_time: int
    agent_call_sid: str | None = None


@dataclass(frozen=True, slots=True)
class AgentWaiting:
    """Nobody is there for an agent now: it has just dialled, or its caller has gone before the bridge."""

    at: float
    agent_call_sid: str


@dataclass(frozen=True, slots=True)
class AgentGaveUp:
    """An agent who has got nobody waits no more."""

    at: float
    agent_call_sid: str


QueueEvent = Enqueued | QueueFull | Connecting | Bridged | Returned | Left | AgentWaiting | AgentGaveUp
