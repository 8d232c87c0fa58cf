"""What happened in a conference, in order: the log that Twilio shows in its console only. This resource is ours."""

from sqlalchemy import select

from ari_conf.store import EventRow, Store, tables

from .conferences import Conferences
from .operation import Asked, Body, Listing, Operation
from .paging import Key, Page, Paging, in_store, paginate
from .reading import caught_up, dated


class EventBody(Body):
    """Something that happened.

    ``number`` counts all events from 1, ``sequence_number`` those that were told to the application. ``timestamp`` is in
    seconds since 1970, and more exact than ``date``.
    """

    account_sid: str
    conference_sid: str
    number: int
    event: str
    date: str
    timestamp: float
    call_sid: str | None
    sequence_number: int | None
    details: dict[str, str]


class Events:
    """The events of a conference, as the store has them."""

    def __init__(self, conferences: Conferences, store: Store) -> None:
        self._conferences = conferences
        self._store = store

    def operations(self) -> list[Operation]:
        """Return what can be done."""
        return [
            Operation(
                name="ListConferenceEvent",
                method="GET",
                path="/Conferences/{ConferenceSid}/Events",
                handler=self.list,
                parameters=Paging,
                summary="List what happened in a conference, in order (not in Twilio's API)",
                answer=Listing("events", EventBody),
            )
        ]

    async def list(self, asked: Asked[Paging]) -> Page:
        """Return a page of the conference's events, the first one first."""
        account_sid = asked.account.sid
        conference = await self._conferences.find(account_sid, asked.path["ConferenceSid"])
        await caught_up(self._store)
        column = tables.events.c
        found = select(tables.events).where(column.conference_sid == conference.sid)
        source = in_store(self._store, EventRow, found, column.number, column.conference_sid, newest_first=False)

        def body(row: EventRow) -> EventBody:
            return EventBody(
                account_sid=account_sid,
                conference_sid=row.conference_sid,
                number=row.number,
                event=row.kind,
                date=dated(row.at),
                timestamp=row.at,
                call_sid=row.call_sid,
                sequence_number=row.sequence_number,
                details=dict(row.data),
            )

        return await paginate(asked.parameters, source, _key, body)


def _key(row: EventRow) -> Key:
    return float(row.number), row.conference_sid
