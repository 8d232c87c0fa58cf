"""``<Enqueue>``, ``<Dial><Queue>`` and ``<Leave>``: who waits, who is taken, what is heard and told."""

from collections.abc import Mapping

from ari_conf.phones.phone import AUDIBLE, Phone
from tests.calls.by_ear import JINGLE, for_a_moment, sound, until_jingle
from tests.stage import Stage, until_heard, who_hears_whom, within_deadline

HOLD = "<Response><Pause length='30'/></Response>"
ENQUEUE = "<Response><Enqueue action='/left'>support</Enqueue></Response>"
AGENT = "<Response><Dial action='/after'><Queue>support</Queue></Dial></Response>"


async def waits(stage: Stage, name: str, twiml: str = ENQUEUE) -> Phone:
    (phone,) = await stage.room(name, twiml=twiml)
    return phone


async def left(stage: Stage) -> Mapping[str, str]:
    return (await stage.request(lambda params: "QueueResult" in params)).params


async def test_a_caller_hears_music_until_an_agent_dials_and_then_they_talk(stage: Stage) -> None:
    stage.answer(HOLD, "/left")
    stage.answer(HOLD, "/after")
    ann = await waits(stage, "ann")
    await until_heard([ann], lambda heard: heard["ann"].level > AUDIBLE)
    bob = await waits(stage, "bob", AGENT)
    await who_hears_whom([ann, bob], {"ann": {"bob"}, "bob": {"ann"}})
    await bob.hang_up()
    params = await left(stage)
    assert params["QueueResult"] == "bridged"
    assert params["QueueSid"].startswith("QU")
    assert params["CallStatus"] == "in-progress"
    after = (await stage.request(lambda params: "DialCallStatus" in params)).params
    assert after["DialCallStatus"] == "completed"
    assert after["DialCallSid"] == params["CallSid"]


async def test_the_caller_hangs_up_and_the_agent_goes_on(stage: Stage) -> None:
    stage.answer(HOLD, "/after")
    ann = await waits(stage, "ann")
    bob = await waits(stage, "bob", AGENT)
    await who_hears_whom([ann, bob], {"ann": {"bob"}, "bob": {"ann"}})
    await ann.hang_up()
    after = (await stage.request(lambda params: "DialCallStatus" in params)).params
    assert after["DialCallStatus"] == "completed"
    assert after["CallStatus"] == "in-progress"
    assert (await left(stage))["QueueResult"] == "bridged"


async def test_an_agent_waits_for_a_caller_and_callers_are_served_in_order(stage: Stage) -> None:
    bob = await waits(stage, "bob", AGENT)
    await until_heard([bob], lambda heard: heard["bob"].amplitude(480.0) > AUDIBLE)
    ann = await waits(stage, "ann")
    cid = await waits(stage, "cid")
    await who_hears_whom([ann, bob], {"ann": {"bob"}, "bob": {"ann"}})
    dee = await waits(stage, "dee", AGENT)
    await who_hears_whom([cid, dee], {"cid": {"dee"}, "dee": {"cid"}})


async def test_an_agent_who_finds_nobody_gives_up_after_the_timeout(stage: Stage) -> None:
    stage.answer(HOLD, "/after")
    await waits(stage, "bob", AGENT.replace("<Dial ", "<Dial timeout='5' "))
    after = (await stage.request(lambda params: "DialCallStatus" in params)).params
    assert after["DialCallStatus"] == "no-answer"


async def test_the_wait_document_is_told_the_position_and_loops(stage: Stage) -> None:
    stage.app.voice["/jingle"] = sound(0.3)
    stage.answer("<Response><Play>/jingle</Play></Response>", "/wait")
    ann = await waits(stage, "ann", "<Response><Enqueue waitUrl='/wait'>support</Enqueue></Response>")
    await until_jingle(ann)
    await stage.until(lambda: len(stage.app.params("/wait")) >= 2)
    params = stage.app.params("/wait")[0]
    assert params["QueuePosition"] == "1"
    assert params["CurrentQueueSize"] == "1"
    assert params["MaxQueueSize"] == "1000"
    assert params["QueueSid"].startswith("QU")
    assert {"QueueTime", "AvgQueueTime", "CallSid", "From"} <= params.keys()


async def test_leave_in_the_wait_document_goes_on_with_the_next_verb(stage: Stage) -> None:
    stage.answer("<Response><Leave/></Response>", "/wait")
    stage.answer(HOLD, "/next")
    twiml = "<Response><Enqueue waitUrl='/wait'>support</Enqueue><Redirect>/next</Redirect></Response>"
    await waits(stage, "ann", twiml)
    await stage.until(lambda: bool(stage.app.params("/next")))


async def test_a_gather_in_the_wait_document_lets_the_caller_leave(stage: Stage) -> None:
    stage.app.voice["/jingle"] = sound(60.0)
    stage.answer("<Response><Gather numDigits='1' action='/pressed'><Play>/jingle</Play></Gather></Response>", "/wait")
    stage.answer("<Response><Leave/></Response>", "/pressed")
    stage.answer(HOLD, "/left")
    ann = await waits(stage, "ann", "<Response><Enqueue waitUrl='/wait' action='/left'>support</Enqueue></Response>")
    await until_jingle(ann)
    await ann.press("9")
    assert (await left(stage))["QueueResult"] == "leave"
    assert stage.app.params("/pressed")[0]["Digits"] == "9"


async def test_a_caller_who_hangs_up_while_waiting_is_told_of(stage: Stage) -> None:
    ann = await waits(stage, "ann")
    await until_heard([ann], lambda heard: heard["ann"].level > AUDIBLE)
    await ann.hang_up()
    params = await left(stage)
    assert params["QueueResult"] == "hangup"
    assert params["CallStatus"] == "completed"


async def test_the_agents_document_is_heard_by_the_caller_before_they_talk(stage: Stage) -> None:
    stage.app.voice["/jingle"] = sound(1.5)
    stage.answer("<Response><Play>/jingle</Play></Response>", "/announce")
    ann = await waits(stage, "ann")
    twiml = "<Response><Dial><Queue url='/announce'>support</Queue></Dial></Response>"
    bob = await waits(stage, "bob", twiml)
    await who_hears_whom([ann, bob], {"ann": {"bob"}, "bob": {"ann"}})
    assert for_a_moment(ann.recording(), JINGLE) > AUDIBLE
    assert for_a_moment(bob.recording(), JINGLE) < AUDIBLE
    (params,) = stage.app.params("/announce")
    assert params["DequeingCallSid"] != params["CallSid"]
    assert "QueueTime" in params


async def test_an_agent_who_hangs_up_during_the_document_leaves_the_caller_in_the_queue(stage: Stage) -> None:
    stage.answer("<Response><Pause length='60'/></Response>", "/announce")
    ann = await waits(stage, "ann")
    bob = await waits(stage, "bob", "<Response><Dial><Queue url='/announce'>support</Queue></Dial></Response>")
    await stage.until(lambda: bool(stage.app.params("/announce")))
    await bob.hang_up()
    cid = await waits(stage, "cid", AGENT)
    await who_hears_whom([ann, cid], {"ann": {"cid"}, "cid": {"ann"}})


async def test_a_wait_document_that_fails_ends_the_waiting_with_an_error(stage: Stage) -> None:
    stage.answer(HOLD, "/left")
    stage.answer("<Response><Dial>+15550100</Dial></Response>", "/wait")
    await waits(stage, "ann", "<Response><Enqueue waitUrl='/wait' action='/left'>support</Enqueue></Response>")
    assert (await left(stage))["QueueResult"] == "error"


async def test_a_hangup_in_the_wait_document_ends_the_call(stage: Stage) -> None:
    stage.answer("<Response><Hangup/></Response>", "/wait")
    ann = await waits(stage, "ann", "<Response><Enqueue waitUrl='/wait'>support</Enqueue></Response>")
    await within_deadline(ann.wait_ended())
