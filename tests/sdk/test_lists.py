"""Programs that look for things: each filter and paging, as the reference has them."""

from datetime import timedelta
from typing import Any

from tests.rest.desk import Desk
from tests.sdk.program import FROM, conference, meet, sids
from tests.sdk.test_recordings import RECORDED, completed
from tests.stage import NUMBERS


async def ended(desk: Desk, name: str) -> str:
    """Let somebody be in a conference of this name until it is over; return its SID."""
    (phone,) = await desk.room("ann", twiml=conference(name=name))
    (found,) = await desk.ask(desk.client.conferences.list, friendly_name=name)
    await phone.hang_up()
    await desk.stage.until(lambda: not desk.stage.controller.switchboard.calls)
    sid: str = found.sid
    return sid


async def test_conferences(desk: Desk) -> None:
    over = [await ended(desk, name) for name in ("Old", "Older")]
    meeting = await meet(desk, "bob", "cid")
    find = desk.client.conferences.list
    every = [meeting.sid, *reversed(over)]
    assert sids(await desk.ask(find)) == every
    assert sids(await desk.ask(find, friendly_name="Old")) == over[:1]
    assert await desk.ask(find, friendly_name="old") == []
    assert sids(await desk.ask(find, status="in-progress")) == [meeting.sid]
    assert sids(await desk.ask(find, status="completed")) == every[1:]
    assert await desk.ask(find, status="init") == []
    assert sids(await desk.ask(find, status="completed", friendly_name="Older")) == over[1:]
    day = (await desk.ask(meeting.room.fetch)).date_created.date()
    assert sids(await desk.ask(find, date_created=day)) == every
    assert sids(await desk.ask(find, date_created_after=day)) == every
    assert await desk.ask(find, date_created_after=day + timedelta(days=1)) == []
    assert sids(await desk.ask(find, date_created_before=day + timedelta(days=1))) == every
    assert await desk.ask(find, date_created=day - timedelta(days=1)) == []
    assert sids(await desk.ask(find, date_updated=day)) == every
    assert sids(await desk.ask(find, date_updated_after=day, status="completed")) == every[1:]
    assert await desk.ask(find, date_updated_before=day - timedelta(days=1)) == []
    stream = desk.client.conferences.stream
    assert sids(await desk.ask(lambda: list(stream(page_size=1)))) == every
    assert sids(await desk.ask(lambda: list(stream(limit=2)))) == every[:2]
    page = await desk.ask(desk.client.conferences.page, page_size=2)
    following = await desk.ask(page.next_page)
    assert [one.sid for one in following] == every[2:]
    back = await desk.ask(following.previous_page)
    assert [one.sid for one in back] == every[:2]


async def test_participants(desk: Desk) -> None:
    meeting = await meet(desk, "ann", "bob", "cid", "dee")
    await meeting.update("ann", muted=True)
    await meeting.update("bob", hold=True, hold_url="")
    await meeting.update("cid", coaching=True, call_sid_to_coach=meeting.sids["dee"])
    find = meeting.room.participants.list
    names = {sid: name for name, sid in meeting.sids.items()}

    async def found(**filters: Any) -> str:
        return " ".join(sorted(names[one.call_sid] for one in await desk.ask(find, **filters)))

    assert await found() == await found(page_size=1) == "ann bob cid dee"
    assert (await found(muted=True), await found(muted=False)) == ("ann", "bob cid dee")
    assert (await found(hold=True), await found(hold=False)) == ("bob", "ann cid dee")
    assert (await found(coaching=True), await found(coaching=False)) == ("cid", "ann bob dee")
    assert await found(muted=True, hold=True) == ""
    streamed = await desk.ask(lambda: list(meeting.room.participants.stream(page_size=1)))
    assert {one.call_sid for one in streamed} == set(names)
    await meeting.agrees({"ann": "dee", "bob": "", "cid": "dee", "dee": "cid"})


async def test_calls(desk: Desk) -> None:
    (ann,) = await desk.room("ann", twiml=conference())
    (first,) = await desk.ask(desk.client.calls.list, from_=NUMBERS["ann"])
    await ann.hang_up()
    await desk.stage.until(lambda: not desk.stage.controller.switchboard.calls)
    bob = desk.stage.phone("bob")
    rings = desk.rings(bob)
    second = await desk.ask(desk.client.calls.create, to=NUMBERS["bob"], from_=FROM, twiml=conference())
    await desk.rung(rings, second.sid)
    find = desk.client.calls.list
    assert sids(await desk.ask(find, status="ringing")) == [second.sid]
    await bob.pick_up()
    await desk.stage.until(lambda: bool(desk.stage.controller.rooms.conferences))
    assert set(sids(await desk.ask(find, page_size=1))) == {first.sid, second.sid}
    assert sids(await desk.ask(find, to=NUMBERS["bob"])) == [second.sid]
    assert sids(await desk.ask(find, from_=NUMBERS["ann"])) == [first.sid]
    assert sids(await desk.ask(find, status="in-progress")) == [second.sid]
    assert sids(await desk.ask(find, status="completed")) == [first.sid]
    began = (await desk.ask(desk.client.calls(first.sid).fetch)).start_time
    day = timedelta(days=1)
    assert set(sids(await desk.ask(find, start_time_after=began - day))) == {first.sid, second.sid}
    assert await desk.ask(find, start_time_after=began + day) == []
    assert first.sid in sids(await desk.ask(find, start_time_before=began + day))
    assert await desk.ask(find, start_time_before=began - day) == []
    assert sids(await desk.ask(find, start_time=began, status="completed")) == [first.sid]
    assert sids(await desk.ask(find, start_time_after=began.date(), status="completed", to="room")) == [first.sid]


async def test_calls_and_recordings_of_a_day(desk: Desk) -> None:
    """The SDK sends a day as its midnight, as the examples in the reference do."""
    meeting = await meet(desk, "ann", "bob", twiml=conference(RECORDED))
    await meeting.agrees()
    await desk.ask(meeting.room.update, status="completed")
    recording = (await completed(desk))["RecordingSid"]
    began = (await desk.ask(desk.client.calls(meeting.sids["ann"]).fetch)).start_time
    midnight = began.replace(hour=0, minute=0, second=0)
    for day in (midnight, began.date()):
        assert set(sids(await desk.ask(desk.client.calls.list, start_time=day))) == set(meeting.sids.values())
        assert sids(await desk.ask(desk.client.recordings.list, date_created=day)) == [recording]
    assert await desk.ask(desk.client.calls.list, start_time=midnight - timedelta(days=1)) == []


async def test_recordings(desk: Desk) -> None:
    meeting = await meet(desk, "ann", "bob", twiml=conference(RECORDED))
    made = await desk.ask(desk.client.calls(meeting.sids["ann"]).recordings.create)
    await meeting.agrees()
    await desk.ask(meeting.room.update, status="completed")
    of_room = (await completed(desk))["RecordingSid"]
    find = desk.client.recordings.list
    await desk.stage.until(lambda: not desk.stage.controller.switchboard.calls)
    assert sids(await desk.ask(find, conference_sid=meeting.sid)) == [of_room]
    assert sids(await desk.ask(find, call_sid=meeting.sids["ann"])) == [made.sid]
    assert set(sids(await desk.ask(find, page_size=1))) == {of_room, made.sid}
    day = (await desk.ask(desk.client.recordings(of_room).fetch)).date_created
    assert of_room in sids(await desk.ask(find, date_created_after=day - timedelta(days=1)))
    assert await desk.ask(find, date_created_before=day - timedelta(days=1)) == []
    assert sids(await desk.ask(meeting.room.recordings.list)) == [of_room]
    assert sids(await desk.ask(meeting.room.recordings.list, date_created=day.date())) == [of_room]


async def test_notifications(desk: Desk) -> None:
    """A ``<Say>`` with nothing to say is a warning, a document that is none an error."""
    desk.stage.app.voice["/broken"] = "this is no TwiML"
    meeting = await meet(desk, "ann", twiml=conference().replace("<Dial", "<Say/><Dial"))
    await desk.ask(desk.client.calls(meeting.sids["ann"]).update, url=desk.stage.app.url("/broken"))
    await meeting["ann"].wait_ended()
    find = desk.client.notifications.list
    (warning,) = await desk.ask(find, log=1)
    (error,) = await desk.ask(find, log=0)
    assert (warning.error_code, error.error_code) == ("13520", "12100")
    assert set(sids(await desk.ask(find, page_size=1))) == {warning.sid, error.sid}
    assert {one.sid for one in await desk.ask(desk.client.calls(meeting.sids["ann"]).notifications.list)} == {
        warning.sid,
        error.sid,
    }
    assert error.request_url == desk.stage.app.url("/broken")
    fetched = await desk.ask(desk.client.notifications(error.sid).fetch)
    assert fetched.response_body == "this is no TwiML"
    day = error.message_date.date()
    assert len(await desk.ask(find, message_date=day)) == 2
    assert await desk.ask(find, message_date_after=day + timedelta(days=1)) == []
