"""How far a call has got: what a later life of the controller needs in order to go on with it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from .requests import CallRequest, ParticipantRequest, Source


@dataclass(frozen=True, slots=True)
class Arrived:
    """The call has come. ``dialled`` is what the caller has dialled, by which the settings know what to do with it."""

    dialled: str


@dataclass(frozen=True, slots=True)
class Placed:
    """The call was asked for over REST; ``request`` has no password any more."""

    request: CallRequest


@dataclass(frozen=True, slots=True)
class Added:
    """The call was asked for over REST, to be in this conference; ``participant`` has no password any more."""

    conference_sid: str
    participant: ParticipantRequest


@dataclass(frozen=True, slots=True)
class Redirected:
    """The call was given another document over REST."""

    source: Source


Origin = Arrived | Placed | Added | Redirected
"""Why a call is served: what is done with it first."""


@dataclass(frozen=True, slots=True)
class Asking:
    """What the application is being asked, beyond how the call is."""

    url: str
    method: str
    parameters: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """Where in its documents a call is.

    ``documents`` and ``verbs`` are how many it was given and has begun. With ``in_document`` it is at the verb number ``verb``
    of its last document (from 0; behind the last verb: at the end), else still at what its origin says. ``memory`` is what the
    verb wants to find again. With ``asking``, the verb is over and the application is asked what comes next.
    """

    documents: int = 0
    verbs: int = 0
    in_document: bool = False
    verb: int = 0
    memory: Mapping[str, str] = field(default_factory=dict)
    asking: Asking | None = None
