"""The connection breaks, or the controller starts anew, while calls that are placed ring, are answered and end."""

import asyncio
from pathlib import Path

import pytest

from ari_conf.conference import InMix
from ari_conf.media.port import CallAnswered, CallArrived, CallEnded, CallRinging, EngineBack, EngineLost, Unanswered
from ari_conf.private_asterisk import PrivateAsterisk, ensure_installed

from .outside import Outside
from .scene import nothing_in, set_scene, until, within_deadline
from .test_bad_days_of_the_engine import back, behind_a_proxy, gap

LIVE = InMix()


async def test_what_rings_through_a_gap_can_be_answered_after_it(asterisk: PrivateAsterisk, tmp_path: Path) -> None:
    async with behind_a_proxy(asterisk, tmp_path) as (scene, proxy):
        outside = Outside(scene)
        bob = await outside.ring("bob")
        await gap(scene, proxy)
        await back(scene, proxy)
        assert scene.events == []
        await within_deadline(bob.pick_up())
        assert await scene.event(CallAnswered) == CallAnswered(scene.sids["bob"])


async def test_what_is_answered_during_a_gap_is_told_before_its_end(asterisk: PrivateAsterisk, tmp_path: Path) -> None:
    async with behind_a_proxy(asterisk, tmp_path) as (scene, proxy):
        outside = Outside(scene)
        await scene.call("ann")
        bob = await outside.ring("bob")
        await gap(scene, proxy)
        await within_deadline(bob.pick_up())
        await proxy.open()
        await scene.event(EngineBack)
        assert scene.events == [CallAnswered(scene.sids["bob"])]
        await scene.place({"ann": LIVE, "bob": LIVE})
        await scene.hears({"ann": {"bob"}, "bob": {"ann"}})


async def test_what_ends_during_a_gap_is_told(asterisk: PrivateAsterisk, tmp_path: Path) -> None:
    async with behind_a_proxy(asterisk, tmp_path) as (scene, proxy):
        outside = Outside(scene)
        bob = await outside.ring("bob")
        await outside.call("cid")
        dee = outside.phone("dee")
        await outside.place("dee", seconds=1)
        await within_deadline(dee.ringing())
        await gap(scene, proxy)
        await bob.refuse()
        await scene.phones["cid"].hang_up()
        await within_deadline(dee.wait_ended())
        await back(scene, proxy)
        ends = {name: await outside.ended(name) for name in ("bob", "cid", "dee")}
        assert {name: end.unanswered for name, end in ends.items()} == {
            "bob": Unanswered.FAILED,
            "cid": None,
            "dee": Unanswered.NO_ANSWER,
        }
        assert {end.cause for end in ends.values()} == {"ended while we were disconnected"}


async def test_a_call_that_is_placed_during_a_gap_rings_after_it(asterisk: PrivateAsterisk, tmp_path: Path) -> None:
    async with behind_a_proxy(asterisk, tmp_path) as (scene, proxy):
        outside = Outside(scene)
        bob = outside.phone("bob")
        await gap(scene, proxy)
        placing = asyncio.create_task(outside.place("bob"))
        await asyncio.sleep(0)
        await back(scene, proxy)
        await within_deadline(placing)
        await within_deadline(bob.ringing())
        await scene.event(CallRinging)
        await gap(scene, proxy)
        hanging_up = asyncio.create_task(scene.engine.hang_up(scene.sids["bob"]))
        await back(scene, proxy)
        await within_deadline(hanging_up)
        assert (await outside.ended("bob")).unanswered is Unanswered.CANCELED


async def test_a_cut_at_any_moment_of_placing_rings_at_most_once_and_ends(asterisk: PrivateAsterisk, tmp_path: Path) -> None:
    async with behind_a_proxy(asterisk, tmp_path) as (scene, proxy):
        outside = Outside(scene)
        bob = outside.phone("bob")
        for moment in range(14):
            placing = asyncio.create_task(outside.place("bob"))
            for _ in range(moment):
                await asyncio.sleep(0)
            await asyncio.sleep(0.001 * (moment % 4))
            proxy.cut()
            await within_deadline(placing)
            await scene.event(EngineBack)
            await scene.engine.hang_up(scene.sids["bob"])
            ended = await outside.ended("bob")
            assert ended.unanswered in {Unanswered.CANCELED, Unanswered.FAILED}
            assert sum(event == CallRinging(ended.call_sid) for event in scene.events) <= 1
            await within_deadline(bob.wait_ended())
            scene.events = [event for event in scene.events if not isinstance(event, EngineLost | EngineBack)]
        await nothing_in(asterisk)


async def test_a_controller_that_starts_anew_ends_what_it_has_placed_and_takes_no_such_call_for_a_callers(
    asterisk: PrivateAsterisk, tmp_path: Path
) -> None:
    async with set_scene(asterisk, tmp_path) as scene:
        outside = Outside(scene)
        await scene.call("ann")
        bob = await outside.ring("bob")
        await outside.call("cid")
        await scene.engine.stop()
        scene.engine._legs.forget(scene.engine._legs.get(scene.sids["bob"]))
        scene.engine._legs.forget(scene.engine._legs.get(scene.sids["cid"]))
        scene.engine._legs.forget(scene.engine._legs.get(scene.sids["ann"]))
        await scene.engine.start()
        assert (await scene.event(CallArrived)).from_ == "ann"
        await within_deadline(bob.wait_ended())
        await within_deadline(scene.phones["cid"].wait_ended())
        assert not [event for event in scene.events if isinstance(event, CallArrived | CallAnswered | CallRinging)]


@pytest.mark.parametrize("rest_over_websocket", [True, False])
async def test_either_way_of_asking_asterisk(asterisk: PrivateAsterisk, tmp_path: Path, *, rest_over_websocket: bool) -> None:
    async with set_scene(asterisk, tmp_path, rest_over_websocket=rest_over_websocket) as scene:
        outside = Outside(scene)
        await outside.call("bob")
        await scene.engine.hang_up(scene.sids["bob"])
        assert (await outside.ended("bob")).unanswered is None


async def test_an_asterisk_that_restarts_ends_what_was_placed(tmp_path: Path) -> None:
    async with PrivateAsterisk(ensure_installed(print)) as asterisk, set_scene(asterisk, tmp_path) as scene:
        outside = Outside(scene)
        await outside.ring("bob")
        await asterisk.kill()
        await scene.event(EngineLost)
        await asterisk.restart()
        ended = await outside.ended("bob")
        assert (ended.cause, ended.unanswered) == ("Asterisk was restarted", Unanswered.FAILED)
        assert (await scene.event(EngineBack)).gap_seconds > 0
        await scene.phones.pop("bob").refuse()
        await outside.call("cid")
        await until(lambda: not [event for event in scene.events if isinstance(event, CallEnded)])
