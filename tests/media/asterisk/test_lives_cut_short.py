"""The controller is killed after each single thing that it asks Asterisk for: the next one brings about what was planned."""

from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest

from ari_conf.conference import AudioProgram, Coaching, InMix, OnHold
from ari_conf.private_asterisk import PrivateAsterisk

from .lives import Lives, several_lives
from .scene import QUIET, Placements, Scene, voices

LIVE, MUTED = InMix(), InMix(muted=True)
MUSIC, SILENCE = AudioProgram(), AudioProgram("")
MOST = 40
"""Requests that no change takes."""

CHANGES = [
    ("nobody", "a coach"),
    ("a coach", "another coached"),
    ("another coached", "no coach"),
    ("no coach", "another coach"),
    ("another coach", "nobody"),
]


@dataclass(frozen=True, slots=True)
class Step:
    """A plan, and who hears whom in it."""

    placements: Placements
    hears: dict[str, set[str]]


def steps(scene: Scene) -> dict[str, Step]:
    return {
        "nobody": Step({}, {"ann": set(), "bob": set(), "cid": set(), "dee": set()}),
        "a coach": Step(
            {"ann": LIVE, "bob": MUTED, "cid": scene.coach("ann"), "dee": OnHold(SILENCE)},
            {"ann": {"cid"}, "bob": {"ann"}, "cid": {"ann"}, "dee": set()},
        ),
        "another coached": Step(
            {"ann": LIVE, "bob": LIVE, "cid": scene.coach("bob"), "dee": LIVE},
            {"ann": {"bob", "dee"}, "bob": {"ann", "cid", "dee"}, "cid": {"ann", "bob", "dee"}, "dee": {"ann", "bob"}},
        ),
        "no coach": Step(
            {"ann": MUTED, "bob": LIVE, "dee": OnHold(MUSIC)},
            {"ann": {"bob"}, "bob": set(), "cid": set(), "dee": set()},
        ),
        "another coach": Step(
            {"bob": LIVE, "cid": LIVE, "ann": scene.coach("bob")},
            {"ann": {"bob", "cid"}, "bob": {"ann", "cid"}, "cid": {"bob"}, "dee": set()},
        ),
    }


async def is_as_planned(lives: Lives, step: Step) -> None:
    """Assert that everybody hears what is planned, and that Asterisk has nothing that is not needed for that."""
    scene, placements = lives.scene, step.placements
    await scene.until_heard(
        lambda heard: (
            {name: voices(ear) for name, ear in heard.items()} == step.hears
            and all(heard[name].level < QUIET for name in heard.keys() - placements.keys())
        )
    )
    coaches = sum(isinstance(placement, Coaching) for placement in placements.values())
    await scene.until_snoops(coaches)
    assert len(await scene.ari("bridges")) == coaches + bool(placements)


@pytest.mark.parametrize(("before", "after"), CHANGES)
async def test_a_controller_that_is_killed_in_the_middle_of_arranging(
    asterisk: PrivateAsterisk, tmp_path: Path, before: str, after: str
) -> None:
    async with several_lives(asterisk, tmp_path) as lives:
        scene = lives.scene
        await scene.call("ann", "bob", "cid", "dee")
        for number in range(1, MOST):
            await scene.place(steps(scene)[before].placements)
            plan = scene.plan(steps(scene)[after].placements)
            if not await lives.cut_short(partial(scene.engine.apply, plan), after=number):
                break
            await lives.start(plan)
            await is_as_planned(lives, steps(scene)[after])
        assert 3 < number < MOST
        await is_as_planned(lives, steps(scene)[after])


async def test_a_controller_that_is_killed_in_the_middle_of_its_start(asterisk: PrivateAsterisk, tmp_path: Path) -> None:
    async with several_lives(asterisk, tmp_path) as lives:
        scene = lives.scene
        await scene.call("ann", "bob", "cid", "dee")
        before, after = steps(scene)["a coach"], steps(scene)["another coached"]
        for number in range(1, MOST):
            await scene.place(before.placements)
            await lives.kill()
            if not await lives.cut_short(partial(lives.start, scene.plan(after.placements)), after=number):
                break
            await lives.start(scene.plan(after.placements))
            await is_as_planned(lives, after)
        assert 20 < number < MOST
        await is_as_planned(lives, after)


async def test_a_snoop_that_somebody_else_has_ended_is_made_anew(asterisk: PrivateAsterisk, tmp_path: Path) -> None:
    async with several_lives(asterisk, tmp_path) as lives:
        scene = lives.scene
        await scene.call("ann", "bob", "cid", "dee")
        step = steps(scene)["a coach"]
        await scene.place(step.placements)
        await is_as_planned(lives, step)
        for _ in range(2):
            for channel in await scene.ari("channels"):
                if channel["name"].startswith("Snoop/"):
                    await scene.ari(f"channels/{channel['id']}", "DELETE")
            await is_as_planned(lives, step)
            await lives.restart(scene.plan(step.placements))
