"""The sound of a recording, at the address that RecordingUrl names: as it stands, with ``.wav``, or with ``.mp3``."""

import re
from pathlib import Path
from typing import Annotated, Final

from aiohttp import web
from multidict import MultiMapping
from pydantic import Field

from ari_conf.clock import Clock
from ari_conf.recordings import RecordingStatus
from ari_conf.store import RecordingRow, Store

from .errors import NotFound, RestCode, RestError, error_body
from .media_files import CONTENT_TYPES, MediaFiles, MediaFormat, NoSuchChannelsError
from .operation import Asked, Media, Operation
from .parameters import Parameters, Wrong, read_parameters
from .reading import account_path
from .recordings_store import StoredRecordings

SUFFIXES: Final = (".wav", ".mp3", "")
"""The last one would match the others, too."""

ONE_RECORDING: Final = "/Recordings/{RecordingSid}"

_MEDIA: Final = Media(tuple(CONTENT_TYPES.values()))


class MediaParameters(Parameters):
    """How many channels are wanted; as many as were recorded, if nothing is said."""

    requested_channels: Annotated[int | None, Field(ge=1, le=2), Wrong(RestCode.REQUESTED_CHANNELS)] = None


class RecordingMedia:
    """Serves the files of completed recordings, also in parts (Range)."""

    def __init__(self, stored: StoredRecordings, files: MediaFiles) -> None:
        self._stored = stored
        self._files = files

    def operations(self) -> list[Operation]:
        """Return what can be done."""
        return [
            Operation(
                name="FetchRecordingMedia",
                method="GET",
                path=ONE_RECORDING,
                handler=self.serve,
                summary="Fetch the sound of a completed recording",
                answer=_MEDIA,
                parameters=MediaParameters,
                suffixes=SUFFIXES,
            ),
            Operation(
                name="HeadRecordingMedia",
                method="HEAD",
                path=ONE_RECORDING,
                handler=self.serve,
                summary="Tell the size of the sound of a completed recording",
                answer=_MEDIA,
                suffixes=SUFFIXES,
            ),
        ]

    def public_routes(self) -> list[web.RouteDef]:
        """Return the routes of the same for everybody who knows the address, to be added before those of the API."""

        async def serve(request: web.Request) -> web.StreamResponse:
            path = request.match_info
            try:
                row = await self._stored.find(path["AccountSid"], path["RecordingSid"])
                return await self._answer(row, path["suffix"], request.query)
            except RestError as error:
                return web.json_response(error_body(error.code, error.message, error.status), status=error.status)

        suffix = "{suffix:" + "|".join(re.escape(suffix) for suffix in SUFFIXES) + "}"
        sid = "{RecordingSid:RE[0-9a-fA-F]{32}}"
        return [web.get(f"{account_path('{AccountSid}')}/Recordings/{sid}{suffix}", serve)]

    async def serve(self, asked: Asked[Parameters]) -> web.StreamResponse:
        """Return the file. 16113 if two channels are wanted and one was recorded."""
        row = await self._stored.find(asked.account.sid, asked.path["RecordingSid"])
        return await self._answer(row, asked.suffix, asked.url.query)

    async def _answer(self, row: RecordingRow, suffix: str, query: MultiMapping[str]) -> web.FileResponse:
        if row.status != RecordingStatus.COMPLETED:
            raise NotFound
        channels = read_parameters(MediaParameters, query).requested_channels
        format_ = MediaFormat(suffix.removeprefix(".") or MediaFormat.WAV)
        try:
            path = await self._files.path(row.sid, format_, channels)
        except FileNotFoundError:
            raise NotFound from None
        except NoSuchChannelsError:
            message = f"Recording {row.sid} has one channel; leave RequestedChannels out, or ask for 1."
            raise RestError(RestCode.REQUESTED_CHANNELS, message) from None
        return web.FileResponse(path, headers={"Content-Type": CONTENT_TYPES[format_]})


def public_media_routes(store: Store, folder: Path, clock: Clock) -> list[web.RouteDef]:
    """Return routes by which everybody may hear the recordings in ``folder``, to be added before those of the API."""
    return RecordingMedia(StoredRecordings(store, clock), MediaFiles(folder)).public_routes()
