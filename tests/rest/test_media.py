"""The sound of recordings over HTTP: WAV and MP3, in parts, with as many channels as are wanted."""

import io
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import aiohttp
import numpy as np
import pytest
import soundfile
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from ari_conf.rest.media import public_media_routes
from ari_conf.rest.media_files import MediaFiles, MediaFormat, NoSuchChannelsError
from ari_conf.sids import SidKind, new_sid
from tests.rest.desk import Desk
from tests.rest.test_recordings import row
from tests.stage import ACCOUNT

RATE = 8000
LOUD, QUIET = 12_000, 3_000


def tones(*levels: int, seconds: float = 2.0, rate: int = RATE) -> np.ndarray[Any, np.dtype[np.int16]]:
    times = np.arange(round(seconds * rate)) / rate
    return np.stack([level * np.sin(2 * np.pi * 440 * times) for level in levels], axis=1).astype(np.int16)


def record(desk: Desk, *levels: int) -> str:
    """Let there be a completed recording with a channel for each level; return its SID."""
    # All tests have one folder.
    made = row(1, sid=new_sid(SidKind.RECORDING), channels=len(levels))
    folder = desk.stage.controller.recordings._folder
    soundfile.write(folder / f"{made.sid}.wav", tones(*levels), RATE, subtype="PCM_16")
    desk.stage.controller.store.write([made])
    return made.sid


async def media(
    desk: Desk, path: str, method: str = "GET", token: str = ACCOUNT.auth_token, **more: Any
) -> tuple[int, Mapping[str, str], bytes]:
    url = f"{desk.url}/2010-04-01/Accounts/{ACCOUNT.sid}/Recordings/{path}"
    headers = {"Authorization": aiohttp.encode_basic_auth(ACCOUNT.sid, token)} if token else {}
    headers |= more.pop("headers", {})
    async with aiohttp.ClientSession(headers=headers) as session, session.request(method, url, **more) as answer:
        return answer.status, answer.headers, await answer.read()


def level(content: bytes) -> tuple[int, object]:
    """Return the channels of a sound, and how loud the first one is, as the amplitude of a sine."""
    samples, rate = soundfile.read(io.BytesIO(content), dtype="int16", always_2d=True)
    middle = samples[rate // 2 : -rate // 2, 0].astype(float)
    return samples.shape[1], float(np.sqrt(2 * np.mean(middle**2)))


@pytest.mark.parametrize(("suffix", "kind"), [("", "audio/x-wav"), (".wav", "audio/x-wav"), (".mp3", "audio/mpeg")])
async def test_the_formats(desk: Desk, suffix: str, kind: str) -> None:
    sid = record(desk, LOUD)
    status, headers, content = await media(desk, sid + suffix)
    assert (status, headers["Content-Type"]) == (200, kind)
    assert level(content) == (1, pytest.approx(LOUD, rel=0.1))
    again, _, same = await media(desk, sid + suffix)
    assert (again, same) == (200, content)


async def test_mp3_has_32_kbit_in_a_second(desk: Desk) -> None:
    _, headers, content = await media(desk, record(desk, LOUD) + ".mp3")
    assert len(content) == pytest.approx(2.0 * 32_000 / 8, rel=0.15)
    assert int(headers["Content-Length"]) == len(content)


@pytest.mark.parametrize("suffix", ["", ".wav", ".mp3"])
async def test_parts_and_heads(desk: Desk, suffix: str) -> None:
    sid = record(desk, LOUD)
    _, _, whole = await media(desk, sid + suffix)
    status, headers, part = await media(desk, sid + suffix, headers={"Range": "bytes=100-199"})
    assert (status, part) == (206, whole[100:200])
    assert headers["Content-Range"] == f"bytes 100-199/{len(whole)}"
    status, headers, nothing = await media(desk, sid + suffix, "HEAD")
    assert (status, headers["Content-Length"], nothing) == (200, str(len(whole)), b"")
    assert (await media(desk, sid + suffix, headers={"Range": f"bytes={len(whole)}-"}))[0] == 416


async def test_as_many_channels_as_are_wanted(desk: Desk) -> None:
    dual, mono = record(desk, LOUD, QUIET), record(desk, LOUD)
    one, two = {"RequestedChannels": "1"}, {"RequestedChannels": "2"}
    assert level((await media(desk, dual))[2]) == (2, pytest.approx(LOUD, rel=0.1))
    assert level((await media(desk, dual, params=two))[2]) == (2, pytest.approx(LOUD, rel=0.1))
    for suffix in (".wav", ".mp3"):
        mixed = level((await media(desk, dual + suffix, params=one))[2])
        assert mixed == (1, pytest.approx((LOUD + QUIET) / 2, rel=0.1))
    assert level((await media(desk, mono, params=one))[2])[0] == 1
    assert (await media(desk, dual, "HEAD", params=one))[1]["Content-Length"] != (await media(desk, dual, "HEAD"))[1][
        "Content-Length"
    ]
    assert (await desk.raw("GET", f"/Recordings/{mono}.wav", params=two))[2]["code"] == 16113
    assert (await desk.raw("GET", f"/Recordings/{mono}.wav", params={"RequestedChannels": "3"}))[2]["code"] == 16113


async def test_who_may_not_and_what_is_not_there(desk: Desk) -> None:
    sid = record(desk, LOUD)
    for token in ("", "wrong"):
        status, headers, _ = await media(desk, sid, token=token)
        assert (status, headers["WWW-Authenticate"]) == (401, 'Basic realm="Twilio API"')
    assert (await media(desk, row(5).sid))[0] == 404
    assert (await media(desk, sid + ".json", "HEAD"))[0] == 405
    # Other tests have left sounds of the SIDs that ``row`` gives.
    processing, without_sound, of_another = (new_sid(SidKind.RECORDING) for _ in range(3))
    rows = [row(6, sid=processing, status="processing"), row(7, sid=without_sound)]
    desk.stage.controller.store.write([*rows, row(8, sid=of_another, account_sid="AC" + "9" * 32)])
    for recording_sid in (processing, without_sound, of_another):
        assert (await media(desk, recording_sid + ".wav"))[0] == 404


async def test_what_was_made_goes_with_the_recording(desk: Desk) -> None:
    sid = record(desk, LOUD, QUIET)
    await media(desk, sid + ".mp3")
    await media(desk, sid, params={"RequestedChannels": "1"})
    folder = desk.stage.controller.recordings._folder
    assert {path.name for path in folder.glob(f"*{sid}*")} == {f"{sid}.wav", f"{sid}.mp3", f"{sid}.mono.wav"}
    assert await desk.ask(desk.client.recordings(sid).delete)
    assert (await media(desk, sid))[0] == 404
    assert list(folder.glob(f"*{sid}*")) == []


@pytest.mark.parametrize("rate", [8000, 16_000, 48_000])
async def test_mp3_at_every_rate_that_is_recorded(tmp_path: Path, rate: int) -> None:
    soundfile.write(tmp_path / "RE1.wav", tones(LOUD, rate=rate), rate, subtype="PCM_16")
    made = await MediaFiles(tmp_path).path("RE1", MediaFormat.MP3, None)
    assert made.stat().st_size == pytest.approx(2.0 * 32_000 / 8, rel=0.15)
    assert soundfile.info(made).samplerate == rate


async def test_a_recording_that_cannot_be_read_leaves_nothing(tmp_path: Path) -> None:
    files = MediaFiles(tmp_path)
    with pytest.raises(FileNotFoundError):
        await files.path("RE1", MediaFormat.WAV, None)
    (tmp_path / "RE2.wav").write_bytes(b"this is no sound")
    with pytest.raises(soundfile.LibsndfileError):
        await files.path("RE2", MediaFormat.MP3, None)
    soundfile.write(tmp_path / "RE3.wav", tones(LOUD), RATE, subtype="PCM_16")
    with pytest.raises(NoSuchChannelsError):
        await files.path("RE3", MediaFormat.WAV, 2)
    assert set(os.listdir(tmp_path)) == {"RE2.wav", "RE3.wav"}  # noqa: PTH208


async def refuse(_: web.Request) -> web.Response:
    return web.Response(status=401)


async def test_whoever_knows_the_address_may_hear_it_if_that_is_set(desk: Desk) -> None:
    controller = desk.stage.controller
    sid = record(desk, LOUD, QUIET)
    app = web.Application()
    app.add_routes(public_media_routes(controller.store, controller.recordings._folder, desk.stage.clock))
    guarded = web.Application()
    guarded.router.add_route("*", "/{path:.*}", refuse)
    app.add_subapp("/2010-04-01", guarded)
    where = f"/2010-04-01/Accounts/{ACCOUNT.sid}/Recordings"
    async with TestClient(TestServer(app)) as client:
        for suffix, channels in (("", 2), (".wav", 2), (".mp3", 2), ("?RequestedChannels=1", 1)):
            answer = await client.get(f"{where}/{sid}{suffix}")
            assert level(await answer.read())[0] == channels
        assert (await client.head(f"{where}/{sid}.mp3")).status == 200
        assert (await client.get(f"{where}/{row(5).sid}")).status == 404
        assert (await client.get(f"{where}/{sid}.json")).status == 401
