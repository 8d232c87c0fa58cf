"""Conferences: list, fetch, announce to one, end one."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated, Final, Literal

from pydantic import Field
from sqlalchemy import select

from ari_conf.conference import Announce, Command, Conference, ConferenceStatus, EndConference
from ari_conf.rooms import Rooms
from ari_conf.rooms.journal import conference_row
from ari_conf.settings import RestSettings
from ari_conf.store import ConferenceRow, Store, tables
from ari_conf.twilio_codes import Code
from ari_conf.webhooks.voice_parameters import API_VERSION

from .announcing import Announcing, announcement
from .changing import refuse
from .errors import NotFound, RestError
from .operation import Asked, Body, Listing, Operation
from .paging import Key, Page, Paging, in_memory, in_store, merged, paginate
from .parameters import Parameters
from .reading import account_path, caught_up, dated
from .times import Day, Times

COMPLETED: Final = ConferenceStatus.COMPLETED.value


class ConferenceBody(Body):
    """A conference."""

    account_sid: str
    api_version: str
    call_sid_ending_conference: str | None
    date_created: str
    date_updated: str
    friendly_name: str
    reason_conference_ended: str | None
    region: str | None
    sid: str
    status: str
    subresource_uris: dict[str, str]
    uri: str


class ConferenceFilter(Paging):
    """Which conferences."""

    friendly_name: str | None = None
    status: Literal["init", "in-progress", "completed"] | None = None
    date_created: Day | None = None
    date_created_before: Annotated[Day | None, Field(alias="DateCreated<")] = None
    date_created_after: Annotated[Day | None, Field(alias="DateCreated>")] = None
    date_updated: Day | None = None
    date_updated_before: Annotated[Day | None, Field(alias="DateUpdated<")] = None
    date_updated_after: Annotated[Day | None, Field(alias="DateUpdated>")] = None


class ConferenceUpdate(Announcing):
    """What is to happen to a conference."""

    status: Literal["completed"] | None = None


class Conferences:
    """Running conferences are those in ``rooms``; all others in the store are over, whatever their row says."""

    def __init__(self, rooms: Rooms, store: Store, settings: RestSettings) -> None:
        self._rooms = rooms
        self._store = store
        self._unfiltered = None if settings.unfiltered_conferences == "all" else settings.unfiltered_conferences

    def operations(self) -> list[Operation]:
        """Return what can be done."""
        item = "/Conferences/{ConferenceSid}"
        return [
            Operation(
                name="ListConference",
                method="GET",
                path="/Conferences",
                handler=self.list,
                parameters=ConferenceFilter,
                summary="List conferences, the newest first",
                answer=Listing("conferences", ConferenceBody),
            ),
            Operation(
                name="FetchConference",
                method="GET",
                path=item,
                handler=self.fetch,
                summary="Fetch a conference",
                answer=ConferenceBody,
            ),
            Operation(
                name="UpdateConference",
                method="POST",
                path=item,
                handler=self.update,
                parameters=ConferenceUpdate,
                summary="Announce something to a conference, or end it",
                answer=ConferenceBody,
            ),
        ]

    async def list(self, asked: Asked[ConferenceFilter]) -> Page:
        """Return a page of the account's conferences."""
        wanted = asked.parameters
        status = wanted.status or self._unfiltered
        created = Times(wanted.date_created, wanted.date_created_before, wanted.date_created_after)
        updated = Times(wanted.date_updated, wanted.date_updated_before, wanted.date_updated_after)
        running = [
            self._row(conference) for conference in self._rooms.conferences if conference.account_sid == asked.account.sid
        ]
        sources = [
            in_memory(
                [
                    row
                    for row in running
                    if status in {None, row.status}
                    and wanted.friendly_name in {None, row.friendly_name}
                    and row.created_at in created
                    and row.updated_at in updated
                ],
                _key,
                newest_first=True,
            )
        ]
        if status in {None, COMPLETED}:
            column = tables.conferences.c
            conditions = [
                column.account_sid == asked.account.sid,
                column.sid.not_in([row.sid for row in running]),
                *created.conditions(column.created_at),
                *updated.conditions(column.updated_at),
            ]
            if wanted.friendly_name is not None:
                conditions.append(column.friendly_name == wanted.friendly_name)
            found = select(tables.conferences).where(*conditions)
            await caught_up(self._store)
            sources.append(in_store(self._store, ConferenceRow, found, column.created_at, column.sid, newest_first=True))
        return await paginate(wanted, merged(sources, _key, newest_first=True), _key, self._body)

    async def fetch(self, asked: Asked[Parameters]) -> ConferenceBody:
        """Return a conference, running or over."""
        return self._body(await self.find(asked.account.sid, asked.path["ConferenceSid"]))

    async def update(self, asked: Asked[ConferenceUpdate]) -> ConferenceBody:
        """Announce, end, or both; return the conference as it is then."""
        account_sid, sid = asked.account.sid, asked.path["ConferenceSid"]
        row = await self.find(account_sid, sid)
        commands: list[Command] = []
        announced = announcement(asked.parameters)
        if announced is not None:
            commands.append(Announce(announced))
        if asked.parameters.status is not None:
            commands.append(EndConference())
        if not commands:
            return self._body(row)
        self._command(account_sid, sid, commands)
        return self._body(await self.find(account_sid, sid))

    def _command(self, account_sid: str, sid: str, commands: Sequence[Command]) -> None:
        if self.running(account_sid, sid) is None:
            raise RestError(Code.CONFERENCE_OVER, f"Conference {sid} is completed.")
        for command in commands:
            refuse(self._rooms.command(sid, command))

    def running(self, account_sid: str, sid: str) -> Conference | None:
        """Return the running conference that has this SID, if it is the account's."""
        conference = self._rooms.running(sid)
        return conference if conference is not None and conference.account_sid == account_sid else None

    async def find(self, account_sid: str, sid: str) -> ConferenceRow:
        """Return the conference that has this SID. Raises ``NotFound`` if the account has none such."""
        conference = self.running(account_sid, sid)
        if conference is not None:
            return self._row(conference)
        column = tables.conferences.c
        await caught_up(self._store)
        wanted = select(tables.conferences).where(column.sid == sid, column.account_sid == account_sid)
        found = await self._store.rows(ConferenceRow, wanted)
        if not found:
            raise NotFound
        return found[0]

    def _row(self, conference: Conference) -> ConferenceRow:
        """Return a running conference as the store will have it."""
        changed_at = self._rooms.journal_of(conference.sid).changed_at
        return conference_row(conference, max(conference.created_at, changed_at))

    def _body(self, row: ConferenceRow) -> ConferenceBody:
        # One that the process died with has never been completed, but it is over.
        running = self.running(row.account_sid, row.sid)
        if running is None:
            row = replace(row, status=COMPLETED)
        uri = f"{account_path(row.account_sid)}/Conferences/{row.sid}"
        return ConferenceBody(
            account_sid=row.account_sid,
            api_version=API_VERSION,
            call_sid_ending_conference=row.call_sid_ending,
            date_created=dated(row.created_at),
            date_updated=dated(row.updated_at),
            friendly_name=row.friendly_name,
            reason_conference_ended=row.reason_ended,
            region=row.region,
            sid=row.sid,
            status=row.status,
            subresource_uris={
                "participants": f"{uri}/Participants.json",
                "recordings": f"{uri}/Recordings.json",
            },
            uri=f"{uri}.json",
        )


def _key(row: ConferenceRow) -> Key:
    return row.created_at, row.sid
