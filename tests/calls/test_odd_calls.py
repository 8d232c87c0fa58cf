"""What applications and called ones do that nobody expects: loops without end, answers at once, keys at the wrong moment."""

import asyncio
from collections.abc import Mapping

import pytest

from ari_conf.calls import choices
from ari_conf.phones.phone import AUDIBLE
from tests.calls.by_ear import sound, until_jingle
from tests.calls.moments import HOLD, begun, rung
from tests.stage import Stage, set_stage, until_heard, who_hears_whom, within_deadline

REDIRECTS = "<Response><Redirect/></Response>"


async def after_dial(stage: Stage) -> Mapping[str, str]:
    return (await stage.request(lambda params: "DialCallStatus" in params)).params


@pytest.mark.parametrize(
    "twiml",
    [
        REDIRECTS,
        "<Response><Pause length='0'/><Redirect/></Response>",
        "<Response><Play loop='0'>/nothing</Play><Redirect/></Response>",
        "<Response><Dial><Conference>" + "x" * 200 + "</Conference></Dial><Redirect/></Response>",
    ],
    ids=["Redirect", "Pause of no length", "Play of nothing", "Dial of nobody"],
)
async def test_a_document_that_asks_for_itself_for_ever_is_paced(twiml: str) -> None:
    async with set_stage(None) as stage:
        stage.answer("<Response/>", "/nothing")
        await begun(stage, "ann", twiml)
        await stage.until(lambda: len(stage.app.params("/voice")) >= choices.DOCUMENTS_AT_ONCE)
        before, began = len(stage.app.params("/voice")), stage.clock.monotonic()
        await stage.until(lambda: stage.clock.monotonic() > began + 5.0)
        assert 1 <= len(stage.app.params("/voice")) - before <= 6 / choices.SECONDS_PER_DOCUMENT + 1


async def test_two_answer_in_the_same_instant_and_one_is_connected(stage: Stage) -> None:
    stage.answer(HOLD, "/after")
    bob, cid = stage.phone("bob"), stage.phone("cid")
    numbers = f"<Number>{bob.number}</Number><Number>{cid.number}</Number>"
    (ann,) = await stage.room("ann", twiml=f"<Response><Dial action='/after'>{numbers}</Dial></Response>")
    await asyncio.gather(rung(bob), rung(cid))
    await asyncio.gather(bob.pick_up(), cid.pick_up())
    ends = {name: asyncio.create_task(stage.phones[name].wait_ended()) for name in ("bob", "cid")}
    await within_deadline(asyncio.wait(ends.values(), return_when=asyncio.FIRST_COMPLETED))
    (winner,) = [name for name, end in ends.items() if not end.done()]
    await who_hears_whom([ann, stage.phones[winner]], {"ann": {winner}, winner: {"ann"}})
    await ann.hang_up()
    await within_deadline(asyncio.wait(ends.values()))


async def test_sequential_goes_on_after_somebody_has_declined(stage: Stage) -> None:
    stage.answer("<Response><Hangup/></Response>", "/screen")
    bob, cid = stage.phone("bob"), stage.phone("cid")
    numbers = f"<Number url='/screen'>{bob.number}</Number><Number>{cid.number}</Number>"
    (ann,) = await stage.room("ann", twiml=f"<Response><Dial sequential='true'>{numbers}</Dial></Response>")
    await rung(bob)
    await bob.pick_up()
    await within_deadline(bob.wait_ended())
    await rung(cid)
    await cid.pick_up()
    await who_hears_whom([ann, cid], {"ann": {"cid"}, "cid": {"ann"}})


# Star


async def test_star_ends_a_dial_that_rings(stage: Stage) -> None:
    stage.answer(HOLD, "/after")
    bob = stage.phone("bob")
    dial = f"<Dial action='/after' hangupOnStar='true'><Number statusCallback='/events'>{bob.number}</Number></Dial>"
    (ann,) = await stage.room("ann", twiml=f"<Response>{dial}</Response>")
    await rung(bob)
    await ann.press("*")
    await within_deadline(bob.wait_ended())
    params = await after_dial(stage)
    assert (params["DialCallStatus"], params["DialBridged"]) == ("canceled", "false")
    (told,) = await stage.callbacks(1)
    assert told["CallStatus"] == "canceled"


async def test_star_ends_a_dial_that_is_being_screened(stage: Stage) -> None:
    stage.app.voice["/jingle"] = sound(60.0)
    stage.answer("<Response><Play>/jingle</Play></Response>", "/screen")
    stage.answer(HOLD, "/after")
    bob = stage.phone("bob")
    dial = f"<Dial action='/after' hangupOnStar='true'><Number url='/screen'>{bob.number}</Number></Dial>"
    (ann,) = await stage.room("ann", twiml=f"<Response>{dial}</Response>")
    await rung(bob)
    await bob.pick_up()
    await until_jingle(bob)
    await ann.press("*")
    await within_deadline(bob.wait_ended())
    assert (await after_dial(stage))["DialCallStatus"] == "canceled"


async def test_star_ends_an_agents_waiting(stage: Stage) -> None:
    stage.answer(HOLD, "/after")
    twiml = "<Response><Dial action='/after' hangupOnStar='true'><Queue>support</Queue></Dial></Response>"
    (bob,) = await stage.room("bob", twiml=twiml)
    await until_heard([bob], lambda heard: heard["bob"].amplitude(480.0) > AUDIBLE)
    await bob.press("*")
    assert (await after_dial(stage))["DialCallStatus"] == "canceled"


async def test_star_means_nothing_without_hangup_on_star(stage: Stage) -> None:
    bob = stage.phone("bob")
    (ann,) = await stage.room("ann", twiml=f"<Response><Dial>{bob.number}</Dial></Response>")
    await rung(bob)
    await ann.press("*")
    await bob.pick_up()
    await who_hears_whom([ann, bob], {"ann": {"bob"}, "bob": {"ann"}})


# What is told


async def test_a_hangup_answers_before_it_hangs_up(stage: Stage) -> None:
    (ann,) = await stage.room("ann", twiml="<Response><Hangup/></Response>")
    await within_deadline(ann.wait_ended())


async def test_a_recording_without_an_action_is_told_to_the_document_when_the_caller_hangs_up(stage: Stage) -> None:
    (ann,) = await stage.room("ann", twiml="<Response><Record playBeep='false'/></Response>")
    await ann.hear(1.5)
    await ann.hang_up()
    request = await stage.request(lambda params: params.get("Digits") == "hangup")
    assert (request.path, request.params["CallStatus"]) == ("/voice", "completed")


async def test_a_thousand_verbs(stage: Stage) -> None:
    stage.app.voice["/jingle"] = sound(60.0)
    verbs = "<Pause length='0'/><Leave/>" * 498
    (ann,) = await stage.room("ann", twiml=f"<Response>{verbs}<Play>/jingle</Play></Response>")
    await until_jingle(ann)


@pytest.mark.parametrize("caller_id", ["a&quot;b", "&lt;sip:x@y&gt;", "+1 (555) 010-0100", "M&#252;ller", "a,b;c", "x" * 200])
async def test_an_odd_caller_id_does_not_stop_the_dial(stage: Stage, caller_id: str) -> None:
    bob = stage.phone("bob")
    stage.answer(HOLD, "/after")
    twiml = f'<Response><Dial action="/after" callerId="{caller_id}">{bob.number}</Dial></Response>'
    (ann,) = await stage.room("ann", twiml=twiml)
    await rung(bob)
    await bob.pick_up()
    await who_hears_whom([ann, bob], {"ann": {"bob"}, "bob": {"ann"}})
