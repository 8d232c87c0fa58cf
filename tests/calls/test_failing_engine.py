"""An engine that refuses what it is asked: the call goes on where it can, else it is ended, and nobody waits for ever."""

import asyncio
from typing import Final

import pytest
from structlog.testing import capture_logs

from ari_conf.media.port import EngineError, RecordingFinished
from tests.calls.by_ear import sound
from tests.calls.moments import AGENT, ENQUEUE, HOLD, rung
from tests.stage import ACCOUNT, Stage, set_stage, who_hears_whom, within_deadline

REFUSAL: Final = "the engine does not want to"


def refuse(stage: Stage, monkeypatch: pytest.MonkeyPatch, *methods: str) -> None:
    async def refused(*_args: object, **_named: object) -> None:
        raise EngineError(REFUSAL)

    for method in methods:
        monkeypatch.setattr(stage.controller.engine, method, refused)


JOIN: Final = "<Response><Dial><Conference>Room</Conference></Dial></Response>"

DOCUMENTS: Final = {
    "answer": "<Response><Play>/jingle</Play></Response>",
    "play": "<Response><Play>/jingle</Play></Response>",
    "reject": "<Response><Reject/></Response>",
    "send_digits": "<Response><Play digits='1'/></Response>",
    "detect_talking": "<Response><Record playBeep='false'/></Response>",
    "stop_recording": "<Response><Record playBeep='false' maxLength='1'/></Response>",
    "set_jitter_buffer": JOIN,
}


@pytest.mark.parametrize("method", DOCUMENTS)
async def test_a_call_that_cannot_be_served_is_ended(method: str, monkeypatch: pytest.MonkeyPatch) -> None:
    async with set_stage(None) as stage:
        stage.app.voice["/jingle"] = sound(0.5)
        stage.answer(DOCUMENTS[method])
        refuse(stage, monkeypatch, method)
        ann = stage.phone("ann")
        with capture_logs() as logs:
            dialling = asyncio.create_task(ann.dial("room"))
            await within_deadline(asyncio.wait({dialling}))
            await within_deadline(ann.wait_ended())
            await stage.nothing_is_left()
        dialling.exception()
        causes = [line["cause"] for line in logs if line["log_level"] == "error"]
        assert causes == [REFUSAL]


async def test_nobody_waits_for_the_ringing(monkeypatch: pytest.MonkeyPatch) -> None:
    async with set_stage(None) as stage:
        monkeypatch.setattr(stage.controller.engine, "ring", lambda _call_sid: asyncio.Event().wait())
        await stage.room("ann", twiml=JOIN)
        await stage.hang_up_all()
        await stage.nothing_is_left()


async def test_a_call_that_cannot_ring_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    async with set_stage(None) as stage:
        refuse(stage, monkeypatch, "ring")
        with capture_logs() as logs:
            await stage.room("ann", twiml=JOIN)
            await stage.hang_up_all()
            await stage.nothing_is_left()
        assert [line["cause"] for line in logs if line["log_level"] == "warning"] == [REFUSAL]


@pytest.mark.parametrize("record", ["<Record action='/after'/>", "<Dial record='record-from-answer' action='/after'>{}</Dial>"])
async def test_a_recording_that_cannot_be_made_lets_the_call_go_on(record: str, monkeypatch: pytest.MonkeyPatch) -> None:
    async with set_stage(None) as stage:
        stage.answer(HOLD, "/after")
        bob = stage.phone("bob")
        refuse(stage, monkeypatch, "record")
        (ann,) = await stage.room("ann", twiml=f"<Response>{record.format(bob.number)}<Redirect>/after</Redirect></Response>")
        if "Dial" in record:
            await rung(bob)
            await bob.pick_up()
            await who_hears_whom([ann, bob], {"ann": {"bob"}, "bob": {"ann"}})
            await bob.hang_up()
        await stage.until(lambda: bool(stage.app.params("/after")))
        assert "RecordingUrl" not in stage.app.params("/after")[0]
        (noted,) = stage.controller.notifications.of_account(ACCOUNT.sid)
        assert REFUSAL in noted.message


STATUS: Final = "recordingStatusCallback='/status' recordingStatusCallbackEvent='in-progress completed absent'"


@pytest.mark.parametrize("record", [f"<Record playBeep='false' {STATUS}/>", f"<Dial record='true' {STATUS}>{{}}</Dial>"])
async def test_a_recording_that_fails_as_it_begins_is_told_and_the_call_goes_on(
    record: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with set_stage(None) as stage:

        async def fail_at_once(_call_sid: str, name: str, **_how: object) -> None:
            stage.controller.recordings.over(RecordingFinished(name, None, "the disk is full"))

        monkeypatch.setattr(stage.controller.engine, "record", fail_at_once)
        stage.answer(HOLD, "/after")
        bob = stage.phone("bob")
        (ann,) = await stage.room("ann", twiml=f"<Response>{record.format(bob.number)}<Redirect>/after</Redirect></Response>")
        if "Dial" in record:
            await rung(bob)
            await bob.pick_up()
            await who_hears_whom([ann, bob], {"ann": {"bob"}, "bob": {"ann"}})
            await bob.hang_up()
        await stage.until(lambda: bool(stage.app.params("/after")))
        told = await stage.callbacks(1, "/status")
        assert [params["RecordingStatus"] for params in told] == ["absent"]
        assert stage.controller.recordings.running(ACCOUNT.sid) == []


async def test_a_leg_that_cannot_be_screened_is_not_connected_and_the_next_one_is_tried(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with set_stage(None) as stage:
        refuse(stage, monkeypatch, "send_digits")
        bob, cid = stage.phone("bob"), stage.phone("cid")
        numbers = f"<Number sendDigits='1'>{bob.number}</Number><Number>{cid.number}</Number>"
        (ann,) = await stage.room("ann", twiml=f"<Response><Dial sequential='true'>{numbers}</Dial></Response>")
        await rung(bob)
        await bob.pick_up()
        await within_deadline(bob.wait_ended())
        await rung(cid)
        await cid.pick_up()
        await who_hears_whom([ann, cid], {"ann": {"cid"}, "cid": {"ann"}})


async def test_a_leg_that_cannot_be_placed_has_failed(monkeypatch: pytest.MonkeyPatch) -> None:
    async with set_stage(None) as stage:
        stage.answer(HOLD, "/after")
        refuse(stage, monkeypatch, "place")
        await stage.room("ann", twiml="<Response><Dial action='/after'>+15550100</Dial></Response>")
        params = (await stage.request(lambda params: "DialCallStatus" in params)).params
        assert (params["DialCallStatus"], params["DialBridged"]) == ("failed", "false")


async def test_an_agents_document_that_cannot_be_played_keeps_nobody_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    async with set_stage(None) as stage:
        stage.app.voice["/jingle"] = sound(0.5)
        stage.answer("<Response><Play>/jingle</Play></Response>", "/announce")
        (ann,) = await stage.room("ann", twiml=ENQUEUE.format(""))
        with monkeypatch.context() as failing:
            refuse(stage, failing, "play")
            (bob,) = await stage.room("bob", twiml=AGENT.format("/announce"))
            await who_hears_whom([ann, bob], {"ann": {"bob"}, "bob": {"ann"}})


async def test_a_wait_document_that_cannot_be_played_keeps_the_place_in_the_queue(monkeypatch: pytest.MonkeyPatch) -> None:
    async with set_stage(None) as stage:
        stage.app.voice["/jingle"] = sound(60.0)
        stage.answer("<Response><Play>/jingle</Play></Response>", "/wait")
        with monkeypatch.context() as failing:
            refuse(stage, failing, "play")
            (ann,) = await stage.room("ann", twiml=ENQUEUE.format("/wait"))
            await stage.until(lambda: bool(stage.app.params("/jingle")))
        (bob,) = await stage.room("bob", twiml=AGENT.format(""))
        await who_hears_whom([ann, bob], {"ann": {"bob"}, "bob": {"ann"}})


async def test_a_caller_hears_no_ringing_and_is_connected_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    async with set_stage(None) as stage:
        bob = stage.phone("bob")
        refuse(stage, monkeypatch, "play")
        (ann,) = await stage.room("ann", twiml=f"<Response><Dial>{bob.number}</Dial></Response>")
        await rung(bob)
        await bob.pick_up()
        await who_hears_whom([ann, bob], {"ann": {"bob"}, "bob": {"ann"}})


async def test_a_fault_of_ours_ends_the_waiting_with_a_system_error(monkeypatch: pytest.MonkeyPatch) -> None:
    async def fault(*_args: object) -> None:
        raise RuntimeError("a fault")

    async with set_stage(None) as stage:
        stage.app.voice["/jingle"] = sound(0.5)
        stage.answer("<Response><Play>/jingle</Play></Response>", "/wait")
        stage.answer(HOLD, "/after")
        with monkeypatch.context() as failing:
            failing.setattr(stage.controller.engine, "play", fault)
            await stage.room("ann", twiml=ENQUEUE.format("/wait"))
            params = (await stage.request(lambda params: "QueueResult" in params)).params
        assert params["QueueResult"] == "system-error"
