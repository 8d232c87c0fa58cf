"""The machine's clock is set while calls are up, and while nobody serves them: what is measured in time is right."""

import time

import pytest

from tests.serving import until

from .callbacks import told_once
from .test_rooms import HOLD, room
from .world import World, hear_each_other

LIMIT = 6
HOUR = 3600.0


@pytest.mark.parametrize("jump", [HOUR, -HOUR])
async def test_durations_and_limits_are_right(impatient: World, jump: float) -> None:
    world = impatient
    world.app.voice["/after"] = HOLD
    began = time.monotonic()
    limited = room("board", "ann").replace("<Dial ", f"<Dial timeLimit='{LIMIT}' ")
    phones = [await world.call("ann", limited), await world.call("bob", room("board", "bob"))]
    await hear_each_other(phones)
    world.set_clock(jump)
    await world.told("clock was set")
    assert (await world.ready())["clock"] != "ok"
    await world.kill()
    world.set_clock(-jump)
    await world.live()
    await hear_each_other(phones)
    assert time.monotonic() - began < LIMIT, "this machine is too slow for this test"
    after = (await world.request("/after", CallSid=world.sid("ann"))).params
    seconds = time.monotonic() - began
    assert seconds >= LIMIT - 1
    await world.hang_up_all()
    for name in ("ann", "bob"):
        ended = (await world.request("/calls", CallSid=world.sid(name), CallStatus="completed")).params
        assert 0 < int(ended["CallDuration"]) <= round(time.monotonic() - began)
    assert 0 < int(after["DialCallDuration"]) <= round(seconds)
    await until(lambda: not world.ari_conf.owed())
    await world.told("is followed")
    assert world.alarms("error").count(world.alarms("error")[0]) == len(world.alarms("error")) == 2
    assert [params["StatusCallbackEvent"] for params in told_once(world.app)].count("participant-leave") == 2
