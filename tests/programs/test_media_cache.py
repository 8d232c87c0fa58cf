import asyncio
from collections.abc import AsyncIterator
from email.utils import formatdate
from pathlib import Path

import pytest
from aiohttp import web
from structlog.testing import capture_logs

from ari_conf.programs import SoundStore
from ari_conf.programs.known_media import KnownMedia, MediaIndex
from ari_conf.programs.media_cache import MediaCache
from ari_conf.twilio_codes import Code
from ari_conf.webhooks import WebhookClient, WebhookError
from tests import app_server
from tests.app_server import AUTH_TOKEN, AppRequest
from tests.programs.stage import Stage, wav


class Library:
    """A cache, and the server whose sounds it keeps; each answer of the server has the pitch of ``pitch``."""

    def __init__(self, stage: Stage, webhooks: WebhookClient) -> None:
        self.app = stage.app
        self.clock = stage.clock
        self.store = stage.store
        self.webhooks = webhooks
        self.cache = MediaCache(webhooks, stage.store, stage.clock)
        self.stage = stage
        self.pitch = 500.0
        self.headers: dict[str, str] = {}
        self.app.voice["/a.wav"] = self._answer

    def restart(self) -> None:
        self.cache = MediaCache(self.webhooks, SoundStore(self.store.folder), self.clock)

    async def sound(self, path: str = "/a.wav", auth_token: str = AUTH_TOKEN) -> float:
        """Get the sound, and return its pitch."""
        await self.stage.play(await self.cache.sound(self.app.url(path), auth_token))
        return self.stage.pitches[-1]

    @property
    def statuses(self) -> list[int]:
        """What was asked: 304 for questions whether there is something new, 200 for the rest."""
        asked = [request.headers for request in self.app.requests]
        return [304 if {"If-None-Match", "If-Modified-Since"} & set(headers) else 200 for headers in asked]

    def _answer(self, seen: AppRequest) -> web.StreamResponse:
        matches = [
            seen.headers.get(question) == self.headers[answer]
            for question, answer in (("If-None-Match", "ETag"), ("If-Modified-Since", "Last-Modified"))
            if answer in self.headers and question in seen.headers
        ]
        if matches and all(matches):
            return web.Response(status=304, headers=self.headers)
        response = wav(self.pitch, 1.0)(seen)
        assert isinstance(response, web.Response)
        del response.headers["Cache-Control"]
        response.headers.update(self.headers)
        return response


@pytest.fixture
async def library(stage: Stage) -> AsyncIterator[Library]:
    async with WebhookClient() as webhooks:
        yield Library(stage, webhooks)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"Cache-Control": "public, max-age=100"}, 100),
        ({"Cache-Control": "max-age=100", "Age": "40"}, 60),
        ({"Cache-Control": 'MAX-AGE="100", immutable', "Expires": "0"}, 100),
        ({"Expires": formatdate(1_000_100, usegmt=True), "Date": formatdate(1_000_000, usegmt=True)}, 100),
        ({}, 60),
    ],
)
async def test_what_is_fresh_is_used_again(library: Library, headers: dict[str, str], seconds: float) -> None:
    library.headers = headers
    await library.sound()
    library.clock.moment = seconds - 1
    await library.sound()
    assert library.statuses == [200]
    library.clock.moment = seconds + 1
    await library.sound()
    assert library.statuses == [200, 200]


@pytest.mark.parametrize(
    "version", [{"ETag": '"1"'}, {"Last-Modified": formatdate(0, usegmt=True)}, {"ETag": 'W/"1"', "Last-Modified": "yesterday"}]
)
async def test_what_is_stale_is_asked_about(library: Library, version: dict[str, str]) -> None:
    library.headers = version | {"Cache-Control": "max-age=10"}
    for moment in (0, 11, 12, 22):
        library.clock.moment = moment
        assert await library.sound() == 500
    assert library.statuses == [200, 304, 304]


async def test_a_new_version_is_heard(library: Library) -> None:
    library.headers = {"ETag": '"1"', "Cache-Control": "no-cache"}
    assert await library.sound() == 500
    assert await library.sound() == 500
    library.pitch, library.headers = 700, {"ETag": '"2"', "Cache-Control": "no-cache"}
    assert await library.sound() == 700
    assert await library.sound() == 700
    assert library.statuses == [200, 304, 304, 304]


@pytest.mark.parametrize("headers", [{"Cache-Control": "no-store"}, {"Expires": "0"}, {"Cache-Control": "max-age=0"}])
async def test_what_is_not_to_be_used_again_is_fetched_each_time(library: Library, headers: dict[str, str]) -> None:
    library.headers = headers
    assert await library.sound() == 500
    library.pitch = 700
    assert await library.sound() == 700


async def test_what_is_not_to_be_kept_leaves_nothing(library: Library) -> None:
    library.headers = {"ETag": '"1"', "Cache-Control": "max-age=0"}
    await library.sound()
    library.headers = {"ETag": '"2"', "Cache-Control": "no-store, max-age=100"}
    await library.sound()
    assert await library.sound() == 500
    assert library.statuses == [200, 304, 200]
    assert list((library.store.folder / "fetched").iterdir()) == []


async def test_it_is_kept_across_restarts(library: Library) -> None:
    library.headers = {"ETag": '"1"', "Cache-Control": "max-age=10"}
    await library.sound()
    library.restart()
    assert await library.sound() == 500
    assert library.statuses == [200]
    library.clock.moment = 11
    library.restart()
    assert await library.sound() == 500
    assert library.statuses == [200, 304]


@pytest.mark.parametrize("damage", [b"", b"{", b"[]", b'{"name": "../../etc/passwd"}', b"\xff\xfe", b"null"])
async def test_a_damaged_file_is_no_harm(library: Library, damage: bytes) -> None:
    library.headers = {"ETag": '"1"'}
    await library.sound()
    (file,) = (library.store.folder / "fetched").iterdir()
    file.write_bytes(damage)
    library.restart()
    with capture_logs() as logs:
        assert await library.sound() == 500
    assert [line["log_level"] for line in logs] == ["warning"]
    assert await library.sound() == 500
    assert library.statuses == [200, 200]


async def test_a_sound_whose_file_was_removed_is_fetched_as_a_whole(library: Library) -> None:
    library.headers = {"ETag": '"1"', "Cache-Control": "max-age=100"}
    await library.sound()
    for file in library.store.folder.glob("*.wav"):
        file.unlink()
    assert await library.sound() == 500
    assert library.statuses == [200, 200]


async def test_several_who_want_it_at_once_share_one_request(library: Library) -> None:
    pitches = await asyncio.gather(*(library.sound() for _ in range(5)))
    assert pitches == [500] * 5
    assert library.statuses == [200]


async def test_who_stops_waiting_does_not_stop_it_for_the_others(library: Library) -> None:
    asked, let = asyncio.Event(), asyncio.Event()

    async def slow(seen: AppRequest) -> web.StreamResponse:
        asked.set()
        await let.wait()
        return library._answer(seen)

    library.app.voice["/a.wav"] = slow
    gone = asyncio.create_task(library.sound())
    stays = asyncio.create_task(library.sound())
    await asyncio.wait_for(asked.wait(), 5)
    gone.cancel()
    with pytest.raises(asyncio.CancelledError):
        await gone
    let.set()
    assert await stays == 500
    assert library.statuses == [200]


async def test_when_nobody_waits_any_longer_the_request_is_given_up_and_the_next_one_begins_anew(library: Library) -> None:
    asked = asyncio.Event()

    async def never(_: AppRequest) -> web.StreamResponse:
        asked.set()
        await asyncio.Event().wait()
        raise AssertionError

    library.app.voice["/a.wav"] = never
    gone = asyncio.create_task(library.sound())
    await asyncio.wait_for(asked.wait(), 5)
    gone.cancel()
    with pytest.raises(asyncio.CancelledError):
        await gone
    library.app.voice["/a.wav"] = library._answer
    assert await asyncio.wait_for(library.sound(), 5) == 500


async def test_a_failure_is_everybodys_and_is_not_remembered(library: Library) -> None:
    library.app.voice["/a.wav"] = app_server.failing(404)
    failures = await asyncio.gather(*(library.sound() for _ in range(3)), return_exceptions=True)
    assert [error.code for error in failures if isinstance(error, WebhookError)] == [Code.HTTP_RETRIEVAL_FAILURE] * 3
    assert library.statuses == [200]
    library.app.voice["/a.wav"] = library._answer
    assert await library.sound() == 500


async def test_a_sound_that_is_gone_is_an_error_although_it_is_kept(library: Library) -> None:
    library.headers = {"ETag": '"1"', "Cache-Control": "max-age=10"}
    await library.sound()
    library.clock.moment = 11
    library.app.voice["/a.wav"] = app_server.failing(404)
    with pytest.raises(WebhookError) as caught:
        await library.sound()
    assert caught.value.code is Code.HTTP_RETRIEVAL_FAILURE


async def test_accounts_share_nothing(library: Library) -> None:
    await library.sound()
    async with app_server.AppServer("f" * 32) as other:
        other.voice["/a.wav"] = library._answer
        await library.cache.sound(other.url("/a.wav"), "f" * 32)
        other.auth_token = AUTH_TOKEN
        await library.cache.sound(other.url("/a.wav"), AUTH_TOKEN)
        assert len(other.requests) == 2
        assert other.bad_signatures == []


async def test_no_secret_lies_on_the_disk(library: Library) -> None:
    url = library.app.url("/a.wav").replace("http://", "http://user:geheim@")
    await library.cache.sound(url, AUTH_TOKEN)
    (file,) = (library.store.folder / "fetched").iterdir()
    text = f"{file.name} {file.read_text()}"
    assert "geheim" not in text
    assert AUTH_TOKEN not in text


async def test_a_disk_that_cannot_be_written_does_not_keep_it_from_being_heard(library: Library) -> None:
    (library.store.folder / "fetched").write_text("this is no folder")
    with capture_logs() as logs:
        assert await library.sound() == 500
    assert {line["log_level"] for line in logs} == {"warning"}


def test_what_was_not_wanted_for_longest_is_forgotten(tmp_path: Path) -> None:
    index = MediaIndex(tmp_path, most=3)
    known = KnownMedia(name="0" * 64 + ".wav", seconds=1, etag="", last_modified="", fresh_until=0)
    for number in range(102):
        index.write(f"{number:03}", known)
    assert len(list(tmp_path.iterdir())) <= 3 + 101
    for number in range(102, 250):
        index.write(f"{number:03}", known)
    assert len(list(tmp_path.iterdir())) < 110
    assert index.read("249") == known
    assert index.read("000") is None
