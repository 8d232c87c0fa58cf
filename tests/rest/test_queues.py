"""Queues and their members, with the official SDK."""

from twilio.rest.api.v2010.account.queue import QueueInstance

from ari_conf.calls import Queues
from ari_conf.calls.queues import MOST_QUEUES
from ari_conf.clock import RealClock
from ari_conf.phones.phone import AUDIBLE, Phone
from ari_conf.queues import Dequeue
from ari_conf.store import QueueRow, Row, Store
from tests.rest.desk import Desk
from tests.stage import ACCOUNT, until_heard, who_hears_whom

ENQUEUE = "<Response><Enqueue action='/left'>support</Enqueue></Response>"
HOLD = "<Response><Pause length='30'/></Response>"
ROOM = "<Response><Dial><Conference>Elsewhere</Conference></Dial></Response>"


async def waits(desk: Desk, name: str) -> Phone:
    (phone,) = await desk.stage.room(name, twiml=ENQUEUE)
    await until_heard([phone], lambda heard: heard[name].level > AUDIBLE)
    return phone


async def only_queue(desk: Desk) -> QueueInstance:
    (queue,) = await desk.ask(desk.client.queues.list)
    assert isinstance(queue, QueueInstance)
    return queue


async def test_a_queue_is_made_found_changed_and_deleted(desk: Desk) -> None:
    queues = desk.client.queues
    made = await desk.ask(queues.create, friendly_name="Support", max_size=7)
    assert (made.friendly_name, made.max_size, made.current_size, made.average_wait_time) == ("Support", 7, 0, 0)
    assert made.uri == f"/2010-04-01/Accounts/{ACCOUNT.sid}/Queues/{made.sid}.json"
    assert (await desk.ask(queues(made.sid).fetch)).date_created == made.date_created
    changed = await desk.ask(queues(made.sid).update, friendly_name="Sales", max_size=5000)
    assert (changed.sid, changed.friendly_name, changed.max_size) == (made.sid, "Sales", 5000)
    assert [queue.friendly_name for queue in await desk.ask(queues.list)] == ["Sales"]
    assert await desk.ask(queues(made.sid).delete)
    assert await desk.ask(queues.list) == []
    assert await desk.refusal(queues(made.sid).fetch) == (404, 20404)


async def test_the_default_size_is_twilios(desk: Desk) -> None:
    assert (await desk.ask(desk.client.queues.create, friendly_name="x")).max_size == 1000


async def test_what_is_refused(desk: Desk) -> None:
    queues = desk.client.queues
    made = await desk.ask(queues.create, friendly_name="Support")
    await desk.ask(queues.create, friendly_name="Sales")
    assert await desk.refusal(queues.create, friendly_name="Support") == (409, 20409)
    assert await desk.refusal(queues(made.sid).update, friendly_name="Sales") == (409, 20409)
    assert await desk.refusal(queues.create, friendly_name="x" * 65) == (400, 20002)
    assert await desk.refusal(queues.create, friendly_name="") == (400, 20002)
    assert await desk.refusal(queues.create, friendly_name="x", max_size=5001) == (400, 20001)
    assert await desk.refusal(queues("QU" + "0" * 32).delete) == (404, 20404)


async def test_queues_are_listed_in_pages(desk: Desk) -> None:
    for number in range(5):
        await desk.ask(desk.client.queues.create, friendly_name=f"queue {number}")
    listed = await desk.ask(desk.client.queues.list, page_size=2)
    assert {queue.friendly_name for queue in listed} == {f"queue {number}" for number in range(5)}


async def test_members_are_listed_in_order_and_found_by_sid_and_at_the_front(desk: Desk) -> None:
    await waits(desk, "ann")
    await waits(desk, "bob")
    queue = await only_queue(desk)
    assert (queue.friendly_name, queue.current_size) == ("support", 2)
    calls = [call.sid for call in desk.stage.controller.switchboard.calls]
    members = desk.client.queues(queue.sid).members
    listed = await desk.ask(members.list)
    assert [(member.call_sid, member.position) for member in listed] == [(calls[0], 1), (calls[1], 2)]
    assert listed[0].date_enqueued is not None
    front = await desk.ask(members("Front").fetch)
    assert (front.call_sid, front.queue_sid) == (calls[0], queue.sid)
    assert front.uri == f"/2010-04-01/Accounts/{ACCOUNT.sid}/Queues/{queue.sid}/Members/{calls[0]}.json"
    assert (await desk.ask(members(calls[1]).fetch)).position == 2
    assert await desk.refusal(members("CA" + "0" * 32).fetch) == (404, 20404)
    assert await desk.refusal(desk.client.queues(queue.sid).delete) == (409, 20409)


async def test_a_member_is_dequeued_to_another_document(either_desk: Desk) -> None:
    desk = either_desk
    ann = await waits(desk, "ann")
    await waits(desk, "bob")
    (cid,) = await desk.stage.room("cid", twiml=ROOM)
    queue = await only_queue(desk)
    desk.stage.answer(ROOM, "/elsewhere")
    members = desk.client.queues(queue.sid).members
    taken = await desk.ask(members("Front").update, url=desk.stage.app.url("/elsewhere"))
    assert taken.position == 1
    assert [member.call_sid for member in await desk.ask(members.list)] != [taken.call_sid]
    assert (await desk.ask(desk.client.queues(queue.sid).fetch)).current_size == 1
    await who_hears_whom([ann, cid], {"ann": {"cid"}, "cid": {"ann"}})
    assert await desk.refusal(members(taken.call_sid).update, url=desk.stage.app.url("/elsewhere")) == (404, 20404)


async def test_a_member_needs_a_url_to_go_to(desk: Desk) -> None:
    await waits(desk, "ann")
    queue = await only_queue(desk)
    assert await desk.refusal(desk.client.queues(queue.sid).members("Front").update, url="nowhere") == (400, 21205)
    assert (await desk.raw("POST", f"/Queues/{queue.sid}/Members/Front.json"))[2]["code"] == 21205


def kept_in(store: Store) -> Queues:
    return Queues(RealClock(), store.write)


async def test_queues_outlive_the_process(desk: Desk) -> None:
    store = desk.stage.controller.store
    before = kept_in(store)
    kept = before.create(ACCOUNT.sid, "Support", 5)
    gone = before.create(ACCOUNT.sid, "Gone")
    before.modify(kept, "Sales", 6)
    before.remove(gone)
    await store.flush()
    after = kept_in(store)
    await after.restore(store)
    (found,) = after.of_account(ACCOUNT.sid)
    assert (found.queue.sid, found.queue.friendly_name, found.queue.max_size) == (kept.queue.sid, "Sales", 6)
    assert (found.queue.created_at, found.updated_at) == (kept.queue.created_at, kept.updated_at)
    assert after.named(ACCOUNT.sid, "Sales") is found


def test_too_many_queues_push_the_idle_ones_out_that_were_used_longest_ago() -> None:
    noted: list[Row] = []
    queues = Queues(RealClock(), noted.extend)
    for number in range(MOST_QUEUES):
        queues.named(ACCOUNT.sid, str(number))
    queues.named(ACCOUNT.sid, "0")
    queues.named(ACCOUNT.sid, "1").carry_out(Dequeue("CA" + "1" * 32))
    queues.named(ACCOUNT.sid, "one more")
    names = {running.queue.friendly_name for running in queues.of_account(ACCOUNT.sid)}
    assert {"0", "1", "one more"} <= names
    assert "2" not in names
    assert len(names) == MOST_QUEUES - MOST_QUEUES // 10 + 1
    assert sum(isinstance(row, QueueRow) and row.deleted_at is not None for row in noted) == MOST_QUEUES // 10
