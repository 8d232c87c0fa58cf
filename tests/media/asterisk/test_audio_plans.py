"""Waiting, hold, mute, talking: plans carried out by Asterisk, by ear."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from ari_conf.conference import AudioProgram, InMix, OnHold, Placement, Waiting
from ari_conf.media.port import CallGoneError, TalkingChanged
from ari_conf.phones.phone import AUDIBLE

from .scene import QUIET, Scene, until, voices

LIVE, MUTED = InMix(), InMix(muted=True)
MUSIC, SILENCE, ELSEWHERE = (AudioProgram(url) for url in (None, "", "https://example.com/hold.mp3"))


@pytest.mark.parametrize("kind", [Waiting, OnHold])
async def test_without_an_address_there_is_music_and_else_silence_until_somebody_plays(
    scene: Scene, kind: Callable[[AudioProgram], Placement]
) -> None:
    await scene.call("ann", "bob", "cid")
    await scene.place({"ann": kind(MUSIC), "bob": kind(SILENCE), "cid": kind(ELSEWHERE)})
    await scene.until_heard(
        lambda heard: (
            [ear.level > AUDIBLE for ear in heard.values()] == [True, False, False]
            and max(heard["bob"].level, heard["cid"].level) < QUIET
        )
    )
    heard = await scene.hear()
    assert [voices(ear) for ear in heard.values()] == [set(), set(), set()]
    await scene.place({"ann": LIVE, "bob": LIVE, "cid": LIVE})
    await scene.hears({"ann": {"bob", "cid"}, "bob": {"ann", "cid"}, "cid": {"ann", "bob"}})
    for phone in scene.phones.values():
        phone.talk(on=False)
    await scene.until_heard(lambda heard: all(ear.level < QUIET for ear in heard.values()))


async def test_hold_isolates_both_ways_and_what_it_plays_ends_with_it(scene: Scene) -> None:
    await scene.call("ann", "bob", "cid")
    await scene.place({"ann": LIVE, "bob": LIVE, "cid": OnHold(MUSIC)})
    await scene.until_heard(lambda heard: heard["cid"].level > AUDIBLE)
    await scene.hears({"ann": {"bob"}, "bob": {"ann"}, "cid": set()})
    await scene.place({"ann": LIVE, "bob": LIVE, "cid": OnHold(SILENCE)})
    await scene.until_heard(lambda heard: heard["cid"].level < QUIET)
    await scene.place({"ann": LIVE, "bob": LIVE, "cid": LIVE})
    await scene.hears({"ann": {"bob", "cid"}, "bob": {"ann", "cid"}, "cid": {"ann", "bob"}})


async def test_mute_and_unmute_also_across_a_hold(scene: Scene) -> None:
    await scene.call("ann", "bob")
    muted, open_ = {"ann": set[str](), "bob": {"ann"}}, {"ann": {"bob"}, "bob": {"ann"}}
    for placement, expected in ((MUTED, muted), (LIVE, open_), (MUTED, muted)):
        await scene.place({"ann": LIVE, "bob": placement})
        await scene.hears(expected)
    await scene.place({"ann": LIVE, "bob": OnHold(SILENCE)})
    await scene.hears({"ann": set(), "bob": set()})
    await scene.place({"ann": LIVE, "bob": MUTED})
    await scene.hears(muted)
    await scene.place({"ann": LIVE, "bob": OnHold(SILENCE)})
    await scene.place({"ann": LIVE, "bob": LIVE})
    await scene.hears(open_)


async def test_who_joins_muted_is_not_heard_for_a_moment(scene: Scene) -> None:
    await scene.call("ann", "bob")
    await scene.place({"ann": LIVE, "bob": Waiting(SILENCE)})
    await scene.place({"ann": LIVE, "bob": MUTED})
    await scene.hears({"ann": set(), "bob": {"ann"}})
    assert scene.heard_so_far("ann") == set()


async def test_talking_is_told_of_those_who_are_heard_if_it_is_asked_for(scene: Scene) -> None:
    await scene.call("ann", "bob")
    ann, bob = scene.sids["ann"], scene.sids["bob"]
    scene.phones["bob"].talk(on=False)

    async def told(call_sid: str, *, talking: bool) -> None:
        await scene.event(TalkingChanged, lambda event: event == TalkingChanged(call_sid, talking))

    await scene.place({"ann": LIVE, "bob": LIVE})
    await scene.hears({"ann": set(), "bob": {"ann"}})
    await scene.place({"ann": LIVE, "bob": LIVE}, detect_talking=True)
    await told(ann, talking=True)
    scene.phones["bob"].talk(on=True)
    await told(bob, talking=True)
    scene.phones["ann"].talk(on=False)
    await told(ann, talking=False)
    # Whoever talks while muted is told anew with the unmuting.
    await scene.place({"ann": LIVE, "bob": MUTED}, detect_talking=True)
    await scene.hears({"ann": set(), "bob": set()})
    await scene.place({"ann": LIVE, "bob": LIVE}, detect_talking=True)
    await told(bob, talking=True)
    await scene.place({"ann": LIVE, "bob": LIVE})
    scene.phones["ann"].talk(on=True)
    await scene.hears({"ann": {"bob"}, "bob": {"ann"}})
    assert [event for event in scene.events if isinstance(event, TalkingChanged)] == []


async def test_a_jitter_buffer_is_set_and_taken_away(scene: Scene) -> None:
    await scene.call("ann", "bob")
    ann = scene.sids["ann"]
    await scene.engine.set_jitter_buffer(ann, 60)
    await scene.place({"ann": LIVE, "bob": LIVE}, detect_talking=True)
    await scene.event(TalkingChanged, lambda event: event == TalkingChanged(ann, talking=True))
    await scene.hears({"ann": {"bob"}, "bob": {"ann"}})
    for milliseconds in (0, 20):
        await scene.engine.set_jitter_buffer(ann, milliseconds)
        await scene.event(TalkingChanged, lambda event: event == TalkingChanged(ann, talking=True))
        await scene.hears({"ann": {"bob"}, "bob": {"ann"}})
    scene.phones["ann"].talk(on=False)
    await scene.event(TalkingChanged, lambda event: event == TalkingChanged(ann, talking=False))


async def test_a_call_that_has_ended_is_an_error_for_whatever_is_asked_of_it(scene: Scene) -> None:
    async def gone(work: Awaitable[None]) -> None:
        with pytest.raises(CallGoneError):
            await work

    engine = scene.engine
    await gone(engine.answer("CA0"))
    await gone(engine.play("CA0", scene.sound()))
    await gone(engine.play_to_participant("CA0", scene.sound()))
    await gone(engine.set_jitter_buffer("CA0", 20))
    await gone(engine.record("CA0", "RE0"))
    await engine.hang_up("CA0")
    await engine.play_to_room("CF0", scene.sound())
    await engine.stop_recording("RE0")


async def test_nobody_waits_for_the_key_of_another_who_goes_into_the_mix(scene: Scene) -> None:
    await scene.call("ann", "bob")
    await scene.place({"bob": LIVE})
    done: list[str] = []

    class Noting:
        def asked(self, operation: str, seconds: float, failure: str) -> None:  # noqa: ARG002
            done.append(operation)

        def read(self, waited: float) -> None: ...

    scene.engine.measure(Noting())
    pressing = asyncio.create_task(scene.engine.send_digits(scene.sids["ann"], "1"))
    await until(lambda: "channels.sendDTMF" in done)
    pressing.cancel()
    done.clear()
    placing = asyncio.create_task(scene.place({"ann": LIVE, "bob": LIVE}))
    for _ in range(5):
        await scene.engine.set_jitter_buffer(scene.sids["bob"], 20)
    await placing
    assert done == ["channels.setChannelVar"] * 5 + ["bridges.addChannel"]
