"""Where silence has to stand for pauses, and what becomes of the file."""

import wave
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ari_conf.audio import Samples
from ari_conf.audio.tones import tone
from ari_conf.media.port import Track
from ari_conf.recordings import PauseBehavior, Recording, RecordingStatus, Source
from ari_conf.recordings.course import Course, Gap
from ari_conf.recordings.finish import finish, with_silence
from ari_conf.twilio_codes import Code

SKIP, SILENCE = PauseBehavior.SKIP, PauseBehavior.SILENCE
RATE = 8000


def test_a_recording_without_pauses_needs_no_silence() -> None:
    assert Course(10.0).until(70.0) == ()


def test_silence_stands_where_the_pause_was_and_a_skipped_pause_leaves_no_trace() -> None:
    course = Course(10.0).pause(12.0, SILENCE).resume(17.0).pause(18.0, SKIP).resume(20.0).pause(21.0, SILENCE).resume(21.5)
    assert course.until(30.0) == (Gap(2.0, 5.0), Gap(4.0, 0.5))


@pytest.mark.parametrize(("behavior", "expected"), [(SILENCE, (Gap(2.0, 8.0),)), (SKIP, ())])
def test_a_pause_may_last_until_the_end(behavior: PauseBehavior, expected: tuple[Gap, ...]) -> None:
    assert Course(10.0).pause(12.0, behavior).until(20.0) == expected


# Whole seconds, whose sums are exact: a clock does not go backwards by a rounding error either.
_SECONDS = st.integers(0, 100).map(float)


@given(st.lists(st.tuples(_SECONDS, _SECONDS, st.sampled_from(PauseBehavior)), max_size=8))
def test_what_was_recorded_and_its_silence_last_as_long_as_it_took_but_for_what_was_skipped(
    pauses: list[tuple[float, float, PauseBehavior]],
) -> None:
    now, recorded, skipped, course = 5.0, 0.0, 0.0, Course(5.0)
    for before, lasts, behavior in pauses:
        course = course.pause(now + before, behavior).resume(now + before + lasts)
        now += before + lasts
        recorded += before
        skipped += lasts if behavior is SKIP else 0
    gaps = course.until(now)
    assert recorded + sum(gap.seconds for gap in gaps) == now - 5.0 - skipped
    assert all(0 <= gap.after <= recorded for gap in gaps)
    assert [gap.after for gap in gaps] == sorted(gap.after for gap in gaps)


def test_silence_is_put_in_between_what_was_recorded_in_each_channel() -> None:
    samples = np.arange(1, 9, dtype=np.int16).reshape(-1, 2)
    result = with_silence(samples, 1, [Gap(1.0, 2.0), Gap(3.0, 1.0), Gap(9.0, 1.0)])
    assert result.tolist() == [[1, 2], [0, 0], [0, 0], [3, 4], [5, 6], [0, 0], [7, 8], [0, 0]]
    assert with_silence(samples, 1, []) is samples


@pytest.fixture
def recording() -> Recording:
    return Recording(
        sid="RE1", account_sid="AC1", source=Source.DIAL_VERB, started_at=1.0, call_sid="CA1", track=Track.BOTH, trim=True
    )


def write(path: Path, samples: Samples) -> Path:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(samples.astype("<i2").tobytes())
    return path


def test_silence_that_stands_for_a_pause_is_trimmed_at_the_ends_and_kept_within(recording: Recording, tmp_path: Path) -> None:
    raw = write(tmp_path / "raw.wav", tone(700, 2.0))
    gaps = [Gap(0.0, 3.0), Gap(1.0, 4.0), Gap(2.0, 5.0)]
    finished = finish(recording, raw, tmp_path / "RE1.wav", gaps)
    assert (finished.status, finished.duration) == (RecordingStatus.COMPLETED, 6)
    with wave.open(str(tmp_path / "RE1.wav")) as file:
        samples = np.frombuffer(file.readframes(file.getnframes()), "<i2")
    assert len(samples) == pytest.approx(6 * RATE, abs=0.1 * RATE)
    assert not samples[round(1.1 * RATE) : round(4.9 * RATE)].any()
    assert raw.exists()


def test_a_pause_alone_makes_no_recording(recording: Recording, tmp_path: Path) -> None:
    raw = write(tmp_path / "raw.wav", np.zeros(0, np.int16))
    finished = finish(recording, raw, tmp_path / "RE1.wav", [Gap(0.0, 60.0)])
    assert (finished.status, finished.error_code) == (RecordingStatus.ABSENT, Code.RECORDING_SILENT)
    assert not (tmp_path / "RE1.wav").exists()


def test_what_is_shorter_than_half_a_second_is_absent(recording: Recording, tmp_path: Path) -> None:
    raw = write(tmp_path / "raw.wav", tone(700, 0.2))
    finished = finish(recording, raw, tmp_path / "RE1.wav")
    assert (finished.status, finished.error_code) == (RecordingStatus.ABSENT, Code.RECORDING_TOO_SHORT)
