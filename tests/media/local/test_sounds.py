import asyncio
from collections.abc import Awaitable
from pathlib import Path

import numpy as np
import pytest

from ari_conf.audio import Samples
from ari_conf.audio.music import wait_music
from ari_conf.audio.tones import BEEP, beep, tone
from ari_conf.audio.wav import write_wav
from ari_conf.clock import VirtualClock
from ari_conf.conference import AudioProgram, Coaching, InMix, OnHold, Waiting
from ari_conf.media.port import CallGoneError, EngineError, Sound, SoundFile
from ari_conf.phones.phone import Heard, Phone, tone_of

from .conftest import Desk, attended

LIVE = InMix()
ANNOUNCED = 2000.0
ELSEWHERE = Waiting(AudioProgram(url="http://127.0.0.1/wait"))


@pytest.fixture
def announcement(tmp_path: Path) -> SoundFile:
    path = tmp_path / "announcement.wav"
    write_wav(path, tone(ANNOUNCED, 0.5), 8000)
    return SoundFile(path, 0.5)


def before(phone: Phone) -> int:
    return len(phone.recording().samples)


def since(phone: Phone, moment: int, seconds: float) -> Samples:
    return phone.recording().samples[moment : moment + round(seconds * 8000)]


def started(work: Awaitable[None]) -> asyncio.Future[None]:
    return asyncio.ensure_future(work)


async def test_a_file_is_played_in_place_of_the_program_which_then_goes_on(desk: Desk, announcement: SoundFile) -> None:
    a, b = await desk.call("a", "b")
    await asyncio.gather(desk.place({"a": Waiting(AudioProgram()), "b": ELSEWHERE}), desk.clock.let_pass(0.1))
    heard_until_now = before(a)
    playing = [started(desk.engine.play(desk.sids[name], announcement)) for name in "ab"]
    await desk.clock.let_pass(1.0)
    await asyncio.gather(*playing)
    samples = tone(ANNOUNCED, 0.5)
    assert np.array_equal(since(a, heard_until_now, 0.5), samples)
    assert np.array_equal(since(b, heard_until_now, 0.5), samples)
    music = np.trim_zeros(since(a, 0, heard_until_now / 8000), "f")
    assert len(music)
    after = since(a, heard_until_now + 4000, 0.4)
    begun = np.concatenate([music, after])
    first = int(np.flatnonzero(wait_music())[0])
    assert np.array_equal(begun, wait_music()[first : first + len(begun)])
    assert not since(b, heard_until_now + 4000, 0.4).any()


async def test_a_program_that_is_played_ends_without_an_error_when_the_conference_starts(
    desk: Desk, announcement: SoundFile
) -> None:
    a, b = await desk.call("a", "b")
    desk.place({"a": ELSEWHERE, "b": ELSEWHERE})
    playing = [started(desk.engine.play(desk.sids["a"], announcement)) for _ in range(2)]
    assert (await a.hear(0.2)).amplitude(ANNOUNCED) > 0.1
    desk.place({"a": LIVE, "b": LIVE})
    heard = await a.hear(0.4)
    await asyncio.gather(*playing)
    assert heard.level == pytest.approx(0.2 / 2**0.5, abs=0.001)
    assert heard.hears(b.tone)
    assert not desk.local._calls[desk.sids["a"]].playbacks


async def test_what_is_played_goes_on_from_waiting_to_hold_and_stops_at_once_when_it_is_cancelled(
    desk: Desk, announcement: SoundFile
) -> None:
    (a,) = await desk.call("a")
    desk.place({"a": ELSEWHERE})
    playing = started(desk.engine.play(desk.sids["a"], announcement))
    await a.hear(0.1)
    desk.place({"a": OnHold(AudioProgram(url=""))})
    await a.hear(0.1)
    assert not playing.done()
    moment = before(a)
    playing.cancel()
    await desk.clock.let_pass(0.2)
    assert len(since(a, moment, 0.2)) >= 1440
    assert not since(a, moment, 0.2).any()


async def test_hold_music_can_be_played_as_soon_as_the_hold_has_been_asked_for(desk: Desk, announcement: SoundFile) -> None:
    a, _ = await desk.call("a", "b")
    desk.place({"a": LIVE, "b": LIVE})
    await a.hear(0.1)
    desk.place({"a": OnHold(AudioProgram(url="http://127.0.0.1/hold")), "b": LIVE})
    playing = started(desk.engine.play(desk.sids["a"], announcement))
    heard = await a.hear(0.4)
    assert heard.amplitude(ANNOUNCED) > 0.15
    await desk.clock.let_pass(0.2)
    await playing


async def test_a_sound_for_one_is_added_to_what_it_hears_to_the_sample(desk: Desk, announcement: SoundFile) -> None:
    a, b, c = await desk.call("a", "b", "c")
    a.talk(on=False)
    c.talk(on=False)
    desk.place({"a": LIVE, "b": LIVE, "c": LIVE})
    await desk.clock.let_pass(0.1)
    moment = before(a)
    playing = started(desk.engine.play_to_participant(desk.sids["a"], announcement))
    await desk.clock.let_pass(0.6)
    await playing
    voice_of_b = since(c, moment, 0.6)
    assert voice_of_b.any()
    assert not since(b, moment, 0.6).any()
    sound = np.concatenate([tone(ANNOUNCED, 0.5), np.zeros(800, np.int16)])
    assert np.array_equal(since(a, moment, 0.6), voice_of_b + sound)


async def test_who_hears_a_sound_alone_stays_audible_to_the_others(desk: Desk, announcement: SoundFile) -> None:
    a, b = await desk.call("a", "b")
    desk.place({"a": LIVE, "b": LIVE})
    playing = [started(desk.engine.play_to_participant(desk.sids["a"], announcement)) for _ in range(2)]
    heard_a, heard_b = await asyncio.gather(a.hear(0.5), b.hear(0.5))
    assert heard_a.amplitude(b.tone) == pytest.approx(0.2, abs=0.01)
    # Both are on at once, from the frame on in which the plan is in force.
    assert heard_a.amplitude(ANNOUNCED) == pytest.approx(0.4, abs=0.02)
    assert heard_b.amplitude(a.tone) == pytest.approx(0.2, abs=0.001)
    assert heard_b.amplitude(ANNOUNCED) < 0.001
    await desk.clock.let_pass(0.1)
    await asyncio.gather(*playing)


async def test_a_sound_for_one_ends_when_it_leaves_the_mix_or_the_call_or_nobody_wants_it(
    desk: Desk, announcement: SoundFile
) -> None:
    a, b, c = await desk.call("a", "b", "c")
    desk.place({"a": LIVE, "b": LIVE, "c": LIVE})
    held, gone, given_up = [started(desk.engine.play_to_participant(desk.sids[name], announcement)) for name in "abc"]
    await desk.clock.let_pass(0.1)
    desk.place({"a": OnHold(AudioProgram(url="")), "b": LIVE, "c": LIVE})
    await b.hang_up()
    given_up.cancel()
    heard = await asyncio.gather(a.hear(0.2), c.hear(0.2))
    await held
    with pytest.raises(CallGoneError):
        await gone
    assert all(ear.amplitude(ANNOUNCED) < 0.001 for ear in heard)
    await desk.engine.play_to_participant(desk.sids["a"], announcement)  # it is in no mix: nothing to wait for
    desk.place({"a": LIVE, "b": LIVE, "c": LIVE})
    assert (await a.hear(0.2)).amplitude(ANNOUNCED) < 0.001


async def test_a_sound_for_the_room_is_added_for_everybody_in_its_mix(desk: Desk, announcement: SoundFile) -> None:
    a, b, c, d, e = await desk.call("a", "b", "c", "d", "e")
    desk.place({"a": LIVE, "b": InMix(muted=True), "c": Coaching(desk.sids["a"]), "d": OnHold(AudioProgram(url=""))}, "CF1")
    desk.place({"e": LIVE}, "CF2")
    a.talk(on=False)
    c.talk(on=False)
    await desk.clock.let_pass(0.1)
    moment = before(a)
    playing = started(desk.engine.play_to_room("CF1", announcement))
    await desk.clock.let_pass(0.6)
    await playing
    sound = np.concatenate([tone(ANNOUNCED, 0.5), np.zeros(800, np.int16)])
    for phone in (a, b, c):
        assert np.array_equal(since(phone, moment, 0.6), sound)
    for phone in (d, e):
        assert not since(phone, moment, 0.6).any()


async def test_who_comes_into_the_mix_hears_the_rest_of_a_sound_and_cancelling_ends_it(
    desk: Desk, announcement: SoundFile
) -> None:
    a, b = await desk.call("a", "b")
    for phone in (a, b):
        phone.talk(on=False)
    desk.place({"a": LIVE, "b": OnHold(AudioProgram(url=""))})
    await desk.clock.let_pass(0.1)
    moment = before(b)
    playing = started(desk.engine.play_to_room("CF1", announcement))
    await desk.clock.let_pass(0.2)
    desk.place({"a": LIVE, "b": LIVE})
    await desk.clock.let_pass(0.1)
    playing.cancel()
    await desk.clock.let_pass(0.3)
    heard = since(b, moment, 0.6)
    assert not heard[:1600].any()
    assert np.array_equal(heard[1600:2400], tone(ANNOUNCED, 0.5)[1600:2400])
    assert not heard[2400:].any()


async def test_a_beep_is_heard_from_the_frame_on_in_which_the_conference_starts(desk: Desk) -> None:
    a, b = await desk.call("a", "b")
    a.talk(on=False)
    b.talk(on=False)
    await desk.clock.let_pass(0.1)
    moment = before(a)
    desk.place({"a": LIVE, "b": LIVE})
    beeping = started(desk.engine.play_to_room("CF1", Sound.BEEP))
    await desk.clock.let_pass(0.5)
    await beeping
    heard = since(a, moment, 0.5)
    assert np.array_equal(np.trim_zeros(heard), np.trim_zeros(beep()))
    assert not heard[:160].any()
    assert heard[160:320].any()


@pytest.mark.parametrize("rate", [8000, 16000, 48000])
def test_a_beep_is_no_voice_of_a_phone(rate: int) -> None:
    samples = beep(rate)
    assert len(samples) == rate // 4
    assert abs(int(samples[0])) + abs(int(samples[-1])) <= 10
    within = Heard(np.pad(samples, (rate // 10, rate // 20)), rate)
    assert within.hears(BEEP)
    assert not any(within.hears(tone_of(index)) for index in range(64))


async def test_a_room_without_a_mix_hears_nothing_and_one_that_ends_cuts_a_sound_off(
    desk: Desk, announcement: SoundFile
) -> None:
    a, _ = await desk.call("a", "b")
    await desk.engine.play_to_room("CF0", Sound.BEEP)
    desk.place({"a": ELSEWHERE, "b": ELSEWHERE})
    await asyncio.gather(desk.engine.play_to_room("CF1", Sound.BEEP), desk.clock.let_pass(0.04))
    desk.place({"a": LIVE, "b": LIVE})
    playing = started(desk.engine.play_to_room("CF1", announcement))
    await desk.clock.let_pass(0.1)
    assert not playing.done()
    desk.place({})
    await desk.clock.let_pass(0.04)
    await playing
    assert a.recording().amplitude(BEEP) < 0.001


@pytest.mark.parametrize("rate", [16000, 48000])
async def test_a_file_sounds_the_same_at_other_rates(rate: int, announcement: SoundFile) -> None:
    async with attended(VirtualClock(), rate) as desk:
        (a,) = await desk.call("a")
        await desk.clock.let_pass(0.1)
        playing = started(desk.engine.play(desk.sids["a"], announcement))
        heard = (await a.hear(0.5)).samples
        await desk.clock.let_pass(0.1)
        await playing
    expected = tone(ANNOUNCED, 0.5, rate=rate)
    middle = slice(rate // 100, -rate // 100)
    assert np.abs(heard[middle].astype(int) - expected[middle]).max() <= 33  # -60 dBFS


async def test_files_that_cannot_be_played_are_refused_with_the_remedy(desk: Desk, tmp_path: Path) -> None:
    await desk.call("a")
    path = tmp_path / "a.wav"
    with pytest.raises(EngineError, match=r"a\.wav cannot be played: .*No such file"):
        await desk.engine.play(desk.sids["a"], SoundFile(path, 1.0))
    write_wav(path, tone(440, 0.1), 16000)
    with pytest.raises(EngineError, match="has a rate of 16000 Hz; convert it to 8000 Hz first"):
        await desk.engine.play_to_room("CF1", SoundFile(path, 0.1))
    write_wav(path, tone(440, 0.0), 8000)
    await desk.engine.play(desk.sids["a"], SoundFile(path, 0.0))
    with pytest.raises(CallGoneError):
        await desk.engine.play_to_participant("CA0", SoundFile(path, 0.0))
