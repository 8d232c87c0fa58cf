"""The connection breaks, or the controller starts anew, in the middle of coaching, recording and playing."""

import asyncio
import contextlib
import wave
from collections.abc import AsyncIterator
from pathlib import Path

import numpy as np
import pytest

from ari_conf.audio.wav import read_wav
from ari_conf.conference import AudioProgram, InMix, OnHold, RecordingState, Waiting
from ari_conf.media.asterisk.engine import AsteriskEngine
from ari_conf.media.asterisk.link import AriAddress
from ari_conf.media.port import CallArrived, CallEnded, EngineBack, EngineLost, RecordingFinished
from ari_conf.private_asterisk import PrivateAsterisk, ensure_installed

from .proxy import Proxy
from .scene import OTHER_SOUND, TONES, Placements, Scene, in_samples, nothing_in, set_scene, until, voices, within_deadline

LIVE, MUTED = InMix(), InMix(muted=True)
MUSIC, SILENCE = AudioProgram(), AudioProgram("")


@contextlib.asynccontextmanager
async def behind_a_proxy(asterisk: PrivateAsterisk, folder: Path) -> AsyncIterator[tuple[Scene, Proxy]]:
    async with Proxy(asterisk.ari_url) as proxy, set_scene(asterisk, folder, url=proxy.url) as scene:
        yield scene, proxy


async def gap(scene: Scene, proxy: Proxy) -> None:
    """Cut the connection, and return when that has been noticed."""
    await proxy.close()
    await scene.event(EngineLost)


async def back(scene: Scene, proxy: Proxy) -> None:
    await proxy.open()
    await scene.event(EngineBack)


async def test_plans_made_during_a_gap_are_carried_out_after_it(asterisk: PrivateAsterisk, tmp_path: Path) -> None:
    async with behind_a_proxy(asterisk, tmp_path) as (scene, proxy):
        await scene.call("ann", "bob", "cid")
        await scene.place({"ann": LIVE, "bob": LIVE, "cid": scene.coach("ann")})
        await gap(scene, proxy)
        await scene.hears({"ann": {"bob", "cid"}, "bob": {"ann"}, "cid": {"ann", "bob"}})
        done = scene.engine.apply(scene.plan({"ann": MUTED, "bob": LIVE, "cid": scene.coach("bob")}))
        await back(scene, proxy)
        await within_deadline(done)
        await scene.hears({"ann": {"bob"}, "bob": {"cid"}, "cid": {"bob"}})
        await gap(scene, proxy)
        done = scene.engine.apply(scene.plan({"ann": LIVE, "bob": OnHold(MUSIC), "cid": LIVE}))
        await back(scene, proxy)
        await within_deadline(done)
        await scene.hears({"ann": {"cid"}, "bob": set(), "cid": {"ann"}})


async def test_what_was_destroyed_during_a_gap_is_made_anew(asterisk: PrivateAsterisk, tmp_path: Path) -> None:
    async with behind_a_proxy(asterisk, tmp_path) as (scene, proxy):
        await scene.call("ann", "bob", "cid")
        await scene.place({"ann": LIVE, "bob": LIVE, "cid": scene.coach("ann")})
        await gap(scene, proxy)
        for bridge in await scene.ari("bridges"):
            await scene.ari(f"bridges/{bridge['id']}", "DELETE")
        for channel in await scene.ari("channels"):
            if channel["name"].startswith("Snoop/"):
                await scene.ari(f"channels/{channel['id']}", "DELETE")
        await back(scene, proxy)
        await scene.hears({"ann": {"bob", "cid"}, "bob": {"ann"}, "cid": {"ann", "bob"}})


async def test_a_coached_who_hangs_up_during_a_gap(asterisk: PrivateAsterisk, tmp_path: Path) -> None:
    async with behind_a_proxy(asterisk, tmp_path) as (scene, proxy):
        await scene.call("ann", "bob", "cid")
        await scene.place({"ann": LIVE, "bob": LIVE, "cid": scene.coach("ann")})
        await gap(scene, proxy)
        await scene.hang_up("ann")
        await back(scene, proxy)
        await scene.event(CallEnded)
        await scene.hears({"bob": set(), "cid": {"bob"}})


async def test_a_cut_in_the_middle_of_many_plans(asterisk: PrivateAsterisk, tmp_path: Path) -> None:
    async with behind_a_proxy(asterisk, tmp_path) as (scene, proxy):
        await scene.call("ann", "bob", "cid")
        plans: list[Placements] = [
            {"ann": LIVE, "bob": LIVE, "cid": scene.coach("ann")},
            {"ann": OnHold(MUSIC), "bob": LIVE, "cid": MUTED},
            {"ann": LIVE, "bob": LIVE, "cid": scene.coach("bob")},
        ]
        for cut in range(12):
            applying = [scene.engine.apply(scene.plan(plan)) for plan in plans]
            for _ in range(3 * cut):
                await asyncio.sleep(0)
            proxy.cut()
            await within_deadline(asyncio.gather(*applying))
        await scene.hears({"ann": {"bob"}, "bob": {"ann", "cid"}, "cid": {"ann", "bob"}})
        await scene.until_snoops(1)


async def test_a_recording_is_paused_and_resumed_after_a_gap_if_that_was_asked_for_in_it(
    asterisk: PrivateAsterisk, tmp_path: Path
) -> None:
    async with behind_a_proxy(asterisk, tmp_path) as (scene, proxy):
        await scene.call("ann", "bob")
        await scene.place({"ann": LIVE, "bob": LIVE})
        await scene.engine.record(scene.sids["ann"], "RE1", dual=True)
        await gap(scene, proxy)
        pausing = asyncio.create_task(scene.engine.pause_recording("RE1"))
        await back(scene, proxy)
        await within_deadline(pausing)
        scene.phones["bob"].talk(on=False)
        await scene.hears({"ann": set(), "bob": {"ann"}})
        await gap(scene, proxy)
        resuming = asyncio.create_task(scene.engine.resume_recording("RE1"))
        await back(scene, proxy)
        await within_deadline(resuming)
        scene.phones["ann"].talk(on=False)
        await scene.hears({"ann": set(), "bob": set()})
        scene.phones["bob"].talk(on=True)
        await scene.hears({"ann": {"bob"}, "bob": set()})
        await scene.engine.stop_recording("RE1")
        finished = await scene.event(RecordingFinished)
        assert finished.path is not None
        with wave.open(str(finished.path), "rb") as wav:
            frames = np.frombuffer(wav.readframes(wav.getnframes()), "<i2").astype(np.int16).reshape(-1, 2)
        together = [
            in_samples(frames[start : start + 1600].sum(axis=1, dtype=np.int16)) for start in range(0, len(frames), 800)
        ]
        assert {"ann", "bob"} in together
        assert {"bob"} in together
        # Only ann talked while it was paused.
        assert sum(look == {"ann"} for look in together) <= 4


async def test_recordings_go_on_through_a_gap_and_are_told_after_it(asterisk: PrivateAsterisk, tmp_path: Path) -> None:
    async with behind_a_proxy(asterisk, tmp_path) as (scene, proxy):
        await scene.call("ann", "bob")
        await scene.place({"ann": LIVE, "bob": LIVE}, RecordingState.ON)
        await scene.engine.record(scene.sids["bob"], "RE1")
        await gap(scene, proxy)
        await scene.hears({"ann": {"bob"}, "bob": {"ann"}})
        await scene.hang_up("bob")
        done = scene.engine.apply(scene.plan({}))
        await back(scene, proxy)
        await within_deadline(done)
        told = {event.name: event.path for event in [await scene.event(RecordingFinished) for _ in range(2)]}
        assert told == {name: scene.recordings / f"{name}.wav" for name in ("RE1", scene.conference_sid)}
        for path in told.values():
            assert path is not None
            samples, rate = read_wav(path)
            assert {"ann", "bob"} <= in_samples(samples[: rate // 2])


async def test_sounds_go_on_through_a_gap(asterisk: PrivateAsterisk, tmp_path: Path) -> None:
    async with behind_a_proxy(asterisk, tmp_path) as (scene, proxy):
        await scene.call("ann", "bob", "cid")
        await scene.place({"ann": Waiting(SILENCE), "bob": LIVE, "cid": Waiting(SILENCE)})
        ended = asyncio.create_task(scene.engine.play(scene.sids["ann"], scene.sound(seconds=1.0)))
        endless = asyncio.create_task(scene.engine.play_to_participant(scene.sids["bob"], scene.sound()))
        cancelled = asyncio.create_task(scene.engine.play(scene.sids["cid"], scene.sound()))
        await scene.until_heard(lambda heard: all(voices(ear) == {"sound"} for ear in heard.values()))
        await gap(scene, proxy)
        cancelled.cancel()
        late = asyncio.create_task(scene.engine.play(scene.sids["ann"], scene.sound(OTHER_SOUND)))
        await scene.hears({"ann": set(), "bob": {"sound"}, "cid": {"sound"}})
        await back(scene, proxy)
        await within_deadline(ended)
        await scene.hears({"ann": {"other"}, "bob": {"sound"}, "cid": set()})
        for task in (endless, late):
            task.cancel()
        await scene.hears({"ann": set(), "bob": set(), "cid": set()})


async def test_a_controller_that_starts_anew_clears_away_what_the_earlier_one_has_left(
    asterisk: PrivateAsterisk, tmp_path: Path
) -> None:
    async with set_scene(asterisk, tmp_path / "first") as first:
        await first.call("ann", "bob", "cid", "dee")
        await first.place({"ann": MUTED, "bob": LIVE, "cid": first.coach("bob"), "dee": Waiting(MUSIC)}, RecordingState.ON)
        playing = asyncio.create_task(first.engine.play(first.sids["dee"], first.sound()))
        whispering = asyncio.create_task(first.engine.play_to_participant(first.sids["bob"], first.sound()))
        await first.hears({"ann": {"bob"}, "bob": {"cid", "sound"}, "cid": {"bob"}, "dee": {"sound"}})
        await first.engine.stop()
        for task in (playing, whispering):
            task.cancel()
        address = AriAddress(asterisk.ari_url, asterisk.ari_username, asterisk.ari_password)
        engine = AsteriskEngine(address, sounds=first.sounds, recordings=first.recordings)
        await engine.start()
        first.engine = engine
        first.sids = {}
        while len(first.sids) < len(first.phones):
            arrived = await first.event(CallArrived)
            first.sids[arrived.from_] = arrived.call_sid
        for recording in await first.ari("recordings/stored"):
            await first.ari(f"recordings/stored/{recording['name']}", "DELETE")
        await first.until_snoops(0)
        await first.place(dict.fromkeys(first.phones, LIVE), detect_talking=True)
        await first.hears({name: set(first.phones) - {name} for name in TONES})


async def test_given_coaches_and_recordings_when_asterisk_restarts_then_all_is_over_and_begins_anew(tmp_path: Path) -> None:
    async with PrivateAsterisk(ensure_installed(print)) as asterisk, set_scene(asterisk, tmp_path) as scene:
        await scene.call("ann", "bob", "cid")
        await scene.place({"ann": LIVE, "bob": LIVE, "cid": scene.coach("ann")}, RecordingState.ON)
        await scene.engine.record(scene.sids["bob"], "RE1")
        await scene.hears({"ann": {"bob", "cid"}, "bob": {"ann"}, "cid": {"ann", "bob"}})
        await asterisk.kill()
        await scene.event(EngineLost)
        await asterisk.restart()
        await scene.event(EngineBack)
        assert [(await scene.event(CallEnded)).cause for _ in range(3)] == ["Asterisk was restarted"] * 3
        await scene.place({})
        # What had reached the disk is not lost.
        told = {event.name: event.path for event in [await scene.event(RecordingFinished) for _ in range(2)]}
        assert told == {name: scene.recordings / f"{name}.wav" for name in ("RE1", scene.conference_sid)}
        await asyncio.gather(*(phone.hang_up() for phone in scene.phones.values()))
        scene.phones.clear()
        await scene.call("ann", "bob", "cid")
        await scene.place({"ann": LIVE, "bob": LIVE, "cid": scene.coach("ann")})
        await scene.hears({"ann": {"bob", "cid"}, "bob": {"ann"}, "cid": {"ann", "bob"}})


@pytest.mark.parametrize("rest_over_websocket", [True, False])
async def test_older_asterisks_can_do_it_all_by_http(
    asterisk: PrivateAsterisk, tmp_path: Path, *, rest_over_websocket: bool
) -> None:
    async with set_scene(asterisk, tmp_path, rest_over_websocket=rest_over_websocket) as scene:
        await scene.call("ann", "bob", "cid")
        await scene.place({"ann": LIVE, "bob": LIVE, "cid": scene.coach("ann")}, RecordingState.ON)
        announcing = asyncio.create_task(scene.engine.play_to_room(scene.conference_sid, scene.sound()))
        await scene.hears({"ann": {"bob", "cid", "sound"}, "bob": {"ann", "sound"}, "cid": {"ann", "bob", "sound"}})
        announcing.cancel()
        await scene.place({})
        await scene.event(RecordingFinished)
        await scene.hang_up("ann", "bob", "cid")
        await until(lambda: not scene.engine._legs)
        await nothing_in(asterisk)
