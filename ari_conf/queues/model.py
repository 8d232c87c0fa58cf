"""What a queue is made of, named as Twilio names it. Immutable. Times are in seconds since 1970 (UTC)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Final

DEFAULT_MAX_SIZE: Final = 1000
LARGEST_MAX_SIZE: Final = 5000


class QueueResult(StrEnum):
    """Values of the parameter of this name: how a call's ``<Enqueue>`` has ended."""

    BRIDGED = "bridged"
    BRIDGING_IN_PROCESS = "bridging-in-process"
    ERROR = "error"
    HANGUP = "hangup"
    LEAVE = "leave"
    QUEUE_FULL = "queue-full"
    REDIRECTED = "redirected"
    REDIRECTED_FROM_BRIDGED = "redirected-from-bridged"
    SYSTEM_ERROR = "system-error"


@dataclass(frozen=True, slots=True)
class Member:
    """A call that has been enqueued. Who has the lower ``ticket`` has come first."""

    call_sid: str
    enqueued_at: float
    ticket: int


@dataclass(frozen=True, slots=True)
class Agent:
    """A call that has dialled the queue. Who has the lower ``ticket`` has dialled first."""

    call_sid: str
    ticket: int


@dataclass(frozen=True, slots=True)
class Connection:
    """A caller and the agent who has dequeued it; first the caller hears the agent's document, then they are ``bridged``."""

    member: Member
    agent: Agent
    dequeued_at: float
    bridged: bool = False

    @property
    def queue_time(self) -> int:
        """The whole seconds from coming to being dequeued."""
        return int(self.dequeued_at - self.member.enqueued_at)


@dataclass(frozen=True, slots=True)
class Queue:
    """A queue: who waits, first come first; the agents who wait for somebody; and the connections, by the caller's Call SID.

    There are never both waiting callers and waiting agents.
    """

    sid: str
    account_sid: str
    friendly_name: str
    created_at: float
    max_size: int = DEFAULT_MAX_SIZE
    waiting: tuple[Member, ...] = ()
    agents: tuple[Agent, ...] = ()
    connections: Mapping[str, Connection] = field(default_factory=lambda: MappingProxyType({}))
    last_ticket: int = 0

    @property
    def members(self) -> tuple[Member, ...]:
        """Who is in the queue, first come first: who waits, and who has been dequeued but is not bridged yet."""
        connecting = (connection.member for connection in self.connections.values() if not connection.bridged)
        return tuple(sorted((*self.waiting, *connecting), key=lambda member: member.ticket))

    @property
    def current_size(self) -> int:
        """How many are in the queue."""
        return len(self.waiting) + sum(not connection.bridged for connection in self.connections.values())

    @property
    def idle(self) -> bool:
        """Tell whether nobody has anything to do with the queue now."""
        return not (self.waiting or self.agents or self.connections)

    def position(self, call_sid: str) -> int | None:
        """Return the place of a call among those who are in the queue, from 1; None if it is not."""
        for place, member in enumerate(self.members, start=1):
            if member.call_sid == call_sid:
                return place
        return None

    def connection_of_agent(self, call_sid: str) -> Connection | None:
        """Return the connection of an agent; None if there is none."""
        return next((connection for connection in self.connections.values() if connection.agent.call_sid == call_sid), None)

    def average_queue_time(self, now: float) -> int:
        """Return for how many seconds those who are in the queue have been there on average; 0 if nobody is."""
        members = self.members
        return int(sum(now - member.enqueued_at for member in members) / len(members)) if members else 0
