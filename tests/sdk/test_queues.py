"""Programs that make queues, change them, and look at who is in them."""

from ari_conf.phones.phone import AUDIBLE
from tests.calls.by_ear import until_jingle
from tests.rest.desk import Desk
from tests.sdk.program import sid_of, sids
from tests.sdk.test_calls import ENQUEUE, JINGLES, play
from tests.stage import until_heard


async def test_a_queue_from_its_making_to_its_end(desk: Desk) -> None:
    one, _ = play(desk)
    desk.stage.answer(JINGLES.format(one), "/left")
    queues = desk.client.queues
    made = await desk.ask(queues.create, friendly_name="Sales", max_size=2)
    fetched = await desk.ask(queues(made.sid).fetch)
    assert (fetched.friendly_name, fetched.max_size, fetched.current_size) == ("Sales", 2, 0)
    changed = await desk.ask(queues(made.sid).update, friendly_name="support", max_size=1)
    assert (changed.sid, changed.friendly_name, changed.max_size) == (made.sid, "support", 1)
    (ann,) = await desk.stage.room("ann", twiml=ENQUEUE)
    await until_heard([ann], lambda heard: heard["ann"].level > AUDIBLE)
    assert (await desk.ask(queues(made.sid).fetch)).current_size == 1
    assert await desk.refusal(queues(made.sid).delete) == (409, 20409)
    (bob,) = await desk.stage.room("bob")
    await until_jingle(bob)
    left = await desk.stage.request(lambda sent: "QueueResult" in sent)
    assert (left.params["QueueResult"], left.params["CallSid"]) == ("queue-full", await sid_of(desk, "bob"))
    await until_jingle(ann, there=False)
    await ann.hang_up()
    await desk.stage.until(lambda: len(desk.stage.controller.switchboard.calls) == 1)
    assert sids(await desk.ask(queues.list)) == [made.sid]
    assert await desk.ask(queues(made.sid).delete)
    assert await desk.refusal(queues(made.sid).fetch) == (404, 20404)
    assert await desk.ask(queues.list) == []


async def test_who_is_in_a_queue_and_who_is_the_next(desk: Desk) -> None:
    phones = await desk.stage.room("ann", "bob", twiml=ENQUEUE)
    await until_heard(phones, lambda heard: all(ear.level > AUDIBLE for ear in heard.values()))
    ann, bob = [await sid_of(desk, name) for name in ("ann", "bob")]
    (queue,) = await desk.ask(desk.client.queues.list)
    members = desk.client.queues(queue.sid).members
    first = await desk.ask(members("Front").fetch)
    assert (first.call_sid, first.queue_sid, first.position) == (ann, queue.sid, 1)
    assert (await desk.ask(members(bob).fetch)).position == 2
    await phones[0].hang_up()
    await desk.stage.until(lambda: len(desk.stage.controller.switchboard.calls) == 1)
    assert await desk.refusal(members(ann).fetch) == (404, 20404)
    front = await desk.ask(members("Front").fetch)
    assert (front.call_sid, front.position) == (bob, 1)
