"""What is told to be wrong, and from where on."""

from dataclasses import replace
from typing import Any

import pytest

from ari_conf.dashboard.health_alarms import Disk, Facts, Level, alarms
from ari_conf.dashboard.health_measures import Milliseconds
from ari_conf.health import Phase

WELL = Facts(phase=Phase.READY, connected=True)
GB = 1024**3


def slow(p99: float) -> Milliseconds:
    return Milliseconds(p50=1.0, p99=p99, max=p99)


def disk(free: float, total: float = 100 * GB) -> tuple[Disk, ...]:
    return (Disk(what="recordings", path="/var/lib/recordings", free_bytes=int(free), total_bytes=int(total)),)


def test_nothing_is_wrong_with_who_is_well() -> None:
    assert alarms(WELL) == []


@pytest.mark.parametrize(
    ("wrong", "level", "words"),
    [
        ({"connected": False}, Level.ERROR, "no connection to Asterisk"),
        ({"lag": slow(201.0), "lags": 50}, Level.WARNING, "201 ms"),
        ({"latency": slow(101.0), "requests": 50}, Level.WARNING, "101 ms"),
        ({"engine_warnings": ("callers get no jitter buffers; mend it",)}, Level.WARNING, "Callers get no jitter buffers"),
        ({"given_up": 1}, Level.ERROR, "1 callback was given up"),
        ({"given_up": 3}, Level.ERROR, "3 callbacks were given up"),
        ({"oldest_owed": 61.0}, Level.WARNING, "owed for 61 seconds"),
        ({"oldest_owed": 7201.0}, Level.WARNING, "owed for 2 hours"),
        ({"database": "at x", "database_problem": "it is locked"}, Level.ERROR, "The database at x does not take"),
        ({"waiting_rows": 5001}, Level.WARNING, "5001 rows wait"),
        ({"disks": disk(1.9 * GB)}, Level.WARNING, "1946 MB left (/var/lib/recordings)"),
        ({"disks": disk(0.1 * GB)}, Level.ERROR, "102 MB left"),
        ({"disks": disk(0.1 * GB, 0.5 * GB)}, Level.ERROR, "102 MB left"),
        ({"clock": "set by +40 s while something was up"}, Level.WARNING, "clock was set by +40 s"),
        ({"phase": Phase.DRAINING}, Level.WARNING, "No new calls are taken"),
        ({"phase": Phase.STOPPING}, Level.WARNING, "The controller stops"),
    ],
)
def test_what_is_wrong_is_told_in_words_with_what_helps(wrong: dict[str, Any], level: Level, words: str) -> None:
    (alarm,) = alarms(replace(WELL, **wrong))
    assert alarm.level is level
    assert words in alarm.text
    assert not alarm.text[0].islower()
    assert alarm.text.endswith(".")


@pytest.mark.parametrize(
    "harmless",
    [
        {"lag": slow(200.0), "lags": 1000},
        {"lag": slow(900.0), "lags": 49},
        {"latency": slow(100.0), "requests": 1000},
        {"latency": slow(900.0), "requests": 49},
        {"oldest_owed": 60.0},
        {"waiting_rows": 5000},
        {"disks": disk(2.1 * GB)},
        {"disks": disk(1.9 * GB, 15 * GB)},
        {"lag": None},
    ],
)
def test_what_is_below_its_threshold_is_no_alarm(harmless: dict[str, Any]) -> None:
    assert alarms(replace(WELL, **harmless)) == []


def test_the_worst_comes_first_and_each_alarm_has_a_name_of_its_own() -> None:
    found = alarms(
        Facts(
            phase=Phase.DRAINING,
            connected=False,
            oldest_owed=100.0,
            given_up=1,
            disks=(*disk(1.0 * GB), replace(disk(1.0 * GB)[0], what="database")),
            engine_warnings=("one", "another"),
        )
    )
    levels = [alarm.level for alarm in found]
    assert levels == sorted(levels, key=[Level.ERROR, Level.WARNING].index)
    assert len({alarm.name for alarm in found}) == len(found) == 8
