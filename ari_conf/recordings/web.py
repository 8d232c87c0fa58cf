"""The address that RecordingUrl names: a finished recording, for its account alone."""

import asyncio
import base64
import binascii
import contextlib
import hmac
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from aiohttp import web
from sqlalchemy import select

from ari_conf.store import RecordingRow, Store
from ari_conf.store.tables import recordings

from .recording import RecordingStatus

WRITTEN_WITHIN: Final = 5.0
"""Seconds that are waited for the database to write what has just happened."""

_REALM: Final = {"WWW-Authenticate": 'Basic realm="Twilio API"'}


def recording_routes(store: Store, folder: Path, tokens: Mapping[str, str]) -> list[web.RouteDef]:
    """Return the routes of the WAV files of finished recordings in ``folder``; ``tokens`` are those of the accounts."""

    async def serve(request: web.Request) -> web.StreamResponse:
        account_sid = request.match_info["account"]
        if not _may(request, account_sid, tokens):
            raise web.HTTPUnauthorized(headers=_REALM)
        sid = request.match_info["recording"]
        wanted = select(recordings).where(
            recordings.c.sid == sid,
            recordings.c.account_sid == account_sid,
            recordings.c.status == RecordingStatus.COMPLETED.value,
        )
        if not await store.rows(RecordingRow, wanted):
            # The action of a <Record> may fetch what is told to it before that is written.
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(WRITTEN_WITHIN):
                    await store.flush()
            if not await store.rows(RecordingRow, wanted):
                raise web.HTTPNotFound
        return web.FileResponse(folder / f"{sid}.wav", headers={"Content-Type": "audio/x-wav"})

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
