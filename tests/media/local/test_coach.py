import asyncio

import numpy as np
import pytest

from ari_conf.clock import VirtualClock
from ari_conf.conference import AudioPlan, AudioProgram, Coaching, InMix, OnHold

from .conftest import Desk, attended

LIVE = InMix()
MUTED = InMix(muted=True)
ON_HOLD = OnHold(AudioProgram(url=""))


def coach(desk: Desk, name: str, *, muted: bool = False) -> Coaching:
    return Coaching(desk.sids[name], muted=muted)


@pytest.mark.parametrize("rate", [8000, 16000, 48000])
async def test_only_the_coached_hears_the_coach_who_hears_all_but_itself(rate: int) -> None:
    async with attended(VirtualClock(), rate) as desk:
        phones = await desk.call("a", "b", "c")
        desk.place({"a": LIVE, "b": LIVE, "c": coach(desk, "a")})
        heard = await asyncio.gather(*(phone.hear(0.5) for phone in phones))
    amplitudes = [[ear.amplitude(phone.tone) for phone in phones] for ear in heard]
    assert np.allclose(amplitudes, [[0, 0.2, 0.2], [0.2, 0, 0], [0.2, 0.2, 0]], atol=0.001)


async def test_a_muted_coached_still_hears_the_coach_and_is_not_heard_by_it(desk: Desk) -> None:
    await desk.call("a", "b", "c")
    desk.place({"a": MUTED, "b": LIVE, "c": coach(desk, "a")})
    assert await desk.who_hears_whom() == {"a": "bc", "b": "", "c": "b"}


async def test_a_muted_coach_is_heard_by_nobody(desk: Desk) -> None:
    await desk.call("a", "b", "c")
    desk.place({"a": LIVE, "b": LIVE, "c": coach(desk, "a", muted=True)})
    assert await desk.who_hears_whom() == {"a": "b", "b": "a", "c": "ab"}


async def test_a_coach_is_heard_by_nobody_while_the_coached_is_on_hold_or_gone(desk: Desk) -> None:
    await desk.call("a", "b", "c")
    desk.place({"a": ON_HOLD, "b": LIVE, "c": coach(desk, "a")})
    assert await desk.who_hears_whom() == {"a": "", "b": "", "c": "b"}
    desk.place({"a": ON_HOLD, "b": LIVE, "c": MUTED})
    assert await desk.who_hears_whom() == {"a": "", "b": "", "c": "b"}
    desk.place({"a": LIVE, "b": LIVE, "c": coach(desk, "a")})
    assert await desk.who_hears_whom() == {"a": "bc", "b": "a", "c": "ab"}
    await desk.phones["a"].hang_up()
    assert await desk.who_hears_whom() == {"a": "", "b": "", "c": "b"}


async def test_coaches_of_one_are_both_heard_by_it_and_not_by_each_other(desk: Desk) -> None:
    await desk.call("a", "b", "c", "d")
    desk.place({"a": LIVE, "b": LIVE, "c": coach(desk, "a"), "d": coach(desk, "a")})
    assert await desk.who_hears_whom() == {"a": "bcd", "b": "a", "c": "ab", "d": "ab"}


async def test_a_coach_of_each_of_two_is_heard_by_its_own(desk: Desk) -> None:
    await desk.call("a", "b", "c", "d")
    desk.place({"c": coach(desk, "a"), "a": LIVE, "d": coach(desk, "b"), "b": LIVE})
    assert await desk.who_hears_whom() == {"a": "bc", "b": "ad", "c": "ab", "d": "ab"}


async def test_a_coach_moves_to_another_and_becomes_an_ordinary_participant(desk: Desk) -> None:
    await desk.call("a", "b", "c")
    desk.place({"a": LIVE, "b": LIVE, "c": coach(desk, "a")})
    assert await desk.who_hears_whom() == {"a": "bc", "b": "a", "c": "ab"}
    desk.place({"a": LIVE, "b": LIVE, "c": coach(desk, "b")})
    assert await desk.who_hears_whom() == {"a": "b", "b": "ac", "c": "ab"}
    desk.place({"a": LIVE, "b": LIVE, "c": LIVE})
    assert await desk.who_hears_whom() == {"a": "bc", "b": "ac", "c": "ab"}


async def test_coaches_of_many_rooms_of_one_size_keep_apart(desk: Desk) -> None:
    await desk.call(*"abcdefghi")
    desk.place({"a": LIVE, "b": LIVE, "c": coach(desk, "b")}, "CF1")
    desk.place({"d": LIVE, "e": LIVE, "f": coach(desk, "d")}, "CF2")
    desk.place({"g": LIVE, "h": LIVE}, "CF3")
    # The one that it means is in another room.
    desk.engine.apply(AudioPlan("CF4", {desk.sids["i"]: coach(desk, "g")}))
    assert await desk.who_hears_whom() == {
        "a": "b",
        "b": "ac",
        "c": "ab",
        "d": "ef",
        "e": "d",
        "f": "de",
        "g": "h",
        "h": "g",
        "i": "",
    }


async def test_hold_isolates_both_ways_and_mute_is_kept(desk: Desk) -> None:
    await desk.call("a", "b", "c")
    desk.place({"a": LIVE, "b": OnHold(AudioProgram()), "c": LIVE})
    assert await desk.who_hears_whom() == {"a": "c", "b": "", "c": "a"}
    assert (await desk.phones["b"].hear(0.4)).level >= 0.02
    desk.place({"a": LIVE, "b": ON_HOLD, "c": LIVE})
    assert not (await desk.phones["b"].hear(0.2)).samples.any()
    desk.place({"a": LIVE, "b": MUTED, "c": LIVE})
    assert await desk.who_hears_whom() == {"a": "c", "b": "ac", "c": "a"}
