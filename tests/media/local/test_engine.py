import asyncio
from collections.abc import Callable

import numpy as np
import pytest
import structlog

from ari_conf.audio.music import wait_music
from ari_conf.audio.tones import special_information
from ari_conf.clock import Alarm, RealClock, VirtualClock
from ari_conf.conference import AudioPlan, AudioProgram, InMix, Waiting
from ari_conf.media.local import LocalEngine
from ari_conf.media.port import (
    CallEnded,
    CallGoneError,
    EngineError,
    EngineEvent,
    EngineLost,
    EngineUnavailableError,
    OutgoingCall,
    Sound,
    TalkingChanged,
)
from ari_conf.phones.phone import CallRefusedError, Heard
from ari_conf.phones.virtual import VirtualPhone

from .conftest import Desk, attended

MUSIC = Waiting(AudioProgram())
QUIET = Waiting(AudioProgram(url=""))
LIVE = InMix()
MUTED = InMix(muted=True)


async def test_everybody_in_the_mix_hears_all_others_and_not_oneself(desk: Desk) -> None:
    await desk.call("a", "b", "c")
    desk.place({"a": LIVE, "b": LIVE, "c": LIVE})
    assert await desk.who_hears_whom() == {"a": "bc", "b": "ac", "c": "ab"}


async def test_voices_arrive_to_the_sample(desk: Desk) -> None:
    a, b = await desk.call("a", "b")
    await desk.clock.let_pass(0.1)
    desk.place({"a": LIVE, "b": LIVE})
    heard = await a.hear(1.0)
    moments = np.arange(8000) / 8000
    assert np.array_equal(heard.samples, np.rint(0.2 * 32767 * np.sin(2 * np.pi * b.tone * moments)).astype(np.int16))


async def test_a_muted_participant_hears_and_is_not_heard(desk: Desk) -> None:
    await desk.call("a", "b", "c")
    desk.place({"a": LIVE, "b": MUTED, "c": LIVE})
    assert await desk.who_hears_whom() == {"a": "c", "b": "ac", "c": "a"}
    desk.place({"a": LIVE, "b": LIVE, "c": MUTED})
    assert await desk.who_hears_whom() == {"a": "b", "b": "a", "c": "ab"}


async def test_a_phone_that_is_told_to_be_silent_sends_silence(desk: Desk) -> None:
    a, b = await desk.call("a", "b")
    desk.place({"a": LIVE, "b": LIVE})
    b.talk(on=False)
    assert not (await a.hear(0.2)).samples.any()
    b.talk(on=True)
    assert (await a.hear(0.4)).hears(b.tone)


async def test_who_waits_hears_music_from_its_beginning_and_no_voice(desk: Desk) -> None:
    a, b = await desk.call("a", "b")
    desk.place({"a": MUSIC})
    alone = await a.hear(0.6)
    desk.place({"a": MUSIC, "b": MUSIC})
    heard_a, heard_b = await asyncio.gather(a.hear(0.4), b.hear(0.4))
    music = wait_music()
    assert np.array_equal(alone.samples, music[:4800])
    assert np.array_equal(heard_a.samples, music[4800:8000])
    assert np.array_equal(heard_b.samples, music[:3200])
    assert heard_a.level >= 0.02
    assert not heard_a.hears(b.tone)
    assert not heard_b.hears(a.tone)


async def test_the_music_goes_on_after_its_end(desk: Desk) -> None:
    (a,) = await desk.call("a")
    desk.place({"a": MUSIC})
    music = wait_music()
    heard = await a.hear(24.5)
    assert np.array_equal(heard.samples, np.concatenate([music, music[:4000]]))


async def test_an_empty_wait_url_is_silence_and_so_is_any_other_until_somebody_plays_it(desk: Desk) -> None:
    a, b = await desk.call("a", "b")
    desk.place({"a": QUIET, "b": Waiting(AudioProgram(url="http://127.0.0.1/wait"))})
    heard_a, heard_b = await asyncio.gather(a.hear(0.4), b.hear(0.4))
    assert len(heard_a.samples) == 3200
    assert not heard_a.samples.any()
    assert len(heard_b.samples) == 3200
    assert not heard_b.samples.any()


async def test_the_start_ends_the_music_and_brings_the_voices(desk: Desk) -> None:
    a, b = await desk.call("a", "b")
    desk.place({"a": MUSIC, "b": MUSIC})
    await a.hear(0.5)
    desk.place({"a": LIVE, "b": LIVE})
    heard = await a.hear(0.4)
    assert heard.amplitude(b.tone) == pytest.approx(0.2, abs=0.001)
    # Nothing but the one voice: a sine of 0.2 has this level.
    assert heard.level == pytest.approx(0.2 / 2**0.5, abs=0.001)


async def test_music_begins_anew_for_who_waits_again(desk: Desk) -> None:
    (a,) = await desk.call("a")
    desk.place({"a": MUSIC})
    await a.hear(0.3)
    desk.place({"a": LIVE})
    assert not (await a.hear(0.3)).samples.any()
    desk.place({"a": MUSIC})
    assert np.array_equal((await a.hear(0.3)).samples, wait_music()[:2400])


async def test_who_leaves_the_room_hears_silence_and_is_not_heard(desk: Desk) -> None:
    await desk.call("a", "b", "c")
    desk.place({"a": LIVE, "b": LIVE, "c": LIVE})
    await desk.who_hears_whom()
    desk.place({"a": LIVE, "c": LIVE})
    assert await desk.who_hears_whom() == {"a": "c", "b": "", "c": "a"}
    assert (await desk.phones["b"].hear(0.2)).level == 0.0
    desk.place({})
    assert await desk.who_hears_whom() == {"a": "", "b": "", "c": ""}


async def test_rooms_do_not_mix(desk: Desk) -> None:
    await desk.call("a", "b", "c", "d", "e")
    desk.place({"a": LIVE, "b": LIVE}, "CF1")
    desk.place({"c": LIVE, "d": LIVE, "e": LIVE}, "CF2")
    assert await desk.who_hears_whom() == {"a": "b", "b": "a", "c": "de", "d": "ce", "e": "cd"}


async def test_a_call_that_changes_rooms_is_not_taken_out_again_by_the_plan_of_the_old_one(desk: Desk) -> None:
    await desk.call("a", "b", "c")
    desk.place({"a": LIVE, "b": LIVE}, "CF1")
    await desk.who_hears_whom()
    desk.place({"b": LIVE, "c": LIVE}, "CF2")
    desk.place({"a": LIVE}, "CF1")
    assert await desk.who_hears_whom() == {"a": "", "b": "c", "c": "b"}


async def test_a_plan_is_in_force_from_the_next_frame_on_and_then_its_future_is_done(desk: Desk) -> None:
    a, b = await desk.call("a", "b")
    await desk.clock.let_pass(0.1)
    frames = len(a.recording().samples) // 160
    first = desk.place({"a": MUSIC, "b": MUSIC})
    second = desk.place({"a": LIVE, "b": LIVE})
    assert not first.done()
    assert not second.done()
    await desk.clock.let_pass(0.02)
    assert first.done()
    assert second.done()
    heard = Heard(a.recording().samples[frames * 160 :], 8000)
    assert len(heard.samples) == 160
    assert heard.samples.any()
    assert np.array_equal(b.recording().samples[: frames * 160], np.zeros(frames * 160))


async def test_the_same_plan_twice_changes_nothing(desk: Desk) -> None:
    a, b, c = await desk.call("a", "b", "c")
    plan = AudioPlan("CF1", {desk.sids["a"]: LIVE, desk.sids["b"]: LIVE, desk.sids["c"]: MUSIC})
    desk.engine.apply(plan)
    before = await asyncio.gather(a.hear(0.4), c.hear(0.4))
    await asyncio.gather(b.hear(0.1), desk.engine.apply(plan))
    after = await asyncio.gather(a.hear(0.4), c.hear(0.4))
    assert before[0].amplitude(b.tone) == pytest.approx(after[0].amplitude(b.tone), abs=1e-4)
    assert np.array_equal(after[1].samples, wait_music()[4000:7200])


async def test_a_plan_for_calls_that_are_gone_or_were_never_there_is_carried_out_for_the_rest(desk: Desk) -> None:
    await desk.call("a", "b", "c")
    await desk.phones["b"].hang_up()
    future = desk.engine.apply(AudioPlan("CF1", {**dict.fromkeys(desk.sids.values(), LIVE), "CA0": LIVE}))
    assert await desk.who_hears_whom() == {"a": "c", "b": "", "c": "a"}
    assert future.done()


async def test_without_calls_a_plan_is_done_at_once(desk: Desk) -> None:
    assert desk.engine.apply(AudioPlan("CF1", {"CA0": LIVE})).done()
    await desk.call("a")
    waiting = desk.place({"a": LIVE})
    await desk.phones["a"].hang_up()
    assert waiting.done()


async def test_a_call_takes_its_place_in_the_mix_when_it_is_answered(desk: Desk) -> None:
    (a,) = await desk.call("a")
    desk.answering = False
    b = desk.phone("b")
    dialling = asyncio.create_task(b.dial("desk"))
    await desk.arrived("b")
    desk.place({"a": LIVE, "b": LIVE})
    assert not (await a.hear(0.2)).samples.any()
    await desk.engine.answer(desk.sids["b"])
    await desk.engine.answer(desk.sids["b"])
    await dialling
    assert await desk.who_hears_whom() == {"a": "b", "b": "a"}


async def test_who_hangs_up_vanishes_from_the_mix_at_once(desk: Desk) -> None:
    a, b, c = await desk.call("a", "b", "c")
    desk.place({"a": LIVE, "b": LIVE, "c": LIVE})
    await a.hear(0.2)
    await b.hang_up()
    heard = await a.hear(0.4)
    assert heard.level == pytest.approx(0.2 / 2**0.5, abs=0.001)
    assert heard.hears(c.tone)
    await b.wait_ended()
    assert desk.ended("b") == ["Normal Clearing"]


async def test_the_engine_hangs_up_a_call_and_tells_its_end_once(desk: Desk) -> None:
    a, b = await desk.call("a", "b")
    desk.place({"a": LIVE, "b": LIVE})
    await a.hear(0.2)
    await desk.engine.hang_up(desk.sids["b"])
    await desk.engine.hang_up(desk.sids["b"])
    await b.wait_ended()
    await b.hang_up()
    assert not (await a.hear(0.2)).samples.any()
    assert desk.ended("b") == ["Normal Clearing"]
    assert desk.ended("a") == []


async def test_a_sound_is_played_to_its_end(desk: Desk) -> None:
    (a,) = await desk.call("a")
    await desk.clock.let_pass(0.1)
    position = len(a.recording().samples)
    before = desk.clock.monotonic()
    playing = asyncio.create_task(desk.engine.play(desk.sids["a"], Sound.SPECIAL_INFORMATION))
    heard = await a.hear(1.2)
    assert playing.done()
    await playing
    assert len(heard.samples) == 9600
    tones = special_information()
    assert np.array_equal(a.recording().samples[position : position + len(tones)], tones)
    assert not a.recording().samples[position + len(tones) :].any()
    assert desk.clock.monotonic() - before == pytest.approx(1.2)


async def test_play_returns_with_the_last_frame(desk: Desk) -> None:
    await desk.call("a")
    before = desk.clock.monotonic()
    ended_at: list[float] = []

    async def play() -> None:
        await desk.engine.play(desk.sids["a"], Sound.SPECIAL_INFORMATION)
        ended_at.append(desk.clock.monotonic() - before)

    await asyncio.gather(play(), play(), desk.clock.let_pass(3.0))
    assert ended_at == pytest.approx([1.0, 2.0], abs=0.021)


async def test_a_sound_ends_with_its_call_or_when_nobody_waits_for_it_any_more(desk: Desk) -> None:
    a, b = await desk.call("a", "b")
    playing = asyncio.create_task(desk.engine.play(desk.sids["a"], Sound.SPECIAL_INFORMATION))
    given_up = [asyncio.create_task(desk.engine.play(desk.sids["b"], Sound.SPECIAL_INFORMATION)) for _ in range(2)]
    await b.hear(0.1)
    for waiting in given_up:
        waiting.cancel()
    await a.hang_up()
    with pytest.raises(CallGoneError, match="ended while a sound was being played"):
        await playing
    assert not (await b.hear(2.5)).samples.any()


async def test_a_room_cuts_a_sound_off(desk: Desk) -> None:
    a, b = await desk.call("a", "b")
    playing = asyncio.create_task(desk.engine.play(desk.sids["a"], Sound.SPECIAL_INFORMATION))
    await a.hear(0.1)
    desk.place({"a": LIVE, "b": LIVE})
    heard = await a.hear(0.4)
    assert playing.done()
    assert heard.hears(b.tone)
    assert heard.amplitude(950) < 0.001
    with pytest.raises(EngineError, match="is in room CF1; take it out first"):
        await desk.engine.play(desk.sids["a"], Sound.SPECIAL_INFORMATION)
    desk.place({})
    assert not (await a.hear(0.2)).samples.any()


async def test_calls_that_are_gone_are_told_by_name(desk: Desk) -> None:
    (a,) = await desk.call("a")
    sid = desk.sids["a"]
    await a.hang_up()
    for attempt in (desk.engine.answer(sid), desk.engine.play(sid, Sound.SPECIAL_INFORMATION), desk.engine.answer("CA0")):
        with pytest.raises(CallGoneError, match=r"call CA\w+ has ended or never was"):
            await attempt


async def test_an_engine_that_is_stopped_keeps_its_calls_and_goes_on_with_them(desk: Desk) -> None:
    await desk.call("a", "b")
    desk.place({"a": LIVE, "b": LIVE})
    await desk.who_hears_whom()
    await desk.engine.stop()
    with pytest.raises(EngineUnavailableError, match=r"not running; call start\(\) first"):
        await desk.engine.answer(desk.sids["a"])
    heard = desk.phones["a"].recording()
    await desk.clock.let_pass(1.0)
    assert len(desk.phones["a"].recording().samples) == len(heard.samples)
    await desk.engine.start()
    assert await desk.who_hears_whom() == {"a": "b", "b": "a"}


async def test_what_a_frame_sets_off_after_a_calm_is_told_in_its_moment(desk: Desk) -> None:
    (a,) = await desk.call("a")
    a.talk(on=False)
    desk.virtual("b", number="b")
    await asyncio.gather(desk.place({"a": LIVE}, detect_talking=True), desk.clock.let_pass(0.1))
    began = desk.clock.monotonic()

    def talk() -> bool:
        a.talk(on=True)
        return False

    async def after(kind: type[EngineEvent]) -> float:
        async with desk.news:
            await desk.news.wait_for(lambda: any(isinstance(event, kind) for event in desk.told))
        return desk.clock.monotonic() - began

    async def after_keys() -> float:
        await desk.engine.send_digits(desk.sids["a"], "WWW12")
        return desk.clock.monotonic() - began

    desk.clock.call_at(began + 2.73, talk)
    await desk.engine.place(OutgoingCall(call_sid="CA1", to="b", caller_id="a", timeout=3.31))
    seconds = await asyncio.gather(after(TalkingChanged), after(CallEnded), after_keys(), desk.clock.let_pass(5.0))
    assert seconds[:3] == pytest.approx([2.74, 3.32, 3.4], abs=0.021)


class CountingClock(VirtualClock):
    """Counts how often it is asked to call somebody."""

    calls = 0

    def call_at(self, moment: float, call: Callable[[], bool]) -> Alarm:
        self.calls += 1
        return super().call_at(moment, call)


async def test_the_engine_works_only_while_there_are_calls() -> None:
    clock = CountingClock()
    engine = LocalEngine(clock)
    await engine.start()
    await clock.let_pass(1.0)
    assert clock.calls == 0
    phone = VirtualPhone(engine, "a", 400)
    dialling = asyncio.create_task(phone.dial("desk"))
    await engine.events.get()
    await clock.let_pass(0.1)
    calls = clock.calls
    assert calls >= 5
    await phone.hang_up()
    await asyncio.wait({dialling})
    assert isinstance(dialling.exception(), CallRefusedError)
    await clock.let_pass(1.0)
    assert clock.calls == calls
    assert asyncio.all_tasks() == {asyncio.current_task()}
    await engine.stop()


@pytest.mark.parametrize("rate", [16000, 48000])
async def test_other_rates_sound_the_same(rate: int) -> None:
    async with attended(VirtualClock(), rate) as desk:
        await desk.call("a", "b", "c")
        desk.place({"a": LIVE, "b": LIVE, "c": MUSIC})
        assert await desk.who_hears_whom() == {"a": "b", "b": "a", "c": ""}
        heard = await desk.phones["c"].hear(0.4)
        assert heard.rate == rate
        assert np.array_equal(heard.samples, wait_music(rate)[round(0.4 * rate) :][: round(0.4 * rate)])


async def conference_of_ten_minutes() -> list[bytes]:
    async with attended(VirtualClock()) as desk:
        await desk.call("a", "b", "c")
        desk.place({"a": MUSIC, "b": LIVE, "c": LIVE})
        await desk.clock.let_pass(123.45)
        desk.place({"a": LIVE, "b": MUTED, "c": LIVE})
        await desk.clock.let_pass(476.55)
        return [phone.recording().samples.tobytes() for phone in desk.phones.values()]


async def test_ten_virtual_minutes_are_the_same_to_the_sample_each_time() -> None:
    first = await conference_of_ten_minutes()
    assert [len(recording) for recording in first] == pytest.approx([2 * 8000 * 600] * 3, abs=2 * 160 * 2)
    assert await conference_of_ten_minutes() == first


async def test_on_the_real_clock_phones_hear_each_other_as_well() -> None:
    async with attended(RealClock()) as desk:
        await desk.call("a", "b", "c")
        await desk.place({"a": LIVE, "b": LIVE, "c": MUSIC})
        assert await desk.who_hears_whom(0.3) == {"a": "b", "b": "a", "c": ""}
        assert len(desk.phones["a"].recording().samples) >= 2400
        await desk.engine.hang_up(desk.sids["a"])
        async with asyncio.timeout(5):
            await desk.phones["a"].wait_ended()


class StumblingClock(VirtualClock):
    """Makes a call late once: by ``late`` seconds at the moment ``at``."""

    def __init__(self, at: float, late: float) -> None:
        super().__init__()
        self._at, self._late = at, late

    def call_at(self, moment: float, call: Callable[[], bool]) -> Alarm:
        if moment >= self._at:
            moment, self._late = moment + self._late, 0.0
        return super().call_at(moment, call)


@pytest.mark.parametrize(("late", "left_out"), [(0.09, 0), (0.5, 25)])
async def test_a_late_engine_catches_up_a_little_and_leaves_out_more(late: float, left_out: int) -> None:
    with structlog.testing.capture_logs() as logs:
        async with attended(StumblingClock(at=1.0, late=late)) as desk:
            (a,) = await desk.call("a")
            await desk.clock.let_pass(2.0)
            heard = a.recording()
    assert len(heard.samples) // 160 == 100 - left_out
    late_logs = [entry for entry in logs if "late" in entry["event"]]
    assert [(entry["log_level"], entry["frames"]) for entry in late_logs] == ([("warning", left_out)] if left_out else [])


async def test_an_engine_whose_mixer_fails_says_so_and_is_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    async with attended(VirtualClock()) as desk:
        await desk.call("a", "b")
        desk.place({"a": LIVE, "b": LIVE})

        def fail() -> None:
            raise RuntimeError("out of order")

        monkeypatch.setattr(desk.local._arrangement._mixer, "mix", fail)
        with structlog.testing.capture_logs() as logs:
            await desk.clock.let_pass(0.1)
        assert desk.told[-1] == EngineLost("the mixer has stopped: RuntimeError('out of order')", final=True)
        assert [entry["event"] for entry in logs] == ["the mixer has stopped"]
        with pytest.raises(EngineUnavailableError):
            await desk.engine.answer(desk.sids["a"])


def test_the_engine_refuses_a_rate_that_it_cannot_mix() -> None:
    with pytest.raises(ValueError, match="44100"):
        LocalEngine(VirtualClock(), 44100)
