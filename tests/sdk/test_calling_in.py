"""Programs that call somebody into a conference."""

import asyncio
from typing import Any

import pytest

from ari_conf.phones.phone import AUDIBLE, CallablePhone
from tests.rest.desk import Desk
from tests.sdk.program import EVENTS, FROM, NOBODY, Meeting, conference, meet
from tests.stage import NUMBERS, until_heard, within_deadline

RINGING = 440.0
"""A pitch of the ring tone of the United States."""


async def add(meeting: Meeting, name: str, **more: Any) -> CallablePhone:
    """Call a phone into the conference and let it ring."""
    desk = meeting.desk
    phone = desk.stage.phones.get(name) or desk.stage.phone(name)
    rings = desk.rings(phone)
    made = await desk.ask(meeting.room.participants.create, from_=FROM, to=NUMBERS[name], **more)
    assert (made.conference_sid, made.status) == (meeting.sid, "queued")
    meeting.sids[name] = made.call_sid
    await desk.rung(rings, made.call_sid)
    return phone


async def join(meeting: Meeting, name: str, **more: Any) -> None:
    """Call a phone into the conference and let it answer."""
    phone = await add(meeting, name, **more)
    await phone.pick_up()
    meeting.phones[name] = phone
    desk = meeting.desk
    await desk.stage.until(
        lambda: any(meeting.sids[name] in one.participants for one in desk.stage.controller.rooms.conferences)
    )
    assert (await desk.ask(meeting.participant(name).fetch)).status == "connected"


async def leave(meeting: Meeting, call_sid: str) -> str:
    """Return the ParticipantCallStatus that is told of somebody who does not come."""
    wanted = ("participant-leave", call_sid)
    told = await meeting.desk.stage.request(lambda sent: (sent.get("StatusCallbackEvent"), sent.get("CallSid")) == wanted)
    return told.params["ParticipantCallStatus"]


async def test_answered_with_a_label_and_muted(desk: Desk) -> None:
    meeting = await meet(desk, "ann")
    await join(meeting, "bob", label="guest", muted=True, beep="false")
    guest = await desk.ask(meeting.room.participants("guest").fetch)
    assert (guest.call_sid, guest.muted) == (meeting.sids["bob"], True)
    await meeting.agrees({"ann": "", "bob": "ann"})
    await meeting.update("bob", muted=False)
    await meeting.agrees({"ann": "bob", "bob": "ann"})


async def test_a_coach(desk: Desk) -> None:
    meeting = await meet(desk, "ann", "bob")
    await join(meeting, "cid", coaching=True, call_sid_to_coach=meeting.sids["ann"])
    await meeting.agrees({"ann": "bob cid", "bob": "ann", "cid": "ann bob"})


async def test_who_waits_for_somebody_that_starts_the_conference(desk: Desk) -> None:
    meeting = await meet(desk, "ann", twiml=conference('startConferenceOnEnter="false"'))
    await join(meeting, "bob", start_conference_on_enter=False)
    assert await meeting.status() == "init"
    assert (await desk.ask(meeting.participant("bob").fetch)).start_conference_on_enter is False
    await meeting.agrees({"ann": "", "bob": ""})
    await join(meeting, "cid")
    assert await meeting.status() == "in-progress"
    await meeting.agrees({"ann": "bob cid", "bob": "ann cid", "cid": "ann bob"})


async def test_who_ends_the_conference(desk: Desk) -> None:
    meeting = await meet(desk, "ann")
    await join(meeting, "bob", end_conference_on_exit=True)
    await meeting.agrees({"ann": "bob", "bob": "ann"})
    await meeting["bob"].hang_up()
    await meeting["ann"].wait_ended()
    ended = await desk.ask(meeting.room.fetch)
    assert (ended.status, ended.call_sid_ending_conference) == ("completed", meeting.sids["bob"])


@pytest.mark.parametrize("early_media", [True, False])
async def test_it_rings_in_the_conference(desk: Desk, early_media: bool) -> None:  # noqa: FBT001 - pytest passes it by name
    meeting = await meet(desk, "ann", "bob")
    await meeting.agrees({"ann": "bob", "bob": "ann"})
    cid = await add(meeting, "cid", early_media=early_media)
    others = list(meeting.phones.values())
    if early_media:
        await until_heard(others, lambda heard: all(ear.amplitude(RINGING) > AUDIBLE for ear in heard.values()))
    else:
        heard = await asyncio.gather(*(phone.hear(2.0) for phone in others))
        assert all(ear.amplitude(RINGING) < AUDIBLE for ear in heard)
    ringing = await desk.ask(meeting.participant("cid").fetch)
    assert ringing.status == "ringing"
    await cid.pick_up()
    meeting.phones["cid"] = cid
    await desk.stage.until(lambda: meeting.sids["cid"] in desk.conference.participants)
    await meeting.agrees({"ann": "bob cid", "bob": "ann cid", "cid": "ann bob"})
    await until_heard(others, lambda heard: all(ear.amplitude(RINGING) < AUDIBLE for ear in heard.values()))


@pytest.mark.parametrize(("refusal", "status"), [(486, "busy"), (480, "no-answer"), (500, "failed")])
async def test_who_refuses(desk: Desk, refusal: int, status: str) -> None:
    meeting = await meet(desk, "ann", twiml=conference(EVENTS))
    bob = await add(meeting, "bob")
    await bob.refuse(refusal)
    assert await leave(meeting, meeting.sids["bob"]) == status
    assert (await desk.ask(desk.client.calls(meeting.sids["bob"]).fetch)).status == status
    assert len(await desk.ask(meeting.room.participants.list)) == 1


async def test_who_does_not_answer(desk: Desk) -> None:
    meeting = await meet(desk, "ann", twiml=conference(EVENTS))
    bob = await add(meeting, "bob", timeout=5)
    async with asyncio.timeout(20):  # five seconds more than what was asked for, as at Twilio
        await bob.wait_ended()
    assert await leave(meeting, meeting.sids["bob"]) == "no-answer"
    assert await desk.refusal(meeting.participant("bob").fetch) == (404, 20404)


async def test_who_does_not_exist(desk: Desk) -> None:
    meeting = await meet(desk, "ann", twiml=conference(EVENTS))
    made = await desk.ask(meeting.room.participants.create, from_=FROM, to=NOBODY)
    assert await leave(meeting, made.call_sid) == "failed"
    assert (await desk.ask(desk.client.calls(made.call_sid).fetch)).status == "failed"


async def test_one_who_rings_is_called_no_more_when_removed(desk: Desk) -> None:
    meeting = await meet(desk, "ann", twiml=conference(EVENTS))
    bob = await add(meeting, "bob")
    assert await desk.ask(meeting.participant("bob").delete)
    await within_deadline(bob.wait_ended())
    assert await leave(meeting, meeting.sids["bob"]) == "canceled"


async def test_a_conference_that_is_made_by_its_name(desk: Desk) -> None:
    callback = desk.stage.app.url("/events")
    phones = [desk.stage.phone(name) for name in ("ann", "bob")]
    rings = [desk.rings(phone) for phone in phones]
    create = desk.client.conferences("Sales & more").participants.create
    events = {"conference_status_callback": callback, "conference_status_callback_event": ["start", "join"]}
    made = [await desk.ask(create, from_=FROM, to=phone.number, **events) for phone in phones]
    assert made[0].conference_sid == made[1].conference_sid
    meeting = Meeting(desk, made[0].conference_sid)
    for phone, ring, one in zip(phones, rings, made, strict=True):
        await within_deadline(ring)
        await phone.pick_up()
        meeting.phones[phone.name], meeting.sids[phone.name] = phone, one.call_sid
    told = await desk.stage.request(lambda sent: sent.get("StatusCallbackEvent") == "conference-start")
    assert (told.params["FriendlyName"], told.params["ConferenceSid"]) == ("Sales & more", meeting.sid)
    await meeting.agrees({"ann": "bob", "bob": "ann"})
