import io
from pathlib import Path

import numpy as np
import pytest
import soundfile

from ari_conf.audio.decode import DecodeError, decode
from ari_conf.phones.phone import Heard
from tests.audio.sound_files import AMPLITUDE, PITCH, sound_file, wave


@pytest.mark.parametrize("rate", [8000, 11025, 16000, 22050, 44100, 48000])
@pytest.mark.parametrize(("kind", "subtype"), [("WAV", "PCM_16"), ("MP3", None)])
def test_every_rate_comes_out_at_8000_hz(kind: str, subtype: str | None, rate: int) -> None:
    check_tone(decode(sound_file(kind, subtype, rate=rate)), tolerance=0.01)


@pytest.mark.parametrize(
    ("kind", "subtype"),
    [
        ("WAV", "PCM_U8"),
        ("WAV", "PCM_24"),
        ("WAV", "PCM_32"),
        ("WAV", "FLOAT"),
        ("WAV", "DOUBLE"),
        ("WAV", "ULAW"),
        ("WAV", "ALAW"),
        ("WAVEX", "PCM_16"),
        ("AIFF", "PCM_16"),
        ("AIFF", "ULAW"),
        ("AU", "ULAW"),
        ("FLAC", "PCM_16"),
    ],
)
@pytest.mark.parametrize("channels", [1, 2])
def test_every_format_is_mixed_to_one_channel(kind: str, subtype: str, channels: int) -> None:
    check_tone(decode(sound_file(kind, subtype, channels=channels, rate=16000)), tolerance=0.01)


@pytest.mark.parametrize(
    ("content_type", "subtype"), [("audio/basic", "ULAW"), ("audio/alaw", "ALAW"), ("audio/x-gsm", "GSM610")]
)
def test_codecs_without_a_header_are_known_by_their_content_type(content_type: str, subtype: str) -> None:
    raw = sound_file("RAW", subtype, rate=8000)
    check_tone(decode(raw, content_type=content_type), tolerance=0.03)
    with pytest.raises(DecodeError):
        decode(raw)


def test_an_au_file_is_audio_basic_with_a_header() -> None:
    check_tone(decode(sound_file("AU", "ULAW", rate=8000), content_type="audio/basic"), tolerance=0.01)


def test_the_channels_count_alike() -> None:
    file = io.BytesIO()
    left = wave(rate=8000)
    soundfile.write(file, np.column_stack([left, np.zeros_like(left)]), 8000, format="WAV", subtype="PCM_16")
    assert Heard(decode(file.getvalue()), 8000).amplitude(PITCH) == pytest.approx(AMPLITUDE / 2, abs=0.002)


def test_what_is_above_the_band_does_not_come_back_as_an_alias() -> None:
    file = io.BytesIO()
    moments = np.arange(48000) / 48000
    soundfile.write(file, 0.5 * np.sin(2 * np.pi * 7000 * moments), 48000, format="WAV", subtype="PCM_16")
    assert np.abs(decode(file.getvalue())[400:-400]).max() < 20


def test_a_file_on_the_disk(tmp_path: Path) -> None:
    path = tmp_path / "tone.bin"
    path.write_bytes(sound_file("WAV"))
    check_tone(decode(path), tolerance=0.01)
    with pytest.raises(FileNotFoundError):
        decode(tmp_path / "none.wav")


def test_floats_beyond_the_scale_are_clipped_and_no_numbers_are_silence() -> None:
    file = io.BytesIO()
    soundfile.write(file, np.array([0.0, 7.0, -7.0, np.nan, np.inf]), 8000, format="WAV", subtype="DOUBLE")
    assert decode(file.getvalue()).tolist() == [0, 32767, -32767, 0, 32767]


@pytest.mark.parametrize(
    ("data", "content_type", "reason"),
    [
        (b"", "", "it is empty"),
        (b"<html><body>404</body></html>", "audio/mpeg", "no sound in a known format"),
        (sound_file("MP3")[:60], "audio/mpeg", "no sound"),
        (sound_file("WAV")[:20], "audio/wav", "no sound"),
        (sound_file("WAV", seconds=0), "audio/wav", "no sound in it"),
        (sound_file("WAV", channels=17, rate=8000), "audio/wav", "17 channels"),
    ],
)
def test_what_is_no_sound_is_refused_with_the_reason(data: bytes, content_type: str, reason: str) -> None:
    with pytest.raises(DecodeError, match=reason):
        decode(data, content_type=content_type)


@pytest.mark.parametrize("kind", ["WAV", "MP3"])
def test_a_sound_that_is_too_long_is_refused(kind: str) -> None:
    assert len(decode(sound_file(kind, seconds=1.9, rate=8000), longest_seconds=2.0)) >= 15200
    with pytest.raises(DecodeError, match="longer than 2 s"):
        decode(sound_file(kind, seconds=2.5, rate=8000), longest_seconds=2.0)


def test_a_download_that_broke_off_is_played_as_far_as_it_goes() -> None:
    whole = sound_file("MP3", seconds=4.0)
    part = decode(whole[: len(whole) // 2])
    assert 1.5 < len(part) / 8000 < 2.5


def check_tone(samples: np.ndarray[tuple[int], np.dtype[np.int16]], tolerance: float) -> None:
    assert samples.dtype == np.int16
    assert samples.ndim == 1
    # MP3 comes in whole frames
    assert 1.0 <= len(samples) / 8000 < 1.15
    heard = Heard(samples[1600:7200], 8000)
    assert heard.amplitude(PITCH) == pytest.approx(AMPLITUDE, abs=tolerance)
    assert heard.amplitude(PITCH + 500) < 0.01
