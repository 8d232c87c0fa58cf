"""Calls with the official SDK: placed, listed, fetched, redirected, ended, deleted."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from twilio.rest.api.v2010.account.call import CallInstance

from ari_conf.phones.phone import CallablePhone
from ari_conf.store import CallRow
from tests.calls.by_ear import OTHER_JINGLE, sound, until_jingle
from tests.rest.desk import ROOM, Desk
from tests.stage import ACCOUNT, NUMBERS, until, who_hears_whom, within_deadline

HOLD = "<Response><Pause length='60'/></Response>"
FROM = "+14155550199"
NOBODY = "CA" + "0" * 32

TWILIOS_FIELDS = {
    "account_sid", "answered_by", "api_version", "caller_name", "date_created", "date_updated", "direction", "duration",
    "end_time", "forwarded_from", "from", "from_formatted", "group_sid", "parent_call_sid", "phone_number_sid", "price",
    "price_unit", "queue_time", "sid", "start_time", "status", "stir_verstat", "subresource_uris", "to", "to_formatted",
    "trunk_sid", "uri",
}  # fmt: skip


async def create(desk: Desk, name: str, **more: Any) -> CallInstance:
    asked = {"twiml": HOLD} | more if "url" not in more else more
    created = await desk.ask(desk.client.calls.create, to=NUMBERS[name], from_=FROM, **asked)
    assert isinstance(created, CallInstance)
    return created


async def connected(desk: Desk, name: str, **more: Any) -> tuple[CallablePhone, CallInstance]:
    phone = desk.stage.phone(name)
    created = await create(desk, name, **more)
    await within_deadline(phone.ringing())
    await phone.pick_up()
    await desk.stage.until(lambda: any(call.answered_at for call in desk.stage.controller.switchboard.calls))
    return phone, created


async def over(desk: Desk, name: str) -> str:
    """Let somebody call and hang up; return the Call SID."""
    (phone,) = await desk.stage.room(name, twiml=ROOM)
    sid = desk.stage.controller.switchboard.calls[-1].sid
    await phone.hang_up()
    await desk.stage.until(lambda: sid not in {call.sid for call in desk.stage.controller.switchboard.calls})
    return sid


async def test_a_call_is_placed_and_its_document_is_heard(either_desk: Desk) -> None:
    desk = either_desk
    desk.stage.app.voice["/jingle"] = sound(30.0)
    desk.stage.answer("<Response><Play>/jingle</Play></Response>", "/out")
    bob, created = await connected(desk, "bob", url=desk.stage.app.url("/out"), method="GET")
    assert (created.status, created.direction, created.start_time) == ("queued", "outbound-api", None)
    assert (created.to, created._from, created.from_formatted) == (NUMBERS["bob"], FROM, "(415) 555-0199")
    await until_jingle(bob)
    live = await desk.ask(desk.client.calls(created.sid).fetch)
    assert (live.status, live.duration, live.end_time) == ("in-progress", None, None)
    assert live.start_time is not None
    await bob.hang_up()
    await desk.stage.until(lambda: not desk.stage.controller.switchboard.calls)
    done = await desk.ask(desk.client.calls(created.sid).fetch)
    assert done.status == "completed"
    assert done.end_time is not None
    assert done.duration is not None
    assert done.duration.isdigit()


async def test_the_progress_of_a_call_is_told(desk: Desk) -> None:
    events = ["initiated", "ringing", "answered", "completed"]
    callback = desk.stage.app.url("/progress")
    bob, created = await connected(desk, "bob", status_callback=callback, status_callback_event=events)
    await bob.hang_up()
    told = await desk.stage.callbacks(4, "/progress")
    assert [params["CallStatus"] for params in told] == ["initiated", "ringing", "in-progress", "completed"]
    assert {params["CallSid"] for params in told} == {created.sid}


async def test_a_call_that_is_busy_or_refused(desk: Desk) -> None:
    bob = desk.stage.phone("bob")
    created = await create(desk, "bob")
    await within_deadline(bob.ringing())
    await bob.refuse(486)
    await desk.stage.until(lambda: not desk.stage.controller.switchboard.calls)
    done = await desk.ask(desk.client.calls(created.sid).fetch)
    assert (done.status, done.duration) == ("busy", None)


async def test_digits_are_pressed_and_the_time_limit_ends_the_call(desk: Desk) -> None:
    bob, created = await connected(desk, "bob", send_digits="42#", time_limit=3)
    await desk.stage.until(lambda: bob.keys_heard == "42#")
    await desk.stage.until(lambda: not desk.stage.controller.switchboard.calls)
    assert (await desk.ask(desk.client.calls(created.sid).fetch)).duration == "3"


async def test_a_call_is_as_twilio_has_it(desk: Desk) -> None:
    sid = await over(desk, "ann")
    _, _, found = await desk.raw("GET", f"/Calls/{sid}.json")
    assert set(found) == TWILIOS_FIELDS
    path = f"/2010-04-01/Accounts/{ACCOUNT.sid}/Calls/{sid}"
    assert found["uri"] == f"{path}.json"
    assert found["subresource_uris"]["user_defined_messages"] == f"{path}/UserDefinedMessages.json"
    assert (found["from"], found["to"], found["direction"]) == (NUMBERS["ann"], "room", "inbound")
    assert datetime.strptime(found["date_created"], "%a, %d %b %Y %H:%M:%S %z").utcoffset() == timedelta(0)


async def test_filters(desk: Desk) -> None:
    done = await over(desk, "ann")
    await desk.stage.clock.let_pass(2.0)
    bob, live = await connected(desk, "bob")
    calls = desk.client.calls

    async def found(**filters: Any) -> list[str]:
        return [call.sid for call in await desk.ask(calls.list, **filters)]

    now = datetime.fromtimestamp(desk.stage.clock.now(), UTC)
    day = now.date()
    assert await found() == [live.sid, done]
    assert await found(to=NUMBERS["bob"]) == [live.sid]
    assert await found(from_=NUMBERS["ann"]) == [done]
    assert await found(status="in-progress") == [live.sid]
    assert await found(status="completed") == [done]
    assert await found(status="busy") == []
    assert await found(parent_call_sid=live.sid) == []
    assert await found(start_time_after=day) == [live.sid, done]
    assert await found(start_time_before=day) == []
    assert await found(start_time_before=now + timedelta(days=1)) == [live.sid, done]
    began = (await desk.ask(calls(done).fetch)).start_time
    assert began is not None
    assert await found(start_time_before=began) == [done]
    assert await found(start_time_after=began + timedelta(seconds=1)) == [live.sid]
    assert await found(start_time=began) == [done]
    assert await found(end_time_after=day) == [done]
    assert await found(end_time_before=day) == []
    assert await found(end_time=began - timedelta(days=1)) == []
    await bob.hang_up()


async def test_legs_of_a_dial_are_found_by_their_parent(desk: Desk) -> None:
    bob = desk.stage.phone("bob")
    await desk.stage.room("ann", twiml=f"<Response><Dial>{NUMBERS['bob']}</Dial></Response>")
    await within_deadline(bob.ringing())
    await bob.pick_up()
    parent = desk.stage.controller.switchboard.calls[0].sid
    (leg,) = await desk.ask(desk.client.calls.list, parent_call_sid=parent)
    assert (leg.direction, leg.parent_call_sid, leg.to) == ("outbound-dial", parent, NUMBERS["bob"])


async def test_pages_of_live_calls_and_those_that_are_over(desk: Desk) -> None:
    done = [await over(desk, name) for name in ("ann", "bob", "cid")]
    await desk.stage.room("dee", "eve", twiml=ROOM)
    live = [call.sid for call in desk.stage.controller.switchboard.calls]
    listed = await desk.ask(desk.client.calls.list, page_size=2)
    assert sorted(call.sid for call in listed) == sorted(done + live)
    dates = [call.date_created for call in listed]
    assert dates == sorted(dates, reverse=True)


async def test_a_call_that_nobody_saw_end_is_over(desk: Desk) -> None:
    """The process has died before the call ended."""
    store = desk.stage.controller.store
    row = CallRow(
        sid="CA" + "a" * 32,
        account_sid=ACCOUNT.sid,
        from_=FROM,
        to="room",
        direction="inbound",
        status="in-progress",
        created_at=desk.stage.clock.now() - 60,
        answered_at=desk.stage.clock.now() - 50,
    )
    store.write([row])
    assert (await desk.ask(desk.client.calls(row.sid).fetch)).status == "completed"
    assert [call.sid for call in await desk.ask(desk.client.calls.list, status="completed")] == [row.sid]
    assert await desk.ask(desk.client.calls.list, status="in-progress") == []


async def test_a_caller_is_redirected_out_of_a_conference(either_desk: Desk) -> None:
    desk = either_desk
    ann, bob = await desk.room("ann", "bob")
    await who_hears_whom([ann, bob], {"ann": {"bob"}, "bob": {"ann"}})
    desk.stage.app.voice["/jingle"] = sound(30.0)
    sid = next(call.sid for call in desk.stage.controller.switchboard.calls if call.from_ == NUMBERS["ann"])
    twiml = f"<Response><Play>{desk.stage.app.url('/jingle')}</Play></Response>"
    moved = await desk.ask(desk.client.calls(sid).update, twiml=twiml)
    assert (moved.sid, moved.status) == (sid, "in-progress")
    await until_jingle(ann)


async def test_a_redirected_call_asks_its_fallback(desk: Desk) -> None:
    (ann,) = await desk.stage.room("ann", twiml=ROOM)
    desk.stage.app.voice["/jingle"] = sound(30.0)
    desk.stage.answer("<Response><Play>/jingle</Play></Response>", "/fallback")
    desk.stage.answer("this is no TwiML", "/broken")
    sid = desk.stage.controller.switchboard.calls[0].sid
    app = desk.stage.app
    await desk.ask(desk.client.calls(sid).update, url=app.url("/broken"), fallback_url=app.url("/fallback"))
    await until_jingle(ann)


async def test_a_live_call_is_completed(desk: Desk) -> None:
    (ann,) = await desk.stage.room("ann", twiml=ROOM)
    sid = desk.stage.controller.switchboard.calls[0].sid
    ended = await desk.ask(desk.client.calls(sid).update, status="completed")
    assert ended.status == "completed"
    assert ended.end_time is not None
    await ann.wait_ended()


async def test_a_call_that_rings_is_canceled_and_one_that_is_answered_is_not(desk: Desk) -> None:
    bob = desk.stage.phone("bob")
    rings = desk.rings(bob)
    created = await create(desk, "bob")
    await desk.rung(rings, created.sid)
    assert (await desk.ask(desk.client.calls(created.sid).fetch)).status == "ringing"
    assert (await desk.ask(desk.client.calls(created.sid).update, status="canceled")).status == "canceled"
    _, answered = await connected(desk, "cid")
    assert (await desk.ask(desk.client.calls(answered.sid).update, status="canceled")).status == "in-progress"


async def test_a_refused_update_changes_nothing(desk: Desk) -> None:
    bob = desk.stage.phone("bob")
    created = await create(desk, "bob", time_limit=9, status_callback=desk.stage.app.url("/progress"))
    await within_deadline(bob.ringing())
    more = {"time_limit": 2, "status_callback": desk.stage.app.url("/later")}
    assert await desk.refusal(desk.client.calls(created.sid).update, twiml=HOLD, **more) == (400, 21220)
    await bob.pick_up()
    await within_deadline(bob.wait_ended())
    (told,) = await desk.stage.callbacks(1, "/progress")
    assert (told["CallSid"], told["CallDuration"]) == (created.sid, "9")
    assert desk.stage.app.params("/later") == []


async def test_a_redirect_and_all_else_at_once(desk: Desk) -> None:
    desk.stage.app.voice["/jingle"] = sound(30.0)
    bob, created = await connected(desk, "bob", status_callback=desk.stage.app.url("/progress"))
    twiml = f"<Response><Play>{desk.stage.app.url('/jingle')}</Play></Response>"
    more = {"time_limit": 20, "status_callback": desk.stage.app.url("/later")}
    await desk.ask(desk.client.calls(created.sid).update, twiml=twiml, **more)
    # Listening lets the call's time pass, fetching does not: a busy machine must not be done with the one before the other.
    await until(lambda: any(request.path == "/jingle" for request in desk.stage.app.requests))
    await until_jingle(bob)
    (told,) = await desk.stage.callbacks(1, "/later")
    await within_deadline(bob.wait_ended())
    assert (told["CallStatus"], told["CallDuration"]) == ("completed", "20")


async def test_a_method_alone_is_for_the_url_that_the_call_has(desk: Desk) -> None:
    pressed = "<Response><Gather numDigits='1' action='/broken'><Play>/prompt</Play></Gather></Response>"
    app = desk.stage.app
    app.voice["/jingle"], app.voice["/prompt"] = sound(30.0), sound(30.0, OTHER_JINGLE)
    desk.stage.answer("<Response><Play>/jingle</Play></Response>", "/fallback")
    desk.stage.answer("this is no TwiML", "/broken")
    desk.stage.answer(pressed, "/document")
    urls = {"url": app.url("/document"), "fallback_url": app.url("/fallback"), "status_callback": app.url("/progress")}
    bob, created = await connected(desk, "bob", **urls)
    await desk.ask(desk.client.calls(created.sid).update, fallback_method="GET", status_callback_method="GET")
    await until_jingle(bob, OTHER_JINGLE)  # from then on keys count
    await bob.press("1")
    await until_jingle(bob)
    await bob.hang_up()
    await desk.stage.callbacks(1, "/progress")
    methods = {request.path: request.method for request in app.requests}
    assert (methods["/fallback"], methods["/progress"]) == ("GET", "GET")


async def test_nothing_to_be_detected_and_one_second_to_ring(desk: Desk) -> None:
    form = {"To": NUMBERS["bob"], "From": FROM, "Twiml": HOLD, "AsyncAmd": "false", "Timeout": "1"}
    status, _, body = await desk.raw("POST", "/Calls.json", data=form)
    assert (status, body["status"]) == (201, "queued")


async def test_a_call_that_rings_is_not_redirected(desk: Desk) -> None:
    bob = desk.stage.phone("bob")
    created = await create(desk, "bob")
    await within_deadline(bob.ringing())
    assert await desk.refusal(desk.client.calls(created.sid).update, twiml=HOLD) == (400, 21220)
    await bob.pick_up()
    await desk.stage.until(lambda: desk.stage.controller.switchboard.calls[0].answered_at is not None)
    assert (await desk.ask(desk.client.calls(created.sid).update, twiml=HOLD)).sid == created.sid


async def test_a_status_callback_is_changed(desk: Desk) -> None:
    bob, created = await connected(desk, "bob")
    await desk.ask(desk.client.calls(created.sid).update, status_callback=desk.stage.app.url("/later"))
    await bob.hang_up()
    (told,) = await desk.stage.callbacks(1, "/later")
    assert (told["CallSid"], told["CallStatus"]) == (created.sid, "completed")


async def test_a_time_limit_is_changed(desk: Desk) -> None:
    bob, created = await connected(desk, "bob", time_limit=2)
    await desk.ask(desk.client.calls(created.sid).update, time_limit=5)
    await within_deadline(bob.wait_ended())
    await desk.stage.until(lambda: not desk.stage.controller.switchboard.calls)
    assert (await desk.ask(desk.client.calls(created.sid).fetch)).duration == "5"


async def test_a_fallback_is_given_to_a_live_call(desk: Desk) -> None:
    pressed = "<Response><Gather numDigits='1' action='/broken'><Pause length='30'/></Gather></Response>"
    desk.stage.app.voice["/jingle"] = sound(30.0)
    desk.stage.answer("<Response><Play>/jingle</Play></Response>", "/fallback")
    desk.stage.answer("this is no TwiML", "/broken")
    (ann,) = await desk.stage.room("ann", twiml=pressed)
    sid = desk.stage.controller.switchboard.calls[0].sid
    await desk.ask(desk.client.calls(sid).update, fallback_url=desk.stage.app.url("/fallback"))
    await ann.press("1")
    await until_jingle(ann)


async def test_a_call_that_is_over_can_be_deleted_but_not_changed(desk: Desk) -> None:
    sid = await over(desk, "ann")
    one = desk.client.calls(sid)
    assert await desk.refusal(one.update, twiml=HOLD) == (400, 21220)
    assert await desk.refusal(one.update, status="completed") == (400, 21220)
    assert await desk.ask(one.delete)
    assert await desk.refusal(one.fetch) == (404, 20404)
    assert await desk.refusal(one.delete) == (404, 20404)
    assert await desk.ask(desk.client.calls.list) == []


async def test_a_live_call_is_not_deleted(desk: Desk) -> None:
    await desk.stage.room("ann", twiml=ROOM)
    sid = desk.stage.controller.switchboard.calls[0].sid
    assert await desk.refusal(desk.client.calls(sid).delete) == (409, 20009)
    assert (await desk.ask(desk.client.calls(sid).fetch)).status == "in-progress"


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ({"To": None}, 21201),
        ({"From": None}, 21213),
        ({"Twiml": None}, 21205),
        ({"Url": "nowhere"}, 21205),
        ({"SendDigits": "12x"}, 21206),
        ({"SendDigits": "1" * 33}, 21206),
        ({"Timeout": "601"}, 21208),
        ({"Timeout": "0"}, 21208),
        ({"To": "client:a&b"}, 21211),
        ({"Method": "PUT"}, 21209),
        ({"To": "bob"}, 21211),
        ({"To": "app:AP" + "0" * 32}, 21211),
        ({"From": "a\nb"}, 21212),
        ({"ApplicationSid": "AP" + "0" * 32}, 21218),
        ({"SipAuthUsername": "bob"}, 21225),
        ({"StatusCallback": "ftp://example.org"}, 21609),
        ({"StatusCallbackEvent": "sometimes"}, 20001),
        ({"Twiml": "x" * 4001}, 20001),
        ({"TimeLimit": "0"}, 20001),
        ({"MachineDetection": "Enable"}, 20001),
        ({"AsyncAmd": "true"}, 20001),
        ({"AsyncAmd": "maybe"}, 20001),
        ({"SipAuthPassword": "secret"}, 21225),
        ({"RecordingChannels": "three"}, 20001),
    ],
)
async def test_what_is_refused(desk: Desk, asked: dict[str, str | None], code: int) -> None:
    form = {"To": NUMBERS["bob"], "From": FROM, "Twiml": HOLD} | asked
    status, _, answer = await desk.raw("POST", "/Calls.json", data={name: value for name, value in form.items() if value})
    assert (status, answer["code"]) == (400, code)
    assert answer["message"].endswith(".")
    assert desk.stage.controller.switchboard.calls == []


async def test_updates_and_filters_that_make_no_sense(desk: Desk) -> None:
    await desk.stage.room("ann", twiml=ROOM)
    one = desk.client.calls(desk.stage.controller.switchboard.calls[0].sid)
    assert await desk.refusal(one.update, url="https://app.example/x", twiml=HOLD) == (400, 20001)
    assert await desk.refusal(one.update, status="busy") == (400, 20001)
    assert await desk.refusal(desk.client.calls(NOBODY).update, twiml=HOLD) == (404, 20404)
    assert await desk.refusal(desk.client.calls(NOBODY).fetch) == (404, 20404)
    assert (await desk.raw("GET", "/Calls.json", params={"StartTime>": "yesterday"}))[2]["code"] == 20001
    assert (await desk.raw("GET", "/Calls.json", params={"Status": "initiated"}))[2]["code"] == 20001
