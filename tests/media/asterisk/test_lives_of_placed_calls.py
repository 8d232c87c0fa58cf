"""Calls that a controller has placed, over its end: they go on ringing and talking, and what became of them is told once."""

import asyncio
import time
from functools import partial
from pathlib import Path

import pytest

from ari_conf.conference import InMix
from ari_conf.media.port import CallAnswered, CallEnded, CallRinging, KnownCall, Unanswered
from ari_conf.private_asterisk import PrivateAsterisk
from tests.phones.sip_server import SipServer

from .lives import Lives, several_lives
from .outside import Outside, nothing_told
from .scene import DEADLINE, nothing_in, within_deadline
from .test_outgoing_accounts import asking, exists, to

LIVE = InMix()


def placed(lives: Lives, name: str, *, answered: bool = False, ringing: bool = False) -> None:
    """Let the next life remember a call that was placed."""
    sid = lives.scene.sids[name]
    lives.known[name] = KnownCall(call_sid=sid, placed=True, answered=answered, ringing=ringing)


async def test_what_rings_goes_on_ringing_and_can_be_answered(asterisk: PrivateAsterisk, tmp_path: Path) -> None:
    async with several_lives(asterisk, tmp_path) as lives:
        scene = lives.scene
        outside = Outside(scene)
        bob = await outside.ring("bob")
        await outside.call("cid")
        placed(lives, "bob", ringing=True)
        placed(lives, "cid", answered=True)
        await scene.place({"cid": LIVE})
        for _ in range(2):
            await lives.restart(scene.plan({"cid": LIVE}))
            await nothing_told(scene)
        await within_deadline(bob.pick_up())
        assert await scene.event(CallAnswered) == CallAnswered(scene.sids["bob"])
        await scene.place({"bob": LIVE, "cid": LIVE})
        await scene.hears({"bob": {"cid"}, "cid": {"bob"}})
        await scene.hang_up("bob")
        ended = await outside.ended("bob")
        assert (ended.unanswered, ended.sip_status, bool(ended.sip_call_id)) == (None, 200, True)


async def test_what_became_of_calls_meanwhile_is_told(asterisk: PrivateAsterisk, tmp_path: Path) -> None:
    async with several_lives(asterisk, tmp_path) as lives:
        scene = lives.scene
        outside = Outside(scene)
        ann, bob, cid, dee = [await outside.ring(name) for name in ("ann", "bob", "cid", "dee")]
        await within_deadline(dee.pick_up())
        await scene.event(CallAnswered)
        placed(lives, "ann")
        placed(lives, "bob", ringing=True)
        placed(lives, "cid", ringing=True)
        placed(lives, "dee", ringing=True, answered=True)
        await lives.kill()
        await within_deadline(bob.pick_up())
        await cid.refuse()
        await dee.hang_up()
        await lives.start()
        sids = scene.sids
        ends = {event.call_sid: event.unanswered for event in [await scene.event(CallEnded) for _ in range(2)]}
        assert ends == {sids["cid"]: Unanswered.NO_ANSWER, sids["dee"]: None}
        assert await scene.event(CallAnswered) == CallAnswered(sids["bob"])
        assert await scene.event(CallRinging) == CallRinging(sids["ann"])
        await nothing_told(scene)
        await scene.engine.hang_up(sids["ann"])
        assert (await outside.ended("ann")).unanswered is Unanswered.CANCELED
        await within_deadline(ann.wait_ended())


async def test_what_rings_ends_in_time_and_is_told_with_what_the_other_side_says(
    asterisk: PrivateAsterisk, tmp_path: Path
) -> None:
    async with several_lives(asterisk, tmp_path) as lives:
        scene = lives.scene
        outside = Outside(scene)
        bob = await outside.ring("bob")
        cid = outside.phone("cid")
        await outside.place("cid", seconds=2)
        await within_deadline(cid.ringing())
        await scene.event(CallRinging)
        placed(lives, "bob", ringing=True)
        placed(lives, "cid", ringing=True)
        await lives.restart()
        await bob.refuse()
        ended = await outside.ended("bob")
        assert (ended.unanswered, ended.sip_status) == (Unanswered.BUSY, 486)
        assert (await outside.ended("cid")).unanswered is Unanswered.NO_ANSWER
        await within_deadline(cid.wait_ended())


async def test_what_nobody_remembers_is_ended(asterisk: PrivateAsterisk, tmp_path: Path) -> None:
    async with several_lives(asterisk, tmp_path) as lives:
        scene = lives.scene
        outside = Outside(scene)
        bob = await outside.ring("bob")
        await outside.call("cid")
        await lives.kill()
        await lives.prepare()
        await within_deadline(scene.engine.start())
        await within_deadline(bob.wait_ended())
        await within_deadline(scene.phones["cid"].wait_ended())
        await nothing_told(scene)


@pytest.mark.parametrize(("number", "rings"), [(1, True), (2, False), (3, True)])
async def test_a_controller_that_is_killed_while_it_places_a_call(
    asterisk: PrivateAsterisk, tmp_path: Path, number: int, *, rings: bool
) -> None:
    async with several_lives(asterisk, tmp_path) as lives:
        scene = lives.scene
        outside = Outside(scene)
        bob = outside.phone("bob")
        assert await lives.cut_short(partial(outside.place, "bob", seconds=2.0 if number == 2 else 30.0), after=number)
        placed(lives, "bob")
        await lives.start()
        first: object = await scene.event(object, lambda event: isinstance(event, CallRinging | CallEnded))
        if isinstance(first, CallRinging):
            assert rings
            await within_deadline(bob.pick_up())
            await scene.event(CallAnswered)
            await scene.place({"bob": LIVE})
            await nothing_told(scene)
        else:
            assert isinstance(first, CallEnded)
            # Asterisk ends a channel whose application goes away before it gets there; and if it is not known whether it was
            # dialled, it must not ring twice.
            assert number == 1 or (number == 2 and first.unanswered is Unanswered.NO_ANSWER)
        await scene.hang_up("bob")
        await scene.place({})
        await nothing_in(asterisk)


async def test_a_call_that_was_never_placed_is_told_as_ended(asterisk: PrivateAsterisk, tmp_path: Path) -> None:
    async with several_lives(asterisk, tmp_path) as lives:
        scene = lives.scene
        outside = Outside(scene)
        outside.phone("bob")
        await lives.kill()
        placing = asyncio.create_task(outside.place("bob"))
        await asyncio.sleep(0)
        placed(lives, "bob")
        await lives.start()
        assert (await outside.ended("bob")).unanswered is Unanswered.NO_ANSWER
        placing.cancel()
        await nothing_told(scene)


async def test_the_account_of_a_call_is_kept_until_its_end(asterisk: PrivateAsterisk, tmp_path: Path) -> None:
    async with several_lives(asterisk, tmp_path) as lives, SipServer(asking) as server:
        scene = lives.scene
        outside = Outside(scene)
        for remembered in (True, False):
            sid = await outside.place("bob", to(server), username="joe", password="se;cr et")
            await scene.event(CallAnswered)
            await lives.kill()
            await lives.prepare()
            if remembered:
                scene.engine.remember([KnownCall(call_sid=sid, placed=True, answered=True)])
            await within_deadline(scene.engine.start())
            assert await exists(scene, f"ari_conf~ari_conf~account-{sid}") is remembered
            if remembered:
                await scene.engine.hang_up(sid)
                await outside.ended("bob")
            gives_up = time.monotonic() + DEADLINE
            while await exists(scene, f"ari_conf~ari_conf~account-{sid}"):
                assert time.monotonic() < gives_up
                await asyncio.sleep(0.02)
        await server.got("BYE", 2)
