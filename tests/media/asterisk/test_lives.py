"""The controller is killed and starts anew: who talks hears nothing of it, and everything goes on as planned."""

import asyncio
from pathlib import Path

import pytest

from ari_conf.conference import AudioProgram, InMix, OnHold, Waiting
from ari_conf.media.port import CallArrived, CallEnded, TalkingChanged
from ari_conf.phones.phone import AUDIBLE, Heard
from ari_conf.phones.sip import SipPhone
from ari_conf.private_asterisk import PrivateAsterisk, ensure_installed

from .lives import Lives, came, several_lives
from .outside import nothing_told
from .scene import OTHER_SOUND, QUIET, TONES, Placements, Scene, set_scene, voices, within_deadline

LIVE, MUTED = InMix(), InMix(muted=True)
MUSIC, SILENCE = AudioProgram(), AudioProgram("")
STEP, LOOK = 0.01, 0.04
"""Seconds from one look for a gap to the next, and of each look."""

JITTER = 0.06
"""Seconds for which a phone that is late with its packets may be missing, also when nothing happens."""

DISTURBING = {"addChannel", "createWithId", "destroy", "hangup", "removeChannel", "snoopChannelWithId", "startMoh", "stopMoh"}
"""Operations of Asterisk that can be heard."""


def longest_gap(heard: Heard, name: str) -> float:
    """Return for how many seconds somebody was not heard who was to be heard all the time."""
    step, look = round(STEP * heard.rate), round(LOOK * heard.rate)
    longest = gap = 0
    for start in range(0, len(heard.samples) - look, step):
        gap = gap + 1 if Heard(heard.samples[start : start + look], heard.rate).amplitude(TONES[name]) < 0.1 else 0
        longest = max(longest, gap)
    return longest * STEP


async def things_of(scene: Scene) -> list[str]:
    """Return which bridges and channels there are."""
    found = [*await scene.ari("bridges"), *await scene.ari("channels")]
    return sorted(one["id"] for one in found)


async def test_nobody_hears_that_a_controller_is_killed_and_starts_anew(asterisk: PrivateAsterisk, tmp_path: Path) -> None:
    async with several_lives(asterisk, tmp_path) as lives:
        scene = lives.scene
        await scene.call("ann", "bob", "cid", "dee")
        placements: Placements = {"ann": LIVE, "bob": MUTED, "cid": scene.coach("ann"), "dee": LIVE}
        await scene.place(placements)
        expected = {"ann": {"cid", "dee"}, "bob": {"ann", "dee"}, "cid": {"ann", "dee"}, "dee": {"ann"}}
        await scene.hears(expected)
        before = await things_of(scene)
        listening = asyncio.gather(*(phone.hear(3.0) for phone in scene.phones.values()))
        for _ in range(3):
            await scene.hear()
            await lives.restart(scene.plan(placements))
            assert not DISTURBING & set(lives.requests)
        heard = dict(zip(scene.phones, await listening, strict=True))
        assert {name: voices(ear) for name, ear in heard.items()} == expected
        gaps = {(name, other): longest_gap(ear, other) for name, ear in heard.items() for other in expected[name]}
        assert max(gaps.values()) <= JITTER, gaps
        assert await things_of(scene) == before
        await nothing_told(scene)


async def test_what_a_plan_asks_for_is_done_also_after_a_restart(asterisk: PrivateAsterisk, tmp_path: Path) -> None:
    async with several_lives(asterisk, tmp_path) as lives:
        scene = lives.scene
        await scene.call("ann", "bob", "cid", "dee")
        placements: Placements = {"ann": LIVE, "bob": MUTED, "cid": scene.coach("ann"), "dee": OnHold(MUSIC)}
        await scene.place(placements)
        await scene.hears({"ann": {"cid"}, "bob": {"ann"}, "cid": {"ann"}, "dee": set()})
        await lives.restart(scene.plan(placements))
        await scene.until_heard(lambda heard: heard["dee"].level > AUDIBLE)
        await scene.place({"ann": MUTED, "bob": LIVE, "cid": scene.coach("bob"), "dee": LIVE})
        await scene.hears({"ann": {"bob", "dee"}, "bob": {"cid", "dee"}, "cid": {"bob", "dee"}, "dee": {"bob"}})
        await lives.restart(scene.plan({"ann": MUTED, "bob": LIVE, "cid": scene.coach("bob"), "dee": LIVE}))
        await scene.place({"ann": LIVE, "cid": LIVE, "dee": LIVE})
        await scene.hears({"ann": {"cid", "dee"}, "bob": set(), "cid": {"ann", "dee"}, "dee": {"ann", "cid"}})
        await scene.until_snoops(0)


async def test_who_is_muted_or_coaches_is_not_heard_by_others_for_a_moment(asterisk: PrivateAsterisk, tmp_path: Path) -> None:
    async with several_lives(asterisk, tmp_path) as lives:
        scene = lives.scene
        await scene.call("ann", "bob", "cid", "dee")
        placements: Placements = {"ann": LIVE, "bob": MUTED, "cid": scene.coach("ann"), "dee": scene.coach("ann", muted=True)}
        await scene.place(placements)
        for coached in ("bob", "ann", "bob"):
            placements = {**placements, "cid": scene.coach(coached)}
            await lives.restart(scene.plan(placements))
            await scene.until_heard(lambda heard: all("ann" in voices(heard[name]) for name in ("bob", "cid", "dee")))
        await scene.until_heard(lambda heard: "cid" in voices(heard["bob"]))
        assert scene.heard_so_far("ann") == {"cid"}
        assert scene.heard_so_far("bob") == {"ann", "cid"}
        assert scene.heard_so_far("cid") == {"ann"}
        assert scene.heard_so_far("dee") == {"ann"}


async def test_who_hung_up_meanwhile_is_told_once_and_before_who_calls(asterisk: PrivateAsterisk, tmp_path: Path) -> None:
    async with several_lives(asterisk, tmp_path) as lives:
        scene = lives.scene
        await scene.call("ann", "bob", "cid")
        placements: Placements = {"ann": LIVE, "bob": LIVE, "cid": scene.coach("ann")}
        await scene.place(placements)
        await lives.kill()
        ann = scene.phones.pop("ann")
        await ann.hang_up()
        dee = scene.phones["dee"] = SipPhone("dee", TONES["dee"], server=(asterisk.sip_host, asterisk.sip_port))
        dialling = asyncio.create_task(dee.dial("room"))  # Asterisk's dialplan keeps this call meanwhile
        await lives.prepare()
        scene.engine.remember([came(sid) for sid in scene.sids.values()])
        plan = scene.plan(placements)
        applied = scene.engine.apply(plan)
        await within_deadline(scene.engine.start())
        ended = await scene.event(CallEnded)
        assert (ended.call_sid, ended.unanswered) == (scene.sids["ann"], None)
        arrived = await scene.event(CallArrived)
        assert (arrived.from_, scene.events) == ("dee", [])
        scene.sids["dee"] = arrived.call_sid
        await scene.engine.answer(arrived.call_sid)
        await within_deadline(asyncio.gather(applied, dialling))
        await scene.hears({"bob": set(), "cid": {"bob"}, "dee": set()})
        await scene.place({"bob": LIVE, "cid": LIVE, "dee": LIVE})
        await scene.hears({"bob": {"cid", "dee"}, "cid": {"bob", "dee"}, "dee": {"bob", "cid"}})
        assert scene.events == []


async def test_a_call_that_nobody_remembers_arrives_again_with_the_same_sid_and_nothing_of_before(
    asterisk: PrivateAsterisk, tmp_path: Path
) -> None:
    async with several_lives(asterisk, tmp_path) as lives:
        scene = lives.scene
        await scene.call("ann", "bob", "cid")
        await scene.place({"ann": LIVE, "bob": MUTED, "cid": Waiting(MUSIC)}, detect_talking=True)
        await scene.until_heard(lambda heard: heard["cid"].level > AUDIBLE and voices(heard["bob"]) == {"ann"})
        await lives.kill()
        await lives.prepare()
        await within_deadline(scene.engine.start())
        sids = {(arrived := await scene.event(CallArrived)).from_: arrived.call_sid for _ in range(3)}
        assert sids == scene.sids
        await scene.until_heard(lambda heard: all(ear.level < QUIET for ear in heard.values()))
        assert await things_of(scene) == sorted(channel["id"] for channel in await scene.ari("channels"))
        await nothing_told(scene)
        await scene.place({"ann": LIVE, "bob": LIVE})
        await scene.hears({"ann": {"bob"}, "bob": {"ann"}, "cid": set()})


async def test_what_is_left_of_a_room_that_somebody_has_left_meanwhile(asterisk: PrivateAsterisk, tmp_path: Path) -> None:
    async with several_lives(asterisk, tmp_path) as lives:
        scene = lives.scene
        await scene.call("ann", "bob", "cid", "dee")
        await scene.place({"ann": LIVE, "bob": MUTED, "cid": scene.coach("ann"), "dee": OnHold(MUSIC)})
        await scene.hears({"ann": {"cid"}, "bob": {"ann"}, "cid": {"ann"}, "dee": set()})
        await lives.restart(scene.plan({"ann": LIVE}))
        await scene.until_heard(lambda heard: all(ear.level < QUIET for ear in heard.values()))
        await scene.until_snoops(0)
        assert len(await scene.ari("bridges")) == 1
        await lives.restart()
        assert await scene.ari("bridges") == []
        await scene.place(dict.fromkeys(scene.phones, LIVE))
        await scene.hears({name: set(TONES) - {name} for name in TONES})


async def test_two_rooms_at_once_and_one_that_moves_between_them(asterisk: PrivateAsterisk, tmp_path: Path) -> None:
    async with several_lives(asterisk, tmp_path) as lives:
        scene = lives.scene
        await scene.call("ann", "bob", "cid", "dee")
        one, other = scene.conference_sid, "CF" + "1" * 32

        def plans(first: Placements, second: Placements) -> list[object]:
            scene.conference_sid = other
            of_other = scene.plan(second)
            scene.conference_sid = one
            return [scene.plan(first), of_other]

        both = plans({"ann": LIVE, "bob": LIVE}, {"cid": LIVE, "dee": LIVE})
        await within_deadline(asyncio.gather(*(scene.engine.apply(plan) for plan in both)))  # type: ignore[arg-type]
        await scene.hears({"ann": {"bob"}, "bob": {"ann"}, "cid": {"dee"}, "dee": {"cid"}})
        await lives.restart(*plans({"ann": LIVE}, {"bob": MUTED, "cid": LIVE, "dee": LIVE}))  # type: ignore[arg-type]
        await scene.hears({"ann": set(), "bob": {"cid", "dee"}, "cid": {"dee"}, "dee": {"cid"}})
        assert scene.heard_so_far("cid") == {"dee"}
        await lives.restart(*plans({"ann": LIVE, "bob": LIVE, "cid": LIVE, "dee": LIVE}, {}))  # type: ignore[arg-type]
        await scene.hears({name: set(TONES) - {name} for name in TONES})


async def test_sounds_of_an_earlier_life_are_over_and_can_be_played_again(asterisk: PrivateAsterisk, tmp_path: Path) -> None:
    async with several_lives(asterisk, tmp_path) as lives:
        scene = lives.scene
        await scene.call("ann", "bob")
        placements: Placements = {"ann": Waiting(SILENCE), "bob": LIVE}
        await scene.place(placements)
        playing = [
            asyncio.create_task(scene.engine.play(scene.sids["ann"], scene.sound())),
            asyncio.create_task(scene.engine.play_to_participant(scene.sids["bob"], scene.sound())),
        ]
        await scene.hears({"ann": {"sound"}, "bob": {"sound"}})
        await lives.restart(scene.plan(placements))
        for play in playing:
            play.cancel()
        again = asyncio.create_task(scene.engine.play(scene.sids["ann"], scene.sound(OTHER_SOUND)))
        await scene.hears({"ann": {"other"}, "bob": set()})
        await scene.until_snoops(0)
        again.cancel()
        await scene.place({"ann": LIVE, "bob": LIVE})
        await scene.hears({"ann": {"bob"}, "bob": {"ann"}})


async def test_a_sound_for_a_room_plays_to_its_end_and_another_is_not_taken_for_it(
    asterisk: PrivateAsterisk, tmp_path: Path
) -> None:
    async with several_lives(asterisk, tmp_path) as lives:
        scene = lives.scene
        await scene.call("ann", "bob")
        placements: Placements = {"ann": LIVE, "bob": LIVE}
        await scene.place(placements)
        playing = asyncio.create_task(scene.engine.play_to_room(scene.conference_sid, scene.sound(seconds=3.0)))
        await scene.hears({"ann": {"bob", "sound"}, "bob": {"ann", "sound"}})
        await lives.restart(scene.plan(placements))
        playing.cancel()
        again = asyncio.create_task(scene.engine.play_to_room(scene.conference_sid, scene.sound(OTHER_SOUND)))
        await scene.hears({"ann": {"bob", "other"}, "bob": {"ann", "other"}})
        again.cancel()
        await scene.hears({"ann": {"bob"}, "bob": {"ann"}})


async def test_who_talks_is_told_anew(asterisk: PrivateAsterisk, tmp_path: Path) -> None:
    async with several_lives(asterisk, tmp_path) as lives:
        scene = lives.scene
        await scene.call("ann", "bob")
        placements: Placements = {"ann": LIVE, "bob": LIVE}
        await scene.place(placements, detect_talking=True)
        for _ in scene.phones:
            assert (await scene.event(TalkingChanged)).talking
        await lives.kill()
        scene.phones["bob"].talk(on=False)
        await lives.start(scene.plan(placements, detect_talking=True))
        assert await scene.event(TalkingChanged) == TalkingChanged(scene.sids["ann"], talking=True)
        scene.phones["ann"].talk(on=False)
        assert await scene.event(TalkingChanged) == TalkingChanged(scene.sids["ann"], talking=False)
        await nothing_told(scene)


async def test_calls_of_an_asterisk_that_was_restarted_too_are_over(tmp_path: Path) -> None:
    async with PrivateAsterisk(ensure_installed(print)) as asterisk, set_scene(asterisk, tmp_path) as scene:
        await scene.call("ann", "bob")
        await scene.place({"ann": LIVE, "bob": LIVE})
        sids = dict(scene.sids)
        lives = Lives(scene, None)  # type: ignore[arg-type]
        await scene.engine.stop()
        await asterisk.kill()
        await asterisk.restart()
        for phone in scene.phones.values():
            await phone.hang_up()
        scene.phones.clear()
        await lives.prepare()
        scene.engine.remember([came(sid) for sid in sids.values()])
        applied = scene.engine.apply(scene.plan({"ann": LIVE, "bob": LIVE}))
        await within_deadline(scene.engine.start())
        assert {(await scene.event(CallEnded)).call_sid for _ in range(2)} == set(sids.values())
        await within_deadline(applied)
        await scene.call("ann")
        assert scene.sids["ann"] not in sids.values()
    await lives.bury()


@pytest.mark.parametrize("times", [2])
async def test_an_engine_that_stops_and_starts_goes_on_with_its_calls(scene: Scene, times: int) -> None:
    await scene.call("ann", "bob")
    await scene.place({"ann": LIVE, "bob": LIVE})
    for _ in range(times):
        await scene.engine.stop()
        await scene.engine.start()
    await scene.hears({"ann": {"bob"}, "bob": {"ann"}})
    await nothing_told(scene)
