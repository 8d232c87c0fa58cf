"""The recordings of an account: listed, fetched, deleted."""

from collections.abc import Callable

from .operation import Asked, Listing, Operation
from .paging import Page, paginate
from .parameters import Parameters
from .recordings_body import RecordingBody, recording_body
from .recordings_live import LiveRecordings
from .recordings_store import RecordingFetch, RecordingFilters, StoredRecordings, key


class AccountRecordings:
    """All recordings of an account, of conferences and of calls. ``url_of`` tells where one can be had."""

    def __init__(self, stored: StoredRecordings, live: LiveRecordings, url_of: Callable[[str, str], str]) -> None:
        self._stored = stored
        self._live = live
        self._url_of = url_of

    def operations(self) -> list[Operation]:
        """Return what can be done."""
        one = "/Recordings/{RecordingSid}"
        return [
            Operation(
                name="ListRecording",
                method="GET",
                path="/Recordings",
                handler=self.list,
                summary="List recordings, the newest first",
                answer=Listing("recordings", RecordingBody),
                parameters=RecordingFilters,
            ),
            Operation(
                name="FetchRecording",
                method="GET",
                path=one,
                handler=self.fetch,
                summary="Fetch what is known of a recording",
                answer=RecordingBody,
                parameters=RecordingFetch,
                suffixes=(".json",),
            ),
            Operation(
                name="DeleteRecording",
                method="DELETE",
                path=one,
                handler=self.delete,
                summary="Delete a recording that is finished",
                status=204,
            ),
        ]

    async def list(self, asked: Asked[RecordingFilters]) -> Page:
        """Return a page of the account's recordings."""
        wanted = asked.parameters
        source = await self._stored.source(
            asked.account.sid,
            wanted,
            conference_sid=wanted.conference_sid,
            call_sid=wanted.call_sid,
            deleted=wanted.include_soft_deleted,
        )
        return await paginate(wanted, source, key, lambda row: recording_body(row, self._url_of(row.account_sid, row.sid)))

    async def fetch(self, asked: Asked[RecordingFetch]) -> RecordingBody:
        """Return what is known of a recording."""
        sid = asked.path["RecordingSid"]
        row = await self._stored.find(asked.account.sid, sid, deleted=asked.parameters.include_soft_deleted)
        return recording_body(row, self._url_of(row.account_sid, row.sid))

    async def delete(self, asked: Asked[Parameters]) -> None:
        """Delete a recording."""
        await self._live.delete(asked.account.sid, asked.path["RecordingSid"])
