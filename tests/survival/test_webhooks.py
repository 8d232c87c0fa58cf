"""The application hangs, talks nonsense and comes back: rooms go on, it is said once, and it is told everything once."""

import asyncio

from aiohttp import web

from tests.app_server import AppRequest
from tests.serving import until

from .callbacks import by_conference, count
from .test_rooms import room
from .world import World, hear_each_other

NAMES = ("ann", "bob", "cid", "dee", "eve", "fay")
IMPATIENTLY = "#rt=200&amp;tt=300"


async def test_callbacks_to_an_application_that_hangs(world: World) -> None:
    hangs, works = asyncio.Event(), asyncio.Event()

    async def take(_: AppRequest) -> web.StreamResponse:
        if hangs.is_set() and not works.is_set():
            await works.wait()
        return web.Response(status=204 if works.is_set() else 500, body=b"\xff\x00<")

    world.app.voice["/events"] = take
    rooms = {name: room(name, name).replace("'/events'", f"'/events{IMPATIENTLY}'") for name in NAMES}
    rooms["bob"] = rooms["bob"].replace(">bob<", ">ann<")
    await asyncio.gather(*(world.call(name, twiml) for name, twiml in rooms.items()))
    await world.told("callback not accepted yet")
    hangs.set()
    await world.told("callbacks are held back")
    await hear_each_other([world.phones["ann"], world.phones["bob"]])
    await world.phones.pop("fay").hang_up()
    await world.request("/after", CallSid=world.sid("fay"))
    works.set()
    await world.told("callbacks go on")
    await until(lambda: not world.ari_conf.owed())
    assert world.alarms() == ["callbacks are held back", "callbacks go on"]
    told = [params for conference in by_conference(world.app).values() for params in conference]
    assert [count(told, "participant-join", name) for name in NAMES] == [1] * len(NAMES)
    assert count(told, "participant-leave", "fay") == 1
