"""A call runs its TwiML: documents, verbs, what follows a conference, what the application is asked and told."""

import asyncio

import pytest

from ari_conf.phones.phone import AUDIBLE, CallRefusedError
from ari_conf.phones.sip import SipPhone
from ari_conf.private_asterisk import PrivateAsterisk
from ari_conf.settings import ROOM_OF_THE_DIALLED_NAME, NumberSettings
from tests.app_server import AppServer
from tests.stage import ACCOUNT, NUMBERS, Stage, set_stage, until_heard, who_hears_whom, within_deadline

JOIN = "<Conference>Room</Conference>"


def told_at(url: str, events: str) -> str:
    attributes = f'statusCallback="{url}" statusCallbackEvent="{events}"'
    return f"<Response><Dial><Conference {attributes}>Room</Conference></Dial></Response>"


async def test_the_first_request_carries_the_standard_parameters(stage: Stage) -> None:
    await stage.room("ann", twiml=f"<Response><Dial>{JOIN}</Dial></Response>")
    (request,) = stage.app.requests
    assert request.method == "POST"
    call_sid = request.params["CallSid"]
    assert call_sid.startswith("CA")
    assert len(call_sid) == 34
    assert {name: value for name, value in request.params.items() if not name.startswith("Sip")} == {
        "CallSid": call_sid,
        "AccountSid": ACCOUNT.sid,
        "From": NUMBERS["ann"],
        "To": "room",
        "Caller": NUMBERS["ann"],
        "Called": "room",
        "CallStatus": "ringing",
        "ApiVersion": "2010-04-01",
        "Direction": "inbound",
    }


async def test_a_caller_by_sip_is_told_with_its_invite(asterisk: PrivateAsterisk) -> None:
    async with AppServer() as app:
        number = NumberSettings(voice_url=app.url("/voice"), sip_uris=True)
        async with set_stage(asterisk, number) as stage:
            app.voice["/voice"] = f"<Response><Dial>{JOIN}</Dial></Response>"
            server = (asterisk.sip_host, asterisk.sip_port)
            ann = SipPhone("ann", 400.0, server=server, number="ann", headers=(("X-Ticket", "4711 & more"),))
            await ann.dial("support")
            (request,) = app.requests
            params = request.params
            await ann.hang_up()
            await stage.nothing_is_left()
    assert params["SipHeader_X-Ticket"] == "4711 & more"
    assert params["SipSourceIp"] == params["SipDomain"] == "127.0.0.1"
    assert params["SipCallId"]
    assert params["To"].startswith("sip:support@127.0.0.1")
    assert params["From"].startswith("sip:ann@")


async def test_events_are_told_in_order_with_the_first_participants_callback(stage: Stage) -> None:
    (ann,) = await stage.room("ann", twiml=told_at("events?room=1", "start end join leave"))
    (bob,) = await stage.room("bob", twiml=told_at("/elsewhere", "start end join leave"))
    await stage.callbacks(3)
    await bob.hang_up()
    await stage.callbacks(4)
    await ann.hang_up()
    await stage.request(lambda params: params.get("StatusCallbackEvent") == "conference-end")
    told = stage.app.params("/events")
    assert [params["StatusCallbackEvent"] for params in told] == [
        "participant-join",
        "participant-join",
        "conference-start",
        "participant-leave",
        "participant-leave",
        "conference-end",
    ]
    assert [params["SequenceNumber"] for params in told] == ["1", "2", "3", "4", "5", "6"]
    assert {params["FriendlyName"] for params in told} == {"Room"}
    assert {params["AccountSid"] for params in told} == {ACCOUNT.sid}
    assert len({params["ConferenceSid"] for params in told}) == 1
    assert told[-1]["ReasonConferenceEnded"] == "last-participant-left"
    assert told[-1]["CallSidEndingConference"] == told[0]["CallSid"]
    assert stage.app.params("/elsewhere") == []


async def test_the_same_name_after_the_end_is_a_new_conference(stage: Stage) -> None:
    stage.answer(
        '<Response><Dial><Conference statusCallback="/events" statusCallbackEvent="join">Room</Conference></Dial></Response>'
    )
    (ann,) = await stage.room("ann")
    await stage.callbacks(1)
    await ann.hang_up()
    await stage.until(lambda: not stage.controller.rooms.conferences)
    await stage.room("bob")
    await stage.callbacks(2)
    first, second = stage.app.params("/events")
    assert first["ConferenceSid"] != second["ConferenceSid"]
    assert second["SequenceNumber"] == "1"


async def test_star_leaves_and_the_action_takes_over(stage: Stage) -> None:
    stage.answer("<Response><Dial><Conference>Other</Conference></Dial></Response>", "/app/after")
    stage.answer(f'<Response><Dial hangupOnStar="true" action="app/after">{JOIN}</Dial><Hangup/></Response>')
    ann, bob = await stage.room("ann", "bob")
    await who_hears_whom([ann, bob], {"ann": {"bob"}, "bob": {"ann"}})
    await ann.press("1")
    await ann.press("*")
    request = await stage.request(lambda params: "DialCallStatus" in params)
    assert request.path == "/app/after"
    assert request.params["DialCallStatus"] == "answered"
    assert request.params["DialBridged"] == "true"
    assert request.params["CallStatus"] == "in-progress"
    assert "DialCallSid" not in request.params
    await until_heard([ann, bob], lambda heard: heard["ann"].level > AUDIBLE and not heard["bob"].hears(ann.tone))


async def test_star_means_nothing_without_hangup_on_star(stage: Stage) -> None:
    ann, bob = await stage.room("ann", "bob", twiml=f"<Response><Dial>{JOIN}</Dial></Response>")
    await ann.press("*")
    await who_hears_whom([ann, bob], {"ann": {"bob"}, "bob": {"ann"}})


async def test_when_the_conference_ends_everybodys_next_verb_runs(stage: Stage) -> None:
    stage.answer("<Response><Dial><Conference>Afterwards</Conference></Dial></Response>", "/next")
    stage.answer(f"<Response><Dial>{JOIN}</Dial><Redirect>/next</Redirect></Response>")
    ann, bob = await stage.room("ann", "bob")
    stage.answer('<Response><Dial><Conference endConferenceOnExit="true">Room</Conference></Dial></Response>')
    (cid,) = await stage.room("cid")
    await who_hears_whom([ann, bob, cid], {"ann": {"bob", "cid"}, "bob": {"ann", "cid"}, "cid": {"ann", "bob"}})
    await cid.hang_up()
    await who_hears_whom([ann, bob], {"ann": {"bob"}, "bob": {"ann"}})
    assert [conference.friendly_name for conference in stage.controller.rooms.conferences] == ["Afterwards"]


async def test_the_action_of_a_caller_who_has_hung_up_is_told_and_its_answer_ignored(stage: Stage) -> None:
    stage.answer("<Response><Redirect>/never</Redirect></Response>", "/after")
    (ann,) = await stage.room("ann", twiml=f'<Response><Dial action="/after" method="GET">{JOIN}</Dial></Response>')
    await ann.hang_up()
    request = await stage.request(lambda params: "DialCallStatus" in params)
    assert request.method == "GET"
    assert request.params["CallStatus"] == "completed"
    await stage.nothing_is_left()
    assert stage.app.params("/never") == []


@pytest.mark.parametrize("either_engine", ["local"], indirect=True)
async def test_a_caller_who_hangs_up_as_soon_as_answered_has_been_answered(stage: Stage) -> None:
    stage.answer(f"<Response><Dial>{JOIN}</Dial></Response>")
    for name in ("ann", "bob", "cid"):
        await stage.room(name)
        assert all(call.answered_at is not None for call in stage.controller.switchboard.calls)


async def test_a_document_without_more_verbs_hangs_up(stage: Stage) -> None:
    stage.answer("<Response><Pause length='1'/></Response>")
    ann = stage.phone("ann")
    with pytest.raises(CallRefusedError):
        await ann.dial("room")


@pytest.mark.parametrize(("twiml", "status"), [("<Reject reason='busy'/>", 486), ("<Reject/>", 404)])
async def test_reject_refuses_with_the_right_status(stage: Stage, twiml: str, status: int) -> None:
    stage.answer(f"<Response>{twiml}</Response>")
    with pytest.raises(CallRefusedError) as refused:
        await stage.phone("ann").dial("room")
    assert refused.value.status == status


async def test_get_sends_its_parameters_in_the_query(either_engine: PrivateAsterisk | None) -> None:
    async with set_stage(either_engine) as stage:
        stage.answer('<Response><Redirect method="GET">/second?x=1</Redirect></Response>')
        stage.answer(f"<Response><Dial>{JOIN}</Dial></Response>", "/second")
        await stage.room("ann")
        request = stage.app.requests[-1]
        assert request.method == "GET"
        assert request.params["x"] == "1"
        assert request.params["CallSid"] == stage.app.requests[0].params["CallSid"]


async def test_without_any_number_configured_the_dialled_name_is_the_room(either_engine: PrivateAsterisk | None) -> None:
    async with set_stage(either_engine, NumberSettings(twiml=ROOM_OF_THE_DIALLED_NAME)) as stage:
        ann, bob, cid = stage.phone("ann"), stage.phone("bob"), stage.phone("cid")
        await ann.dial("Room <1> & more")
        await bob.dial("Room <1> & more")
        await cid.dial("another")
        await who_hears_whom([ann, bob], {"ann": {"bob"}, "bob": {"ann"}})
        wanted = {"Room <1> & more", "another"}
        await stage.until(lambda: {conference.friendly_name for conference in stage.controller.rooms.conferences} == wanted)


async def test_a_number_that_is_not_configured_is_rejected(either_engine: PrivateAsterisk | None) -> None:
    number = NumberSettings(match="+1555*", twiml=ROOM_OF_THE_DIALLED_NAME)
    async with set_stage(either_engine, number) as stage:
        with pytest.raises(CallRefusedError) as refused:
            await stage.phone("ann").dial("+4930123456")
        assert refused.value.status == 404
        await stage.phone("bob").dial("+15551234567")


async def test_two_first_joins_at_once_make_one_conference(stage: Stage) -> None:
    stage.answer(told_at("/events", "start join"))
    ann, bob = stage.phone("ann"), stage.phone("bob")
    await asyncio.gather(ann.dial("room"), bob.dial("room"))
    await stage.callbacks(3)
    assert len({params["ConferenceSid"] for params in stage.app.params("/events")}) == 1


async def test_hangup_ends_the_call_after_the_conference(stage: Stage) -> None:
    (ann,) = await stage.room("ann", twiml=f"<Response><Dial hangupOnStar='true'>{JOIN}</Dial><Hangup/></Response>")
    await stage.until(lambda: bool(stage.controller.rooms.conferences))
    await ann.press("*")
    await within_deadline(ann.wait_ended())
