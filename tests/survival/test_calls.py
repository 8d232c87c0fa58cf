"""Calls whose controller is killed in the middle of a verb: the next life goes on with the verb."""

import asyncio
import time

from ari_conf.phones.phone import AUDIBLE, Heard
from tests.calls.by_ear import JINGLE, sound
from tests.sdk.media import channels_of
from tests.serving import DEADLINE
from tests.stage import REAL_CLOCK

from .world import HOLD, JITTER, TONES, World, ask, hear_each_other, listen, longest_gap, until_heard

JINGLE_FOR_EVER = "<Response><Play loop='0'>/jingle</Play></Response>"
LIMIT = 2


async def ringing(world: World, name: str) -> None:
    async with asyncio.timeout(DEADLINE):
        await world.phones[name].ringing()


async def test_verbs_go_on(world: World) -> None:
    world.app.voice["/jingle"] = sound(60.0)
    for path in ("/gathered", "/recorded", "/dialled"):
        world.app.voice[path] = HOLD
    eve = world.phone("eve")
    ann = await world.call("ann", "<Response><Gather action='/gathered' numDigits='4' timeout='60'/></Response>")
    bob = await world.call("bob", JINGLE_FOR_EVER)
    cid = await world.call("cid", "<Response><Record action='/recorded' playBeep='false' timeout='0'/></Response>")
    dial = f"<Dial action='/dialled' record='record-from-answer'>{eve.number}</Dial>"
    dee = await world.call("dee", f"<Response>{dial}</Response>")
    await ringing(world, "eve")
    picking_up = time.monotonic()
    await eve.pick_up()
    picked_up = time.monotonic()
    for key in "12":
        await ann.press(key)
    await hear_each_other([dee, eve])
    await until_heard([bob], lambda heard: heard["bob"].amplitude(JINGLE) > AUDIBLE)

    await world.kill()
    await hear_each_other([dee, eve])
    await world.live()

    for key in "34":
        await ann.press(key)
    assert (await world.request("/gathered")).params["Digits"] == "1234"
    await until_heard([bob], lambda heard: heard["bob"].amplitude(JINGLE) > AUDIBLE)

    await hear_each_other([dee, eve])
    hanging_up = time.monotonic()
    await eve.hang_up()
    dialled = (await world.request("/dialled")).params
    told = time.monotonic()
    assert (dialled["DialCallStatus"], dialled["DialBridged"]) == ("completed", "true")
    assert round(hanging_up - picked_up) <= int(dialled["DialCallDuration"]) <= round(told - picking_up)
    mixed = await recording_of(world, dialled["RecordingUrl"])
    assert longest_gap(mixed, "dee") <= JITTER

    await cid.press("#")
    recorded = (await world.request("/recorded")).params
    heard = await recording_of(world, recorded["RecordingUrl"])
    assert longest_gap(heard, "cid") <= JITTER
    assert int(recorded["RecordingDuration"]) >= round(hanging_up - picked_up)
    assert [len(world.app.params(path)) for path in ("/gathered", "/recorded", "/dialled")] == [1, 1, 1]


async def test_who_calls_meanwhile_waits_with_music_and_is_served_then(world: World) -> None:
    world.app.voice["/jingle"] = sound(60.0)
    world.documents["ann"] = world.documents["bob"] = JINGLE_FOR_EVER
    await world.kill()
    ann, bob = await world.call("ann"), await world.call("bob")
    await until_heard([ann, bob], lambda heard: all(ear.level > AUDIBLE for ear in heard.values()))
    assert world.app.params("/voice") == []
    await bob.hang_up()
    await world.live()
    await until_heard([ann], lambda heard: heard["ann"].amplitude(JINGLE) > AUDIBLE)
    await ann.hang_up()
    await world.request("/calls", CallStatus="completed")
    assert [params["To"] for params in (*world.app.params("/voice"), *world.app.params("/calls"))] == ["ann", "ann"]


async def test_a_time_limit_that_passes_meanwhile_counts(world: World) -> None:
    cid = world.phone("cid")
    conference = "<Conference statusCallback='/events' statusCallbackEvent='start end join leave'>board</Conference>"
    ann = await world.call("ann", f"<Response><Dial action='/after' timeLimit='{LIMIT}'>{conference}</Dial></Response>")
    bob = await world.call("bob", f"<Response><Dial action='/after' timeLimit='{LIMIT}'>{cid.number}</Dial></Response>")
    await ringing(world, "cid")
    await cid.pick_up()
    since = REAL_CLOCK.monotonic()
    await world.request("/events", StatusCallbackEvent="participant-join")
    await until_heard([bob], lambda heard: heard["bob"].hears(TONES["cid"]))
    await world.kill()
    await REAL_CLOCK.sleep_until(since + LIMIT)
    await listen([ann, bob])
    await world.live()
    async with asyncio.timeout(DEADLINE):
        await cid.wait_ended()
    for name in ("ann", "bob"):
        await world.request("/after", CallSid=world.sid(name))
    await world.request("/events", StatusCallbackEvent="conference-end")
    assert len(world.app.params("/after")) == 2
    await ask(world.client.calls(world.sid("ann")).update, status="completed")
    async with asyncio.timeout(DEADLINE):
        await ann.wait_ended()


async def recording_of(world: World, url: str) -> Heard:
    """Return a recording, of one channel, once it is to be had."""
    sid = url.rpartition("/")[2]

    async def state() -> str:
        return str((await ask(world.client.recordings(sid).fetch)).status)

    async with asyncio.timeout(DEADLINE):
        while await state() != "completed":
            await REAL_CLOCK.let_pass(0.05)
    (heard,) = await channels_of(url)
    return heard
