"""A page that is open while its controller is killed: nobody has to log in again, and it goes on where it was."""

import asyncio
import time
from collections.abc import Callable

import aiohttp
from yarl import URL

from ari_conf.private_asterisk import PrivateAsterisk
from tests.app_server import AUTH_TOKEN
from tests.dashboard.door import Browser
from tests.dashboard.watching import Watcher, watching
from tests.serving import DEADLINE, until
from tests.stage import ACCOUNT

from .test_rooms import joined, room
from .world import World


def heard(watcher: Watcher, *call_sids: str) -> Callable[[], bool]:
    return lambda: any(all(levels.get(sid, -96.0) > -40 for sid in call_sids) for levels in watcher.of("levels"))


async def in_asterisk(asterisk: PrivateAsterisk) -> list[int]:
    """Return how many channels and bridges there are."""
    login = {"Authorization": aiohttp.encode_basic_auth(asterisk.ari_username, asterisk.ari_password)}
    async with aiohttp.ClientSession(headers=login) as session:
        counts = []
        for what in ("channels", "bridges"):
            async with session.get(URL(asterisk.ari_url) / "ari" / what) as answer:
                counts.append(len(await answer.json()))
        return counts


async def test_an_open_page_goes_on(world: World) -> None:
    people = [await joined(world, name, room("board", name)) for name in ("ann", "bob")]
    browser = await Browser(URL(world.ari_conf.url).port or 0).entered(ACCOUNT.sid, AUTH_TOKEN)
    async with watching(browser) as watcher:
        await until(lambda: bool(watcher.of("snapshot")))
        (sid,) = watcher.conferences
    async with watching(browser, sid) as watcher:
        await until(heard(watcher, *people))
        await world.kill()
        await until(lambda: watcher.over)
    await world.live()
    browser.port = URL(world.ari_conf.url).port or 0
    assert (await browser.session()).json["csrf"] == browser.csrf
    async with watching(browser, sid) as watcher:
        await until(heard(watcher, *people))
        assert watcher.conferences[sid]["people"].keys() == set(people)
        assert await in_asterisk(world.asterisk) == [2 + 2 * 2, 1 + 2]
    gives_up = time.monotonic() + DEADLINE
    while (left := await in_asterisk(world.asterisk)) != [2, 1]:
        assert time.monotonic() < gives_up, f"channels and bridges in Asterisk: {left}"
        await asyncio.sleep(0.05)
