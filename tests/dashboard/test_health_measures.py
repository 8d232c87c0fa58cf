"""Percentiles of the last minute."""

import random

import pytest

from ari_conf.dashboard.health_measures import LastMinute


class Hand:
    """A clock that is set by hand."""

    at = 1000.0

    def __call__(self) -> float:
        return self.at


def test_percentiles_are_right_within_ten_per_cent() -> None:
    measured = LastMinute(Hand())
    durations = [random.Random(7).lognormvariate(-5.0, 1.0) for _ in range(2000)]  # noqa: S311
    for seconds in durations:
        measured.note(seconds)
    told, in_order = measured.milliseconds(), sorted(durations)
    assert told is not None
    assert told["p50"] == pytest.approx(1000 * in_order[999], rel=0.1)
    assert told["p99"] == pytest.approx(1000 * in_order[1979], rel=0.1)
    assert told["max"] == pytest.approx(1000 * in_order[-1], rel=0.01)


def test_a_single_one_is_told_as_it_was() -> None:
    measured = LastMinute(Hand())
    measured.note(0.123)
    assert measured.milliseconds() == {"p50": 123.0, "p99": 123.0, "max": 123.0}


@pytest.mark.parametrize("seconds", [0.0, 1e-9, 3600.0])
def test_what_is_in_no_class_is_told_all_the_same(seconds: float) -> None:
    measured = LastMinute(Hand())
    measured.note(seconds)
    told = measured.milliseconds()
    assert told is not None
    assert told["max"] == told["p99"] == pytest.approx(seconds * 1000, abs=0.01)


def test_what_is_older_than_a_minute_is_forgotten() -> None:
    clock = Hand()
    measured = LastMinute(clock)
    measured.note(9.0)
    clock.at += 40.0
    measured.note(1.0)
    assert measured.count == 2
    clock.at += 21.0
    told = measured.milliseconds()
    assert told is not None
    assert (measured.count, told["max"]) == (1, 1000.0)
    clock.at += 61.0
    assert measured.milliseconds() is None
    assert measured.count == 0


def test_memory_does_not_grow_with_the_load() -> None:
    clock = Hand()
    measured = LastMinute(clock)
    for _ in range(5000):
        clock.at += 0.1
        measured.note(0.01)
    assert len(measured._slots) <= 13
