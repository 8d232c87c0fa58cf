"""What a call's own document lets its caller hear, and collects from it: Say, Play, Pause, Gather, Record."""

import io
from collections.abc import Mapping

import aiohttp
import pytest
import soundfile
from aiohttp import web

from ari_conf.phones.phone import AUDIBLE, CallRefusedError
from ari_conf.private_asterisk import PrivateAsterisk
from ari_conf.settings import NumberSettings
from tests.app_server import failing
from tests.calls.by_ear import JINGLE, OTHER_JINGLE, for_a_moment, sound, until_jingle, until_quiet
from tests.stage import ACCOUNT, Stage, set_stage, until_heard, within_deadline


async def test_play_then_the_document_is_over_and_the_call_hung_up(stage: Stage) -> None:
    stage.app.voice["/jingle"] = sound(1.0)
    (ann,) = await stage.room("ann", twiml="<Response><Play>/jingle</Play></Response>")
    await within_deadline(ann.wait_ended())
    heard = ann.recording()
    assert for_a_moment(heard, JINGLE) > AUDIBLE
    assert len(heard.samples) / heard.rate > 0.9


async def test_prompts_are_heard_one_after_the_other(stage: Stage) -> None:
    stage.app.voice["/first"] = sound(0.6)
    stage.app.voice["/second"] = sound(0.6, OTHER_JINGLE)
    twiml = "<Response><Play loop='2'>/first</Play><Pause length='1'/><Play>second</Play><Say>Goodbye.</Say></Response>"
    (ann,) = await stage.room("ann", twiml=twiml)
    await within_deadline(ann.wait_ended())
    heard = ann.recording()
    tenth = heard.rate // 10
    parts = [type(heard)(heard.samples[at : at + tenth], heard.rate) for at in range(0, len(heard.samples) - tenth, tenth)]
    second = [index for index, part in enumerate(parts) if part.amplitude(OTHER_JINGLE) > AUDIBLE]
    # What is said afterwards may have these pitches too.
    first = [index for index, part in enumerate(parts[: min(second)]) if part.amplitude(JINGLE) > AUDIBLE]
    assert max(first) - min(first) >= 10, "played once only"
    assert min(second) - max(first) >= 8, "no pause between"
    assert any(part.level > AUDIBLE for part in parts[min(second) + 8 :]), "nothing was said"


async def test_an_answer_that_is_a_sound_is_played_and_the_call_hung_up(stage: Stage) -> None:
    stage.app.voice["/voice"] = sound(0.8, form="MP3")
    ann = stage.phone("ann")
    await ann.dial("room")
    await within_deadline(ann.wait_ended())
    assert for_a_moment(ann.recording(), JINGLE) > AUDIBLE


async def test_plain_text_is_spoken(stage: Stage) -> None:
    stage.app.voice["/voice"] = lambda _: web.Response(text="Hello. This is no TwiML.", content_type="text/plain")
    ann = stage.phone("ann")
    await ann.dial("room")
    await within_deadline(ann.wait_ended())
    assert ann.recording().level > AUDIBLE


async def test_a_pause_before_anything_does_not_answer(stage: Stage) -> None:
    stage.answer("<Response><Pause length='1'/><Reject reason='busy'/></Response>")
    with pytest.raises(CallRefusedError):
        await stage.phone("ann").dial("room")


async def test_a_sound_that_cannot_be_had_is_passed_over(stage: Stage) -> None:
    stage.app.voice["/gone"] = failing(404)
    stage.app.voice["/jingle"] = sound(1.0)
    (ann,) = await stage.room("ann", twiml="<Response><Play>/gone</Play><Play>/jingle</Play></Response>")
    await within_deadline(ann.wait_ended())
    assert for_a_moment(ann.recording(), JINGLE) > AUDIBLE
    codes = [int(one.code) for one in stage.controller.notifications.of_account(ACCOUNT.sid)]
    assert codes == [11200]


async def test_play_digits_presses_keys_at_the_callers_side(stage: Stage) -> None:
    (ann,) = await stage.room("ann", twiml="<Response><Play digits='12w#'/><Pause length='2'/></Response>")
    await stage.until(lambda: ann.keys_heard == "12#")


# Gather


def gather(attributes: str, prompts: str = "", after: str = "<Redirect>/nothing</Redirect>") -> str:
    return f"<Response><Gather {attributes}>{prompts}</Gather>{after}</Response>"


async def digits(stage: Stage) -> Mapping[str, str]:
    return (await stage.request(lambda params: "Digits" in params)).params


@pytest.mark.parametrize(
    ("attributes", "keys", "collected", "finished_on"),
    [
        ("", "12#", "12", "#"),
        ('numDigits="3"', "123", "123", None),
        ('finishOnKey="*"', "1#2*", "1#2", "*"),
        ('finishOnKey="" numDigits="2"', "##", "##", None),
        ('timeout="1"', "42", "42", None),
    ],
)
async def test_gather_collects_keys(stage: Stage, attributes: str, keys: str, collected: str, finished_on: str | None) -> None:
    stage.answer("<Response><Pause length='30'/></Response>", "/pin")
    (ann,) = await stage.room("ann", twiml=gather(f'action="/pin" {attributes}', "<Play>/jingle</Play>"))
    for key in keys:
        await ann.press(key)
    params = await digits(stage)
    assert params["Digits"] == collected
    assert params.get("FinishedOnKey") == finished_on
    assert params["CallStatus"] == "in-progress"


async def test_a_key_stops_the_prompts(stage: Stage) -> None:
    stage.app.voice["/jingle"] = sound(60.0)
    (ann,) = await stage.room("ann", twiml=gather('action="/pin" timeout="60"', "<Play>/jingle</Play>"))
    await until_jingle(ann)
    await ann.press("1")
    await until_quiet(ann)


async def test_without_barge_in_the_prompts_go_on_and_the_keys_count(stage: Stage) -> None:
    stage.app.voice["/jingle"] = sound(2.0)
    stage.answer("<Response><Pause length='30'/></Response>", "/pin")
    twiml = gather('action="/pin" bargeIn="false" timeout="1"', "<Play>/jingle</Play>")
    (ann,) = await stage.room("ann", twiml=twiml)
    await until_jingle(ann)
    await ann.press("7")
    await until_jingle(ann)
    assert (await digits(stage))["Digits"] == "7"


@pytest.mark.parametrize("keys", ["", "#"])
async def test_without_digits_the_next_verb_runs(stage: Stage, keys: str) -> None:
    stage.answer("<Response><Pause length='30'/></Response>", "/nothing")
    (ann,) = await stage.room("ann", twiml=gather('action="/pin" timeout="1"'))
    for key in keys:
        await ann.press(key)
    await stage.until(lambda: bool(stage.app.params("/nothing")))
    assert stage.app.params("/pin") == []


async def test_an_empty_result_is_told_if_that_is_wanted(stage: Stage) -> None:
    stage.answer("<Response><Pause length='30'/></Response>", "/pin")
    await stage.room("ann", twiml=gather('action="/pin" timeout="1" actionOnEmptyResult="true"'))
    assert (await digits(stage))["Digits"] == ""


async def test_without_an_action_gather_asks_its_own_document(stage: Stage) -> None:
    stage.answer(gather('numDigits="1"'))
    (ann,) = await stage.room("ann")
    await ann.press("5")
    request = await stage.request(lambda params: "Digits" in params)
    assert request.path == "/voice"


# Record


def record(attributes: str = "", after: str = "<Redirect>/nothing</Redirect>") -> str:
    return f"<Response><Record {attributes}/>{after}</Response>"


async def fetched(url: str) -> tuple[float, int]:
    """Return how many seconds a recording lasts, and its channels."""
    auth = {"Authorization": aiohttp.encode_basic_auth(ACCOUNT.sid, ACCOUNT.auth_token)}
    async with aiohttp.ClientSession() as session, session.get(url, headers=auth) as answer:
        assert answer.status == 200
        samples, rate = soundfile.read(io.BytesIO(await answer.read()), always_2d=True)
    return len(samples) / rate, samples.shape[1]


async def test_a_key_ends_the_recording(stage: Stage) -> None:
    stage.answer("<Response><Pause length='30'/></Response>", "/recorded")
    attributes = 'action="/recorded" finishOnKey="#" recordingStatusCallback="/status" timeout="0"'
    (ann,) = await stage.room("ann", twiml=record(attributes))
    await ann.hear(2.0)
    await ann.press("#")
    params = (await stage.request(lambda params: "RecordingUrl" in params and "Digits" in params)).params
    assert params["Digits"] == "#"
    assert 1 <= int(params["RecordingDuration"]) <= 3
    status = (await stage.request(lambda params: params.get("RecordingStatus") == "completed")).params
    assert status["RecordingSource"] == "RecordVerb"
    assert status["RecordingUrl"] == params["RecordingUrl"]
    seconds, channels = await fetched(params["RecordingUrl"])
    assert seconds > 1.0
    assert channels == 1


async def test_a_beep_is_heard_before_the_recording(stage: Stage) -> None:
    (ann,) = await stage.room("ann", twiml=record('action="/recorded" timeout="0"'))
    await until_heard([ann], lambda _: for_a_moment(ann.recording(), 1243.75) > AUDIBLE)


async def test_silence_ends_the_recording_and_is_trimmed(stage: Stage) -> None:
    stage.answer("<Response><Pause length='30'/></Response>", "/recorded")
    ann = stage.phone("ann")
    stage.answer(record('action="/recorded" timeout="2" playBeep="false"'))
    await ann.dial("room")
    await ann.hear(1.5)
    ann.talk(on=False)
    params = (await stage.request(lambda params: "RecordingDuration" in params)).params
    assert params["Digits"] == ""
    assert 1 <= int(params["RecordingDuration"]) <= 3


async def test_a_recording_without_anything_in_it_goes_on_with_the_next_verb(stage: Stage) -> None:
    stage.answer("<Response><Pause length='30'/></Response>", "/nothing")
    ann = stage.phone("ann")
    ann.talk(on=False)
    stage.answer(record('action="/recorded" timeout="1" playBeep="false"'))
    await ann.dial("room")
    await stage.until(lambda: bool(stage.app.params("/nothing")))
    assert stage.app.params("/recorded") == []


async def test_the_longest_length_ends_the_recording(stage: Stage) -> None:
    stage.answer("<Response><Pause length='30'/></Response>", "/recorded")
    await stage.room("ann", twiml=record('action="/recorded" maxLength="1" playBeep="false"'))
    params = (await stage.request(lambda params: "RecordingDuration" in params)).params
    assert params["RecordingDuration"] == "1"


async def test_a_caller_who_hangs_up_has_ended_the_recording(stage: Stage) -> None:
    (ann,) = await stage.room("ann", twiml=record('action="/recorded" playBeep="false"'))
    await ann.hear(1.5)
    await ann.hang_up()
    params = (await stage.request(lambda params: "RecordingDuration" in params)).params
    assert params["Digits"] == "hangup"
    assert params["CallStatus"] == "completed"


# What went wrong


async def test_the_caller_is_told_in_words_that_the_application_has_failed(stage: Stage) -> None:
    stage.app.voice["/voice"] = failing(500)
    ann = stage.phone("ann")
    await ann.dial("room")
    await within_deadline(ann.wait_ended())
    heard = ann.recording()
    assert heard.level > AUDIBLE
    assert len(heard.samples) / heard.rate > 2.0


async def test_a_relative_action_in_a_document_from_the_settings(either_engine: PrivateAsterisk | None) -> None:
    twiml = "<Response><Gather numDigits='1'/></Response>"
    async with set_stage(either_engine, NumberSettings(twiml=twiml)) as stage:
        ann = stage.phone("ann")
        await ann.dial("room")
        await ann.press("1")
        await within_deadline(ann.wait_ended())
        (noted,) = stage.controller.notifications.of_account(ACCOUNT.sid)
        assert "relative" in noted.message
