from pathlib import Path

import numpy as np
import pytest

from ari_conf.audio.segments import AudioSegment, from_segment, to_segment
from ari_conf.audio.tones import tone
from ari_conf.audio.wav import read_wav, write_wav


def test_wav_files_come_back_as_they_were_written(tmp_path: Path) -> None:
    samples = tone(700, 0.1, rate=48000)
    write_wav(tmp_path / "tone.wav", samples, 48000)
    back, rate = read_wav(tmp_path / "tone.wav")
    assert rate == 48000
    assert back.dtype == np.int16
    assert np.array_equal(back, samples)


def test_what_is_no_mono_16_bit_wav_file_is_refused_with_the_reason(tmp_path: Path) -> None:
    AudioSegment.silent(10).set_channels(2).export(str(tmp_path / "stereo.wav"), format="wav").close()
    with pytest.raises(ValueError, match=r"stereo\.wav has 2 channels of 16 bits; convert it"):
        read_wav(tmp_path / "stereo.wav")
    for name, content in (("text.wav", b"not a sound"), ("empty.wav", b"")):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(ValueError, match=f"{name} is not a PCM WAV file"):
            read_wav(tmp_path / name)


def test_segments_of_pydub_carry_the_same_samples() -> None:
    samples = tone(700, 0.1)
    assert np.array_equal(from_segment(to_segment(samples, 8000)), samples)
    with pytest.raises(ValueError, match="2 channels of 16 bits"):
        from_segment(AudioSegment.silent(10).set_channels(2))
