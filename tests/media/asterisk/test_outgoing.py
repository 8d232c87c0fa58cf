"""Calls that are placed: to phones that pick up, refuse, are busy, do not answer or are nowhere."""

import asyncio

import pytest

from ari_conf.audio.wav import read_wav
from ari_conf.conference import InMix
from ari_conf.media.port import (
    CallAnswered,
    CallEnded,
    CallRinging,
    DigitPressed,
    EngineError,
    RecordingFinished,
    TalkingChanged,
    Track,
    Unanswered,
)

from .outside import CALLER_ID, Outside, nothing_told, uri_of
from .scene import Scene, in_samples, nothing_in, until, within_deadline

LIVE, MUTED = InMix(), InMix(muted=True)


@pytest.fixture
def outside(scene: Scene) -> Outside:
    return Outside(scene)


async def test_a_placed_call_is_told_as_ringing_and_answered_and_both_hear_each_other(scene: Scene, outside: Outside) -> None:
    await scene.call("ann")
    await outside.call("bob")
    scene.conference_sid = scene.sids["ann"]
    await scene.place({"ann": LIVE, "bob": LIVE})
    await scene.hears({"ann": {"bob"}, "bob": {"ann"}})
    await scene.place({"ann": LIVE, "bob": MUTED})
    await scene.hears({"ann": set(), "bob": {"ann"}})
    await scene.place({"ann": LIVE, "bob": LIVE})
    await scene.engine.record(scene.sids["bob"], "RE1", track=Track.INBOUND)
    await scene.hears({"ann": {"bob"}, "bob": {"ann"}})
    await scene.hang_up("bob")
    ended = await outside.ended("bob")
    assert (ended.unanswered, ended.sip_status) == (None, 200)
    assert ended.sip_call_id
    path = (await scene.event(RecordingFinished)).path
    assert path is not None
    assert in_samples(read_wav(path)[0]) == {"bob"}
    await scene.place({"ann": LIVE})
    await scene.place({})


async def test_we_hang_up_a_call_that_was_answered(scene: Scene, outside: Outside) -> None:
    await outside.call("bob")
    await scene.engine.hang_up(scene.sids["bob"])
    ended = await outside.ended("bob")
    assert (ended.cause, ended.unanswered, ended.sip_status) == ("Normal Clearing", None, 200)
    await within_deadline(scene.phones["bob"].wait_ended())
    await scene.engine.hang_up(scene.sids["bob"])


@pytest.mark.parametrize(
    ("status", "unanswered"),
    [
        (486, Unanswered.BUSY),
        (600, Unanswered.BUSY),
        (480, Unanswered.NO_ANSWER),
        (403, Unanswered.FAILED),
        (404, Unanswered.FAILED),
        (503, Unanswered.FAILED),
        (603, Unanswered.FAILED),
    ],
)
async def test_a_refusal_is_told_with_its_status(outside: Outside, status: int, unanswered: Unanswered) -> None:
    bob = await outside.ring("bob")
    await bob.refuse(status)
    ended = await outside.ended("bob")
    assert (ended.unanswered, ended.sip_status) == (unanswered, status)


async def test_a_phone_in_a_call_is_busy_and_never_rings(scene: Scene, outside: Outside) -> None:
    await outside.call("bob")
    first = scene.sids["bob"]
    await outside.place("bob")
    ended = await outside.ended("bob")
    assert (ended.unanswered, ended.sip_status) == (Unanswered.BUSY, 486)
    await nothing_told(scene)
    scene.sids["bob"] = first


async def test_nobody_picks_up_in_time(scene: Scene, outside: Outside) -> None:
    bob = outside.phone("bob")
    await outside.place("bob", seconds=1.0)
    await within_deadline(bob.wait_ended())
    ended = await outside.ended("bob")
    assert (ended.unanswered, ended.sip_status) == (Unanswered.NO_ANSWER, None)
    assert scene.events == [CallRinging(scene.sids["bob"])]


async def test_a_call_that_rings_is_cancelled(scene: Scene, outside: Outside) -> None:
    bob = await outside.ring("bob")
    await scene.engine.hang_up(scene.sids["bob"])
    ended = await outside.ended("bob")
    assert (ended.unanswered, ended.sip_status) == (Unanswered.CANCELED, None)
    await within_deadline(bob.wait_ended())
    with pytest.raises(RuntimeError, match="does not ring"):
        await bob.pick_up()


async def test_a_host_that_does_not_exist_is_a_failure(outside: Outside) -> None:
    await outside.place("bob", "sip:bob@nowhere.invalid")
    assert (await outside.ended("bob")).unanswered is Unanswered.FAILED


@pytest.mark.parametrize(
    ("to", "message"),
    [
        ("client:nobody", "is there such an endpoint"),
        ("client:1001", "is the phone registered"),
        ("+1555&PJSIP/x", "a number has digits"),
        ("client:a@trunk", "the client name"),
        ("sip:a@b/c", "no SIP URI"),
    ],
)
async def test_what_cannot_be_dialled_is_an_error_and_nothing_is_told(
    scene: Scene, outside: Outside, to: str, message: str
) -> None:
    with pytest.raises(EngineError, match=message):
        await outside.place("bob", to)
    await nothing_told(scene)


async def test_the_called_side_sees_the_caller_id_and_the_headers(outside: Outside) -> None:
    query = "?X-Order=12%2C%20%24%7BEXTEN%7D%20%3B%22%C3%BC%22&Via=evil&x-tr=a%26b"
    await outside.ring("bob", uri_of("bob", query))
    seen = outside.callers["bob"]
    assert (seen.from_, seen.to) == (CALLER_ID, "bob")
    assert set(seen.headers) == {("X-Order", '12, ${EXTEN} ;"ü"'), ("x-tr", "a&b")}


@pytest.mark.parametrize(("caller_id", "seen"), [("client:ann", "ann"), ("sip:eve@x.example", "eve"), ("<;>", "anonymous")])
async def test_other_caller_ids(outside: Outside, caller_id: str, seen: str) -> None:
    await outside.ring("bob", caller_id=caller_id)
    assert outside.callers["bob"].from_ == seen


async def test_keys_are_heard_as_keys_outside_and_inside_a_mix(scene: Scene, outside: Outside) -> None:
    await scene.call("ann")
    await outside.call("bob")
    await within_deadline(scene.engine.send_digits(scene.sids["bob"], "1w2"))
    await scene.place({"ann": LIVE, "bob": LIVE})
    await within_deadline(scene.engine.send_digits(scene.sids["bob"], "D#"))
    assert scene.phones["bob"].keys_heard == "12D#"
    assert scene.phones["ann"].keys_heard == ""
    await scene.phones["bob"].press("7")
    assert await scene.event(DigitPressed) == DigitPressed(scene.sids["bob"], "7")


async def test_a_cancelled_sending_of_keys_stops(scene: Scene, outside: Outside) -> None:
    await outside.call("bob")
    bob = scene.phones["bob"]
    sending = asyncio.create_task(scene.engine.send_digits(scene.sids["bob"], "12W" + "3" * 50))
    await until(lambda: bob.keys_heard == "12")
    sending.cancel()
    await within_deadline(scene.engine.send_digits(scene.sids["bob"], "9"))
    assert bob.keys_heard == "129"
    with pytest.raises(ValueError, match="these keys cannot be pressed"):
        await scene.engine.send_digits(scene.sids["bob"], "1x")


async def test_talking_outside_a_mix(scene: Scene, outside: Outside) -> None:
    await outside.call("bob")
    sid = scene.sids["bob"]
    scene.phones["bob"].talk(on=False)
    await scene.engine.detect_talking(sid, wanted=True)
    scene.phones["bob"].talk(on=True)
    assert await scene.event(TalkingChanged) == TalkingChanged(sid, talking=True)
    scene.phones["bob"].talk(on=False)
    assert await scene.event(TalkingChanged) == TalkingChanged(sid, talking=False)
    await scene.engine.detect_talking(sid, wanted=False)
    scene.phones["bob"].talk(on=True)
    await scene.hear()
    await nothing_told(scene)


async def test_a_placed_call_is_played_to_and_can_be_recorded(scene: Scene, outside: Outside) -> None:
    await outside.call("bob")
    playing = asyncio.create_task(scene.engine.play(scene.sids["bob"], scene.sound()))
    await scene.engine.record(scene.sids["bob"], "RE2")
    await scene.hears({"bob": {"sound"}})
    playing.cancel()
    await scene.hears({"bob": set()})
    await scene.engine.stop_recording("RE2")
    path = (await scene.event(RecordingFinished)).path
    assert path is not None
    assert in_samples(read_wav(path)[0]) == {"bob", "sound"}


async def test_two_at_once_and_the_one_that_is_cancelled_stops_ringing(scene: Scene, outside: Outside) -> None:
    bob, cid = await asyncio.gather(outside.ring("bob"), outside.ring("cid"))
    await within_deadline(bob.pick_up())
    assert await scene.event(CallAnswered) == CallAnswered(scene.sids["bob"])
    await scene.engine.hang_up(scene.sids["cid"])
    await within_deadline(cid.wait_ended())
    assert (await scene.event(CallEnded)).call_sid == scene.sids["cid"]


async def test_placing_that_is_cancelled_leaves_nothing(scene: Scene, outside: Outside) -> None:
    outside.phone("bob")
    for rounds in range(12):
        placing = asyncio.create_task(outside.place("bob"))
        for _ in range(rounds):
            await asyncio.sleep(0)
        placing.cancel()
        await asyncio.wait({placing})
        if not placing.cancelled():  # it was over before
            await scene.engine.hang_up(scene.sids["bob"])
            await outside.ended("bob")
    assert len(scene.engine._legs) == 0
    await nothing_in(scene.asterisk)
    assert not [event for event in scene.events if isinstance(event, CallEnded)]


async def test_a_call_that_is_hung_up_while_it_is_placed_ends_once(scene: Scene, outside: Outside) -> None:
    outside.phone("bob")
    for rounds in range(1, 12):
        placing = asyncio.create_task(outside.place("bob"))
        for _ in range(rounds):
            await asyncio.sleep(0)
        await scene.engine.hang_up(scene.sids["bob"])
        await placing
        # Where the engine did not know of the call yet, there was nothing to hang up.
        await scene.engine.hang_up(scene.sids["bob"])
        assert (await outside.ended("bob")).unanswered is Unanswered.CANCELED
    await nothing_in(scene.asterisk)
