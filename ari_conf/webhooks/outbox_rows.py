"""What the store is asked for callbacks, and what is written there so that one is sent again."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

from sqlalchemy import func, select

from ari_conf.store import DeliveryRow, Store
from ari_conf.store.tables import deliveries
from ari_conf.webhooks.delivery import OWED
from ari_conf.webhooks.delivery_endpoint import LaneKey


class CannotSendAgainError(Exception):
    """A callback is not known, or is owed anyway; the text is one sentence that says which."""


@dataclass(frozen=True, slots=True)
class OwedLane:
    """A lane with owed callbacks in the store: how many, and the position of the first."""

    key: LaneKey
    count: int
    first: int


async def owed_lanes(store: Store) -> list[OwedLane]:
    """Return all lanes with something owed, the one that has waited longest first."""
    first = func.min(deliveries.c.position)
    query = (
        select(deliveries.c.lane, deliveries.c.url, func.count(), first)
        .where(deliveries.c.state == OWED, deliveries.c.position > 0)
        .group_by(deliveries.c.lane, deliveries.c.url)
        .order_by(first)
    )
    async with store.connect() as connection:
        return [OwedLane((lane, url), count, position) for lane, url, count, position in await connection.execute(query)]


async def owed_of_lane(store: Store, key: LaneKey, after: int, most: int) -> list[DeliveryRow]:
    """Return the first owed callbacks of a lane beyond the position ``after``, in order."""
    lane, url = key
    query = (
        select(deliveries)
        .where(deliveries.c.lane == lane, deliveries.c.url == url, deliveries.c.state == OWED, deliveries.c.position > after)
        .order_by(deliveries.c.position)
        .limit(most)
    )
    return await store.rows(DeliveryRow, query)


async def greatest_position(store: Store) -> int:
    """Return the greatest position that was ever given to a callback that is still kept, at least 0."""
    async with store.connect() as connection:
        return max(0, await connection.scalar(select(func.max(deliveries.c.position))) or 0)


async def sent_again(store: Store, most: int) -> list[DeliveryRow]:
    """Return callbacks that are to be sent again and that no outbox has taken up yet, in order."""
    query = select(deliveries).where(deliveries.c.position < 0).order_by(deliveries.c.position.desc()).limit(most)
    return await store.rows(DeliveryRow, query)


async def find(store: Store, token: str) -> DeliveryRow | None:
    """Return the callback with this token, if it is kept."""
    found = await store.rows(DeliveryRow, select(deliveries).where(deliveries.c.token == token))
    return found[0] if found else None


async def latest(store: Store, state: str | None, account_sid: str | None, most: int) -> list[DeliveryRow]:
    """Return the latest callbacks, those of one state or account if that is given, the oldest of them first."""
    query = select(deliveries).order_by(deliveries.c.created_at.desc(), deliveries.c.position.desc()).limit(most)
    if state is not None:
        query = query.where(deliveries.c.state == state)
    if account_sid is not None:
        query = query.where(deliveries.c.account_sid == account_sid)
    return (await store.rows(DeliveryRow, query))[::-1]


async def all_in_state(store: Store, state: str, account_sid: str | None = None) -> list[DeliveryRow]:
    """Return all callbacks of one state, in the order in which they became owed."""
    query = select(deliveries).where(deliveries.c.state == state).order_by(deliveries.c.position)
    if account_sid is not None:
        query = query.where(deliveries.c.account_sid == account_sid)
    return await store.rows(DeliveryRow, query)


async def repeatable(store: Store, token: str) -> DeliveryRow:
    """Return the callback with this token, which is to be sent again. Raises ``CannotSendAgainError``."""
    row = await find(store, token)
    if row is None:
        raise CannotSendAgainError(f"there is no callback with the token {token}; `ari-conf webhooks list` shows them")
    if row.state == OWED:
        raise CannotSendAgainError(f"the callback {token} is owed already, and is sent as soon as its turn comes")
    return row


def owed_again(row: DeliveryRow, position: int) -> DeliveryRow:
    """Return ``row`` as it is before its first attempt, at another position."""
    return replace(
        row,
        position=position,
        state=OWED,
        attempts=0,
        next_at=None,
        ended_at=None,
        http_status=None,
        error_code=None,
        error="",
        seconds=None,
    )


def for_an_outbox(rows: Sequence[DeliveryRow]) -> list[DeliveryRow]:
    """Return ``rows`` as they are to be written for a running outbox, or the next one, to take them up in this order.

    Their positions are below zero until then, where an outbox finds them without looking through all that is owed.
    """
    now = time.time_ns()
    return [owed_again(row, -(now + number)) for number, row in enumerate(rows)]
