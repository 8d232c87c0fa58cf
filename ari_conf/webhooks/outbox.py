"""The outbox: a callback is stored with what caused it, and delivered from there until the application has accepted it."""

import asyncio
import contextlib
import time
import uuid
from collections.abc import Callable, Coroutine, Mapping, Sequence
from functools import partial
from itertools import islice
from typing import Any, Final, TypeVar

import structlog
from sqlalchemy.exc import SQLAlchemyError

from ari_conf.notifications import Notification
from ari_conf.spans import NO_SPAN, Span, within
from ari_conf.store import DeliveryRow, Row, Store, plainly
from ari_conf.twilio_codes import Code
from ari_conf.webhooks.client import WebhookClient
from ari_conf.webhooks.delivery import GIVEN_UP, NANOSECONDS, OWED, Attempt, Retries, notification_of
from ari_conf.webhooks.delivery_dispatch import Dispatcher
from ari_conf.webhooks.delivery_endpoint import LaneKey
from ari_conf.webhooks.errors import WebhookError
from ari_conf.webhooks.ledger import Owed
from ari_conf.webhooks.outbox_rows import (
    greatest_position,
    owed_again,
    owed_lanes,
    owed_of_lane,
    repeatable,
    sent_again,
)
from ari_conf.webhooks.request import WebhookRequest
from ari_conf.webhooks.urls import redacted

log = structlog.get_logger(__name__)

T = TypeVar("T")

UNCOMMITTED_SECONDS: Final = 5.0
"""A callback that the database has not taken for so long is delivered all the same."""
LOOK_SECONDS: Final = 2.0
"""How often the outbox looks for callbacks that somebody wants to be sent again."""
RESULTS_SECONDS: Final = 0.05
"""How long what became of callbacks is gathered, to be written in one transaction."""
_TAKEN_UP_AT_ONCE: Final = 500
_READS_AT_ONCE: Final = 2


class Outbox:
    """Owes callbacks and delivers them; the ``Ledger`` of everything that happens.

    ``tokens`` are the auth tokens by account. A callback that is not accepted is tried again until it is ``max_age`` seconds
    old (``retries`` says how often) by the clock that ``now`` reads, which had better not jump; ``on_failed`` hears of each
    that is given up, and must not raise. Each of ``observers`` is told after every attempt what has become of the callback, and
    must not raise either. An attempt belongs to the span that ``span_of`` returns for the callback.

    A callback is delivered at least once. It is delivered twice if the process dies after the application has answered and
    before that is written down, or if the answer does not arrive; its idempotency token is the same each time.
    """

    def __init__(
        self,
        store: Store,
        client: WebhookClient,
        tokens: Mapping[str, str],
        *,
        max_age: float,
        on_failed: Callable[[Notification], None] | None = None,
        retries: Retries | None = None,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._now = now
        self.observers: list[Callable[[DeliveryRow], None]] = []
        self.span_of: Callable[[DeliveryRow], Span] = lambda _row: NO_SPAN
        self._store = store
        self._client = client
        self._tokens = tokens
        self._on_failed = on_failed
        self._dispatcher = Dispatcher(self._send, self._read, self._settled, retries or Retries(max_age), now)
        self._uncommitted: dict[str, tuple[DeliveryRow, float]] = {}
        self._results: list[DeliveryRow] = []
        self._taken_up: set[str] = set()
        self._early: list[DeliveryRow] | None = []
        self._position = 0
        self._reading = asyncio.Semaphore(_READS_AT_ONCE)
        self._unreadable = False
        self._is_late = False
        self._watching: list[asyncio.Task[None]] = []
        self._frozen = False

    @property
    def owed(self) -> int:
        """How many callbacks are not delivered yet, the ones under way included."""
        return self._dispatcher.owed + len(self._uncommitted) + len(self._early or ())

    @property
    def oldest_age(self) -> float:
        """For how many seconds the oldest of them has been owed; 0 if none is."""
        since = [row.created_at for row, _ in islice(self._uncommitted.values(), 1)]
        if (oldest := self._dispatcher.oldest) is not None:
            since.append(oldest)
        return max(0.0, self._now() - min(since)) if since else 0.0

    async def start(self) -> None:
        """Take up what an earlier life still owes; nothing is delivered before. The store has to be open.

        Raises SQLAlchemy's errors.
        """
        self._position = max(self._position, await greatest_position(self._store))
        owed = await owed_lanes(self._store)
        for lane in owed:
            self._dispatcher.expect(lane.key, lane.count, lane.first)
        # What was committed meanwhile comes behind, whether it was among the found or not.
        early, self._early = self._early or [], None
        for row in early:
            self._dispatcher.admit(row)
        if owed:
            log.info("callbacks from before are owed", count=sum(lane.count for lane in owed), lanes=len(owed))
        # Two tasks, for a database that hangs would keep the one that reads.
        self._watching = [
            asyncio.create_task(self._watch_uncommitted(), name="callbacks not committed"),
            asyncio.create_task(self._watch_sent_again(), name="callbacks sent again"),
        ]

    def commit(self, rows: Sequence[Row], owed: Sequence[Owed] = (), then: Callable[[], None] | None = None) -> None:
        """Keep ``rows``, and owe the application ``owed``, in one transaction; delivery begins once that is committed."""
        if self._frozen:
            return
        if not owed:
            self._store.write(rows, then)
            return
        now = self._now()
        made = [
            DeliveryRow(
                token=str(uuid.uuid4()),
                position=self._next_position(),
                account_sid=one.account_sid,
                kind=one.kind.value,
                lane=one.lane,
                url=one.url,
                method=one.method,
                parameters=one.parameters,
                created_at=now,
            )
            for one in owed
        ]
        self._write_owed(rows, made, then)

    def freeze(self) -> None:
        """Take nothing more: what happens while the controller is taken apart is not what happens to its calls."""
        self._frozen = True

    async def settle(self, timeout: float) -> int:  # noqa: ASYNC109
        """Wait until everything is committed and nothing is left that could be sent now; return how many are owed still.

        If that takes longer than ``timeout`` seconds, it returns then. What waits for its next attempt is not waited for. A
        database that does not take what is owed gets half the time; then that is delivered all the same.
        """
        until = time.monotonic() + timeout
        if self._uncommitted:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(timeout / 2):
                    await self._store.flush()
            self._deliver_uncommitted(older_than=0.0)
        await self._dispatcher.settle(until - time.monotonic())
        self.write_results()
        return self.owed

    async def stop(self, timeout: float) -> int:  # noqa: ASYNC109
        """Deliver what can be sent now, for ``timeout`` seconds at most; return how many are left in the store.

        The next life's outbox takes them up. What is committed from now on is stored and goes the same way.
        """
        for task in self._watching:
            task.cancel()
        await asyncio.gather(*self._watching, return_exceptions=True)
        await self.settle(timeout)
        await self._dispatcher.stop()
        self.write_results()
        if left := self.owed:
            log.warning("callbacks are left for the next start", count=left)
        return left

    async def send_again(self, token: str) -> DeliveryRow:
        """Owe a callback again that was given up or delivered, with the same token and behind all others of its lane.

        Raises ``CannotSendAgainError`` if there is no such callback or it is owed anyway, and SQLAlchemy's errors.
        """
        self.write_results()
        await self._store.flush()
        row = owed_again(await repeatable(self._store, token), self._next_position())
        self._write_owed((), [row])
        return row

    def _next_position(self) -> int:
        self._position = max(round(self._now() * NANOSECONDS), self._position + 1)
        return self._position

    def _write_owed(self, rows: Sequence[Row], made: Sequence[DeliveryRow], then: Callable[[], None] | None = None) -> None:
        now = time.monotonic()
        for row in made:
            self._uncommitted[row.token] = row, now
        self._store.write([*rows, *made], then=partial(self._committed, made, then))

    def _committed(self, made: Sequence[DeliveryRow], then: Callable[[], None] | None) -> None:
        for row in made:
            # What is not there any more was delivered without waiting for the database.
            if self._uncommitted.pop(row.token, None) is not None:
                self._admit(row)
            self._taken_up.discard(row.token)
        if then is not None:
            then()

    def _admit(self, row: DeliveryRow) -> None:
        if self._early is None:
            self._dispatcher.admit(row)
        else:
            self._early.append(row)

    async def _watch_uncommitted(self) -> None:
        while True:
            await asyncio.sleep(UNCOMMITTED_SECONDS / 10)
            self._deliver_uncommitted(older_than=UNCOMMITTED_SECONDS)

    async def _watch_sent_again(self) -> None:
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            if self._store.failing is None:
                await self._take_up()

    def _deliver_uncommitted(self, older_than: float) -> None:
        late = time.monotonic() - older_than
        rows = [row for row, since in self._uncommitted.values() if since <= late]
        if rows and not self._is_late and self._store.failing is None:
            log.warning("the database does not answer; callbacks are delivered without waiting for it")
        self._is_late = bool(rows)
        for row in rows:
            if self._dispatcher.admit(row, stored=False):
                del self._uncommitted[row.token]

    async def _take_up(self) -> None:
        """Take up what somebody else wants to be sent again."""
        # Not those that are there when it has been read: what was found may be older than a commit that was told meanwhile.
        known = frozenset(self._taken_up)
        found = await self._try_to_read(sent_again(self._store, _TAKEN_UP_AT_ONCE))
        rows = [owed_again(row, self._next_position()) for row in found or () if row.token not in known]
        if rows:
            log.info("callbacks are sent again", count=len(rows))
            self._taken_up.update(row.token for row in rows)
            self._write_owed((), rows)

    async def _read(self, key: LaneKey, after: int, most: int) -> Sequence[DeliveryRow] | None:
        return await self._try_to_read(owed_of_lane(self._store, key, after, most))

    async def _try_to_read(self, query: Coroutine[Any, Any, T]) -> T | None:
        try:
            async with self._reading:
                found = await query
        except (SQLAlchemyError, OSError) as error:
            if not self._unreadable:
                self._unreadable = True
                log.warning("the database does not tell which callbacks are owed; it is asked again", cause=plainly(error))
            return None
        self._unreadable = False
        return found

    async def _send(self, row: DeliveryRow) -> Attempt:
        token = self._tokens.get(row.account_sid)
        if token is None:
            cause = f"The account {row.account_sid} is not configured any more, so that nothing can be signed for it."
            return Attempt(0.0, error=WebhookError(Code.HTTP_RETRIEVAL_FAILURE, cause, row.url), hopeless=True)
        began = time.monotonic()
        request = WebhookRequest(
            row.url,
            row.method,
            tuple(row.parameters.items()),
            token,
            wants_body=False,
            idempotency_token=row.token,
            repeatable=True,
        )
        try:
            # Not the span of whoever was the first to be told something there.
            with within(self.span_of(row)):
                response = await self._client.fetch(request)
        except WebhookError as error:
            return Attempt(time.monotonic() - began, error=error)
        return Attempt(time.monotonic() - began, status=response.status)

    def _settled(self, row: DeliveryRow, error: WebhookError | None) -> None:
        if not self._results:
            asyncio.get_running_loop().call_later(RESULTS_SECONDS, self.write_results)
        self._results.append(row)
        for observer in self.observers:
            observer(row)
        if row.state == GIVEN_UP:
            log.warning("callback given up", **_facts(row))
            if self._on_failed is not None:
                self._on_failed(notification_of(row, error.exchange if error else None))
        elif row.state == OWED and row.attempts == 1:
            log.info("callback not accepted yet", **_facts(row))

    def write_results(self) -> None:
        """Have what has become of callbacks so far written now, not a moment later together with more."""
        if self._results:
            results, self._results = self._results, []
            self._store.write(results)


def _facts(row: DeliveryRow) -> dict[str, object]:
    return {
        "url": redacted(row.url),
        "kind": row.kind,
        "lane": row.lane,
        "callback_event": row.parameters.get("StatusCallbackEvent") or row.parameters.get("CallStatus"),
        "sequence_number": row.parameters.get("SequenceNumber"),
        "attempts": row.attempts,
        "cause": row.error,
        "cause_code": row.error_code,
        "idempotency_token": row.token,
    }
