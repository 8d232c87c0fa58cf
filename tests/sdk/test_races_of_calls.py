"""Programs that get in each other's way while somebody is called, moved or recorded."""

import asyncio
from typing import Any

from tests.rest.desk import Desk
from tests.sdk.program import EVENTS, FROM, conference, meet
from tests.sdk.races import at_once, gone
from tests.stage import NUMBERS, within_deadline


async def test_two_creates_for_one_place(desk: Desk) -> None:
    meeting = await meet(desk, "ann", twiml=conference(EVENTS + ' maxParticipants="2"'))
    bob, cid = desk.stage.phone("bob"), desk.stage.phone("cid")
    rings = [desk.rings(phone) for phone in (bob, cid)]
    create = meeting.room.participants.create
    answers = await at_once(desk, *(lambda phone=phone: create(from_=FROM, to=phone.number) for phone in (bob, cid)))
    assert set(answers) <= {200, 400}
    picking = [asyncio.create_task(_pick_up(phone, ring)) for phone, ring in zip((bob, cid), rings, strict=True)]
    await desk.stage.until(lambda: len(desk.conference.participants) == 2)
    await desk.stage.until(lambda: len(desk.stage.controller.switchboard.calls) == 2)
    for task in (*picking, *rings):
        task.cancel()
    await asyncio.gather(*picking, *rings, return_exceptions=True)
    listed = await desk.ask(meeting.room.participants.list)
    calls = {one.call_sid: (await desk.ask(desk.client.calls(one.call_sid).fetch)).to for one in listed}
    phone = next(phone for phone in (bob, cid) if phone.number in calls.values())
    meeting.phones[phone.name] = phone
    meeting.sids[phone.name] = next(sid for sid, to in calls.items() if to == phone.number)
    await meeting.agrees({"ann": phone.name, phone.name: "ann"})


async def test_a_caller_takes_the_last_place_while_somebody_is_called(desk: Desk) -> None:
    meeting = await meet(desk, "ann", twiml=conference(EVENTS + ' maxParticipants="2"'))
    bob = desk.stage.phone("bob")
    rings = desk.rings(bob)
    made = await desk.ask(meeting.room.participants.create, from_=FROM, to=bob.number)
    await within_deadline(rings)
    cid = desk.stage.phone("cid")
    await cid.dial("room")
    await bob.pick_up()
    await desk.stage.until(lambda: len(desk.conference.participants) == 2)
    listed = {one.call_sid for one in await desk.ask(meeting.room.participants.list)}
    name = "bob" if made.call_sid in listed else "cid"
    meeting.phones[name] = desk.stage.phones[name]
    meeting.sids[name] = next(sid for sid in listed if sid != meeting.sids["ann"])
    await meeting.agrees({"ann": name, name: "ann"})


async def test_answer_and_removal(desk: Desk) -> None:
    meeting = await meet(desk, "ann", twiml=conference(EVENTS))
    bob = desk.stage.phone("bob")
    rings = desk.rings(bob)
    made = await desk.ask(meeting.room.participants.create, from_=FROM, to=bob.number)
    await within_deadline(rings)
    answers, _ = await asyncio.gather(at_once(desk, meeting.room.participants(made.call_sid).delete), _answer(bob))
    assert set(answers) <= {200, 404}
    await bob.wait_ended()
    await desk.stage.until(lambda: len(desk.stage.controller.switchboard.calls) == 1)
    assert [one.call_sid for one in await desk.ask(meeting.room.participants.list)] == [meeting.sids["ann"]]


async def _pick_up(phone: Any, ring: "asyncio.Task[Any]") -> None:
    await ring
    await phone.pick_up()


async def _answer(phone: Any) -> None:
    """Answer, unless the caller has given up before."""
    try:
        await phone.pick_up()
    except RuntimeError as error:
        assert "ring" in str(error)  # noqa: PT017 - either may be the first


async def test_create_into_a_full_room(desk: Desk) -> None:
    meeting = await meet(desk, "ann", "bob", twiml=conference('maxParticipants="2"'))
    create = meeting.room.participants.create
    assert await desk.refusal(create, from_=FROM, to=NUMBERS["cid"]) == (400, 16020)
    await meeting.agrees({"ann": "bob", "bob": "ann"})


async def test_two_creates_with_one_label(desk: Desk) -> None:
    meeting = await meet(desk, "ann")
    for name in ("bob", "cid"):
        desk.stage.phone(name)
    create = meeting.room.participants.create
    answers = await at_once(
        desk, *(lambda name=name: create(from_=FROM, to=NUMBERS[name], label="one") for name in ("bob", "cid"))
    )
    assert sorted(answers) == [200, 400]
    assert [one.label for one in await desk.ask(meeting.room.participants.list) if one.label] == ["one"]


async def test_complete_while_somebody_is_called(desk: Desk) -> None:
    meeting = await meet(desk, "ann", twiml=conference(EVENTS))
    bob = desk.stage.phone("bob")
    rings = desk.rings(bob)
    made = await desk.ask(meeting.room.participants.create, from_=FROM, to=bob.number)
    await within_deadline(rings)
    await desk.ask(meeting.room.update, status="completed")
    await bob.wait_ended()
    await meeting["ann"].wait_ended()
    await desk.stage.until(lambda: not desk.stage.controller.switchboard.calls)
    assert (await desk.ask(desk.client.calls(made.call_sid).fetch)).status == "canceled"
    assert await meeting.status() == "completed"


async def test_redirect_and_kick(desk: Desk) -> None:
    meeting = await meet(desk, "ann", "bob", "cid")
    answers = await at_once(
        desk,
        meeting.participant("ann").delete,
        lambda: desk.client.calls(meeting.sids["ann"]).update(twiml="<Response><Pause length='30'/></Response>"),
    )
    assert set(answers) <= {200, 400, 404}
    await gone(meeting, "ann")
    await meeting.agrees({"bob": "cid", "cid": "bob"})


async def test_complete_a_call_twice_and_redirect_it(desk: Desk) -> None:
    meeting = await meet(desk, "ann", "bob", "cid")
    update = desk.client.calls(meeting.sids["ann"]).update
    answers = await at_once(
        desk, *(lambda: update(status="completed") for _ in range(2)), lambda: update(twiml=conference(name="Elsewhere"))
    )
    assert 200 in answers
    assert set(answers) <= {200, 400}
    await meeting["ann"].wait_ended()
    await gone(meeting, "ann")
    await meeting.agrees({"bob": "cid", "cid": "bob"})


async def test_stop_a_recording_twice(desk: Desk) -> None:
    meeting = await meet(desk, "ann", "bob")
    recordings = desk.client.calls(meeting.sids["ann"]).recordings
    made = await desk.ask(recordings.create)
    await meeting.agrees({"ann": "bob", "bob": "ann"})
    answers = await at_once(desk, *(lambda: recordings(made.sid).update(status="stopped") for _ in range(3)))
    assert sorted(answers) == [200, 400, 400]
    await desk.stage.until(lambda: not desk.stage.controller.recordings.running(made.account_sid))
    await meeting.agrees({"ann": "bob", "bob": "ann"})


async def test_pause_and_resume_of_a_recording(desk: Desk) -> None:
    meeting = await meet(desk, "ann", "bob", twiml=conference('record="record-from-start"'))
    current = meeting.room.recordings("Twilio.CURRENT")
    answers = await at_once(desk, *(lambda: current.update(status="paused") for _ in range(2)))
    assert sorted(answers) == [200, 400]
    answers = await at_once(desk, *(lambda: current.update(status="in-progress") for _ in range(2)))
    assert sorted(answers) == [200, 400]
    await meeting.agrees({"ann": "bob", "bob": "ann"})
