"""The machine's clock is set while calls are up, and while nobody serves them: what is measured in time is right."""

import time

from tests.serving import until

from .callbacks import told_once
from .test_rooms import room
from .world import World, hear_each_other

LIMIT = 6
HOUR = 3600.0


async def test_durations_and_limits_are_right(impatient: World) -> None:
    world = impatient
    began = time.monotonic()
    limited = room("board", "ann").replace("<Dial ", f"<Dial timeLimit='{LIMIT}' ")
    phones = [await world.call("ann", limited), await world.call("bob", room("board", "bob"))]
    await hear_each_other(phones)
    world.set_clock(HOUR)
    await world.told("clock was set")
    ready = await world.ready()
    await world.kill()
    world.set_clock(-HOUR)
    await world.live()
    await world.request("/after", CallSid=world.sid("ann"))
    assert time.monotonic() - began >= LIMIT
    await world.hang_up_all()
    for name in ("ann", "bob"):
        ended = (await world.request("/calls", CallSid=world.sid(name), CallStatus="completed")).params
        assert 0 < int(ended["CallDuration"]) <= round(time.monotonic() - began)
    await until(lambda: not world.ari_conf.owed())
    await world.told("is followed")
    assert ready["clock"] == "set by +3600 s while something was up"
    assert (await world.ready())["clock"] == "ok"
    assert len(world.alarms("error")) == 2
    assert [params["StatusCallbackEvent"] for params in told_once(world.app)].count("participant-leave") == 2
