import pytest

from ari_conf.conference import AudioProgram, Coaching, InMix, OnHold, Waiting
from ari_conf.media.port import TalkingChanged

from .conftest import Desk

LIVE = InMix()
MUTED = InMix(muted=True)


def told(desk: Desk) -> list[tuple[str, bool]]:
    names = {sid: name for name, sid in desk.sids.items()}
    return [(names[event.call_sid], event.talking) for event in desk.told if isinstance(event, TalkingChanged)]


async def test_a_start_is_told_at_once_and_a_stop_after_half_a_second(desk: Desk) -> None:
    a, b = await desk.call("a", "b")
    a.talk(on=False)
    b.talk(on=False)
    desk.place({"a": LIVE, "b": LIVE}, detect_talking=True)
    await desk.clock.let_pass(1.0)
    assert told(desk) == []
    a.talk(on=True)
    await desk.clock.let_pass(0.02)
    assert told(desk) == [("a", True)]
    await desk.clock.let_pass(1.0)
    a.talk(on=False)
    await desk.clock.let_pass(0.3)
    a.talk(on=True)  # a pause that is too short to be one
    await desk.clock.let_pass(0.1)
    a.talk(on=False)
    await desk.clock.let_pass(0.48)
    assert told(desk) == [("a", True)]
    await desk.clock.let_pass(0.02)
    assert told(desk) == [("a", True), ("a", False)]
    b.talk(on=True)
    a.talk(on=True)
    await desk.clock.let_pass(0.1)
    assert sorted(told(desk)[2:]) == [("a", True), ("b", True)]


async def test_only_who_is_heard_in_the_mix_talks(desk: Desk) -> None:
    await desk.call("a", "b", "c", "d")
    quiet = AudioProgram(url="")
    desk.place({"a": MUTED, "b": OnHold(quiet), "c": Coaching(desk.sids["a"]), "d": Waiting(quiet)}, detect_talking=True)
    await desk.clock.let_pass(1.0)
    assert told(desk) == []
    desk.place({"a": LIVE, "b": MUTED, "c": Coaching(desk.sids["a"]), "d": MUTED}, detect_talking=True)
    await desk.clock.let_pass(1.0)
    assert told(desk) == [("a", True)]


@pytest.mark.parametrize("away", [MUTED, OnHold(AudioProgram(url=""))])
async def test_who_was_taken_away_while_talking_starts_anew(desk: Desk, away: InMix | OnHold) -> None:
    await desk.call("a", "b")
    for placement in (LIVE, away, LIVE):
        desk.place({"a": placement, "b": MUTED}, detect_talking=True)
        await desk.clock.let_pass(1.0)
    assert told(desk) == [("a", True), ("a", True)]


async def test_talk_goes_on_through_the_coming_and_going_of_others(desk: Desk) -> None:
    await desk.call("a", "b", "c")
    for others in ({}, {"b": MUTED}, {"b": MUTED, "c": MUTED}, {"c": MUTED}):
        desk.place({"a": LIVE, **others}, detect_talking=True)
        await desk.clock.let_pass(0.3)
    assert told(desk) == [("a", True)]
    desk.phones["a"].talk(on=False)
    await desk.clock.let_pass(0.3)
    desk.place({"a": LIVE}, detect_talking=True)
    await desk.clock.let_pass(0.3)
    assert told(desk) == [("a", True), ("a", False)]


async def test_nothing_is_told_of_rooms_that_do_not_ask_for_it(desk: Desk) -> None:
    await desk.call("a", "b", "c", "d")
    desk.place({"a": LIVE, "b": LIVE}, "CF1")
    desk.place({"c": LIVE, "d": LIVE}, "CF2", detect_talking=True)
    await desk.clock.let_pass(1.0)
    assert sorted(told(desk)) == [("c", True), ("d", True)]
