"""Sounds: to a call, to one participant over the mix, to the room; ended by their end, by the mix, by cancelling."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import web

from ari_conf.conference import AudioProgram, InMix, OnHold, Waiting
from ari_conf.media.port import CallGoneError, EngineError, Sound, SoundFile
from ari_conf.phones.phone import AUDIBLE
from ari_conf.private_asterisk import PrivateAsterisk

from .scene import DEADLINE, OTHER_SOUND, QUIET, Placements, Scene, set_scene, until, voices, within_deadline

LIVE, MUTED = InMix(), InMix(muted=True)
SILENCE, MUSIC = AudioProgram(""), AudioProgram()


async def cancelled(task: "asyncio.Task[None]") -> None:
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


@pytest.mark.parametrize("sound", list(Sound))
async def test_the_sounds_of_its_own(scene: Scene, sound: Sound) -> None:
    await scene.call("ann")
    await within_deadline(scene.engine.play(scene.sids["ann"], sound))
    heard = scene.phones["ann"].recording()
    assert scene.heard_so_far("ann") == ({"beep"} if sound is Sound.BEEP else set())
    assert all(heard.hears(pitch) for pitch in (950, 1400, 1800)) is (sound is Sound.SPECIAL_INFORMATION)


async def test_a_sound_before_during_and_instead_of_waiting(scene: Scene) -> None:
    await scene.call("ann")
    ann = scene.sids["ann"]
    await within_deadline(scene.engine.play(ann, scene.sound(seconds=0.5)))
    assert scene.heard_so_far("ann") == {"sound"}
    await scene.place({"ann": Waiting(SILENCE)})
    for _ in range(2):
        await within_deadline(scene.engine.play(ann, scene.sound(OTHER_SOUND, 0.5)))
        await scene.until_heard(lambda heard: heard["ann"].level < QUIET)
    assert scene.heard_so_far("ann") == {"sound", "other"}
    await scene.place({"ann": Waiting(MUSIC)})
    playing = asyncio.create_task(scene.engine.play(ann, scene.sound(seconds=1.5)))
    await scene.until_heard(lambda heard: voices(heard["ann"]) == {"sound"})
    await within_deadline(playing)
    await scene.until_heard(lambda heard: heard["ann"].level > AUDIBLE and not voices(heard["ann"]))


async def test_cancelling_stops_a_sound_and_the_next_one_is_heard_at_once(scene: Scene) -> None:
    await scene.call("ann")
    playing = asyncio.create_task(scene.engine.play(scene.sids["ann"], scene.sound()))
    await scene.hears({"ann": {"sound"}})
    await cancelled(playing)
    await scene.hears({"ann": set()})
    playing = asyncio.create_task(scene.engine.play(scene.sids["ann"], scene.sound(OTHER_SOUND)))
    await scene.hears({"ann": {"other"}})
    await cancelled(playing)
    at_once = asyncio.create_task(scene.engine.play(scene.sids["ann"], scene.sound()))
    await asyncio.sleep(0)
    await cancelled(at_once)
    await scene.hears({"ann": set()})


async def test_going_into_the_mix_ends_what_is_played(scene: Scene) -> None:
    await scene.call("ann", "bob")
    await scene.place({"ann": Waiting(SILENCE), "bob": Waiting(MUSIC)})
    playing = asyncio.create_task(scene.engine.play(scene.sids["ann"], scene.sound()))
    await scene.until_heard(lambda heard: voices(heard["ann"]) == {"sound"})
    await scene.place({"ann": LIVE, "bob": LIVE})
    await within_deadline(playing)
    await scene.hears({"ann": {"bob"}, "bob": {"ann"}})
    await within_deadline(scene.engine.play(scene.sids["ann"], scene.sound()))  # in the mix there is nothing to play to
    # On hold it can be played to again, at once.
    on_hold = scene.engine.apply(scene.plan({"ann": OnHold(SILENCE), "bob": LIVE}))
    playing = asyncio.create_task(scene.engine.play(scene.sids["ann"], scene.sound()))
    await within_deadline(on_hold)
    await scene.hears({"ann": {"sound"}, "bob": set()})
    await scene.place({"ann": LIVE, "bob": LIVE})
    await within_deadline(playing)


async def test_going_into_the_mix_ends_a_sound_that_has_not_begun(scene: Scene) -> None:
    await scene.call("ann", "bob")
    for _ in range(10):
        await scene.place({"ann": Waiting(SILENCE), "bob": Waiting(SILENCE)})
        playing = asyncio.create_task(scene.engine.play(scene.sids["ann"], scene.sound()))
        await asyncio.sleep(0)
        await scene.place({"ann": LIVE, "bob": LIVE})
        await within_deadline(playing)
    await scene.hears({"ann": {"bob"}, "bob": {"ann"}})


async def test_a_sound_that_is_stopped_while_it_is_queued_is_over_though_nothing_tells_so(scene: Scene) -> None:
    await scene.call("ann", "bob")
    await scene.place({"ann": Waiting(SILENCE), "bob": LIVE})
    playing = [asyncio.create_task(scene.engine.play(scene.sids["ann"], scene.sound())) for _ in range(2)]
    await scene.until_heard(lambda heard: voices(heard["ann"]) == {"sound"})
    under_way = scene.engine._playbacks._running
    await until(lambda: len(under_way) == 2 and all(one.starting and one.starting.done() for one in under_way.values()))
    await scene.place({"ann": LIVE, "bob": LIVE})
    await within_deadline(asyncio.gather(*playing))
    await scene.hears({"ann": {"bob"}, "bob": {"ann"}})


async def test_a_sound_ends_with_its_call(scene: Scene) -> None:
    await scene.call("ann", "bob")
    await scene.place({"ann": Waiting(SILENCE), "bob": LIVE})
    playing = [
        asyncio.create_task(scene.engine.play(scene.sids["ann"], scene.sound())),
        asyncio.create_task(scene.engine.play_to_participant(scene.sids["bob"], scene.sound())),
    ]
    await scene.hears({"ann": {"sound"}, "bob": {"sound"}})
    await scene.hang_up("ann", "bob")
    outcomes = await within_deadline(asyncio.gather(*playing, return_exceptions=True))
    assert [type(outcome) for outcome in outcomes] == [CallGoneError, CallGoneError]


async def test_a_sound_that_is_not_there_is_an_error_that_names_it(scene: Scene) -> None:
    await scene.call("ann", "bob")
    missing = SoundFile(scene.sounds / "missing.wav", 1.0)
    with pytest.raises(EngineError, match="missing"):
        await within_deadline(scene.engine.play(scene.sids["ann"], missing))
    await scene.place({"ann": LIVE, "bob": LIVE})
    with pytest.raises(EngineError, match="missing"):
        await within_deadline(scene.engine.play_to_participant(scene.sids["ann"], missing))
    with pytest.raises(EngineError, match="missing"):
        await within_deadline(scene.engine.play_to_room(scene.conference_sid, missing))
    await scene.hears({"ann": {"bob"}, "bob": {"ann"}})


async def test_an_announcement_to_one_is_heard_by_nobody_else_and_silences_nobody(scene: Scene) -> None:
    await scene.call("ann", "bob", "cid")
    await scene.place({"ann": LIVE, "bob": LIVE, "cid": scene.coach("ann")})
    announcing = asyncio.create_task(scene.engine.play_to_participant(scene.sids["ann"], scene.sound()))
    await scene.hears({"ann": {"bob", "cid", "sound"}, "bob": {"ann"}, "cid": {"ann", "bob"}})
    other = asyncio.create_task(scene.engine.play_to_participant(scene.sids["cid"], scene.sound(OTHER_SOUND)))
    await scene.hears({"ann": {"bob", "cid", "sound"}, "bob": {"ann"}, "cid": {"ann", "bob", "other"}})
    await cancelled(announcing)
    await scene.hears({"ann": {"bob", "cid"}, "bob": {"ann"}, "cid": {"ann", "bob", "other"}})
    await cancelled(other)
    await within_deadline(scene.engine.play_to_participant(scene.sids["bob"], scene.sound(seconds=0.5)))
    assert "sound" in scene.heard_so_far("bob")


async def test_an_announcement_to_one_ends_when_it_leaves_the_mix(scene: Scene) -> None:
    await scene.call("ann", "bob")
    await scene.place({"ann": LIVE, "bob": MUTED})
    announcing = asyncio.create_task(scene.engine.play_to_participant(scene.sids["bob"], scene.sound()))
    await scene.hears({"ann": set(), "bob": {"ann", "sound"}})
    await scene.place({"ann": LIVE, "bob": OnHold(SILENCE)})
    await within_deadline(announcing)
    await scene.hears({"ann": set(), "bob": set()})
    await within_deadline(scene.engine.play_to_participant(scene.sids["bob"], scene.sound()))


async def test_an_announcement_to_the_room_is_heard_by_all_in_it_coaches_too(scene: Scene) -> None:
    await scene.call("ann", "bob", "cid", "dee")
    placements: Placements = {"ann": LIVE, "bob": MUTED, "cid": scene.coach("ann"), "dee": OnHold(SILENCE)}
    done = scene.engine.apply(scene.plan(placements))
    announcing = asyncio.create_task(scene.engine.play_to_room(scene.conference_sid, scene.sound()))
    await within_deadline(done)
    quiet = {"ann": {"cid"}, "bob": {"ann"}, "cid": {"ann"}, "dee": set[str]()}
    sound = {name: set() if name == "dee" else {*heard, "sound"} for name, heard in quiet.items()}
    await scene.hears(sound)
    await cancelled(announcing)
    await scene.hears(quiet)
    await within_deadline(scene.engine.play_to_room(scene.conference_sid, Sound.BEEP))
    assert ["beep" in scene.heard_so_far(name) for name in scene.phones] == [True, True, True, False]


async def test_an_announcement_to_a_room_that_ends_is_over(scene: Scene) -> None:
    await scene.call("ann", "bob")
    await scene.place({"ann": LIVE, "bob": LIVE})
    announcing = asyncio.create_task(scene.engine.play_to_room(scene.conference_sid, scene.sound()))
    await scene.hears({"ann": {"bob", "sound"}, "bob": {"ann", "sound"}})
    await scene.place({})
    await within_deadline(announcing)


@pytest.fixture
async def served(asterisk: PrivateAsterisk, tmp_path: Path) -> AsyncIterator[tuple[Scene, Counter[str]]]:
    """A scene whose sounds Asterisk fetches by HTTP, and how often it has."""
    requests: Counter[str] = Counter()

    async def serve(request: web.Request) -> web.StreamResponse:
        requests[request.match_info["name"]] += 1
        file = tmp_path / "sounds" / request.match_info["name"]
        if not file.exists():
            raise web.HTTPNotFound
        return web.FileResponse(file, headers={"Cache-Control": "max-age=31536000, immutable"})

    app = web.Application()
    app.router.add_get("/{name}", serve)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    async with set_scene(asterisk, tmp_path, media_url=f"http://127.0.0.1:{runner.addresses[0][1]}/") as scene:
        yield scene, requests
    await runner.cleanup()


async def test_sounds_can_be_fetched_by_http_once_each(served: tuple[Scene, Counter[str]]) -> None:
    scene, requests = served
    await scene.call("ann", "bob")
    sound = scene.sound(seconds=0.5)
    async with asyncio.timeout(DEADLINE):
        await scene.engine.play(scene.sids["ann"], sound)
        await asyncio.gather(*(scene.engine.play(sid, sound) for sid in scene.sids.values()))
        assert requests == {sound.path.name: 1}
        other = scene.sound(OTHER_SOUND, 0.5)
        await asyncio.gather(*(scene.engine.play(sid, other) for sid in scene.sids.values()))
    assert [scene.heard_so_far(name) for name in scene.phones] == [{"sound", "other"}, {"sound", "other"}]
    with pytest.raises(EngineError, match="missing"):
        await within_deadline(scene.engine.play(scene.sids["ann"], SoundFile(scene.sounds / "missing.wav", 1.0)))
    await scene.place({"ann": LIVE, "bob": LIVE})
    await within_deadline(scene.engine.play_to_room(scene.conference_sid, Sound.BEEP))
    assert ["beep" in scene.heard_so_far(name) for name in scene.phones] == [True, True]
