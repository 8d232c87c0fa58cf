import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ari_conf.audio.tones import Oscillator, ringing, silence, special_information, tone
from ari_conf.phones.phone import Heard


@pytest.mark.parametrize("rate", [8000, 16000, 48000])
def test_a_tone_has_its_pitch_amplitude_and_length(rate: int) -> None:
    samples = tone(1000, 0.5, amplitude=0.3, rate=rate)
    heard = Heard(samples, rate)
    assert samples.dtype == np.int16
    assert len(samples) == rate // 2
    assert heard.amplitude(1000) == pytest.approx(0.3, abs=0.001)
    assert heard.amplitude(1100) < 0.001


def test_several_tones_sound_together_and_are_clipped_at_full_scale() -> None:
    assert Heard(tone((440, 480), 1.0, amplitude=0.1), 8000).amplitude(480) == pytest.approx(0.1, abs=0.001)
    loud = tone((440, 480), 1.0, amplitude=0.9)
    assert (loud.max(), loud.min()) == (32767, -32767)


def test_the_special_information_tone_rises_in_three_steps() -> None:
    samples = special_information()
    assert len(samples) == 7920
    for step, frequency in enumerate((950, 1400, 1800)):
        heard = Heard(samples[2640 * step : 2640 * (step + 1)], 8000)
        assert heard.amplitude(frequency) == pytest.approx(0.2, abs=0.001)
        assert all(heard.amplitude(other) < 0.002 for other in {950, 1400, 1800} - {frequency})


def test_the_ring_tone_rings_for_two_seconds_out_of_six() -> None:
    samples = ringing()
    assert len(samples) == 48000
    assert Heard(samples[:16000], 8000).amplitude(440) == pytest.approx(0.1, abs=0.001)
    assert not samples[16000:].any()


def test_silence_is_digital() -> None:
    assert len(silence(0.25, 16000)) == 4000
    assert not silence(0.25).any()


@given(frequency=st.floats(20, 3900), rate=st.sampled_from([8000, 16000, 48000]))
def test_the_frames_of_an_oscillator_join_without_a_seam(frequency: float, rate: int) -> None:
    oscillator = Oscillator(frequency, amplitude=0.2, rate=rate, frame_length=rate // 50)
    samples = np.concatenate([oscillator.next_frame() for _ in range(120)])
    # One count: the phase is summed up block by block here, and in one go there.
    assert np.abs(samples.astype(int) - tone(frequency, 2.4, rate=rate)).max() <= 1
