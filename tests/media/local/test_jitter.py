import asyncio

import numpy as np
import pytest

from ari_conf.clock import VirtualClock
from ari_conf.conference import InMix
from ari_conf.phones.virtual import VirtualPhone

from .conftest import Desk, attended

LIVE = InMix()
MUTED = InMix(muted=True)
SECONDS = 4.0


async def delay_and_damage(jitter: float, buffer_ms: int) -> tuple[float, float]:
    """Return the delay (s) of a voice through a buffer, and the share of its frames that did not come through whole."""
    async with attended(VirtualClock()) as desk:
        # Not a multiple of 50 Hz: all frames of such a tone are alike.
        jittering = desk.phones["a"] = VirtualPhone(desk.local, "a", 437.0, jitter=jitter)
        await jittering.dial("desk")
        await desk.call("b")
        await desk.engine.set_jitter_buffer(desk.sids["a"], buffer_ms)
        await desk.clock.let_pass(0.1)
        moment = len(desk.phones["b"].recording().samples)
        desk.place({"a": LIVE, "b": MUTED})
        await desk.clock.let_pass(SECONDS)
        heard = desk.phones["b"].recording().samples[moment:].reshape(-1, 160).astype(int)
    # The tone begins when the mix does.
    sent = np.rint(0.2 * 32767 * np.sin(2 * np.pi * jittering.tone * np.arange(heard.size) / 8000)).reshape(-1, 160)

    def damaged(frames: int) -> float:
        whole = np.abs(heard[frames:] - sent[: len(sent) - frames]).max(axis=1) <= 1
        return float(1 - whole.mean())

    frames = min(range(10), key=damaged)
    assert not heard[:frames].any()
    return frames * 0.020, damaged(frames)


@pytest.mark.parametrize("buffer_ms", [0, 20, 40, 60])
@pytest.mark.parametrize("jitter", [0.0, 0.018, 0.050])
async def test_a_buffer_delays_by_its_length_and_saves_what_is_late_by_no_more(jitter: float, buffer_ms: int) -> None:
    delay, damage = await delay_and_damage(jitter, buffer_ms)
    assert delay == pytest.approx(buffer_ms / 1000)
    # A packet may be under way for a frame before it is late.
    lost = max(0.0, 1 - (0.020 + buffer_ms / 1000) / jitter) if jitter else 0.0
    assert damage == pytest.approx(lost, abs=0.1 if lost else 0.0)


async def test_the_jitter_of_a_phone_is_the_same_each_time() -> None:
    assert await delay_and_damage(0.050, 0) == await delay_and_damage(0.050, 0)


async def test_lengths_between_frames_are_rounded_up() -> None:
    assert await delay_and_damage(0.0, 30) == pytest.approx((0.040, 0.0))


async def test_negative_lengths_are_refused(desk: Desk) -> None:
    await desk.call("a")
    with pytest.raises(ValueError, match="cannot be -1 ms long"):
        await desk.engine.set_jitter_buffer(desk.sids["a"], -1)


async def test_who_was_muted_does_not_come_back_with_what_the_buffer_held_from_before(desk: Desk) -> None:
    a, b = await desk.call("a", "b")
    await desk.engine.set_jitter_buffer(desk.sids["a"], 60)
    desk.place({"a": LIVE, "b": LIVE})
    assert (await b.hear(0.4)).hears(a.tone)
    desk.place({"a": MUTED, "b": LIVE})
    await desk.clock.let_pass(0.2)
    a.talk(on=False)
    desk.place({"a": LIVE, "b": LIVE})
    assert not (await b.hear(0.3)).samples.any()


async def test_a_buffer_can_be_taken_away_during_the_call(desk: Desk) -> None:
    a, b = await desk.call("a", "b")
    await asyncio.gather(*(desk.engine.set_jitter_buffer(desk.sids[name], 60) for name in "ab"))
    desk.place({"a": LIVE, "b": LIVE})
    assert await desk.who_hears_whom() == {"a": "b", "b": "a"}
    await desk.engine.set_jitter_buffer(desk.sids["a"], 0)
    assert desk.local._calls[desk.sids["a"]].reception is None
    assert (await b.hear(0.3)).amplitude(a.tone) == pytest.approx(0.2, abs=0.001)
