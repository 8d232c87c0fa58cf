"""How recordings look: the loudest sample of each part, of each channel, made once for all who want it."""

import asyncio
import threading
import wave
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from ari_conf.dashboard import waveform
from ari_conf.dashboard.waveform import MOST_PEAKS, Waveform, Waveforms, waveform_of

SID = "RE" + "1" * 32
LOUD, SOFT = 16_384, 3_277


def wav(path: Path, samples: Sequence[Sequence[int]], width: int = 2) -> Path:
    """Write a file in which each of ``samples`` has the values of a moment, by channel."""
    with wave.open(str(path), "wb") as file:
        file.setnchannels(len(samples[0]) if samples else 1)
        file.setsampwidth(width)
        file.setframerate(8000)
        file.writeframes(np.asarray(samples, "<i2").tobytes())
    return path


def nonsense(path: Path) -> None:
    path.write_bytes(b"nonsense")


def empty(folder: Path) -> None:
    for path in folder.iterdir():
        path.unlink()


def test_each_channel_has_its_own_peaks(tmp_path: Path) -> None:
    half = 4000
    made = waveform_of(wav(tmp_path / "a.wav", [(LOUD, 0)] * half + [(0, -SOFT)] * half))
    assert (made["seconds"], made["channels"]) == (1.0, 2)
    middle = MOST_PEAKS // 2
    assert made["peaks"] == [[0.5] * middle + [0.0] * middle, [0.0] * middle + [0.1] * middle]


def test_a_click_is_seen_and_the_lowest_sample_is_full_scale(tmp_path: Path) -> None:
    samples = [(0,)] * 100_000
    samples[73_456] = (-32_768,)
    (peaks,) = waveform_of(wav(tmp_path / "a.wav", samples))["peaks"]
    assert [(place, peak) for place, peak in enumerate(peaks) if peak] == [(73_456 * MOST_PEAKS // 100_000, 1.0)]


@pytest.mark.parametrize(("frames", "peaks"), [(0, 0), (1, 1), (799, 799), (801, 800)])
def test_short_ones(tmp_path: Path, frames: int, peaks: int) -> None:
    made = waveform_of(wav(tmp_path / "a.wav", [(LOUD,)] * frames))
    assert made["peaks"] == [[0.5] * peaks]


def test_a_file_that_ends_before_its_header_says_is_drawn_as_far_as_it_goes(tmp_path: Path) -> None:
    path = wav(tmp_path / "a.wav", [(LOUD,)] * 8000)
    path.write_bytes(path.read_bytes()[: 44 + 8000])
    (peaks,) = waveform_of(path)["peaks"]
    assert peaks == [0.5] * 400 + [0.0] * 400


async def test_it_is_made_once_for_all_who_want_it_at_the_same_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[Path] = []
    go_on = threading.Event()

    def make(path: Path) -> Waveform:
        made.append(path)
        assert go_on.wait(10.0)
        return Waveform(seconds=1.0, channels=1, peaks=[[0.5]])

    monkeypatch.setattr(waveform, "waveform_of", make)
    waveforms = Waveforms(tmp_path)
    wanting = [asyncio.create_task(waveforms.get(SID)) for _ in range(3)]
    await asyncio.sleep(0)
    wanting[0].cancel()  # who goes away does not end it for the others
    go_on.set()
    assert await wanting[1] == await wanting[2] == await waveforms.get(SID)
    assert made == [tmp_path / f"{SID}.wav"]


async def test_so_many_are_remembered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waveform, "REMEMBERED", 2)
    waveforms = Waveforms(tmp_path)
    for name in "abc":
        wav(tmp_path / f"{name}.wav", [(LOUD,)])
    for name in "abac":
        await waveforms.get(name)
    empty(tmp_path)
    assert [(await waveforms.get(name))["peaks"] for name in "ac"] == [[[0.5]]] * 2
    with pytest.raises(FileNotFoundError):
        await waveforms.get("b")


async def test_a_failure_is_not_remembered(tmp_path: Path) -> None:
    waveforms = Waveforms(tmp_path)
    nonsense(tmp_path / "a.wav")
    with pytest.raises(wave.Error):
        await waveforms.get("a")
    wav(tmp_path / "a.wav", [(0, 0)], width=1)
    with pytest.raises(wave.Error, match="8 bits"):
        await waveforms.get("a")
    wav(tmp_path / "a.wav", [(LOUD,)])
    assert (await waveforms.get("a"))["peaks"] == [[0.5]]
