"""What the port promises of single calls, placed ones above all: the same on the Python mixer and on a real Asterisk."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from ari_conf.media.port import CallAnswered, CallEnded, CallRinging, TalkingChanged, Unanswered
from ari_conf.phones.phone import AUDIBLE
from ari_conf.private_asterisk import PrivateAsterisk
from tests.stage import TONES, listen, until, until_heard, voices, who_hears_whom, within_deadline

from .desk import Desk, open_desk

QUIET = 0.004
"""The level that nothing but rounding and codec noise reaches."""

SOUND = 1450.0


@pytest.fixture
async def desk(either_engine: PrivateAsterisk | None, tmp_path: Path) -> AsyncIterator[Desk]:
    async with open_desk(either_engine, tmp_path) as made:
        yield made


async def test_who_is_called_rings_answers_and_is_in_a_mix_with_the_caller(desk: Desk) -> None:
    ann = await desk.call("ann")
    bob = desk.phone("bob")
    sid = await desk.place(bob, caller_id="+4930987")
    assert "4930987" in (await bob.ringing()).from_
    await desk.event(CallRinging, lambda event: event.call_sid == sid)
    assert not any(isinstance(event, CallAnswered) for event in desk.told)
    await bob.pick_up()
    await desk.event(CallAnswered, lambda event: event.call_sid == sid)
    await desk.put_together("ann", "bob")
    await who_hears_whom([ann, bob], {"ann": {"bob"}, "bob": {"ann"}})


async def test_when_one_of_two_hangs_up_the_other_hears_silence_and_can_be_put_together_with_another(desk: Desk) -> None:
    ann, bob = await desk.call("ann"), await desk.talk_to("bob")
    await desk.put_together("ann", "bob")
    await who_hears_whom([ann, bob], {"ann": {"bob"}, "bob": {"ann"}})
    await bob.hang_up()
    ended = await desk.ended("bob")
    assert ended.unanswered is None
    await until_heard([ann], lambda heard: heard["ann"].level < QUIET)
    await desk.take_apart("ann")
    cid = await desk.talk_to("cid")
    await desk.put_together("ann", "cid")
    await who_hears_whom([ann, cid], {"ann": {"cid"}, "cid": {"ann"}})


async def test_two_pairs_do_not_hear_each_other(desk: Desk) -> None:
    phones = [await desk.call("ann"), await desk.talk_to("bob"), await desk.call("cid"), await desk.talk_to("dee")]
    await desk.put_together("ann", "bob")
    await desk.put_together("cid", "dee")
    await who_hears_whom(phones, {"ann": {"bob"}, "bob": {"ann"}, "cid": {"dee"}, "dee": {"cid"}})


async def test_a_phone_in_a_call_is_busy_and_its_call_goes_on(desk: Desk) -> None:
    ann, bob = await desk.call("ann"), await desk.talk_to("bob")
    await desk.put_together("ann", "bob")
    first = desk.sids["bob"]
    await desk.place(bob)
    ended = await desk.ended("bob")
    assert (ended.unanswered, ended.sip_status) == (Unanswered.BUSY, 486)
    await who_hears_whom([ann, bob], {"ann": {"bob"}, "bob": {"ann"}})
    desk.sids["bob"] = first


@pytest.mark.parametrize(
    ("status", "unanswered"),
    [(486, Unanswered.BUSY), (480, Unanswered.NO_ANSWER), (404, Unanswered.FAILED), (500, Unanswered.FAILED)],
)
async def test_who_refuses_is_told_with_the_status(desk: Desk, status: int, unanswered: Unanswered) -> None:
    bob = desk.phone("bob")
    await desk.place(bob)
    await bob.ringing()
    await bob.refuse(status)
    ended = await desk.ended("bob")
    assert (ended.unanswered, ended.sip_status) == (unanswered, status)
    assert not any(isinstance(event, CallAnswered) for event in desk.told)


async def test_a_number_that_nobody_has_fails(desk: Desk) -> None:
    sid = await desk.place_to("nobody")
    ended = await desk.event(CallEnded)
    assert (ended.call_sid, ended.unanswered, ended.sip_status) == (sid, Unanswered.FAILED, 404)
    assert [event for event in desk.told if not isinstance(event, CallEnded)] == []


async def test_the_query_of_a_sip_uri_is_sent_as_headers(desk: Desk) -> None:
    bob = desk.phone("bob")
    desk.sids["bob"] = await desk.place_to("bob?X-Pin=1%202&x-plus=a+b")
    incoming = await bob.ringing()
    assert sorted((name.lower(), value) for name, value in incoming.headers) == [("x-pin", "1 2"), ("x-plus", "a+b")]


async def test_nobody_answers_in_time(desk: Desk) -> None:
    bob = desk.phone("bob")
    await desk.place(bob, rings_for=1.0)
    await bob.ringing()
    assert (await desk.ended("bob")).unanswered is Unanswered.NO_ANSWER
    await within_deadline(bob.wait_ended())


async def test_a_call_that_rings_can_be_hung_up(desk: Desk) -> None:
    bob = desk.phone("bob")
    sid = await desk.place(bob)
    await bob.ringing()
    await desk.event(CallRinging)
    await desk.engine.hang_up(sid)
    assert (await desk.ended("bob")).unanswered is Unanswered.CANCELED
    await within_deadline(bob.wait_ended())
    await desk.engine.hang_up(sid)
    again = await desk.place(bob)
    await bob.ringing()
    await bob.pick_up()
    await desk.event(CallAnswered, lambda event: event.call_sid == again)


async def test_what_is_told_of_a_call_is_told_once_and_in_order(desk: Desk) -> None:
    bob = await desk.talk_to("bob")
    await desk.event(CallAnswered)
    await bob.hang_up()
    await desk.ended("bob")
    told = [type(event) for event in desk.told if getattr(event, "call_sid", "") == desk.sids["bob"]]
    assert told == [CallRinging, CallAnswered, CallEnded]


async def test_keys_are_pressed_at_the_called_side(desk: Desk) -> None:
    bob = await desk.talk_to("bob")
    sid = (await desk.event(CallAnswered)).call_sid
    await desk.carry_out(desk.engine.send_digits(sid, "1w2#"))
    await desk.carry_out(desk.engine.send_digits(sid, "*0"))
    await until(lambda: bob.keys_heard == "12#*0", desk.clock, lambda: bob.keys_heard)


async def test_keys_are_pressed_at_the_side_of_who_has_called_while_it_is_in_a_mix(desk: Desk) -> None:
    ann, bob = await desk.call("ann"), await desk.talk_to("bob")
    await desk.put_together("ann", "bob")
    await desk.carry_out(desk.engine.send_digits(desk.sids["ann"], "77"))
    await until(lambda: ann.keys_heard == "77", desk.clock, lambda: ann.keys_heard)
    assert bob.keys_heard == ""
    await who_hears_whom([ann, bob], {"ann": {"bob"}, "bob": {"ann"}})


async def test_talking_is_told_of_a_call_that_is_in_no_mix(desk: Desk) -> None:
    ann = await desk.call("ann")
    sid = desk.sids["ann"]
    ann.talk(on=False)
    await listen([ann], 1.0)
    await desk.engine.detect_talking(sid, wanted=True)
    await listen([ann], 0.5)
    ann.talk(on=True)
    await desk.event(TalkingChanged, lambda event: event.talking)
    ann.talk(on=False)
    await desk.event(TalkingChanged, lambda event: not event.talking)
    await desk.engine.detect_talking(sid, wanted=False)
    ann.talk(on=True)
    await listen([ann], 1.0)
    ann.talk(on=False)
    await listen([ann], 1.0)
    await ann.hang_up()
    await desk.ended("ann")
    told = [event for event in desk.told if isinstance(event, TalkingChanged)]
    assert told == [TalkingChanged(sid, talking=True), TalkingChanged(sid, talking=False)]


async def test_a_placed_call_can_be_played_to_before_it_is_put_together(desk: Desk) -> None:
    ann, bob = await desk.call("ann"), await desk.talk_to("bob")
    sid = desk.sids["bob"]
    await desk.event(CallAnswered)
    playing = asyncio.create_task(desk.engine.play(sid, desk.sound(SOUND, 30.0)))
    heard = await until_heard([ann, bob], lambda heard: heard["bob"].hears(SOUND))
    assert heard["ann"].level < QUIET
    await desk.put_together("ann", "bob")
    await who_hears_whom([ann, bob], {"ann": {"bob"}, "bob": {"ann"}})
    await within_deadline(playing)
    heard = await listen([ann, bob])
    assert not heard["bob"].hears(SOUND)


async def test_a_leg_in_a_mix_of_two_is_recorded_with_its_own_voice_first_and_what_it_hears_second(desk: Desk) -> None:
    ann, bob = await desk.call("ann"), await desk.talk_to("bob")
    await desk.event(CallAnswered)
    await desk.put_together("ann", "bob")
    await who_hears_whom([ann, bob], {"ann": {"bob"}, "bob": {"ann"}})
    for name, track in (("ann", "REann"), ("bob", "REbob")):
        await desk.carry_out(desk.engine.record(desk.sids[name], track, dual=True))
    await listen([ann, bob], 2.0)
    for track in ("REann", "REbob"):
        await desk.carry_out(desk.engine.stop_recording(track))
    of_ann, of_bob = await desk.recorded("REann"), await desk.recorded("REbob")
    assert [voices(channel) for channel in of_ann] == [{"ann"}, {"bob"}]
    assert [voices(channel) for channel in of_bob] == [{"bob"}, {"ann"}]
    assert all(1.5 < len(channel.samples) / channel.rate < 2.7 for channel in (*of_ann, *of_bob))
    assert of_ann[0].amplitude(TONES["ann"]) > 5 * AUDIBLE
