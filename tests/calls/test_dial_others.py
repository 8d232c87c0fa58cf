"""``<Dial>`` with Number, Sip and Client: others are called, screened, connected, and what the application is told of it."""

import asyncio
from collections.abc import Mapping

import pytest
from structlog.testing import capture_logs

from ari_conf.calls import Source
from ari_conf.phones.phone import AUDIBLE, CallablePhone, Incoming
from tests.calls.by_ear import JINGLE, sound, until_jingle
from tests.stage import ACCOUNT, DEADLINE, Stage, until_heard, who_hears_whom, within_deadline

HOLD = "<Response><Pause length='30'/></Response>"


async def dials(stage: Stage, nouns: str, dial: str = "", after: str = "") -> CallablePhone:
    """Let Ann call a document that dials ``nouns``; return her phone, answered."""
    (ann,) = await stage.room("ann", twiml=f"<Response><Dial {dial}>{nouns}</Dial>{after}</Response>")
    return ann


async def rung(phone: CallablePhone) -> Incoming:
    async with asyncio.timeout(DEADLINE):
        return await phone.ringing()


async def picks_up(phone: CallablePhone) -> None:
    await rung(phone)
    await phone.pick_up()


async def after_dial(stage: Stage) -> Mapping[str, str]:
    return (await stage.request(lambda params: "DialCallStatus" in params)).params


def number(phone: CallablePhone, attributes: str = "") -> str:
    return f"<Number {attributes}>{phone.number}</Number>"


async def test_two_talk_until_the_called_one_hangs_up_and_the_action_takes_over(stage: Stage) -> None:
    stage.answer(HOLD, "/after")
    bob = stage.phone("bob")
    ann = await dials(stage, number(bob), 'action="/after"')
    await picks_up(bob)
    await who_hears_whom([ann, bob], {"ann": {"bob"}, "bob": {"ann"}})
    await bob.hang_up()
    params = await after_dial(stage)
    assert params["DialCallStatus"] == "completed"
    assert params["DialBridged"] == "true"
    assert params["DialCallSid"].startswith("CA")
    assert int(params["DialCallDuration"]) >= 0
    assert params["CallStatus"] == "in-progress"


async def test_the_text_of_dial_is_a_number(stage: Stage) -> None:
    bob = stage.phone("bob")
    ann = await dials(stage, bob.number)
    await picks_up(bob)
    await who_hears_whom([ann, bob], {"ann": {"bob"}, "bob": {"ann"}})


async def test_the_caller_hears_ringing_meanwhile(stage: Stage) -> None:
    bob = stage.phone("bob")
    ann = await dials(stage, number(bob), 'ringTone="uk"')
    await rung(bob)
    await until_heard([ann], lambda heard: heard["ann"].amplitude(450.0) > AUDIBLE)


async def test_the_callee_sees_the_caller_id(stage: Stage) -> None:
    bob = stage.phone("bob")
    await dials(stage, number(bob), 'callerId="+15550199"')
    incoming = await rung(bob)
    assert incoming.from_ == "+15550199"


async def test_the_caller_hangs_up_and_so_is_the_callee(stage: Stage) -> None:
    bob = stage.phone("bob")
    ann = await dials(stage, number(bob), 'action="/after"')
    await picks_up(bob)
    await who_hears_whom([ann, bob], {"ann": {"bob"}, "bob": {"ann"}})
    await ann.hang_up()
    await within_deadline(bob.wait_ended())
    params = await after_dial(stage)
    assert params["DialCallStatus"] == "completed"
    assert params["CallStatus"] == "completed"


async def test_the_caller_gives_up_while_it_rings(stage: Stage) -> None:
    bob = stage.phone("bob")
    ann = await dials(stage, number(bob), 'action="/after"')
    await rung(bob)
    await ann.hang_up()
    await within_deadline(bob.wait_ended())
    assert (await after_dial(stage))["DialCallStatus"] == "canceled"


@pytest.mark.parametrize(("status", "told"), [(486, "busy"), (603, "failed"), (503, "failed"), (480, "no-answer")])
async def test_a_callee_who_refuses(stage: Stage, status: int, told: str) -> None:
    stage.answer(HOLD, "/after")
    bob = stage.phone("bob")
    await dials(stage, number(bob), 'action="/after"')
    await rung(bob)
    await bob.refuse(status)
    params = await after_dial(stage)
    assert params["DialCallStatus"] == told
    assert params["DialBridged"] == "false"
    assert "DialCallDuration" not in params


async def test_a_callee_who_does_not_answer(stage: Stage) -> None:
    stage.answer(HOLD, "/after")
    bob = stage.phone("bob")
    await dials(stage, number(bob), 'action="/after" timeout="5"')
    await rung(bob)
    async with asyncio.timeout(20):
        await bob.wait_ended()
    assert (await after_dial(stage))["DialCallStatus"] == "no-answer"


async def test_without_an_action_the_next_verb_runs(stage: Stage) -> None:
    stage.answer(HOLD, "/next")
    bob = stage.phone("bob")
    await dials(stage, number(bob), after="<Redirect>/next</Redirect>")
    await rung(bob)
    await bob.refuse(486)
    await stage.until(lambda: bool(stage.app.params("/next")))


async def test_several_ring_at_once_and_the_first_who_answers_is_connected(stage: Stage) -> None:
    stage.answer(HOLD, "/after")
    bob, cid = stage.phone("bob"), stage.phone("cid")
    ann = await dials(stage, number(bob) + number(cid), 'action="/after"')
    await rung(bob)
    await picks_up(cid)
    await within_deadline(bob.wait_ended())
    await who_hears_whom([ann, cid], {"ann": {"cid"}, "cid": {"ann"}})


async def test_sequential_rings_one_after_the_other(stage: Stage) -> None:
    bob, cid = stage.phone("bob"), stage.phone("cid")
    ann = await dials(stage, number(bob) + number(cid), 'sequential="true"')
    await rung(bob)
    ringing = asyncio.create_task(cid.ringing())
    await bob.refuse(486)
    await within_deadline(ringing)
    await cid.pick_up()
    await who_hears_whom([ann, cid], {"ann": {"cid"}, "cid": {"ann"}})


async def test_star_ends_the_call_between_and_the_caller_goes_on(stage: Stage) -> None:
    stage.answer(HOLD, "/after")
    bob = stage.phone("bob")
    ann = await dials(stage, number(bob), 'action="/after" hangupOnStar="true"')
    await picks_up(bob)
    await who_hears_whom([ann, bob], {"ann": {"bob"}, "bob": {"ann"}})
    await ann.press("*")
    await within_deadline(bob.wait_ended())
    assert (await after_dial(stage))["DialCallStatus"] == "completed"


async def test_the_time_limit_ends_it(stage: Stage) -> None:
    stage.answer(HOLD, "/after")
    bob = stage.phone("bob")
    await dials(stage, number(bob), 'action="/after" timeLimit="2"')
    await picks_up(bob)
    await within_deadline(bob.wait_ended())
    params = await after_dial(stage)
    assert params["DialCallStatus"] == "completed"
    assert params["DialCallDuration"] in {"2", "3"}


async def test_answer_on_bridge_answers_the_caller_with_the_callee(stage: Stage) -> None:
    ann, bob = stage.phone("ann"), stage.phone("bob")
    stage.answer(f"<Response><Dial answerOnBridge='true'>{number(bob)}</Dial></Response>")
    dialling = asyncio.create_task(ann.dial("room"))
    await rung(bob)
    assert not dialling.done()
    await bob.pick_up()
    await within_deadline(dialling)
    await who_hears_whom([ann, bob], {"ann": {"bob"}, "bob": {"ann"}})


async def test_digits_are_sent_when_the_callee_has_answered(stage: Stage) -> None:
    bob = stage.phone("bob")
    ann = await dials(stage, number(bob, 'sendDigits="w42#"'))
    await picks_up(bob)
    await stage.until(lambda: bob.keys_heard == "42#")
    await who_hears_whom([ann, bob], {"ann": {"bob"}, "bob": {"ann"}})


# Screening


async def test_the_callee_alone_hears_the_screening_document_before_being_connected(stage: Stage) -> None:
    stage.app.voice["/jingle"] = sound(2.0)
    stage.answer("<Response><Play>/jingle</Play></Response>", "/screen")
    bob = stage.phone("bob")
    ann = await dials(stage, number(bob, 'url="/screen"'))
    await picks_up(bob)
    await until_jingle(bob)
    (params,) = stage.app.params("/screen")
    assert params["CallSid"] != params["ParentCallSid"]
    assert params["Direction"] == "outbound-dial"
    assert params["To"] == bob.number
    await who_hears_whom([ann, bob], {"ann": {"bob"}, "bob": {"ann"}})
    assert ann.recording().amplitude(JINGLE) < AUDIBLE


async def test_a_callee_who_declines_in_the_screening_is_not_connected(stage: Stage) -> None:
    stage.answer(HOLD, "/after")
    stage.answer('<Response><Gather numDigits="1" action="/decide"/><Hangup/></Response>', "/screen")
    stage.answer("<Response><Hangup/></Response>", "/decide")
    bob = stage.phone("bob")
    await dials(stage, number(bob, 'url="/screen"'), 'action="/after"')
    await picks_up(bob)
    await bob.press("2")
    await within_deadline(bob.wait_ended())
    params = await after_dial(stage)
    assert params["DialCallStatus"] == "completed"
    assert params["DialBridged"] == "false"


async def test_the_caller_hangs_up_during_the_screening(stage: Stage) -> None:
    stage.answer("<Response><Pause length='60'/><Say>too late</Say></Response>", "/screen")
    bob = stage.phone("bob")
    ann = await dials(stage, number(bob, 'url="/screen"'))
    await picks_up(bob)
    await stage.until(lambda: bool(stage.app.params("/screen")))
    await ann.hang_up()
    await within_deadline(bob.wait_ended())


async def test_the_callee_is_redirected_during_the_screening_and_the_caller_goes_on(stage: Stage) -> None:
    stage.app.voice["/jingle"] = sound(30.0)
    stage.answer(HOLD, "/after")
    stage.answer("<Response><Pause length='60'/><Say>too late</Say></Response>", "/screen")
    bob, cid = stage.phone("bob"), stage.phone("cid")
    await dials(stage, number(bob, 'url="/screen"') + number(cid), 'action="/after" sequential="true"')
    await picks_up(bob)
    params = (await stage.request(lambda params: "ParentCallSid" in params)).params
    source = Source(twiml=f"<Response><Play>{stage.app.url('/jingle')}</Play></Response>")
    redirecting = asyncio.create_task(stage.controller.control.redirect(ACCOUNT.sid, params["CallSid"], source))
    await stage.until(redirecting.done)
    await redirecting
    await until_jingle(bob)
    told = await after_dial(stage)
    assert (told["DialCallStatus"], told["DialBridged"], told["DialCallSid"]) == ("completed", "false", params["CallSid"])
    assert "DialCallDuration" not in told
    assert {call.to for call in stage.controller.switchboard.calls} == {bob.number, "room"}, "somebody else is called"


async def test_the_callee_is_redirected_while_digits_are_sent(stage: Stage) -> None:
    stage.app.voice["/jingle"] = sound(30.0)
    stage.answer(HOLD, "/after")
    bob = stage.phone("bob")
    await dials(stage, number(bob, 'sendDigits="wwwwwwwwwwwwwwwwwwww1"'), 'action="/after"')
    await picks_up(bob)
    await stage.until(lambda: any(call.taken for call in stage.controller.switchboard.calls))
    child = next(call for call in stage.controller.switchboard.calls if call.parent_call_sid)
    source = Source(twiml=f"<Response><Play>{stage.app.url('/jingle')}</Play></Response>")
    redirecting = asyncio.create_task(stage.controller.control.redirect(ACCOUNT.sid, child.sid, source))
    await stage.until(redirecting.done)
    await redirecting
    await until_jingle(bob)
    assert (await after_dial(stage))["DialBridged"] == "false"
    assert bob.keys_heard == ""


async def test_a_dial_in_a_screening_document_is_passed_over_with_13201(stage: Stage) -> None:
    stage.answer("<Response><Dial>+15550100</Dial></Response>", "/screen")
    bob = stage.phone("bob")
    with capture_logs() as logs:
        ann = await dials(stage, number(bob, 'url="/screen"'))
        await picks_up(bob)
        await who_hears_whom([ann, bob], {"ann": {"bob"}, "bob": {"ann"}})
    assert 13201 in [line.get("code") for line in logs]


# What is told


async def test_call_progress_is_told_in_order_for_the_callee(stage: Stage) -> None:
    bob = stage.phone("bob")
    attributes = 'statusCallback="/events" statusCallbackEvent="initiated ringing answered completed"'
    await dials(stage, number(bob, attributes))
    await picks_up(bob)
    await stage.callbacks(3)
    await bob.hang_up()
    told = await stage.callbacks(4)
    assert [params["CallStatus"] for params in told] == ["initiated", "ringing", "in-progress", "completed"]
    assert [params["SequenceNumber"] for params in told] == ["0", "1", "2", "3"]
    assert {params["CallbackSource"] for params in told} == {"call-progress-events"}
    assert {params["Direction"] for params in told} == {"outbound-dial"}
    assert "CallDuration" in told[-1]
    assert len({params["CallSid"] for params in told} | {told[0]["ParentCallSid"]}) == 2


async def test_a_sip_uri_and_a_client_are_called(stage: Stage) -> None:
    stage.answer(HOLD, "/after")
    bob = stage.phone("bob")
    client = f"<Client><Identity>{bob.number}</Identity><Parameter name='room' value='7'/></Client>"
    ann = await dials(stage, client, 'action="/after"')
    incoming = await rung(bob)
    assert dict(incoming.headers).get("X-room") == "7"
    await bob.pick_up()
    await who_hears_whom([ann, bob], {"ann": {"bob"}, "bob": {"ann"}})


async def test_the_leg_is_recorded_while_two_talk(stage: Stage) -> None:
    stage.answer(HOLD, "/after")
    bob = stage.phone("bob")
    dial = 'action="/after" record="record-from-answer-dual" recordingStatusCallback="/status"'
    ann = await dials(stage, number(bob), dial)
    await picks_up(bob)
    await who_hears_whom([ann, bob], {"ann": {"bob"}, "bob": {"ann"}})
    await bob.hang_up()
    params = await after_dial(stage)
    status = (await stage.request(lambda params: params.get("RecordingStatus") == "completed")).params
    assert status["RecordingUrl"] == params["RecordingUrl"]
    assert status["RecordingChannels"] == "2"
    assert status["RecordingSource"] == "DialVerb"
