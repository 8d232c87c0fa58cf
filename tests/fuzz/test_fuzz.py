"""The bounded form of each target: all of its corpus, and mutants that are the same each time."""

import itertools
import subprocess
import sys
from pathlib import Path

import pytest

from . import ari_events, rest_requests, settings_files, sip_calls, sip_messages, twiml
from .target import Found, Target, tried

TARGETS = [module.TARGET for module in (ari_events, rest_requests, settings_files, sip_calls, sip_messages, twiml)]


@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.name)
async def test_no_input_breaks_a_promise(target: Target) -> None:
    found: list[Found] = []
    inputs = [*target.kept, *itertools.islice(target.mutants("the same each time"), target.examples)]
    assert await tried(target, inputs, found.append) == len(inputs)
    assert not found, "\n".join(map(str, found))


@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.name)
def test_mutants_are_the_same_each_time_and_not_the_corpus(target: Target) -> None:
    first, second = (list(itertools.islice(target.mutants("seed"), 50)) for _ in range(2))
    assert first == second
    assert len(set(first) - set(target.kept)) > 25


@pytest.mark.parametrize(("name", "runs"), [("settings_files", 1500), ("sip_messages", 300), ("twiml", 3000)])
def test_what_coverage_finds(name: str, runs: int) -> None:
    pytest.importorskip("atheris")
    fuzzing = subprocess.run(  # noqa: S603
        [sys.executable, "-m", "tests.fuzz", name, f"--runs={runs}", "--seed=1", "--seconds=60"],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert fuzzing.returncode == 0, fuzzing.stderr[-4000:]
    assert f"Done {runs} runs" in fuzzing.stderr
