"""Calls that the local engine places: who is found, what is told, and what is heard."""

import asyncio
from collections.abc import Coroutine

import pytest

from ari_conf.conference import InMix
from ari_conf.media.port import (
    CallAnswered,
    CallEnded,
    CallGoneError,
    CallRinging,
    DigitPressed,
    EngineError,
    EngineEvent,
    EngineUnavailableError,
    OutgoingCall,
    RejectReason,
    Sound,
    TalkingChanged,
    Unanswered,
)
from ari_conf.phones.phone import Incoming
from ari_conf.phones.virtual import VirtualPhone

from .conftest import Desk

SID = "CAplaced"


async def place(desk: Desk, to: str, *, rings_for: float = 30.0, call_sid: str = SID) -> None:
    await desk.engine.place(OutgoingCall(call_sid=call_sid, to=to, caller_id="+49301", timeout=rings_for))


async def told(desk: Desk, call_sid: str = SID) -> list[EngineEvent]:
    """Return what has been told of a call."""
    await desk.clock.let_pass(0.02)
    return [event for event in desk.told if getattr(event, "call_sid", "") == call_sid]


async def talk_to(desk: Desk, name: str) -> VirtualPhone:
    """Return a new phone that has been called as SID and has answered."""
    phone = desk.virtual(name)
    await place(desk, name)
    await phone.ringing()
    await phone.pick_up()
    desk.sids[name] = SID
    return phone


@pytest.mark.parametrize(
    ("number", "dialled", "to", "headers"),
    [
        ("+4930123456", "+4930123456", "+4930123456", ()),
        ("ann", "client:ann", "ann", ()),
        ("ann", "sip:ann@127.0.0.1:5070", "ann", ()),
        (
            "ann",
            "sip:ann@pbx.example;transport=udp?X-Pin=1%202&x-plus=a+b&Subject=s",
            "ann",
            (("X-Pin", "1 2"), ("x-plus", "a+b")),
        ),
        ("ann b", "SIPS:ann%20b:secret@pbx.example", "ann b", ()),
    ],
)
async def test_the_phone_rings_that_was_dialled(
    desk: Desk, number: str, dialled: str, to: str, headers: tuple[tuple[str, str], ...]
) -> None:
    phone = desk.virtual("a", number=number)
    await place(desk, dialled)
    assert await phone.ringing() == Incoming("+49301", to, headers)
    assert await told(desk) == [CallRinging(SID)]


@pytest.mark.parametrize("dialled", ["nobody", "client:nobody", "sip:nobody@pbx.example", "sip:pbx.example", ""])
async def test_an_unknown_number_fails_at_once(desk: Desk, dialled: str) -> None:
    desk.virtual("a")
    await place(desk, dialled)
    assert await told(desk) == [CallEnded(SID, "Unallocated (unassigned) number", Unanswered.FAILED, 404)]


async def test_an_answered_call_is_like_any_other(desk: Desk) -> None:
    (caller,) = await desk.call("a")
    callee = await talk_to(desk, "b")
    desk.place({"a": InMix(), "b": InMix()}, desk.sids["a"])
    assert await desk.who_hears_whom() == {"a": "b", "b": "a"}
    await callee.press("5")
    await callee.hang_up()
    await callee.wait_ended()
    assert await told(desk) == [
        CallRinging(SID),
        CallAnswered(SID),
        DigitPressed(SID, "5"),
        CallEnded(SID, "Normal Clearing", sip_status=200),
    ]
    assert await desk.who_hears_whom() == {"a": "", "b": ""}
    await caller.hang_up()


async def test_a_phone_that_is_in_a_call_or_rings_or_calls_is_busy(desk: Desk) -> None:
    await desk.call("a")
    ringing = desk.virtual("b")
    await place(desk, "b", call_sid="CA1")
    await ringing.ringing()
    desk.answering = False
    dialling = asyncio.create_task(desk.virtual("c").dial("desk"))
    await desk.arrived("c")
    for number, name in enumerate("abc", start=2):
        await place(desk, name, call_sid=f"CA{number}")
        assert await told(desk, f"CA{number}") == [CallEnded(f"CA{number}", "User busy", Unanswered.BUSY, 486)]
    await desk.engine.answer(desk.sids["c"])
    await dialling
    assert await told(desk, "CA1") == [CallRinging("CA1")]


async def test_it_rings_as_long_as_it_may(desk: Desk) -> None:
    phone = desk.virtual("a")
    await place(desk, "a", rings_for=5.0)
    await phone.ringing()
    await desk.clock.let_pass(5.0 - desk.clock.monotonic() - 0.05)
    assert await told(desk) == [CallRinging(SID)]
    await desk.clock.let_pass(0.1)
    assert await told(desk) == [CallRinging(SID), CallEnded(SID, "User alerting, no answer", Unanswered.NO_ANSWER, 487)]
    await phone.wait_ended()
    with pytest.raises(RuntimeError, match="a does not ring"):
        await phone.pick_up()


async def test_an_answered_call_is_not_ended_when_its_time_to_ring_is_over(desk: Desk) -> None:
    phone = await talk_to(desk, "a")
    await desk.clock.let_pass(60.0)
    assert await told(desk) == [CallRinging(SID), CallAnswered(SID)]
    assert len(phone.recording().samples) >= 59 * 8000


async def test_a_ringing_call_that_is_hung_up_is_canceled_and_the_phone_rings_no_more(desk: Desk) -> None:
    phone = desk.virtual("a")
    await place(desk, "a")
    await phone.ringing()
    await desk.engine.hang_up(SID)
    await phone.wait_ended()
    assert await told(desk) == [CallRinging(SID), CallEnded(SID, "Normal Clearing", Unanswered.CANCELED, 487)]
    again = asyncio.create_task(phone.ringing())
    await place(desk, "a", call_sid="CA2")
    assert (await again).to == "a"


@pytest.mark.parametrize(
    ("status", "unanswered"),
    [
        (486, Unanswered.BUSY),
        (600, Unanswered.BUSY),
        (480, Unanswered.NO_ANSWER),
        (408, Unanswered.NO_ANSWER),
        (404, Unanswered.FAILED),
        (603, Unanswered.FAILED),
        (500, Unanswered.FAILED),
    ],
)
async def test_a_refusal_is_told_with_its_status(desk: Desk, status: int, unanswered: Unanswered) -> None:
    phone = desk.virtual("a")
    await place(desk, "a")
    await phone.ringing()
    await phone.refuse(status)
    await phone.wait_ended()
    ended = (await told(desk))[-1]
    assert isinstance(ended, CallEnded)
    assert (ended.unanswered, ended.sip_status) == (unanswered, status)
    with pytest.raises(RuntimeError, match="a does not ring"):
        await phone.refuse()


async def test_hanging_up_a_phone_that_rings_is_no_answer(desk: Desk) -> None:
    phone = desk.virtual("a")
    await place(desk, "a")
    await phone.ringing()
    await phone.hang_up()
    assert (await told(desk))[-1] == CallEnded(SID, "Normal Clearing", Unanswered.NO_ANSWER, 480)


async def test_what_can_only_be_done_to_calls_that_came_or_were_answered(desk: Desk) -> None:
    phone = desk.virtual("a")
    await place(desk, "a")
    await phone.ringing()
    with pytest.raises(EngineError, match="only the one who is called can answer it"):
        await desk.engine.answer(SID)
    with pytest.raises(EngineError, match="was placed from here; hang it up instead"):
        await desk.engine.reject(SID, RejectReason.BUSY)
    with pytest.raises(EngineError, match="before it is answered"):
        await desk.engine.send_digits(SID, "1")
    with pytest.raises(EngineError, match="before it is answered"):
        await desk.engine.detect_talking(SID, wanted=True)
    with pytest.raises(EngineError, match="before it is answered"):
        await desk.engine.play(SID, Sound.BEEP)
    await desk.engine.ring(SID)
    assert await told(desk) == [CallRinging(SID)]


async def test_without_a_running_engine_nobody_can_be_called(desk: Desk) -> None:
    desk.virtual("a")
    await desk.engine.stop()
    with pytest.raises(EngineUnavailableError):
        await place(desk, "a")
    await desk.engine.start()
    assert await told(desk) == []


async def test_a_caller_is_told_that_it_rings(desk: Desk) -> None:
    desk.answering = False
    phone = desk.virtual("a")
    dialling = asyncio.create_task(phone.dial("desk"))
    sid = await desk.arrived("a")
    before = phone.hears_ringing
    await desk.engine.ring(sid)
    assert (before, phone.hears_ringing) == (False, True)
    await desk.engine.answer(sid)
    await dialling
    await desk.engine.ring(sid)


async def test_keys_are_pressed_in_order_with_their_pauses(desk: Desk) -> None:
    phone = await talk_to(desk, "a")
    assert phone.keys_heard == ""
    before = desk.clock.monotonic()
    await while_time_passes(desk, desk.engine.send_digits(SID, "1w2W#"))
    assert phone.keys_heard == "12#"
    assert desk.clock.monotonic() - before == pytest.approx(3 * 0.2 + 0.5 + 1.0, abs=0.05)
    await desk.engine.send_digits(SID, "")
    one, two = (asyncio.create_task(desk.engine.send_digits(SID, digits)) for digits in ("AB", "CD"))
    await while_time_passes(desk, asyncio.wait({one, two}))
    assert phone.keys_heard == "12#ABCD"
    with pytest.raises(ValueError, match="'x' is no key"):
        await desk.engine.send_digits(SID, "1x")


async def test_pressing_keys_ends_with_the_call_and_with_whoever_wanted_it(desk: Desk) -> None:
    phone = await talk_to(desk, "a")
    pressing = asyncio.create_task(desk.engine.send_digits(SID, "111"))
    await desk.clock.let_pass(0.1)
    pressing.cancel()
    await desk.clock.let_pass(1.0)
    assert phone.keys_heard == "1"
    pressing = asyncio.create_task(desk.engine.send_digits(SID, "W2"))
    await desk.clock.let_pass(0.1)
    await phone.hang_up()
    with pytest.raises(CallGoneError, match="ended while keys were being pressed"):
        await pressing
    assert phone.keys_heard == "1"


async def test_talking_is_told_of_a_call_in_no_mix_as_long_as_it_is_wanted(desk: Desk) -> None:
    phone = await talk_to(desk, "a")
    phone.talk(on=False)
    await desk.clock.let_pass(1.0)
    await desk.engine.detect_talking(SID, wanted=True)
    await desk.clock.let_pass(1.0)
    assert talking(desk) == []
    phone.talk(on=True)
    await desk.clock.let_pass(0.1)
    assert talking(desk) == [True]
    await desk.engine.detect_talking(SID, wanted=True)
    phone.talk(on=False)
    await desk.clock.let_pass(0.45)
    assert talking(desk) == [True]
    await desk.clock.let_pass(0.1)
    assert talking(desk) == [True, False]
    await desk.engine.detect_talking(SID, wanted=False)
    phone.talk(on=True)
    await desk.clock.let_pass(1.0)
    assert talking(desk) == [True, False]


async def test_in_a_mix_its_plan_says_whether_talking_is_told(desk: Desk) -> None:
    await talk_to(desk, "a")
    await desk.engine.detect_talking(SID, wanted=True)
    desk.place({"a": InMix()}, detect_talking=False)
    await desk.clock.let_pass(0.2)
    await desk.engine.detect_talking(SID, wanted=True)
    desk.place({})
    await desk.clock.let_pass(0.2)
    assert talking(desk) == []
    desk.place({"a": InMix()})
    await desk.clock.let_pass(0.2)
    desk.place({})
    await while_time_passes(desk, desk.engine.detect_talking(SID, wanted=True))
    await desk.clock.let_pass(0.2)
    assert talking(desk) == [True]


def talking(desk: Desk) -> list[bool]:
    return [event.talking for event in desk.told if isinstance(event, TalkingChanged)]


async def while_time_passes(desk: Desk, work: Coroutine[None, None, object]) -> None:
    task = asyncio.create_task(work)
    while not task.done():
        await desk.clock.let_pass(0.02)
    await task
