"""What goes wrong between a call and its application: one clear log line, the call handled, nothing left."""

import asyncio

import pytest
from structlog.testing import capture_logs

from ari_conf.phones.phone import AUDIBLE, CallRefusedError
from ari_conf.private_asterisk import PrivateAsterisk
from ari_conf.settings import NumberSettings
from tests.app_server import AppServer, ClosedPort, Handler, empty, failing, html, megabyte, xml_bomb
from tests.stage import IMPATIENT, Stage, set_stage, who_hears_whom, within_deadline

ROOM = "<Response><Dial><Conference>Room</Conference></Dial></Response>"


@pytest.mark.parametrize(
    ("answer", "code"),
    [(failing(500), 11200), (failing(404), 11200), (html, 12100), (empty, 11770), (megabyte, 11750), (xml_bomb, 12100)],
    ids=["500", "404", "html", "empty", "1 MB", "XML bomb"],
)
async def test_a_bad_answer_is_told_to_the_caller_and_ends_the_call(stage: Stage, answer: Handler, code: int) -> None:
    stage.app.voice["/voice"] = answer
    await the_caller_hears_that_it_does_not_work(stage, code)


async def the_caller_hears_that_it_does_not_work(stage: Stage, code: int) -> None:
    ann = stage.phone("ann")
    with capture_logs() as logs:
        await ann.dial("room")
        await within_deadline(ann.wait_ended())
    errors = [line for line in logs if line["log_level"] == "error"]
    assert [line["code"] for line in errors] == [code]
    assert errors[0]["cause"]
    assert "\n" not in errors[0]["cause"]
    assert ann.recording().level > AUDIBLE, "the caller heard nothing"
    await stage.nothing_is_left()


async def test_an_application_that_is_not_there(either_engine: PrivateAsterisk | None) -> None:
    with ClosedPort() as url:
        async with set_stage(either_engine, NumberSettings(voice_url=url), policy=IMPATIENT) as stage:
            await the_caller_hears_that_it_does_not_work(stage, 11205)


async def test_an_application_that_is_too_slow(either_engine: PrivateAsterisk | None) -> None:
    async with set_stage(either_engine, policy=IMPATIENT) as stage:
        stage.app.hold("/voice", ROOM)
        await the_caller_hears_that_it_does_not_work(stage, 11203)


async def test_the_fallback_is_asked_with_the_error_and_takes_over(either_engine: PrivateAsterisk | None) -> None:
    async with AppServer() as fallback:
        fallback.voice["/fallback"] = ROOM
        with ClosedPort() as dead:
            number = NumberSettings(voice_url=f"{dead}/voice", voice_fallback_url=fallback.url("/fallback"))
            async with set_stage(either_engine, number, policy=IMPATIENT) as stage:
                await stage.phone("ann").dial("room")
                (request,) = fallback.requests
                assert request.params["ErrorCode"] == "11205"
                assert request.params["ErrorUrl"] == f"{dead}/voice"


async def test_a_room_name_that_is_too_long_is_not_dialled_and_the_next_verb_runs(stage: Stage) -> None:
    stage.answer(f"<Response><Dial><Conference>{'x' * 200}</Conference></Dial><Redirect>/next</Redirect></Response>")
    stage.answer(ROOM, "/next")
    with capture_logs() as logs:
        await stage.room("ann")
    assert [line["code"] for line in logs if line["event"] == "notification"] == [13237]
    await stage.until(lambda: [conference.friendly_name for conference in stage.controller.rooms.conferences] == ["Room"])


async def test_a_room_name_that_is_too_long_fails_to_the_action(stage: Stage) -> None:
    stage.answer(f"<Response><Dial action='/next'><Conference>{'x' * 200}</Conference></Dial></Response>")
    stage.answer(ROOM, "/next")
    await stage.room("ann")
    (params,) = stage.app.params("/next")
    assert params["DialCallStatus"] == "failed"
    assert params["DialBridged"] == "false"


@pytest.mark.parametrize(
    ("verb", "notifications"),
    [("<Pay/>", 1), ("<Wiggle/>", 1), ("<Leave/>", 1), ("<Dial><Sim>DE1</Sim></Dial>", 2)],
)
async def test_a_verb_that_is_not_carried_out_is_told_and_passed_over(stage: Stage, verb: str, notifications: int) -> None:
    with capture_logs() as logs:
        await stage.room("ann", twiml=f"<Response>{verb}<Dial><Conference>Room</Conference></Dial></Response>")
    told = [line["event"] for line in logs if line["log_level"] in {"warning", "error"}]
    assert told == ["notification"] * notifications


async def test_the_phone_goes_while_the_application_thinks(stage: Stage) -> None:
    released = stage.app.hold("/voice", ROOM)
    ann = stage.phone("ann")
    dialling = asyncio.create_task(ann.dial("room"))
    await stage.until(lambda: len(stage.app.requests) == 1)
    await ann.hang_up()
    with pytest.raises(CallRefusedError):
        await dialling
    await stage.nothing_is_left()
    released.set()
    (bob,) = await stage.room("bob", twiml=ROOM)
    await stage.until(lambda: [len(conference.participants) for conference in stage.controller.rooms.conferences] == [1])
    await bob.hang_up()


async def test_a_callback_url_that_is_dead_disturbs_nobody_and_is_owed_on(stage: Stage) -> None:
    with ClosedPort() as dead:
        conference = f'<Conference statusCallback="{dead}" statusCallbackEvent="start end join leave">Room</Conference>'
        ann, bob = await stage.room("ann", "bob", twiml=f"<Response><Dial>{conference}</Dial></Response>")
        await who_hears_whom([ann, bob], {"ann": {"bob"}, "bob": {"ann"}})
        await stage.hang_up_all()
        await stage.nothing_is_left()
        assert stage.controller.outbox.owed == 6


@pytest.mark.parametrize(
    "dial",
    [
        "<Dial><Conference statusCallback='/relative'>Room</Conference></Dial>",
        "<Dial><Conference waitUrl='/relative'>Room</Conference></Dial>",
        "<Dial record='record-from-answer' recordingStatusCallback='/relative'><Conference>Room</Conference></Dial>",
    ],
    ids=["statusCallback", "waitUrl", "recordingStatusCallback of the leg"],
)
async def test_a_relative_url_in_a_document_from_the_settings(either_engine: PrivateAsterisk | None, dial: str) -> None:
    twiml = f"<Response>{dial}</Response>"
    async with set_stage(either_engine, NumberSettings(twiml=twiml)) as stage:
        await the_caller_hears_that_it_does_not_work(stage, 11100)
