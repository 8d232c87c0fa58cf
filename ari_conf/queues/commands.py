"""What can be asked of a queue, and what it can be told. Immutable data; ``rules.handle`` carries it out."""

from dataclasses import dataclass
from enum import StrEnum


class Exit(StrEnum):
    """The ways in which a caller leaves a queue, or the agent it was bridged to."""

    HUNG_UP = "hung-up"
    LEFT = "left"
    """By ``<Leave>``."""
    REDIRECTED = "redirected"
    """By the application, with other TwiML."""
    DOCUMENT_FAILED = "document-failed"
    """The document of the waitUrl could not be had, or was wrong."""
    SYSTEM_FAILED = "system-failed"
    BRIDGE_OVER = "bridge-over"
    """The agent did not hang up, but the two are no longer together (hangupOnStar, timeLimit)."""


@dataclass(frozen=True, slots=True)
class Enqueue:
    """A call comes. ``max_size`` changes how many may be in the queue, within its limits; None leaves that as it is."""

    call_sid: str
    max_size: int | None = None


@dataclass(frozen=True, slots=True)
class Leave:
    """A caller goes, from wherever it is. What is not in the queue and not bridged by it changes nothing."""

    call_sid: str
    exit: Exit = Exit.HUNG_UP


@dataclass(frozen=True, slots=True)
class Dequeue:
    """An agent dials the queue and gets the first one who waits, or waits for somebody."""

    agent_call_sid: str


@dataclass(frozen=True, slots=True)
class StopWaiting:
    """An agent's ``<Dial>`` has timed out. Nothing happens if it is being connected, or is, or does not wait."""

    agent_call_sid: str


@dataclass(frozen=True, slots=True)
class AgentGone:
    """An agent's call has ended, or its ``<Dial>`` has been left, whatever it was doing."""

    agent_call_sid: str


@dataclass(frozen=True, slots=True)
class Bridge:
    """A dequeued caller has heard what it was to hear and can be put together with its agent."""

    call_sid: str


@dataclass(frozen=True, slots=True)
class Modify:
    """The queue gets another name or size; None leaves that as it is. Who is in it stays, also in a queue that is too small."""

    friendly_name: str | None = None
    max_size: int | None = None


Command = Enqueue | Leave | Dequeue | StopWaiting | AgentGone | Bridge | Modify
