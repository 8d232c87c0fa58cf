"""Programs that place calls and change them."""

from typing import Any

import pytest

from ari_conf.phones.phone import AUDIBLE, CallablePhone
from tests.calls.by_ear import OTHER_JINGLE, sound, until_jingle
from tests.rest.desk import Desk
from tests.sdk.program import EVENTS, FROM, NOBODY, conference, meet, sid_of
from tests.stage import NUMBERS, until_heard, who_hears_whom, within_deadline

JINGLES = "<Response><Play>{}</Play></Response>"
ENQUEUE = "<Response><Enqueue action='/left'>support</Enqueue><Play>/two</Play></Response>"


def play(desk: Desk) -> tuple[str, str]:
    """Let there be two sounds, and a document at ``/document`` that plays the first one; return their URLs."""
    desk.stage.app.voice["/one"], desk.stage.app.voice["/two"] = sound(60.0), sound(60.0, OTHER_JINGLE)
    desk.stage.answer(JINGLES.format("/one"), "/document")
    return desk.stage.app.url("/one"), desk.stage.app.url("/two")


async def call(desk: Desk, name: str, **more: Any) -> tuple[CallablePhone, str]:
    phone = desk.stage.phone(name)
    rings = desk.rings(phone)
    made = await desk.ask(desk.client.calls.create, to=NUMBERS[name], from_=FROM, **more)
    assert (made.status, made.direction) == ("queued", "outbound-api")
    assert (await desk.rung(rings, made.sid)).from_ == FROM
    return phone, made.sid


async def status(desk: Desk, sid: str) -> str | None:
    found: str | None = (await desk.ask(desk.client.calls(sid).fetch)).status
    return found


async def test_a_call_with_a_url(desk: Desk) -> None:
    play(desk)
    bob, sid = await call(desk, "bob", url=desk.stage.app.url("/document"), method="GET")
    assert await status(desk, sid) == "ringing"
    await bob.pick_up()
    await until_jingle(bob)
    assert await status(desk, sid) == "in-progress"
    asked = next(request for request in desk.stage.app.requests if request.path == "/document")
    assert (asked.method, asked.params["CallSid"], asked.params["Direction"]) == ("GET", sid, "outbound-api")


async def test_a_call_with_twiml(desk: Desk) -> None:
    one, _ = play(desk)
    bob, sid = await call(desk, "bob", twiml=JINGLES.format(one))
    await bob.pick_up()
    await until_jingle(bob)
    await bob.hang_up()
    await desk.stage.until(lambda: not desk.stage.controller.switchboard.calls)
    done = await desk.ask(desk.client.calls(sid).fetch)
    assert done.status == "completed"
    assert done.duration.isdigit()


async def test_a_call_into_a_conference(desk: Desk) -> None:
    meeting = await meet(desk, "ann")
    bob, sid = await call(desk, "bob", twiml=conference())
    await bob.pick_up()
    await desk.stage.until(lambda: sid in desk.conference.participants)
    meeting.phones["bob"], meeting.sids["bob"] = bob, sid
    await meeting.agrees({"ann": "bob", "bob": "ann"})


@pytest.mark.parametrize(("refusal", "told"), [(486, "busy"), (480, "no-answer"), (500, "failed")])
async def test_a_call_that_is_refused(desk: Desk, refusal: int, told: str) -> None:
    callback = desk.stage.app.url("/progress")
    bob, sid = await call(desk, "bob", url=desk.stage.app.url("/document"), status_callback=callback)
    await bob.refuse(refusal)
    (sent,) = await desk.stage.callbacks(1, "/progress")
    assert (sent["CallSid"], sent["CallStatus"]) == (sid, told)
    assert await status(desk, sid) == told


async def test_a_call_to_nobody(desk: Desk) -> None:
    callback = desk.stage.app.url("/progress")
    made = await desk.ask(desk.client.calls.create, to=NOBODY, from_=FROM, twiml=conference(), status_callback=callback)
    (sent,) = await desk.stage.callbacks(1, "/progress")
    assert sent["CallStatus"] == "failed"
    assert await status(desk, made.sid) == "failed"


async def test_redirect_by_url_out_of_a_conference(desk: Desk) -> None:
    play(desk)
    meeting = await meet(desk, "ann", "bob", "cid", twiml=conference(EVENTS))
    moved = await desk.ask(desk.client.calls(meeting.sids["ann"]).update, url=desk.stage.app.url("/document"), method="POST")
    assert (moved.sid, moved.status) == (meeting.sids["ann"], "in-progress")
    await until_jingle(meeting["ann"])
    await meeting.agrees({"ann": "", "bob": "cid", "cid": "bob"})
    left = await desk.stage.request(lambda sent: sent.get("StatusCallbackEvent") == "participant-leave")
    assert left.params["CallSid"] == meeting.sids["ann"]


async def test_redirect_by_twiml_into_another_conference(desk: Desk) -> None:
    meeting = await meet(desk, "ann", "bob", "cid")
    elsewhere = conference(name="Elsewhere")
    for name in ("ann", "bob"):
        await desk.ask(desk.client.calls(meeting.sids[name]).update, twiml=elsewhere)
    (other,) = await desk.ask(desk.client.conferences.list, friendly_name="Elsewhere")
    await who_hears_whom([meeting["ann"], meeting["bob"]], {"ann": {"bob"}, "bob": {"ann"}})
    assert {one.call_sid for one in await desk.ask(desk.client.conferences(other.sid).participants.list)} == {
        meeting.sids["ann"],
        meeting.sids["bob"],
    }
    assert [one.call_sid for one in await desk.ask(meeting.room.participants.list)] == [meeting.sids["cid"]]


async def test_redirect_of_a_call_that_is_redirected_again(desk: Desk) -> None:
    one, two = play(desk)
    bob, sid = await call(desk, "bob", twiml=JINGLES.format(one))
    await bob.pick_up()
    await until_jingle(bob)
    await desk.ask(desk.client.calls(sid).update, twiml=JINGLES.format(two))
    await until_jingle(bob, OTHER_JINGLE)
    await desk.ask(desk.client.calls(sid).update, url=desk.stage.app.url("/document"))
    await until_jingle(bob)
    await until_jingle(bob, OTHER_JINGLE, there=False)


async def test_complete(desk: Desk) -> None:
    meeting = await meet(desk, "ann", "bob", "cid")
    ended = await desk.ask(desk.client.calls(meeting.sids["ann"]).update, status="completed")
    assert ended.status == "completed"
    await meeting["ann"].wait_ended()
    meeting.leaves("ann")
    await meeting.agrees({"bob": "cid", "cid": "bob"})


async def test_cancel(desk: Desk) -> None:
    bob, sid = await call(desk, "bob", twiml=conference())
    assert (await desk.ask(desk.client.calls(sid).update, status="canceled")).status == "canceled"
    await within_deadline(bob.wait_ended())
    assert await status(desk, sid) == "canceled"
    assert await desk.refusal(desk.client.calls(sid).update, twiml=conference()) == (400, 21220)


async def test_digits_are_sent_to_who_answers(desk: Desk) -> None:
    one, _ = play(desk)
    bob, _ = await call(desk, "bob", twiml=JINGLES.format(one), send_digits="12#")
    await bob.pick_up()
    await desk.stage.until(lambda: bob.keys_heard == "12#")
    await until_jingle(bob)


async def test_a_member_is_taken_out_of_a_queue(desk: Desk) -> None:
    play(desk)
    (ann, bob) = await desk.stage.room("ann", "bob", twiml=ENQUEUE)
    await until_heard([ann, bob], lambda heard: all(ear.level > AUDIBLE for ear in heard.values()))
    (queue,) = await desk.ask(desk.client.queues.list)
    assert (queue.friendly_name, queue.current_size) == ("support", 2)
    members = desk.client.queues(queue.sid).members
    first, second = sorted(await desk.ask(members.list), key=lambda member: int(member.position))
    assert (first.call_sid, second.call_sid) == (await sid_of(desk, "ann"), await sid_of(desk, "bob"))
    taken = await desk.ask(members("Front").update, url=desk.stage.app.url("/document"), method="POST")
    assert taken.call_sid == first.call_sid
    await until_jingle(ann)
    (left,) = await desk.ask(members.list)
    assert (left.call_sid, left.position) == (second.call_sid, 1)


async def test_the_action_of_who_is_taken_out_of_a_queue_is_requested_right_away(desk: Desk) -> None:
    play(desk)
    (ann,) = await desk.stage.room("ann", twiml=ENQUEUE)
    await until_heard([ann], lambda heard: heard["ann"].level > AUDIBLE)
    (queue,) = await desk.ask(desk.client.queues.list)
    await desk.ask(desk.client.queues(queue.sid).members("Front").update, url=desk.stage.app.url("/document"))
    await until_jingle(ann)
    told = await desk.stage.request(lambda sent: "QueueResult" in sent)
    assert (told.path, told.params["QueueResult"]) == ("/left", "redirected")
