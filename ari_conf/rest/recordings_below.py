"""Recordings of one conference, and of one call."""

from ari_conf.calls import CallBook
from ari_conf.media.port import CallGoneError
from ari_conf.recordings import Recordings, Source, recording_row
from ari_conf.store import Store
from ari_conf.twilio_codes import Code

from .calls import must_have_call
from .conferences import Conferences
from .errors import RestError
from .operation import Asked, Listing, Operation
from .paging import Page, paginate
from .parameters import P, Parameters
from .recordings_body import (
    CallRecordingBody,
    ConferenceRecordingBody,
    call_recording_body,
    conference_recording_body,
)
from .recordings_leg import LiveLegRecordingParameters, leg_recording
from .recordings_live import CURRENT, SEGMENTS, ConferenceRecordingUpdate, LiveRecordings, RecordingUpdate
from .recordings_store import DateFilters, StoredRecordings, key


class ConferenceRecordings:
    """The recordings of a conference, running or over."""

    def __init__(self, stored: StoredRecordings, live: LiveRecordings, conferences: Conferences) -> None:
        self._stored = stored
        self._live = live
        self._conferences = conferences

    def operations(self) -> list[Operation]:
        """Return what can be done."""
        all_, one = "/Conferences/{ConferenceSid}/Recordings", "/Conferences/{ConferenceSid}/Recordings/{RecordingSid}"
        return [
            Operation(
                name="ListConferenceRecording",
                method="GET",
                path=all_,
                handler=self.list,
                summary="List the recordings of a conference, the newest first",
                answer=Listing("recordings", ConferenceRecordingBody),
                parameters=DateFilters,
            ),
            Operation(
                name="FetchConferenceRecording",
                method="GET",
                path=one,
                handler=self.fetch,
                summary="Fetch a recording of a conference",
                answer=ConferenceRecordingBody,
                segments=SEGMENTS,
            ),
            Operation(
                name="UpdateConferenceRecording",
                method="POST",
                path=one,
                handler=self.update,
                summary="Pause the recording of a conference, or let it go on",
                answer=ConferenceRecordingBody,
                parameters=ConferenceRecordingUpdate,
                segments=SEGMENTS,
            ),
            Operation(
                name="DeleteConferenceRecording",
                method="DELETE",
                path=one,
                handler=self.delete,
                summary="Delete a recording that is finished",
                status=204,
            ),
        ]

    async def list(self, asked: Asked[DateFilters]) -> Page:
        """Return a page of the recordings of a conference."""
        conference = await self._conferences.find(asked.account.sid, asked.path["ConferenceSid"])
        source = await self._stored.source(asked.account.sid, asked.parameters, conference_sid=conference.sid)
        return await paginate(asked.parameters, source, key, conference_recording_body)

    async def fetch(self, asked: Asked[Parameters]) -> ConferenceRecordingBody:
        """Return a recording of a conference."""
        conference_sid, sid = await self._place(asked)
        return conference_recording_body(await self._live.find(asked.account.sid, sid, conference_sid=conference_sid))

    async def update(self, asked: Asked[ConferenceRecordingUpdate]) -> ConferenceRecordingBody:
        """Pause a recording, or let it go on; its answer tells which."""
        conference_sid, sid = await self._place(asked)
        row = await self._live.update(asked.account.sid, sid, asked.parameters, conference_sid=conference_sid)
        return conference_recording_body(row, updated=True)

    async def delete(self, asked: Asked[Parameters]) -> None:
        """Delete a recording."""
        conference_sid, sid = asked.path["ConferenceSid"], asked.path["RecordingSid"]
        await self._live.delete(asked.account.sid, sid, conference_sid=conference_sid)

    async def _place(self, asked: Asked[P]) -> tuple[str, str]:
        """Return the SIDs of the conference and the recording. Raises ``NotFound`` for the current one of no conference."""
        conference_sid, sid = asked.path["ConferenceSid"], asked.path["RecordingSid"]
        if sid == CURRENT:
            await self._conferences.find(asked.account.sid, conference_sid)
        return conference_sid, sid


class CallRecordings:
    """The recordings of a call's leg."""

    def __init__(
        self, stored: StoredRecordings, live: LiveRecordings, store: Store, book: CallBook, recordings: Recordings
    ) -> None:
        self._stored = stored
        self._live = live
        self._store = store
        self._book = book
        self._recordings = recordings

    def operations(self) -> list[Operation]:
        """Return what can be done."""
        all_, one = "/Calls/{CallSid}/Recordings", "/Calls/{CallSid}/Recordings/{RecordingSid}"
        return [
            Operation(
                name="CreateCallRecording",
                method="POST",
                path=all_,
                handler=self.create,
                summary="Record a live call from now on",
                answer=CallRecordingBody,
                status=201,
                parameters=LiveLegRecordingParameters,
            ),
            Operation(
                name="ListCallRecording",
                method="GET",
                path=all_,
                handler=self.list,
                summary="List the recordings of a call, the newest first",
                answer=Listing("recordings", CallRecordingBody),
                parameters=DateFilters,
            ),
            Operation(
                name="FetchCallRecording",
                method="GET",
                path=one,
                handler=self.fetch,
                summary="Fetch a recording of a call",
                answer=CallRecordingBody,
                segments=SEGMENTS,
            ),
            Operation(
                name="UpdateCallRecording",
                method="POST",
                path=one,
                handler=self.update,
                summary="Pause the recording of a call, let it go on, or stop it",
                answer=CallRecordingBody,
                parameters=RecordingUpdate,
                segments=SEGMENTS,
            ),
            Operation(
                name="DeleteCallRecording",
                method="DELETE",
                path=one,
                handler=self.delete,
                summary="Delete a recording that is finished",
                status=204,
            ),
        ]

    async def create(self, asked: Asked[LiveLegRecordingParameters]) -> CallRecordingBody:
        """Record a call that has been answered; 21220 for one that has not, or is over."""
        account_sid, call_sid = asked.account.sid, asked.path["CallSid"]
        await must_have_call(self._store, self._book, account_sid, call_sid)
        call = self._book.get(call_sid)
        if call is None or call.answered_at is None:
            raise _not_eligible(call_sid)
        try:
            recording = await self._recordings.start_leg(
                call_sid, account_sid, leg_recording(asked.parameters), Source.START_CALL_RECORDING_API
            )
        except CallGoneError:
            raise _not_eligible(call_sid) from None
        return call_recording_body(recording_row(recording), updated=True)

    async def list(self, asked: Asked[DateFilters]) -> Page:
        """Return a page of the recordings of a call."""
        account_sid, call_sid = asked.account.sid, asked.path["CallSid"]
        await must_have_call(self._store, self._book, account_sid, call_sid)
        source = await self._stored.source(account_sid, asked.parameters, call_sid=call_sid)
        return await paginate(asked.parameters, source, key, call_recording_body)

    async def fetch(self, asked: Asked[Parameters]) -> CallRecordingBody:
        """Return a recording of a call."""
        call_sid, sid = await self._place(asked)
        return call_recording_body(await self._live.find(asked.account.sid, sid, call_sid=call_sid))

    async def update(self, asked: Asked[RecordingUpdate]) -> CallRecordingBody:
        """Pause a recording, let it go on, or stop it; the answer tells which."""
        call_sid, sid = await self._place(asked)
        row = await self._live.update(asked.account.sid, sid, asked.parameters, call_sid=call_sid)
        return call_recording_body(row, updated=True)

    async def delete(self, asked: Asked[Parameters]) -> None:
        """Delete a recording."""
        call_sid, sid = asked.path["CallSid"], asked.path["RecordingSid"]
        await self._live.delete(asked.account.sid, sid, call_sid=call_sid)

    async def _place(self, asked: Asked[P]) -> tuple[str, str]:
        """Return the SIDs of the call and the recording. Raises ``NotFound`` for the current one of no call."""
        call_sid, sid = asked.path["CallSid"], asked.path["RecordingSid"]
        if sid == CURRENT:
            await must_have_call(self._store, self._book, asked.account.sid, call_sid)
        return call_sid, sid


def _not_eligible(call_sid: str) -> RestError:
    message = f"Call {call_sid} is not in progress; it can be recorded from its answer to its end."
    return RestError(Code.CALL_STATE, message)
