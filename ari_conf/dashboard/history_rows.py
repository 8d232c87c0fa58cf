"""What was kept of a conference, read from the store in parts so small that the event loop is not held up."""

from typing import Any, Final, TypeVar

from sqlalchemy import ColumnElement, Select, or_, select

from ari_conf.store import CallRow, DeliveryRow, EventRow, ParticipantRow, RecordingRow, Row, Store
from ari_conf.store.tables import calls, deliveries, events, participants, recordings
from ari_conf.webhooks import CallbackKind

from .timeline import MOST_EVENTS, Kept

R = TypeVar("R", bound=Row)

AT_ONCE: Final = 1_000
"""So many rows are read at once, which takes the event loop some five milliseconds."""

_EARLIEST: Final = -(2**63)


async def kept_of(store: Store, conference_sid: str) -> Kept:
    """Return what was kept of a conference, and the callbacks for its last events. Raises SQLAlchemy's errors."""
    of_conference = select(events).where(events.c.conference_sid == conference_sid)
    happened = await _in_parts(store, EventRow, of_conference, events.c.number)
    return Kept(
        participants=await store.rows(
            ParticipantRow, select(participants).where(participants.c.conference_sid == conference_sid)
        ),
        calls=await _calls(store, conference_sid),
        recordings=await store.rows(RecordingRow, select(recordings).where(recordings.c.conference_sid == conference_sid)),
        events=happened,
        callbacks=await _callbacks(store, conference_sid, happened[-MOST_EVENTS:]),
    )


async def _calls(store: Store, conference_sid: str) -> dict[str, CallRow]:
    present = select(participants.c.call_sid).where(participants.c.conference_sid == conference_sid)
    return {row.sid: row for row in await store.rows(CallRow, select(calls).where(calls.c.sid.in_(present)))}


async def _callbacks(store: Store, conference_sid: str, listed: list[EventRow]) -> list[DeliveryRow]:
    column = deliveries.c
    of_recordings = column.kind == CallbackKind.RECORDING.value
    # A callback becomes owed just after what it tells of.
    wanted = or_(of_recordings, column.created_at >= listed[0].at) if listed else of_recordings
    return await _in_parts(store, DeliveryRow, select(deliveries).where(column.lane == conference_sid, wanted), column.position)


async def _in_parts(store: Store, kind: type[R], wanted: Select[Any], by: ColumnElement[int]) -> list[R]:
    """Return all rows that are ``wanted`` in order of a column that no two of them have in common."""
    found: list[R] = []
    last = _EARLIEST
    while True:
        part = await store.rows(kind, wanted.where(by > last).order_by(by).limit(AT_ONCE))
        found += part
        if len(part) < AT_ONCE:
            return found
        last = getattr(part[-1], str(by.key))
