"""Brings what is owed to its endpoints: in order within a lane, lanes and endpoints side by side, not too many at once."""

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from typing import Final

import structlog

from ari_conf.store import DeliveryRow
from ari_conf.twilio_codes import Code, code_of
from ari_conf.webhooks.delivery import NANOSECONDS, OWED, Attempt, Retries, after_attempt, given_up, is_too_old
from ari_conf.webhooks.delivery_endpoint import Endpoint, Endpoints, Lane, LaneKey, key_of
from ari_conf.webhooks.errors import WebhookError

log = structlog.get_logger(__name__)

MOST_AT_ONCE: Final = 256
"""How many requests may be under way to all endpoints together."""
IN_MEMORY: Final = 20_000
"""How many callbacks are held in memory; what is owed beyond that stays in the store until its turn comes."""
IN_MEMORY_PER_LANE: Final = 100
_UNREADABLE_PAUSE: Final = 2.0
"""After so many seconds the store is asked again for what it could not give."""
_FAULT_PAUSE: Final = 5.0

Send = Callable[[DeliveryRow], Awaitable[Attempt]]
Settled = Callable[[DeliveryRow, WebhookError | None], None]
Read = Callable[[LaneKey, int, int], Awaitable[Sequence[DeliveryRow] | None]]


class Dispatcher:
    """Delivers what ``admit`` and ``expect`` tell it of, until ``stop``.

    ``send`` makes one attempt. ``read`` gives the owed rows of a lane beyond a position, in order and not more than a number of
    them; None if the store cannot be read just now. ``settled`` hears what became of a row, and the error of the attempt.
    """

    def __init__(
        self, send: Send, read: Read, settled: Settled, retries: Retries, now: Callable[[], float] = time.time
    ) -> None:
        self._now = now
        self._send = send
        self._read = read
        self._settled = settled
        self._retries = retries
        self._all = Endpoints()
        self._in_memory = 0
        self.owed = 0
        """How many callbacks are not delivered yet, the ones under way included."""
        self._tasks: set[asyncio.Task[None]] = set()
        self._no_room: deque[Endpoint] = deque()
        self._stopped = False

    @property
    def oldest(self) -> float | None:
        """When the callback that is owed for the longest became owed, in seconds since 1970; None if none is owed."""
        positions = [lane.oldest for lane in self._all.lanes.values()]
        return min(positions) / NANOSECONDS if positions else None

    def admit(self, row: DeliveryRow, *, stored: bool = True) -> bool:
        """Take a new owed row, the latest of its lane.

        One that is not ``stored`` cannot wait in the store for its turn: where it would have to, it is not taken.
        """
        lane, is_new = self._all.lane(key_of(row))
        if row.position <= lane.last:
            return True
        full = len(lane.rows) >= IN_MEMORY_PER_LANE or self._in_memory >= IN_MEMORY
        if lane.unread or (full and stored):
            if not stored:
                return False
            if not lane.unread:
                lane.unread_from = row.position
            lane.unread += 1
        else:
            lane.rows.append(row)
            lane.last = row.position
            self._in_memory += 1
        self.owed += 1
        if is_new:
            self._make_ready(lane)
        return True

    def expect(self, key: LaneKey, count: int, first: int) -> None:
        """Learn that the store has ``count`` owed rows of a lane, the first at position ``first``."""
        lane, is_new = self._all.lane(key)
        if not lane.unread:
            lane.unread_from = first
        lane.unread += count
        self.owed += count
        if is_new:
            self._make_ready(lane)

    async def settle(self, seconds: float) -> None:
        """Wait until nothing is left that could be sent now, for so many seconds at most."""
        until = time.monotonic() + seconds
        while self._tasks and (left := until - time.monotonic()) > 0:
            await asyncio.wait(self._tasks, timeout=left, return_when=asyncio.FIRST_COMPLETED)

    async def stop(self) -> None:
        """Send nothing any more, and break off what is under way."""
        self._stopped = True
        for endpoint in self._all.endpoints.values():
            for handle in endpoint.resting.values():
                handle.cancel()
            if endpoint.probe:
                endpoint.probe.cancel()
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _make_ready(self, lane: Lane) -> None:
        lane.endpoint.ready.append(lane)
        self._pump(lane.endpoint)

    def _pump(self, endpoint: Endpoint) -> None:
        """Give every request that may go out to ``endpoint`` now a task."""
        now = time.monotonic()
        while not self._stopped and endpoint.may_send(now):
            if len(self._tasks) >= MOST_AT_ONCE:
                if endpoint not in self._no_room:
                    self._no_room.append(endpoint)
                return
            endpoint.under_way += 1
            task = asyncio.create_task(self._work(endpoint, endpoint.ready.popleft()), name=f"callbacks to {endpoint.name}")
            self._tasks.add(task)
            task.add_done_callback(self._ended)
        if endpoint.ready and now < endpoint.held_until and endpoint.probe is None and not self._stopped:
            loop = asyncio.get_running_loop()
            endpoint.probe = loop.call_later(endpoint.held_until - now, self._end_of_hold, endpoint)

    def _end_of_hold(self, endpoint: Endpoint) -> None:
        endpoint.probe = None
        self._pump(endpoint)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if self._no_room and not self._stopped:
            self._pump(self._no_room.popleft())

    async def _work(self, endpoint: Endpoint, lane: Lane) -> None:
        """Give ``lane`` its turn, then others of ``endpoint``, for as long as this one more request is allowed."""
        try:
            while True:
                try:
                    await self._turn(lane)
                except Exception:
                    # A fault of ours is to cost a pause, and not the lane.
                    if lane.owed and lane not in endpoint.resting:
                        self._rest(lane, _FAULT_PAUSE)
                    log.exception("delivering a callback went wrong", lane=lane.key[0])
                endpoint.under_way -= 1
                allowed = endpoint.may_send(time.monotonic()) and not self._no_room
                endpoint.under_way += 1
                if not allowed:
                    break
                lane = endpoint.ready.popleft()
                self._pump(endpoint)  # more may be allowed than before
        finally:
            endpoint.under_way -= 1
        self._pump(endpoint)

    async def _turn(self, lane: Lane) -> None:
        if not lane.rows and not await self._load(lane):
            return
        row, endpoint = lane.rows[0], lane.endpoint
        now = self._now()
        if row.next_at is not None and row.next_at > now:
            # No longer than any pause is, for the clock may have been set back since.
            self._rest(lane, min(row.next_at - now, max(self._retries.longest, self._retries.longest_named)))
        elif is_too_old(row, self._retries, now) and endpoint.held:
            self._expire(lane)
            self._go_on(lane)
        else:
            attempt = await self._send(row)
            self._learn(endpoint, attempt)
            self._take(lane, after_attempt(row, attempt, self._retries, self._now()), attempt.error)
            self._go_on(lane)

    async def _load(self, lane: Lane) -> bool:
        """Fetch the next rows of ``lane`` from the store. Tell whether it has one now; otherwise it has been seen to."""
        expected = lane.unread
        most = max(1, min(IN_MEMORY_PER_LANE, IN_MEMORY - self._in_memory))
        page = await self._read(lane.key, lane.last, most)
        if page is None:
            self._rest(lane, _UNREADABLE_PAUSE)
            return False
        lane.rows.extend(page)
        self._in_memory += len(page)
        # A short page is all there is, whatever number was expected; what came while it was read stays expected.
        found = expected if len(page) < most else min(expected, len(page))
        lane.unread -= found
        self.owed += len(page) - found
        if page:
            lane.last = page[-1].position
            lane.unread_from = lane.last + 1
            return True
        self._go_on(lane)
        return False

    def _learn(self, endpoint: Endpoint, attempt: Attempt) -> None:
        was_held = endpoint.held
        if attempt.unanswered:
            endpoint.unanswered(self._retries, time.monotonic())
            if endpoint.held and not was_held:
                cause = attempt.error.message if attempt.error else ""
                log.warning("callbacks are held back", endpoint=endpoint.name, lanes=endpoint.lanes, cause=cause)
        elif endpoint.answered():
            if was_held:
                log.warning("callbacks go on", endpoint=endpoint.name, lanes=endpoint.lanes)
            for lane in [lane for lane in endpoint.resting if lane.rows and lane.rows[0].http_status is None]:
                endpoint.resting[lane].cancel()
                self._wake(lane)

    def _take(self, lane: Lane, row: DeliveryRow, error: WebhookError | None = None) -> None:
        """Put ``row``, what became of the first of ``lane``, in its place."""
        if row.state == OWED:
            lane.rows[0] = row
        else:
            lane.rows.popleft()
            self._in_memory -= 1
            self.owed -= 1
        self._settled(row, error)

    def _expire(self, lane: Lane) -> None:
        now = self._now()
        while lane.rows and is_too_old(lane.rows[0], self._retries, now):
            row = lane.rows[0]
            code, reason = (
                Code.HTTP_CONNECTION_FAILURE,
                f"{lane.endpoint.name} has not answered for so long that it was not tried.",
            )
            if row.attempts and row.error_code:
                code, reason = code_of(row.error_code), row.error
            self._take(lane, given_up(row, code, reason, now))

    def _go_on(self, lane: Lane) -> None:
        if lane.rows and lane.rows[0].next_at is not None:
            self._rest(lane, lane.rows[0].next_at - self._now())
        elif lane.owed:
            lane.endpoint.ready.append(lane)
        else:
            self._all.forget(lane)

    def _rest(self, lane: Lane, seconds: float) -> None:
        loop = asyncio.get_running_loop()
        lane.endpoint.resting[lane] = loop.call_later(max(0.0, seconds), self._wake, lane)

    def _wake(self, lane: Lane) -> None:
        del lane.endpoint.resting[lane]
        if lane.endpoint.held:
            # Its turn may not come for long, and what is too old has not to wait for that.
            self._expire(lane)
            if not lane.owed:
                self._all.forget(lane)
                return
        if lane.rows:
            lane.rows[0] = replace(lane.rows[0], next_at=None)
        self._make_ready(lane)
