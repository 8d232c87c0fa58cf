"""Rooms whose controller is killed: who talks hears nothing of it, and the next life goes on with everything."""

import asyncio

import pytest

from ari_conf.phones.phone import AUDIBLE
from tests.calls.by_ear import JINGLE, sound

from .callbacks import by_conference, count
from .world import JITTER, World, ask, hear_each_other, listen, longest_gap, until_heard

EVENTS = "statusCallback='/events' statusCallbackEvent='start end join leave mute hold'"


def room(name: str, label: str, more: str = "") -> str:
    return (
        f"<Response><Dial action='/after'><Conference participantLabel='{label}' {EVENTS} {more}>{name}</Conference></Dial>"
        "</Response>"
    )


async def joined(world: World, name: str, twiml: str) -> str:
    """Let somebody join, wait until that is told, and return the Call SID."""
    await world.call(name, twiml)
    await world.request("/events", StatusCallbackEvent="participant-join", ParticipantLabel=name)
    return world.sid(name)


@pytest.fixture
async def two_rooms(world: World) -> World:
    """Ann, bob (muted, may leave by a star), cid (on hold), dee (ann's coach) and fay in one room; eve waits in another."""
    world.app.voice["/music"] = "<Response><Play loop='0'>/jingle</Play></Response>"
    world.app.voice["/jingle"] = sound(60.0)
    ann = await joined(world, "ann", room("board", "ann", "endConferenceOnExit='true'"))
    await joined(world, "bob", room("board", "bob", "muted='true'").replace("<Dial ", "<Dial hangupOnStar='true' "))
    cid = await joined(world, "cid", room("board", "cid"))
    await joined(world, "dee", room("board", "dee", f"coach='{ann}'"))
    await joined(world, "fay", room("board", "fay"))
    await joined(world, "eve", room("hall", "eve", "startConferenceOnEnter='false' waitUrl='/music'"))
    (board,) = await ask(world.client.conferences.list, friendly_name="board")
    await ask(world.client.conferences(board.sid).participants(cid).update, hold=True, hold_url=world.app.url("/music"))
    return world


async def test_everything_goes_on(two_rooms: World) -> None:
    world = two_rooms
    phones = list(world.phones.values())
    everybody = {"ann": {"dee", "fay"}, "bob": {"ann", "fay"}, "cid": set(), "dee": {"ann", "fay"}, "fay": {"ann"}}
    await hear_each_other(phones, everybody | {"eve": set()})
    await until_heard(phones, lambda heard: all(heard[name].amplitude(JINGLE) > AUDIBLE for name in ("cid", "eve")))
    (board,) = await ask(world.client.conferences.list, friendly_name="board")
    people = await ask(world.client.conferences(board.sid).participants.list)
    before = {one.call_sid: (one.label, one.muted, one.hold, one.coaching, one.call_sid_to_coach) for one in people}
    told_before = len(by_conference(world.app)[board.sid])

    over = asyncio.Event()

    async def keep_listening(name: str, other: str) -> float:
        """Return the longest gap."""
        longest = 0.0
        while not over.is_set():
            longest = max(longest, longest_gap(await world.phones[name].hear(1.0), other))
        return longest

    pairs = [("ann", "dee"), ("bob", "ann"), ("dee", "ann")]
    listening = asyncio.gather(*(keep_listening(*pair) for pair in pairs))
    await world.kill()
    await listen(phones)
    fay = world.phones.pop("fay")
    await fay.hang_up()
    await world.live()
    await world.request("/events", StatusCallbackEvent="participant-leave", ParticipantLabel="fay")
    del everybody["fay"]
    for heard in everybody.values():
        heard.discard("fay")
    phones = list(world.phones.values())
    await hear_each_other(phones, everybody | {"eve": set()})
    over.set()
    gaps = dict(zip(pairs, await listening, strict=True))
    assert max(gaps.values()) <= JITTER, gaps
    await until_heard(phones, lambda heard: all(heard[name].amplitude(JINGLE) > AUDIBLE for name in ("cid", "eve")))

    told = by_conference(world.app)[board.sid]
    assert [params["StatusCallbackEvent"] for params in told[told_before:]] == ["participant-leave"]
    people = await ask(world.client.conferences(board.sid).participants.list)
    del before[world.sid("fay")]
    assert {one.call_sid: (one.label, one.muted, one.hold, one.coaching, one.call_sid_to_coach) for one in people} == before

    await ask(world.client.conferences(board.sid).participants("bob").update, muted=False)
    await ask(world.client.conferences(board.sid).participants("cid").update, hold=False)
    talk = {"ann": {"bob", "cid", "dee"}, "bob": {"ann", "cid"}, "cid": {"ann", "bob"}, "dee": {"ann", "bob", "cid"}}
    await hear_each_other(phones, talk | {"eve": set()})

    await world.phones["bob"].press("*")
    await world.request("/after", CallSid=world.sid("bob"))
    await world.request("/events", StatusCallbackEvent="participant-leave", ParticipantLabel="bob")
    await world.phones.pop("ann").hang_up()
    for name in ("cid", "dee"):
        await world.request("/after", CallSid=world.sid(name))
    await world.request("/events", StatusCallbackEvent="conference-end", ConferenceSid=board.sid)
    assert count(by_conference(world.app)[board.sid], "conference-end") == 1
    assert len({params["CallSid"] for params in world.app.params("/after")}) == len(world.app.params("/after"))

    await joined(world, "fay", room("hall", "fay"))
    await hear_each_other([world.phones["eve"], world.phones["fay"]])
