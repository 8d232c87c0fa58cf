"""What became of callbacks since the start, by account."""

from collections import deque
from dataclasses import dataclass, field
from typing import Final

from sqlalchemy import func, select

from ari_conf.store import DeliveryRow, Store, tables
from ari_conf.webhooks.delivery import DELIVERED, GIVEN_UP, OWED

from .scope import Scope, is_seen

MOST_GIVEN_UP: Final = 1000
"""Of so many of an account the times are kept; an alarm that counts says no more than that there are many."""


@dataclass(slots=True)
class _Tally:
    delivered: int = 0
    given_up: int = 0
    failed_attempts: int = 0
    given_up_at: deque[float] = field(default_factory=lambda: deque(maxlen=MOST_GIVEN_UP))


class CallbackTally:
    """Counts what ``on_settled`` is told."""

    def __init__(self) -> None:
        self._by_account: dict[str, _Tally] = {}

    def on_settled(self, row: DeliveryRow) -> None:
        """Note what has become of a callback after an attempt."""
        tally = self._by_account.setdefault(row.account_sid, _Tally())
        if row.state == DELIVERED:
            tally.delivered += 1
            return
        tally.failed_attempts += 1
        if row.state == GIVEN_UP:
            tally.given_up += 1
            tally.given_up_at.append(row.ended_at or 0.0)

    def delivered(self, scope: Scope) -> int:
        """Return how many were accepted."""
        return sum(tally.delivered for tally in self._seen(scope))

    def given_up(self, scope: Scope) -> int:
        """Return how many will not be sent any more."""
        return sum(tally.given_up for tally in self._seen(scope))

    def failed_attempts(self, scope: Scope) -> int:
        """Return how many attempts were not accepted."""
        return sum(tally.failed_attempts for tally in self._seen(scope))

    def given_up_since(self, moment: float, scope: Scope) -> int:
        """Return how many were given up after this moment."""
        return sum(at > moment for tally in self._seen(scope) for at in tally.given_up_at)

    def _seen(self, scope: Scope) -> list[_Tally]:
        return [tally for account_sid, tally in self._by_account.items() if is_seen(account_sid, scope)]


async def owed_of(store: Store, account_sid: str) -> tuple[int, float | None]:
    """Return how many callbacks are owed to an account, and since when the oldest is. Raises SQLAlchemy's errors."""
    deliveries = tables.deliveries.c
    query = select(func.count(), func.min(deliveries.created_at)).where(
        deliveries.account_sid == account_sid, deliveries.state == OWED
    )
    async with store.connect() as connection:
        count, since = (await connection.execute(query)).one()
    return int(count), since
