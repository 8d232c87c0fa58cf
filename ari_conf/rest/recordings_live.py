"""What can be done to a recording while it runs, under its conference or its call."""

import asyncio
from typing import Annotated, Final, Literal

from pydantic import BeforeValidator

from ari_conf.recordings import PauseBehavior, Recording, Recordings, recording_row
from ari_conf.store import RecordingRow
from ari_conf.twilio_codes import Code

from .errors import RestCode, RestError
from .media_files import MediaFiles
from .operation import Segment
from .parameters import Parameters
from .recordings_store import StoredRecordings

CURRENT: Final = "Twilio.CURRENT"
"""In the place of a Recording SID: the only one that is running."""

SEGMENTS: Final = {"RecordingSid": Segment("The recording's SID, or Twilio.CURRENT", r"^(RE[0-9a-fA-F]{32}|Twilio\.CURRENT)$")}


PauseWord = Literal["skip", "silence"]


def _not_stopped(value: object) -> object:
    if value == "stopped":
        raise RestError(Code.RECORDING_STATE, "The recording of a conference cannot be stopped; pause it instead.")
    return value


class RecordingUpdate(Parameters):
    """What is to become of a recording; ``PauseBehavior`` belongs to ``paused``."""

    status: Literal["paused", "in-progress", "stopped"]
    pause_behavior: PauseWord | None = None


class ConferenceRecordingUpdate(Parameters):
    """The same for a recording of a conference, which ends with it and cannot be stopped."""

    status: Annotated[Literal["paused", "in-progress"], BeforeValidator(_not_stopped)]
    pause_behavior: PauseWord | None = None


class LiveRecordings:
    """Finds recordings, also by ``Twilio.CURRENT``, and changes those that run."""

    def __init__(self, stored: StoredRecordings, recordings: Recordings, files: MediaFiles) -> None:
        self._stored = stored
        self._recordings = recordings
        self._files = files

    async def find(
        self, account_sid: str, sid: str, *, conference_sid: str | None = None, call_sid: str | None = None
    ) -> RecordingRow:
        """Return a recording of a conference or a call. Raises ``NotFound``, and ``TwilioError`` (16114) for no current one."""
        if sid != CURRENT:
            return await self._stored.find(account_sid, sid, conference_sid=conference_sid, call_sid=call_sid)
        current = self._recordings.current(account_sid, conference_sid=conference_sid, call_sid=call_sid)
        return recording_row(current)

    async def update(
        self,
        account_sid: str,
        sid: str,
        wanted: RecordingUpdate | ConferenceRecordingUpdate,
        *,
        conference_sid: str | None = None,
        call_sid: str | None = None,
    ) -> RecordingRow:
        """Change a recording that runs, and return it as it is then."""
        if wanted.pause_behavior is not None and wanted.status != "paused":
            raise RestError(RestCode.INVALID_PARAMETER, "PauseBehavior goes with Status=paused only.")
        row = await self.find(account_sid, sid, conference_sid=conference_sid, call_sid=call_sid)
        return recording_row(await self._changed(row.sid, wanted))

    async def _changed(self, sid: str, wanted: RecordingUpdate | ConferenceRecordingUpdate) -> Recording:
        match wanted.status:
            case "paused":
                return await self._recordings.pause(sid, PauseBehavior(wanted.pause_behavior or PauseBehavior.SILENCE))
            case "in-progress":
                return await self._recordings.resume(sid)
            case "stopped":
                return await self._recordings.stop(sid)

    async def delete(
        self, account_sid: str, sid: str, *, conference_sid: str | None = None, call_sid: str | None = None
    ) -> None:
        """Remove a recording that is finished, with what was made of it. Raises ``TwilioError`` (16114) if it runs."""
        row = await self._stored.find(account_sid, sid, conference_sid=conference_sid, call_sid=call_sid)
        await self._recordings.delete(row)
        await asyncio.to_thread(self._files.remove_made, row.sid)
