"""What the dashboard tells of the past: the timeline of a conference, and how its recordings look."""

import asyncio
import wave
from typing import Final

import structlog
from aiohttp import web
from pydantic_core import to_json
from sqlalchemy import select

from ari_conf.house import House
from ari_conf.recordings import RecordingStatus
from ari_conf.rest.errors import NotFound, RestCode, RestError
from ari_conf.rest.reading import caught_up
from ari_conf.rest.refusals import JSON
from ari_conf.store import ConferenceRow, RecordingRow, tables

from .history_rows import kept_of
from .scope import is_seen
from .timeline import timeline
from .views import ConferenceHead, head, head_of_row
from .visitor import Answer, Route, Visitor
from .waveform import Waveform, Waveforms

log = structlog.get_logger(__name__)

TIMELINES_AT_ONCE: Final = 2
"""So many are made at the same time: each reads all that has happened, threads are for others, and calls need the cores."""

_UNREADABLE: Final = (OSError, EOFError, ValueError, wave.Error)


class History:
    """The past of ``house``, as far as a visitor may see it: what is another account's is not there."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._waveforms = Waveforms(house.settings.storage.recordings)
        self._room = asyncio.Semaphore(TIMELINES_AT_ONCE)

    def routes(self) -> list[Route]:
        """Return what can be asked."""
        return [
            Route("GET", "/conferences/{sid}/timeline", self.timeline),
            Route("GET", "/recordings/{sid}/waveform", self.waveform),
        ]

    async def timeline(self, request: web.Request, visitor: Visitor) -> Answer:
        """Return the ``Timeline`` of a conference, running or over. Raises ``NotFound``."""
        sid = request.match_info["sid"]
        await self._caught_up()
        row = await self._conference(sid, visitor)
        async with self._room:
            body = await self._timeline(row)
        return web.Response(body=body, content_type=JSON)

    async def waveform(self, request: web.Request, visitor: Visitor) -> Waveform:
        """Return the ``Waveform`` of a completed recording. Raises ``NotFound``, and ``RestError`` if it cannot be read."""
        row = await self._recording(request.match_info["sid"], visitor)
        try:
            return await self._waveforms.get(row.sid)
        except FileNotFoundError:
            raise NotFound from None
        except _UNREADABLE as error:
            log.warning("a recording cannot be drawn", recording_sid=row.sid, cause=str(error))
            raise RestError(RestCode.INTERNAL, f"The file of recording {row.sid} cannot be read: {error}.", 500) from error

    async def _timeline(self, row: ConferenceRow) -> bytes:
        kept = await kept_of(self._house.store, row.sid)
        now = self._house.clock.now()
        seen = self._head(row)
        # In a thread: a thousand people and twenty thousand events take a tenth of a second.
        return await asyncio.to_thread(lambda: to_json(timeline(seen, kept, now)))

    async def _conference(self, sid: str, visitor: Visitor) -> ConferenceRow:
        wanted = select(tables.conferences).where(tables.conferences.c.sid == sid)
        for row in await self._house.store.rows(ConferenceRow, wanted):
            if is_seen(row.account_sid, visitor.scope):
                return row
        raise NotFound

    async def _recording(self, sid: str, visitor: Visitor) -> RecordingRow:
        await caught_up(self._house.store)
        wanted = select(tables.recordings).where(tables.recordings.c.sid == sid)
        for row in await self._house.store.rows(RecordingRow, wanted):
            if is_seen(row.account_sid, visitor.scope) and row.status == RecordingStatus.COMPLETED:
                return row
        raise NotFound

    def _head(self, row: ConferenceRow) -> ConferenceHead:
        running = self._house.rooms.running(row.sid)
        return head_of_row(row) if running is None else head(running)

    async def _caught_up(self) -> None:
        self._house.outbox.write_results()
        await caught_up(self._house.store)
