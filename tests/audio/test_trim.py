import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ari_conf.audio.tones import silence, tone
from ari_conf.audio.trim import trim_silence


def noise(seconds: float, amplitude: float) -> np.ndarray[tuple[int], np.dtype[np.int16]]:
    values = np.random.default_rng(1).normal(0, amplitude * 32767, round(seconds * 8000))
    return np.rint(values).astype(np.int16)


@pytest.mark.parametrize("rate", [8000, 48000])
def test_both_ends_are_cut_to_a_small_margin(rate: int) -> None:
    voice = tone(500, 2.0, rate=rate)
    trimmed = trim_silence(np.concatenate([silence(1.5, rate), voice, silence(3.0, rate)]), rate)
    assert (trimmed.leading_seconds, trimmed.trailing_seconds) == pytest.approx((1.46, 2.96))
    assert len(trimmed.samples) == round(2.08 * rate)
    edge = round(0.04 * rate)
    assert np.array_equal(trimmed.samples[edge:-edge], voice)


def test_silence_in_the_middle_stays() -> None:
    sound = np.concatenate([tone(500, 0.5), silence(5), tone(500, 0.5)])
    trimmed = trim_silence(sound)
    assert np.array_equal(trimmed.samples, sound)
    assert (trimmed.leading_seconds, trimmed.trailing_seconds) == (0, 0)


@pytest.mark.parametrize("seconds", [0, 0.001, 0.02, 30.013])
def test_where_everything_is_silent_nothing_is_left(seconds: float) -> None:
    trimmed = trim_silence(silence(seconds))
    assert len(trimmed.samples) == 0
    assert trimmed.leading_seconds + trimmed.trailing_seconds == pytest.approx(seconds, abs=1 / 8000)


def test_the_noise_of_a_line_is_silence_and_a_soft_voice_is_not() -> None:
    hiss = noise(2.0, 0.002)
    assert len(trim_silence(hiss).samples) == 0
    sound = np.concatenate([hiss, tone(300, 1.0, amplitude=0.02), hiss])
    assert len(trim_silence(sound).samples) / 8000 == pytest.approx(1.08, abs=0.021)


def test_a_click_is_no_voice() -> None:
    clicks = silence(2)
    clicks[[100, 9000]] = 2000
    assert len(trim_silence(clicks).samples) == 0


def test_of_two_channels_the_louder_one_counts() -> None:
    left = np.concatenate([silence(2), tone(500, 1.0), silence(4)])
    right = np.concatenate([silence(4), tone(700, 1.0), silence(2)])
    trimmed = trim_silence(np.column_stack([left, right]))
    assert trimmed.samples.shape == (round(3.08 * 8000), 2)
    assert (trimmed.leading_seconds, trimmed.trailing_seconds) == pytest.approx((1.96, 1.96))


def test_the_loudest_possible_sound() -> None:
    assert len(trim_silence(np.full(8000, -32768, np.int16)).samples) == 8000


@given(before=st.integers(0, 30000), during=st.integers(400, 30000), after=st.integers(0, 30000))
def test_no_voice_is_lost_and_no_more_than_the_margin_is_left(before: int, during: int, after: int) -> None:
    sound = np.concatenate([np.zeros(before, np.int16), np.full(during, 5000, np.int16), np.zeros(after, np.int16)])
    trimmed = trim_silence(sound)
    assert np.count_nonzero(trimmed.samples) == during
    assert len(trimmed.samples) <= during + 2 * 3 * 160
    cut = trimmed.leading_seconds + trimmed.trailing_seconds
    assert cut * 8000 + len(trimmed.samples) == pytest.approx(before + during + after)
