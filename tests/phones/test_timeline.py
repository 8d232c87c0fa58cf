import numpy as np
import pytest

from ari_conf.phones import g711
from ari_conf.phones.phone import Heard, tone_of
from ari_conf.phones.rtp import tone_frames
from ari_conf.phones.timeline import RATE, Timeline

LOUD = bytes([0x80]) * 160


def loud_at(timeline: Timeline, end: int = RATE) -> list[int]:
    """The 20 ms slots of the timeline that hold a loud packet as a whole."""
    slots = timeline.samples(0, end).reshape(-1, 160)
    return [index for index, slot in enumerate(slots) if slot.all()]


def test_nothing_received_is_silence() -> None:
    samples = Timeline(5.0).samples(-10, 90)
    assert len(samples) == 100
    assert not samples.any()


def test_a_packet_ends_at_its_arrival_when_its_stream_begins() -> None:
    timeline = Timeline(10.0)
    timeline.add(10.1, 1, 4_000_000_000, LOUD)
    assert loud_at(timeline) == [4]


@pytest.mark.parametrize("first", [0, 0xFFFFFFFF - 200])
def test_jitter_loss_and_disorder_do_not_move_packets(first: int) -> None:
    timeline = Timeline(0.0)
    for slot, late in [(0, 0.0), (1, 0.05), (4, 0.0), (3, 0.03), (5, 0.2)]:
        timeline.add((slot + 1) * 0.02 + late, 1, (first + slot * 160) % 2**32, LOUD)
    assert loud_at(timeline) == [0, 1, 3, 4, 5]


def test_a_stream_whose_clock_stood_still_is_placed_by_arrival_again() -> None:
    timeline = Timeline(0.0)
    for slot in range(10):
        timeline.add((slot + 1) * 0.02, 1, slot * 160, LOUD)
    for slot in range(10, 110):
        timeline.add((slot + 1) * 0.02 + 1.0, 1, slot * 160, LOUD)
    assert loud_at(timeline, 4 * RATE)[-1] == 159


def test_no_sound_is_torn_by_the_short_packets_at_the_ends_of_those_before() -> None:
    timeline, timestamp = Timeline(0.0), 0
    for slot, payload in enumerate([*[LOUD, LOUD[:67]] * 8, *[LOUD] * 60]):
        timeline.add((slot + 1) * 0.02, 1, timestamp, payload)
        timestamp += len(payload)
    assert timeline.samples(16 * 160, 76 * 160).all()


def test_a_marker_or_a_new_source_begins_at_its_arrival() -> None:
    timeline = Timeline(0.0)
    timeline.add(0.02, 1, 0, LOUD)
    timeline.add(0.22, 1, 160, LOUD, marker=True)
    timeline.add(0.42, 2, 77, LOUD)
    assert loud_at(timeline) == [0, 10, 20]


def test_a_time_stamp_from_the_future_is_not_believed() -> None:
    timeline = Timeline(0.0)
    timeline.add(0.02, 1, 0, LOUD)
    timeline.add(0.04, 1, 800_000, LOUD)
    assert loud_at(timeline) == [0, 1]


@pytest.mark.parametrize("index", [0, 7, 15, 16, 40, 63])
def test_a_tone_goes_on_without_a_break_at_the_seam_of_its_loop(index: int) -> None:
    tone = tone_of(index)
    frames = tone_frames(tone, 0.2)
    heard = Heard(g711.decode(b"".join(frames * 3)), RATE)
    assert heard.amplitude(tone) == pytest.approx(0.2, abs=0.002)
    assert max(heard.amplitude(tone_of(other)) for other in range(64) if other != index) < 0.001


def test_there_are_64_tones() -> None:
    assert len({tone_of(index) for index in range(64)}) == 64
    assert [tone_of(index) for index in (0, 1, 15, 16)] == [400, 550, 2650, 475]
    with pytest.raises(ValueError, match="64 tones"):
        tone_of(64)
    assert np.isclose(tone_of(63), 2762.5)
