"""The sound of a recording, as an application downloads it with the login of its account."""

import io
from collections.abc import Mapping

import aiohttp
import soundfile

from ari_conf.phones.phone import Heard
from tests.stage import ACCOUNT


async def download(url: str, headers: Mapping[str, str] | None = None) -> tuple[int, bytes]:
    """Return the status and the body of the answer."""
    login = {"Authorization": aiohttp.encode_basic_auth(ACCOUNT.sid, ACCOUNT.auth_token)}
    async with (
        aiohttp.ClientSession(headers=login | dict(headers or {})) as session,
        session.get(url) as answer,
    ):
        return answer.status, await answer.read()


async def channels_of(url: str) -> list[Heard]:
    """Return what is heard on each channel."""
    status, content = await download(url)
    assert status == 200
    samples, rate = soundfile.read(io.BytesIO(content), dtype="int16", always_2d=True)
    return [Heard(channel, rate) for channel in samples.T]
