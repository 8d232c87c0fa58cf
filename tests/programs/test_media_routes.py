from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from yarl import URL

from ari_conf.audio.tones import tone
from ari_conf.programs import SoundStore, media_routes


async def test_a_sound_of_the_store_is_served(tmp_path: Path) -> None:
    store = SoundStore(tmp_path)
    sound = await store.add(tone(500, 1.0))
    app = web.Application()
    app.add_routes(media_routes(store))
    async with TestClient(TestServer(app)) as client:
        response = await client.get(f"/media/{sound.path.name}")
        assert response.status == 200
        assert response.content_type == "audio/wav"
        body = await response.read()
        assert body == sound.path.read_bytes()
        assert int(response.headers["Content-Length"]) == len(body) == 44 + 16000
        head = await client.head(f"/media/{sound.path.name}")
        assert (head.status, head.headers["Content-Length"]) == (200, str(len(body)))
        assert response.headers["Cache-Control"] == "public, max-age=86400, immutable"
        for answer, question in (("ETag", "If-None-Match"), ("Last-Modified", "If-Modified-Since")):
            again = await client.get(f"/media/{sound.path.name}", headers={question: response.headers[answer]})
            assert (again.status, await again.read()) == (304, b"")
    store.close()


@pytest.mark.parametrize(
    "name",
    [
        "0" * 64 + ".wav",
        "secret.txt",
        "..%2Fsecret.txt",
        "%2e%2e/secret.txt",
        "..%2F..%2Fetc%2Fpasswd",
        "link.wav",
        "A" * 64 + ".wav",
        "0" * 64 + ".wav%0A",
        "0" * 64 + ".wav%00",
        "",
    ],
)
async def test_nothing_else_is_served(tmp_path: Path, name: str) -> None:
    (tmp_path / "secret.txt").write_text("secret")
    store = SoundStore(tmp_path / "sounds")
    (store.folder / "secret.txt").write_text("secret")
    (store.folder / ("A" * 64 + ".wav")).write_text("secret")
    (store.folder / "link.wav").symlink_to(tmp_path / "secret.txt")
    app = web.Application()
    app.add_routes(media_routes(store))
    async with TestClient(TestServer(app)) as client:
        response = await client.get(URL(f"/media/{name}", encoded=True))
        assert response.status == 404
        assert "secret" not in await response.text()
    store.close()
