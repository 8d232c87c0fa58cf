import asyncio

import pytest

from ari_conf.clock import VirtualClock
from ari_conf.conference import InMix
from ari_conf.media.local import LocalEngine
from ari_conf.media.port import CallArrived, CallGoneError, EngineError, RejectReason, Sound
from ari_conf.phones.phone import CallRefusedError
from ari_conf.phones.virtual import VirtualPhone

from .conftest import Desk


async def test_a_call_arrives_with_the_caller_id_and_what_was_dialled(desk: Desk) -> None:
    anna, bert = desk.phone("anna"), desk.phone("bert", number="+4930123456")
    await anna.dial("team")
    await bert.dial("+49301")
    arrived = [event for event in desk.told if isinstance(event, CallArrived)]
    assert [(event.from_, event.to) for event in arrived] == [("anna", "team"), ("+4930123456", "+49301")]
    assert arrived[0].call_sid != arrived[1].call_sid


@pytest.mark.parametrize(
    ("reason", "status", "cause"),
    [(RejectReason.BUSY, 486, "User busy"), (RejectReason.REJECTED, 404, "Unallocated (unassigned) number")],
)
async def test_a_rejected_call_is_refused_with_its_sip_status(
    desk: Desk, reason: RejectReason, status: int, cause: str
) -> None:
    desk.answering = False
    phone = desk.phone("a")
    dialling = asyncio.create_task(phone.dial("desk"))
    await desk.engine.reject(await desk.arrived("a"), reason)
    with pytest.raises(CallRefusedError) as refused:
        await dialling
    assert refused.value.status == status
    assert len(phone.recording().samples) == 0
    await phone.wait_ended()
    assert desk.ended("a") == [cause]


async def test_a_call_that_is_hung_up_before_the_answer_is_refused_too(desk: Desk) -> None:
    desk.answering = False
    by_engine, by_caller = desk.phone("a"), desk.phone("b")
    dialling = [asyncio.create_task(phone.dial("desk")) for phone in (by_engine, by_caller)]
    await desk.engine.hang_up(await desk.arrived("a"))
    await desk.arrived("b")
    await by_caller.hang_up()
    outcomes = await asyncio.gather(*dialling, return_exceptions=True)
    assert [outcome.status for outcome in outcomes if isinstance(outcome, CallRefusedError)] == [480, 487]
    await by_caller.wait_ended()
    assert desk.ended("a") == desk.ended("b") == ["Normal Clearing"]


async def test_giving_up_dialling_ends_the_call(desk: Desk) -> None:
    desk.answering = False
    phone = desk.phone("a")
    dialling = asyncio.create_task(phone.dial("desk"))
    sid = await desk.arrived("a")
    dialling.cancel()
    await asyncio.wait({dialling})
    with pytest.raises(CallGoneError):
        await desk.engine.answer(sid)
    assert dialling.cancelled()


async def test_it_rings_while_time_passes(desk: Desk) -> None:
    desk.answering = False
    phone = desk.phone("a")

    async def answer_late() -> None:
        sid = await desk.arrived("a")
        await desk.clock.sleep_until(1.0)
        await desk.engine.answer(sid)

    answering = asyncio.create_task(answer_late())
    await phone.dial("desk")
    await answering
    assert desk.clock.monotonic() >= 1.0


async def test_an_answered_call_cannot_be_rejected_and_a_ringing_one_hears_nothing(desk: Desk) -> None:
    await desk.call("a")
    with pytest.raises(EngineError, match="has been answered; hang it up instead"):
        await desk.engine.reject(desk.sids["a"], RejectReason.BUSY)
    desk.answering = False
    ringing = asyncio.create_task(desk.phone("b").dial("desk"))
    with pytest.raises(EngineError, match="before it is answered; answer it first"):
        await desk.engine.play(await desk.arrived("b"), Sound.SPECIAL_INFORMATION)
    await desk.clock.let_pass(0.2)
    assert len(desk.phones["b"].recording().samples) == 0
    await desk.engine.answer(desk.sids["b"])
    await ringing


async def test_without_a_running_engine_the_service_is_unavailable() -> None:
    phone = VirtualPhone(LocalEngine(VirtualClock()), "a", 400)
    with pytest.raises(CallRefusedError, match="503 Service Unavailable"):
        await phone.dial("desk")
    await phone.wait_ended()


async def test_one_call_at_a_time(desk: Desk) -> None:
    (phone,) = await desk.call("a")
    with pytest.raises(RuntimeError, match="a is in a call already; hang up first"):
        await phone.dial("desk")
    await phone.hear(0.2)
    await phone.hang_up()
    await phone.dial("again")
    assert len(phone.recording().samples) == 0
    await phone.hear(0.1)
    assert len(phone.recording().samples) == 800


async def test_keys_are_told_in_order(desk: Desk) -> None:
    (phone,) = await desk.call("a")
    for key in "12*#":
        await phone.press(key)
    await desk.clock.let_pass(0.02)
    assert desk.keys == ["1", "2", "*", "#"]
    with pytest.raises(ValueError, match="no key '12'"):
        await phone.press("12")
    await phone.hang_up()
    with pytest.raises(CallGoneError):
        await phone.press("1")
    with pytest.raises(CallGoneError, match="b is in no call"):
        await desk.phone("b").press("1")


async def test_it_hears_exactly_as_long_as_it_listens(desk: Desk) -> None:
    a, b = await desk.call("a", "b")
    desk.place({"a": InMix(), "b": InMix()})
    lengths = [len((await a.hear(seconds)).samples) for seconds in (0.02, 0.1, 0.333, 1.0, 0.41)]
    assert lengths == [160, 800, 2664, 8000, 3280]
    together = await asyncio.gather(*(b.hear(0.5) for _ in range(3)))
    assert len({heard.samples.tobytes() for heard in together}) == 1


async def test_what_was_heard_can_be_had_after_the_end_and_nothing_more_is_heard(desk: Desk) -> None:
    a, b = await desk.call("a", "b")
    desk.place({"a": InMix(), "b": InMix()})
    await desk.clock.let_pass(1.0)
    await a.hang_up()
    assert a.recording().hears(b.tone)
    assert len((await a.hear(0.3)).samples) == 0
    assert len((await desk.phone("c").hear(0.1)).samples) == 0
    await desk.phones["c"].hang_up()
    await desk.phones["c"].wait_ended()
    assert len(desk.phones["c"].recording().samples) == 0


async def test_listening_ends_with_the_call(desk: Desk) -> None:
    a, b = await desk.call("a", "b")
    desk.place({"a": InMix(), "b": InMix()})

    async def hang_up_later() -> None:
        await desk.clock.sleep_until(desk.clock.monotonic() + 0.5)
        await desk.engine.hang_up(desk.sids["a"])

    heard, _ = await asyncio.gather(a.hear(2.0), hang_up_later())
    assert 3800 <= len(heard.samples) <= 4160
    assert heard.hears(b.tone)
