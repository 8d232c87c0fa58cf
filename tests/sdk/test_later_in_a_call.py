"""Programs that look for a call in its course, change what it has been given, and delete it when it is over."""

import asyncio
from datetime import timedelta

import pytest

from ari_conf.media.port import OutgoingCall
from tests.calls.by_ear import OTHER_JINGLE, until_jingle
from tests.rest.desk import Desk
from tests.sdk.program import FROM, conference, meet, sid_of, sids
from tests.sdk.test_calls import call, play, status
from tests.stage import NUMBERS, who_hears_whom, within_deadline

JINGLE = "<Response><Play>{}</Play></Response>"
PRESS = "<Response><Gather numDigits='1' action='/broken'><Play>/two</Play></Gather></Response>"
DIAL = f"<Response><Dial>{NUMBERS['bob']}</Dial></Response>"


async def test_a_fallback_that_is_given_with_a_new_call(desk: Desk) -> None:
    play(desk)
    desk.stage.app.voice["/broken"] = "this is no TwiML"
    app = desk.stage.app
    fallback = {"fallback_url": app.url("/document"), "fallback_method": "GET"}
    bob, sid = await call(desk, "bob", url=app.url("/broken"), **fallback)
    await bob.pick_up()
    await until_jingle(bob)
    (asked,) = [request for request in app.requests if request.path == "/document"]
    assert (asked.method, asked.params["ErrorCode"], asked.params["ErrorUrl"]) == ("GET", "12100", app.url("/broken"))
    assert await status(desk, sid) == "in-progress"


async def test_a_fallback_that_is_given_to_a_live_call(desk: Desk) -> None:
    play(desk)
    app = desk.stage.app
    app.voice["/broken"] = "this is no TwiML"
    (ann,) = await desk.stage.room("ann", twiml=PRESS)
    await until_jingle(ann, OTHER_JINGLE)
    one = desk.client.calls(await sid_of(desk, "ann"))
    changed = await desk.ask(one.update, fallback_url=app.url("/document"), fallback_method="GET")
    assert changed.status == "in-progress"
    await ann.press("1")
    await until_jingle(ann)
    (asked,) = [request for request in app.requests if request.path == "/document"]
    assert (asked.method, asked.params["ErrorCode"]) == ("GET", "12100")


async def test_a_status_callback_and_a_time_limit_that_are_given_to_a_live_call(desk: Desk) -> None:
    meeting = await meet(desk, "ann")
    callback = {"status_callback": desk.stage.app.url("/later"), "status_callback_method": "GET"}
    bob, sid = await call(desk, "bob", twiml=conference(), status_callback=desk.stage.app.url("/progress"))
    await bob.pick_up()
    await desk.stage.until(lambda: sid in desk.conference.participants)
    assert (await desk.ask(desk.client.calls(sid).update, **callback)).status == "in-progress"
    meeting.phones["bob"], meeting.sids["bob"] = bob, sid
    await meeting.agrees({"ann": "bob", "bob": "ann"})
    assert (await desk.ask(desk.client.calls(sid).update, time_limit=1)).sid == sid
    await within_deadline(bob.wait_ended())
    (told,) = await desk.stage.callbacks(1, "/later")
    assert (told["CallSid"], told["CallStatus"]) == (sid, "completed")
    assert [request.method for request in desk.stage.app.requests if request.path == "/later"] == ["GET"]
    assert desk.stage.app.params("/progress") == []
    meeting.leaves("bob")
    await meeting.agrees({"ann": ""})


async def test_a_call_is_queued_until_it_rings(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    one, _ = play(desk)
    engine = desk.stage.controller.engine
    place, released = engine.place, asyncio.Event()

    async def hesitate(outgoing: OutgoingCall) -> None:
        await released.wait()
        await place(outgoing)

    monkeypatch.setattr(engine, "place", hesitate)
    bob = desk.stage.phone("bob")
    rings = desk.rings(bob)
    made = await desk.ask(desk.client.calls.create, to=bob.number, from_=FROM, twiml=JINGLE.format(one))
    (queued,) = await desk.ask(desk.client.calls.list, status="queued")
    assert (queued.sid, queued.status, queued.start_time) == (made.sid, "queued", None)
    assert not rings.done()
    released.set()
    await desk.rung(rings, made.sid)
    assert await desk.ask(desk.client.calls.list, status="queued") == []
    (ringing,) = await desk.ask(desk.client.calls.list, status="ringing")
    assert (ringing.sid, ringing.start_time is None) == (made.sid, False)
    await bob.pick_up()
    await until_jingle(bob)


async def test_legs_are_found_by_their_parent_and_calls_by_their_end(desk: Desk) -> None:
    bob = desk.stage.phone("bob")
    rings = desk.rings(bob)
    (ann,) = await desk.stage.room("ann", twiml=DIAL)
    await within_deadline(rings)
    await bob.pick_up()
    await who_hears_whom([ann, bob], {"ann": {"bob"}, "bob": {"ann"}})
    find = desk.client.calls.list
    (parent,) = sids(await desk.ask(find, to="room"))
    (leg,) = await desk.ask(find, parent_call_sid=parent)
    assert (leg.direction, leg.parent_call_sid, leg.to, leg.status) == ("outbound-dial", parent, bob.number, "in-progress")
    await ann.hang_up()
    await within_deadline(bob.wait_ended())
    await desk.stage.until(lambda: not desk.stage.controller.switchboard.calls)
    live = await meet(desk, "cid")
    assert sids(await desk.ask(find, parent_call_sid=parent, status="completed")) == [leg.sid]
    ended, day = (await desk.ask(desk.client.calls(parent).fetch)).end_time, timedelta(days=1)
    assert parent in sids(await desk.ask(find, end_time=ended))
    assert await desk.ask(find, end_time=ended - day) == []
    assert parent in sids(await desk.ask(find, end_time=ended.date(), from_=NUMBERS["ann"]))
    assert set(sids(await desk.ask(find, end_time_after=ended - day))) == {parent, leg.sid}
    assert await desk.ask(find, end_time_after=ended + day) == []
    assert set(sids(await desk.ask(find, end_time_before=ended + day))) == {parent, leg.sid}
    assert await desk.ask(find, end_time_before=ended - day) == []
    assert live.sids["cid"] in sids(await desk.ask(find))


async def test_a_call_is_deleted_when_it_is_over(desk: Desk) -> None:
    meeting = await meet(desk, "ann", "bob")
    one = desk.client.calls(meeting.sids["ann"])
    assert await desk.refusal(one.delete) == (409, 20009)
    await meeting.agrees({"ann": "bob", "bob": "ann"})
    await meeting["ann"].hang_up()
    await desk.stage.until(lambda: len(desk.stage.controller.switchboard.calls) == 1)
    assert await desk.ask(one.delete)
    assert await desk.refusal(one.fetch) == (404, 20404)
    assert await desk.refusal(one.delete) == (404, 20404)
    assert sids(await desk.ask(desk.client.calls.list)) == [meeting.sids["bob"]]
