"""Recordings over the end of a controller: they go on without a hole, and what ended meanwhile is fetched and told."""

import wave
from pathlib import Path

import numpy as np
import pytest

from ari_conf.audio import Samples
from ari_conf.audio.wav import read_wav
from ari_conf.conference import AudioProgram, InMix, OnHold, RecordingState
from ari_conf.media.port import CallEnded, KnownRecording, RecordingFinished
from ari_conf.phones.phone import Heard
from ari_conf.private_asterisk import PrivateAsterisk

from .lives import Lives, came, several_lives
from .outside import nothing_told
from .scene import Placements, Scene
from .test_lives import JITTER, longest_gap
from .test_recording import SECOND, WAIT, finished, stretches

LIVE = InMix()
SILENCE = AudioProgram("")
ON, OFF, PAUSED = RecordingState.ON, RecordingState.OFF, RecordingState.PAUSED
BOTH: Placements = {"ann": LIVE, "bob": LIVE}
RE1, DUAL = KnownRecording(name="RE1"), KnownRecording(name="RE2", dual=True)


async def told(scene: Scene, *names: str) -> dict[str, Path]:
    """Wait for the ends of recordings, and return where they are."""
    events = [await scene.event(RecordingFinished) for _ in names]
    assert {event.name: event.path for event in events} == {name: scene.recordings / f"{name}.wav" for name in names}
    return {event.name: event.path for event in events if event.path is not None}


def tracks(path: Path) -> list[Samples]:
    with wave.open(str(path), "rb") as wav:
        samples = np.frombuffer(wav.readframes(wav.getnframes()), "<i2").astype(np.int16).reshape(-1, wav.getnchannels())
    return list(samples.T)


async def recorded(lives: Lives) -> None:
    """Begin to record the room, and one of those in it."""
    scene = lives.scene
    await scene.call("ann", "bob")
    await scene.place(BOTH, ON)
    await scene.hears({"ann": {"bob"}, "bob": {"ann"}})
    await scene.engine.record(scene.sids["ann"], "RE1")
    await scene.engine.record(scene.sids["ann"], "RE2", dual=True)
    lives.known["ann"] = came(scene.sids["ann"], RE1, DUAL)


async def test_recordings_go_on_without_a_hole(asterisk: PrivateAsterisk, tmp_path: Path) -> None:
    async with several_lives(asterisk, tmp_path) as lives:
        scene = lives.scene
        await recorded(lives)
        for _ in range(2):
            await scene.hear(WAIT)
            await lives.restart(scene.plan(BOTH, ON))
        await scene.hear(WAIT)
        await scene.engine.stop_recording("RE1")
        await scene.engine.stop_recording("RE2")
        await scene.place(BOTH)
        paths = await told(scene, "RE1", "RE2", scene.conference_sid)
        samples = [*tracks(paths["RE2"]), *tracks(paths["RE1"]), *tracks(paths[scene.conference_sid])]
        for track, names in zip(samples, ({"ann"}, {"bob"}, {"ann", "bob"}, {"ann", "bob"}), strict=True):
            assert stretches(track) == [names]
            assert len(track) > 3 * WAIT * SECOND
            assert max(longest_gap(Heard(track, SECOND), name) for name in names) <= JITTER
        assert sorted(scene.recordings.iterdir()) == sorted(paths.values())
        await nothing_told(scene)


async def test_what_is_said_during_a_pause_is_left_out_though_the_controller_ends_in_it(
    asterisk: PrivateAsterisk, tmp_path: Path
) -> None:
    async with several_lives(asterisk, tmp_path) as lives:
        scene = lives.scene
        await recorded(lives)
        await scene.hear(WAIT)
        await scene.place(BOTH, PAUSED)
        await scene.engine.pause_recording("RE2")
        scene.phones["bob"].talk(on=False)
        await scene.hears({"ann": set(), "bob": {"ann"}})
        await lives.restart(scene.plan(BOTH, PAUSED))
        await scene.hear(WAIT)
        scene.phones["ann"].talk(on=False)
        scene.phones["bob"].talk(on=True)
        await scene.hears({"ann": {"bob"}, "bob": set()})
        await scene.engine.resume_recording("RE2")
        await scene.place(BOTH, ON)
        await scene.hear(WAIT)
        await scene.engine.stop_recording("RE1")
        await scene.engine.stop_recording("RE2")
        await scene.place(BOTH)
        paths = await told(scene, "RE1", "RE2", scene.conference_sid)
        assert [one for one in stretches(tracks(paths[scene.conference_sid])[0]) if one] == [{"ann", "bob"}, {"bob"}]
        inbound, outbound = tracks(paths["RE2"])
        assert [one for one in stretches(inbound) if one] == [{"ann"}]
        assert [one for one in stretches(outbound) if one] == [{"bob"}]
        assert {"ann"} in stretches(tracks(paths["RE1"])[0])


async def test_a_plan_that_changed_with_the_end_of_the_controller(asterisk: PrivateAsterisk, tmp_path: Path) -> None:
    async with several_lives(asterisk, tmp_path) as lives:
        scene = lives.scene
        await recorded(lives)
        await scene.hear(WAIT)
        await lives.restart(scene.plan(BOTH, PAUSED))
        scene.phones["bob"].talk(on=False)
        await scene.hears({"ann": set(), "bob": {"ann"}})
        await lives.restart(scene.plan(BOTH, OFF))
        assert stretches(read_wav(await finished(scene, scene.conference_sid))[0]) == [{"ann", "bob"}]
        await lives.restart(scene.plan(BOTH, ON))
        await scene.hear(WAIT)
        await lives.restart(scene.plan({}))
        assert stretches(read_wav(await finished(scene, scene.conference_sid))[0]) == [{"ann"}]
        await scene.hang_up("ann")
        await told(scene, "RE1", "RE2")


async def test_what_ended_meanwhile_is_told(asterisk: PrivateAsterisk, tmp_path: Path) -> None:
    async with several_lives(asterisk, tmp_path) as lives:
        scene = lives.scene
        await recorded(lives)
        await scene.hear(WAIT)
        await lives.kill()
        ann = scene.phones["ann"]
        await ann.hang_up()
        await lives.start(scene.plan({"ann": LIVE, "bob": LIVE}, ON))
        assert (await scene.event(CallEnded)).call_sid == scene.sids["ann"]
        paths = await told(scene, "RE1", "RE2")
        assert stretches(tracks(paths["RE1"])[0])[0] == {"ann", "bob"}
        assert [stretches(track)[0] for track in tracks(paths["RE2"])] == [{"ann"}, {"bob"}]
        await lives.kill()
        del scene.phones["ann"]
        await scene.phones.pop("bob").hang_up()
        await lives.start(recordings=[KnownRecording(name=scene.conference_sid)])
        samples, _rate = read_wav(await finished(scene, scene.conference_sid))
        assert stretches(samples)[0] == {"ann", "bob"}


async def test_what_runs_and_nobody_is_to_be_recorded_by_is_ended_and_told(asterisk: PrivateAsterisk, tmp_path: Path) -> None:
    async with several_lives(asterisk, tmp_path) as lives:
        scene = lives.scene
        await recorded(lives)
        await scene.hear(WAIT)
        del lives.known["ann"]
        await lives.restart(scene.plan(BOTH, ON), recordings=[RE1, DUAL])
        await told(scene, "RE1", "RE2")
        await scene.until_snoops(0)
        await lives.restart(recordings=[KnownRecording(name=scene.conference_sid)])
        await told(scene, scene.conference_sid)


async def test_what_never_began_is_told_as_that(asterisk: PrivateAsterisk, tmp_path: Path) -> None:
    async with several_lives(asterisk, tmp_path) as lives:
        scene = lives.scene
        await scene.call("ann")
        lives.known["ann"] = came(scene.sids["ann"], RE1, DUAL)
        over, other = KnownRecording(name="CF" + "2" * 32), KnownRecording(name=scene.conference_sid)
        await lives.restart(scene.plan({}), recordings=[over, other])
        events = [await scene.event(RecordingFinished) for _ in range(4)]
        assert {event.name for event in events} == {"RE1", "RE2", over.name, other.name}
        assert all(event.path is None and event.failure for event in events)


async def test_a_recording_goes_on_while_everybody_is_on_hold(asterisk: PrivateAsterisk, tmp_path: Path) -> None:
    async with several_lives(asterisk, tmp_path) as lives:
        scene = lives.scene
        await recorded(lives)
        await scene.hear(WAIT)
        on_hold: Placements = {"ann": OnHold(SILENCE), "bob": OnHold(SILENCE)}
        await scene.place(on_hold, ON)
        await lives.restart(scene.plan(on_hold, ON))
        await scene.place({"ann": OnHold(SILENCE), "bob": LIVE}, ON)
        await scene.hear(WAIT)
        await scene.place({"ann": OnHold(SILENCE), "bob": LIVE})
        samples, _rate = read_wav(await finished(scene, scene.conference_sid))
        assert [one for one in stretches(samples) if one] == [{"ann", "bob"}, {"bob"}]
        await scene.hang_up("ann")
        await told(scene, "RE1", "RE2")


@pytest.mark.parametrize("number", range(1, 12))
async def test_a_controller_that_is_killed_while_a_recording_begins_or_ends(
    asterisk: PrivateAsterisk, tmp_path: Path, number: int
) -> None:
    async with several_lives(asterisk, tmp_path) as lives:
        scene = lives.scene
        await scene.call("ann", "bob")
        await scene.place(BOTH)

        async def record() -> None:
            await scene.engine.record(scene.sids["ann"], "RE2", dual=True)
            await scene.hear(WAIT)
            await scene.engine.stop_recording("RE2")
            scene.events.append(await scene.engine.events.get())

        cut = await lives.cut_short(record, after=number)
        if cut:
            lives.known["ann"] = came(scene.sids["ann"], DUAL)
            await lives.start(scene.plan(BOTH))
            await scene.hear(WAIT)
            await scene.engine.stop_recording("RE2")
        event = await scene.event(RecordingFinished)
        assert event.name == "RE2"
        if event.path is not None:
            assert [stretches(track) for track in tracks(event.path)] == [[{"ann"}], [{"bob"}]]
            assert list(scene.recordings.iterdir()) == [event.path]
        assert event.path is not None or number <= 3
        await scene.until_snoops(0)
        await nothing_told(scene)
