"""The address that RecordingUrl names: a finished recording, for its account alone."""

import base64
import binascii
import hmac
from collections.abc import Mapping
from typing import Final

from aiohttp import web

from .recording import RecordingStatus
from .recordings import Recordings

_REALM: Final = {"WWW-Authenticate": 'Basic realm="Twilio API"'}


def recording_routes(recordings: Recordings, tokens: Mapping[str, str]) -> list[web.RouteDef]:
    """Return the routes of the WAV files of finished recordings; ``tokens`` are the auth tokens by account SID."""

    async def serve(request: web.Request) -> web.StreamResponse:
        account_sid = request.match_info["account"]
        if not _may(request, account_sid, tokens):
            raise web.HTTPUnauthorized(headers=_REALM)
        recording = recordings.get(request.match_info["recording"])
        if recording is None or recording.account_sid != account_sid or recording.status is not RecordingStatus.COMPLETED:
            raise web.HTTPNotFound
        return web.FileResponse(recordings.folder / f"{recording.sid}.wav", headers={"Content-Type": "audio/x-wav"})

    where = "/2010-04-01/Accounts/{account}/Recordings/{recording:RE[0-9a-f]{32}}"
    return [web.get(where, serve), web.get(where + ".wav", serve)]


def _may(request: web.Request, account_sid: str, tokens: Mapping[str, str]) -> bool:
    kind, _, credentials = request.headers.get("Authorization", "").partition(" ")
    try:
        user, _, password = base64.b64decode(credentials, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return False
    token = tokens.get(account_sid, "")
    same = hmac.compare_digest(password.encode(), token.encode())
    return kind.lower() == "basic" and user == account_sid and bool(token) and same
