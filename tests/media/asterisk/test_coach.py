"""Coaches, by ear: who hears whom, and at what level."""

import asyncio

import numpy as np

from ari_conf.conference import AudioProgram, InMix, OnHold
from ari_conf.media.port import CallEnded

from .scene import TONES, Placements, Scene, within_deadline

LIVE, MUTED = InMix(), InMix(muted=True)
MUSIC = OnHold(AudioProgram())


async def test_only_the_coached_hears_the_coach_who_hears_all_but_itself(scene: Scene) -> None:
    await scene.call("ann", "bob", "cid")
    await scene.place({"ann": LIVE, "bob": LIVE, "cid": scene.coach("ann")})
    await scene.hears({"ann": {"bob", "cid"}, "bob": {"ann"}, "cid": {"ann", "bob"}})
    heard = await scene.hear(1.0)
    amplitudes = [[ear.amplitude(TONES[name]) for name in heard] for ear in heard.values()]
    assert np.allclose(amplitudes, [[0, 0.2, 0.2], [0.2, 0, 0], [0.2, 0.2, 0]], atol=0.01)


async def test_a_muted_coached_is_not_heard_and_hears_the_coach_also_when_nobody_talks(scene: Scene) -> None:
    await scene.call("ann", "bob", "cid")
    await scene.place({"ann": MUTED, "bob": LIVE, "cid": scene.coach("ann")})
    await scene.hears({"ann": {"bob", "cid"}, "bob": set(), "cid": {"bob"}})
    scene.phones["bob"].talk(on=False)
    await scene.hears({"ann": {"cid"}, "bob": set(), "cid": set()})
    await scene.place({"ann": LIVE, "bob": LIVE, "cid": scene.coach("ann")})
    await scene.hears({"ann": {"cid"}, "bob": {"ann"}, "cid": {"ann"}})


async def test_a_coach_of_one_who_is_alone_in_the_room(scene: Scene) -> None:
    await scene.call("ann", "bob", "cid")
    await scene.place({"ann": LIVE, "bob": LIVE, "cid": scene.coach("ann")})
    await scene.hang_up("bob")
    await scene.hears({"ann": {"cid"}, "cid": {"ann"}})
    scene.phones["ann"].talk(on=False)
    await scene.hears({"ann": {"cid"}, "cid": set()})


async def test_a_muted_coach_is_heard_by_nobody(scene: Scene) -> None:
    await scene.call("ann", "bob", "cid")
    await scene.place({"ann": LIVE, "bob": LIVE, "cid": scene.coach("ann", muted=True)})
    await scene.hears({"ann": {"bob"}, "bob": {"ann"}, "cid": {"ann", "bob"}})
    assert "cid" not in scene.heard_so_far("ann"), "a muted coach was heard for a moment"
    await scene.place({"ann": LIVE, "bob": LIVE, "cid": scene.coach("ann")})
    await scene.hears({"ann": {"bob", "cid"}, "bob": {"ann"}, "cid": {"ann", "bob"}})


async def test_coaches_of_one_are_both_heard_by_it_and_not_by_each_other(scene: Scene) -> None:
    await scene.call("ann", "bob", "cid", "dee")
    await scene.place({"ann": LIVE, "bob": LIVE, "cid": scene.coach("ann"), "dee": scene.coach("ann")})
    expected = {"ann": {"bob", "cid", "dee"}, "bob": {"ann"}, "cid": {"ann", "bob"}, "dee": {"ann", "bob"}}
    await scene.hears(expected)
    await scene.place({"ann": LIVE, "bob": LIVE, "cid": scene.coach("ann"), "dee": scene.coach("bob")})
    expected = {"ann": {"bob", "cid"}, "bob": {"ann", "dee"}, "cid": {"ann", "bob"}, "dee": {"ann", "bob"}}
    await scene.hears(expected)


async def test_a_coach_moves_to_another_and_back_and_becomes_an_ordinary_participant(scene: Scene) -> None:
    await scene.call("ann", "bob", "cid")
    for coached, other in (("ann", "bob"), ("bob", "ann"), ("ann", "bob")):
        await scene.place({"ann": LIVE, "bob": LIVE, "cid": scene.coach(coached)})
        await scene.hears({coached: {other, "cid"}, other: {coached}, "cid": {"ann", "bob"}})
    await scene.place({"ann": LIVE, "bob": LIVE, "cid": LIVE})
    await scene.hears({"ann": {"bob", "cid"}, "bob": {"ann", "cid"}, "cid": {"ann", "bob"}})
    await scene.until_snoops(0)


async def test_a_coach_listens_while_the_coached_is_on_hold_and_when_it_has_left(scene: Scene) -> None:
    await scene.call("ann", "bob", "cid")
    await scene.place({"ann": LIVE, "bob": LIVE, "cid": scene.coach("ann")})
    await scene.place({"ann": MUSIC, "bob": LIVE, "cid": MUTED})
    await scene.hears({"ann": set(), "bob": set(), "cid": {"bob"}})
    await scene.place({"ann": LIVE, "bob": LIVE, "cid": scene.coach("ann")})
    await scene.hears({"ann": {"bob", "cid"}, "bob": {"ann"}, "cid": {"ann", "bob"}})
    await scene.hang_up("ann")
    await scene.event(CallEnded)
    await scene.place({"ann": LIVE, "bob": LIVE, "cid": scene.coach("ann")})  # a plan that does not know it yet
    await scene.hears({"bob": set(), "cid": {"bob"}})


async def test_a_coach_who_hangs_up_leaves_nothing_behind(scene: Scene) -> None:
    await scene.call("ann", "bob", "cid")
    await scene.place({"ann": LIVE, "bob": LIVE, "cid": scene.coach("ann")})
    await scene.hang_up("cid")
    await scene.event(CallEnded)
    await scene.place({"ann": LIVE, "bob": LIVE})
    await scene.hears({"ann": {"bob"}, "bob": {"ann"}})
    await scene.until_snoops(0)
    assert len(await scene.ari("bridges")) == 1


async def test_plans_in_quick_succession_end_as_the_last_one_says(scene: Scene) -> None:
    await scene.call("ann", "bob", "cid")
    plans: list[Placements] = [
        {"ann": LIVE, "bob": LIVE, "cid": scene.coach("ann")},
        {"ann": MUSIC, "bob": LIVE, "cid": MUTED},
        {"ann": LIVE, "bob": MUSIC, "cid": LIVE},
        {"ann": LIVE, "bob": scene.coach("cid"), "cid": MUTED},
        {"ann": MUTED, "bob": LIVE, "cid": scene.coach("bob")},
    ]
    await within_deadline(asyncio.gather(*(scene.engine.apply(scene.plan(plan)) for plan in [*plans, *plans])))
    await scene.hears({"ann": {"bob"}, "bob": {"cid"}, "cid": {"bob"}})
