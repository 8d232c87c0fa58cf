"""Endpoints and their lanes: whose turn it is, how many at once, and when a dead endpoint is left alone."""

from asyncio import TimerHandle
from collections import deque
from dataclasses import dataclass, field
from typing import Final

from ari_conf.store import DeliveryRow
from ari_conf.webhooks.delivery import Retries, endpoint_of

MOST_AT_ONCE: Final = 16
"""How many requests may be under way to one endpoint."""
_FIRST_AT_ONCE: Final = 4
_FAILURES_UNTIL_HELD: Final = 5
"""So many requests in a row that nobody has answered, and an endpoint is left alone for a while."""
_ENDPOINTS_KEPT: Final = 1000

LaneKey = tuple[str, str]
"""A lane's name and the URL: callbacks that have both in common are delivered one after the other."""


def key_of(row: DeliveryRow) -> LaneKey:
    """Return the lane that ``row`` belongs to."""
    return row.lane, row.url


@dataclass(eq=False, slots=True)
class Lane:
    """Callbacks that are delivered in order.

    ``rows`` are the next ones, the first being the one whose turn it is. ``unread`` further ones, from the position
    ``unread_from``, are in the store only. ``last`` is the position of the last one that ever was among ``rows``.
    """

    key: LaneKey
    endpoint: "Endpoint"
    rows: deque[DeliveryRow] = field(default_factory=deque)
    unread: int = 0
    unread_from: int = 0
    last: int = 0

    @property
    def owed(self) -> int:
        """How many callbacks wait in this lane."""
        return len(self.rows) + self.unread

    @property
    def oldest(self) -> int:
        """The position of the first one."""
        return self.rows[0].position if self.rows else self.unread_from


@dataclass(eq=False, slots=True)
class Endpoint:
    """Where callbacks go: scheme, host and port.

    ``ready`` are lanes whose first callback may be sent now, ``resting`` those whose first callback waits for its next attempt.
    How many requests may be under way grows with each answer and is halved by each request that nobody answers; after several
    of these in a row none is sent for a while (``held_until``, on the monotonic clock), and then one, to see.
    """

    name: str
    ready: deque[Lane] = field(default_factory=deque)
    resting: dict[Lane, TimerHandle] = field(default_factory=dict)
    lanes: int = 0
    under_way: int = 0
    failures: int = 0
    held_until: float = 0.0
    probe: TimerHandle | None = None
    _window: int = _FIRST_AT_ONCE

    @property
    def held(self) -> bool:
        """Tell whether this endpoint counts as dead."""
        return self.failures >= _FAILURES_UNTIL_HELD

    def may_send(self, now: float) -> bool:
        """Tell whether there is something to be sent, and it may be."""
        if not self.ready or now < self.held_until:
            return False
        return self.under_way < (1 if self.held else self._window)

    def answered(self) -> bool:
        """Take note that somebody answered. Tell whether the endpoint was failing until now."""
        was_failing = self.failures > 0
        self.failures = 0
        self.held_until = 0.0
        self._window = min(MOST_AT_ONCE, self._window + 1)
        return was_failing

    def unanswered(self, retries: Retries, now: float) -> None:
        """Take note that nobody answered."""
        if now < self.held_until:
            return  # it was sent before the endpoint was held, and tells nothing new
        self.failures += 1
        self._window = max(1, self._window // 2)
        if self.held:
            self.held_until = now + retries.pause(self.failures - _FAILURES_UNTIL_HELD + 1)


class Endpoints:
    """All endpoints and lanes with something owed; what is empty is forgotten."""

    def __init__(self) -> None:
        self.lanes: dict[LaneKey, Lane] = {}
        self.endpoints: dict[str, Endpoint] = {}

    def lane(self, key: LaneKey) -> tuple[Lane, bool]:
        """Return the lane and whether it was made now."""
        lane = self.lanes.get(key)
        if lane is not None:
            return lane, False
        name = endpoint_of(key[1])
        endpoint = self.endpoints.get(name)
        if endpoint is None:
            endpoint = self.endpoints[name] = Endpoint(name)
        endpoint.lanes += 1
        self.lanes[key] = lane = Lane(key, endpoint)
        return lane, True

    def forget(self, lane: Lane) -> None:
        """Remove a lane in which nothing is owed."""
        del self.lanes[lane.key]
        endpoint = lane.endpoint
        endpoint.lanes -= 1
        # What is known of an endpoint is worth something for the next callback.
        if not endpoint.lanes and len(self.endpoints) > _ENDPOINTS_KEPT and not endpoint.under_way:
            del self.endpoints[endpoint.name]
