"""The short version of ``make chaos`` and ``make soak``: one fault of each kind, and a few calls."""

from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from . import faults
from .__main__ import table
from .run import busy_town, costs, lively_town, settled
from .soak import LEAKS, soak

ONE_OF_EACH = {
    faults.nothing,
    faults.kill,
    faults.cut_ari,
    faults.webhooks_down,
    faults.disk_full,
    faults.clock_jumps,
    faults.restart_asterisk,
}
QUICK = [fault for fault in faults.FAULTS if fault.inject in ONE_OF_EACH]


async def test_no_fault_costs_anything(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(faults, "LASTS", 1.0)
    async with lively_town(tmp_path, rooms=2, seed="the same each time") as (town, traffic):
        found = [cost async for cost in costs(town, traffic, QUICK, share=0.0)]
        expensive = [cost for cost in found if not cost.nothing]
        assert not expensive, town.ari_conf.log
    printed = StringIO()
    Console(file=printed, width=120).print(table(found))
    assert [fault.name for fault in QUICK if fault.name not in printed.getvalue()] == []


async def test_nothing_is_left_of_calls_that_came_and_went(tmp_path: Path) -> None:
    async with busy_town(tmp_path, rooms=3, seed="the same each time") as (town, traffic):
        quiet = [one async for one in soak(town, traffic, seconds=8.0, parts=2)]
        verdict = await settled(town)
    assert (town.lost_calls, verdict.lost, verdict.doubled, verdict.wrong) == ([], (), (), ())
    assert min(one.calls for one in quiet) > 1
    assert not LEAKS & set(quiet[1].grown(quiet[0]))
