import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from ari_conf.audio import Samples
from ari_conf.audio.music import SECONDS, VOICE_TONES, wait_music, write_wait_music
from ari_conf.audio.wav import read_wav
from ari_conf.phones.phone import AUDIBLE, tone_of


def windows(samples: Samples, rate: int, seconds: float = 0.4, hop: float = 0.05) -> np.ndarray:
    """Return stretches of ``seconds`` from all over the loop, those over its seam too, one a row."""
    twice = np.concatenate([samples, samples[: round(seconds * rate)]]).astype(np.float64) / 32768
    starts = np.arange(0, len(samples), round(hop * rate))
    return np.stack([twice[start : start + round(seconds * rate)] for start in starts])


@pytest.mark.parametrize("rate", [8000, 16000, 48000])
def test_the_music_is_there_at_all_times_and_clear_of_the_phones_tones(rate: int) -> None:
    music = windows(wait_music(rate), rate, hop=0.05 if rate == 8000 else 0.4)
    levels = np.sqrt(np.mean(np.square(music), axis=1))
    assert levels.min() >= 0.03

    window = np.hanning(music.shape[1])
    moments = np.arange(music.shape[1]) / rate
    probes = np.exp(-2j * np.pi * np.outer(moments, VOICE_TONES)) * window[:, None]
    amplitudes = 2 * np.abs(music @ probes) / window.sum()
    assert amplitudes.max() < 0.008


def test_the_voice_tones_are_those_of_the_first_32_phones() -> None:
    assert sorted(tone_of(index) for index in range(32)) == list(VOICE_TONES)
    assert AUDIBLE > 2 * 0.008


@pytest.mark.parametrize("rate", [8000, 16000, 48000])
def test_the_music_has_its_length_and_peak(rate: int) -> None:
    samples = wait_music(rate)
    assert samples.dtype == np.int16
    assert len(samples) == SECONDS * rate
    peak_dbfs = 20 * np.log10(np.abs(samples.astype(int)).max() / 32768)
    assert peak_dbfs == pytest.approx(-12.0, abs=0.1)


def test_the_loop_has_no_audible_seam() -> None:
    samples = wait_music().astype(np.float64)
    # A click is a jump in the second difference that the music itself does not have.
    bend = np.abs(np.diff(np.concatenate([samples, samples[:400]]), n=2))
    assert bend[len(samples) - 4 : len(samples) + 4].max() <= bend[: len(samples) - 4].max()
    level = np.sqrt(np.mean(np.square(np.concatenate([samples[-2000:], samples[:2000]])))) / 32768
    assert level >= 0.05


def test_the_music_is_made_once_and_cannot_be_spoilt() -> None:
    assert wait_music() is wait_music(8000) or np.shares_memory(wait_music(8000), wait_music(8000))
    with pytest.raises(ValueError, match="read-only"):
        wait_music()[0] = 1


def test_it_is_written_as_a_wav_file(tmp_path: Path) -> None:
    write_wait_music(tmp_path / "music.wav", 16000)
    samples, rate = read_wav(tmp_path / "music.wav")
    assert rate == 16000
    assert np.array_equal(samples, wait_music(16000))


def run(*command: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - our own module


def test_the_module_writes_a_file_without_a_word(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "ari_conf.audio.music"]
    done = run(*command, str(tmp_path / "music.wav"))
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert np.array_equal(read_wav(tmp_path / "music.wav")[0], wait_music())

    done = run(*command)
    assert done.returncode == 2
    assert done.stderr.startswith("usage: ")
