"""Recordings of rooms and of calls: what is in them, heard in their files."""

import asyncio
import errno
import wave
from pathlib import Path

import numpy as np
import pytest

from ari_conf.audio import Samples
from ari_conf.audio.wav import read_wav
from ari_conf.conference import AudioProgram, InMix, OnHold, RecordingState, Waiting
from ari_conf.media.asterisk.transport import AriTransport
from ari_conf.media.port import RecordingFinished, Track
from ari_conf.phones.phone import AUDIBLE, Heard

from .scene import SOUND, Placements, Scene, in_samples, within_deadline

LIVE = InMix()
MUSIC, SILENCE = AudioProgram(), AudioProgram("")
ON, OFF, PAUSED = RecordingState.ON, RecordingState.OFF, RecordingState.PAUSED
SECOND = 8000
WAIT = 0.6
QUIET_IN_RECORDING = 0.005
"""Amplitude of a tone that is not there."""


async def finished(scene: Scene, name: str) -> Path:
    """Wait for a recording, and return where it is."""
    event = await scene.event(RecordingFinished)
    assert event == RecordingFinished(name, scene.recordings / f"{name}.wav")
    assert event.path is not None
    return event.path


def stretches(samples: Samples) -> list[set[str]]:
    """Return who is heard in each stretch of a recording in which the same are heard; what lasts under 0.3 s is passed over."""
    step = SECOND // 10
    looks = [in_samples(samples[start : start + 2 * step]) for start in range(0, len(samples) - 2 * step, step)]
    lasting = [look for before, look, after in zip(looks, looks[1:], looks[2:], strict=False) if before == look == after]
    return [look for index, look in enumerate(lasting) if index == 0 or lasting[index - 1] != look]


def level(samples: Samples) -> float:
    return Heard(samples, SECOND).level


async def test_a_room_is_recorded_from_its_start_without_music_hold_and_coach(scene: Scene) -> None:
    await scene.call("ann", "bob", "cid", "dee")
    await scene.place({"ann": Waiting(MUSIC)})
    await scene.until_heard(lambda heard: heard["ann"].level > AUDIBLE)
    placements: Placements = {"ann": LIVE, "bob": LIVE, "cid": scene.coach("ann"), "dee": OnHold(MUSIC)}
    await scene.place(placements, ON)
    await scene.hears({"ann": {"bob", "cid"}, "bob": {"ann"}, "cid": {"ann", "bob"}, "dee": set()})
    await within_deadline(scene.engine.play_to_participant(scene.sids["ann"], scene.sound(seconds=WAIT)))
    await scene.place(placements)
    samples, rate = read_wav(await finished(scene, scene.conference_sid))
    assert rate == SECOND
    assert stretches(samples) == [{"ann", "bob"}]
    heard = Heard(samples, rate)
    assert heard.amplitude(scene.phones["cid"].tone) < QUIET_IN_RECORDING
    assert heard.amplitude(SOUND) < QUIET_IN_RECORDING


async def test_a_paused_recording_leaves_out_what_was_said_meanwhile(scene: Scene) -> None:
    await scene.call("ann", "bob")
    both = {"ann": LIVE, "bob": LIVE}
    await scene.place(both, ON)
    await scene.hear(WAIT)
    await scene.place(both, PAUSED)
    scene.phones["bob"].talk(on=False)
    await scene.hears({"ann": set(), "bob": {"ann"}})
    await scene.place(both, PAUSED)
    scene.phones["ann"].talk(on=False)
    scene.phones["bob"].talk(on=True)
    await scene.hears({"ann": {"bob"}, "bob": set()})
    await scene.place(both, ON)
    await scene.hear(WAIT)
    await scene.place({})
    samples, _rate = read_wav(await finished(scene, scene.conference_sid))
    assert stretches(samples) == [{"ann", "bob"}, {"bob"}]


async def test_a_recording_goes_on_while_everybody_is_on_hold(scene: Scene) -> None:
    await scene.call("ann", "bob")
    for _ in range(2):
        await scene.place({"ann": LIVE, "bob": LIVE}, ON)
        await scene.hear(WAIT)
        await scene.place({"ann": OnHold(MUSIC), "bob": OnHold(MUSIC)}, ON)
        await scene.hear(WAIT)
    await scene.place({"ann": LIVE, "bob": LIVE}, ON)
    await scene.hang_up("bob")
    await scene.hear(WAIT)
    await scene.hang_up("ann")
    await scene.place({})
    samples, _rate = read_wav(await finished(scene, scene.conference_sid))
    assert stretches(samples)[:4] == [{"ann", "bob"}, set(), {"ann", "bob"}, set()]
    assert stretches(samples)[-1] == {"ann"}


async def test_a_recording_that_never_began_is_told_as_that(scene: Scene) -> None:
    await scene.call("ann")
    recorded = scene.engine.apply(scene.plan({"ann": LIVE}, ON))
    await scene.place({})
    await within_deadline(recorded)
    event = await scene.event(RecordingFinished)
    assert event.name == scene.conference_sid
    assert event.path is None
    assert event.failure


async def test_a_room_that_cannot_be_recorded_is_told_and_goes_on(scene: Scene) -> None:
    folder = scene.asterisk.spool / "recording"
    folder.rename(folder.with_name("elsewhere"))
    folder.write_text("")  # in the place of the folder
    try:
        await scene.call("ann", "bob")
        await scene.place({"ann": LIVE, "bob": LIVE}, ON)
        await scene.hears({"ann": {"bob"}, "bob": {"ann"}})
        await scene.place({})
        event = await scene.event(RecordingFinished)
    finally:
        folder.unlink()
        folder.with_name("elsewhere").rename(folder)
    assert (event.name, event.path) == (scene.conference_sid, None)
    assert event.failure


@pytest.mark.parametrize(
    ("track", "expected"), [(Track.INBOUND, {"ann"}), (Track.OUTBOUND, {"bob"}), (Track.BOTH, {"ann", "bob"})]
)
async def test_a_track_of_a_call(scene: Scene, track: Track, expected: set[str]) -> None:
    await scene.call("ann", "bob")
    await scene.place({"ann": LIVE, "bob": LIVE})
    await scene.engine.record(scene.sids["ann"], "RE1", track=track)
    await scene.hear(WAIT)
    await scene.engine.stop_recording("RE1")
    samples, rate = read_wav(await finished(scene, "RE1"))
    assert rate == SECOND
    assert stretches(samples) == [expected]
    await scene.engine.stop_recording("RE1")


async def test_what_is_said_during_a_pause_is_left_out_of_a_calls_recording(scene: Scene) -> None:
    await scene.call("ann", "bob")
    await scene.place({"ann": LIVE, "bob": LIVE})
    await scene.engine.record(scene.sids["ann"], "RE8", dual=True)
    scene.phones["bob"].talk(on=False)
    await scene.hears({"ann": set(), "bob": {"ann"}})
    for _ in range(2):
        await scene.engine.pause_recording("RE8")
    scene.phones["ann"].talk(on=False)
    await scene.hears({"ann": set(), "bob": set()})
    for _ in range(2):
        await scene.engine.resume_recording("RE8")
    scene.phones["bob"].talk(on=True)
    await scene.hears({"ann": {"bob"}, "bob": set()})
    await scene.engine.pause_recording("RE8")
    await scene.hear(WAIT)
    await scene.engine.stop_recording("RE8")
    with wave.open(str(await finished(scene, "RE8")), "rb") as wav:
        tracks = np.frombuffer(wav.readframes(wav.getnframes()), "<i2").astype(np.int16).reshape(-1, 2)
    assert [stretch for stretch in stretches(tracks[:, 0]) if stretch] == [{"ann"}]
    assert stretches(tracks[:, 1])[-1] == {"bob"}
    for change in (scene.engine.pause_recording, scene.engine.resume_recording):
        await change("RE8")


async def test_a_recording_can_be_paused_and_stopped_the_moment_it_has_been_asked_for(scene: Scene) -> None:
    await scene.call("ann", "bob")
    both = {"ann": LIVE, "bob": LIVE}
    for name in ("RE9a", "RE9b", "RE9c"):
        await scene.engine.record(scene.sids["ann"], name)
        await scene.engine.pause_recording(name)
    for recording in (ON, PAUSED, ON, PAUSED):
        await scene.place(both, recording)
    await scene.hear(WAIT)
    await asyncio.gather(*(within_deadline(scene.engine.stop_recording(name)) for name in ("RE9a", "RE9b", "RE9c")))
    await scene.place({})
    for _ in range(4):
        event = await scene.event(RecordingFinished)
        assert event.path is not None
        samples, rate = read_wav(event.path)
        assert len(samples) < WAIT * rate / 2


async def test_both_tracks_of_a_call_side_by_side_from_its_first_moment_to_its_end(scene: Scene) -> None:
    await scene.call("ann", "bob")
    await scene.engine.record(scene.sids["ann"], "RE2", dual=True)
    await scene.hear(WAIT)  # nothing is sent to ann, and time passes in the recording nevertheless
    await scene.place({"ann": LIVE, "bob": LIVE})
    await scene.hear(WAIT)
    await scene.place({"ann": OnHold(SILENCE), "bob": LIVE})
    await within_deadline(scene.engine.play(scene.sids["ann"], scene.sound(seconds=WAIT)))
    await scene.hang_up("ann")
    with wave.open(str(await finished(scene, "RE2")), "rb") as wav:
        assert (wav.getnchannels(), wav.getsampwidth(), wav.getframerate()) == (2, 2, SECOND)
        tracks = np.frombuffer(wav.readframes(wav.getnframes()), "<i2").astype(np.int16).reshape(-1, 2)
    inbound, outbound = tracks[:, 0], tracks[:, 1]
    assert stretches(inbound) == [{"ann"}]
    assert stretches(outbound) == [set(), {"bob"}, {"sound"}]
    assert len(tracks) > 3 * WAIT * SECOND
    assert list(scene.recordings.iterdir()) == [scene.recordings / "RE2.wav"]


async def test_tracks_that_cannot_be_put_together_are_told_and_stay(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(wave, "open", full)
    await scene.call("ann")
    await scene.engine.record(scene.sids["ann"], "RE9", dual=True)
    await scene.engine.stop_recording("RE9")
    event = await scene.event(RecordingFinished)
    assert (event.name, event.path) == ("RE9", None)
    assert "No space left" in event.failure
    assert {file.name for file in scene.recordings.iterdir()} == {"RE9.in.wav", "RE9.out.wav"}


async def test_two_recordings_of_one_call_and_a_bad_name(scene: Scene) -> None:
    await scene.call("ann")
    await scene.engine.record(scene.sids["ann"], "RE3")
    await scene.engine.record(scene.sids["ann"], "RE4", track=Track.INBOUND)
    for name in ("RE3", "../RE5", "a/b", ""):
        with pytest.raises(ValueError, match="recording"):
            await scene.engine.record(scene.sids["ann"], name)
    await scene.hear(WAIT)
    await scene.hang_up("ann")
    paths = {(await scene.event(RecordingFinished)).path for _ in range(2)}
    assert paths == {scene.recordings / "RE3.wav", scene.recordings / "RE4.wav"}


def spoil(file: Path) -> None:
    data = bytearray(file.read_bytes())
    data[4:8] = data[40:44] = bytes(4)
    file.write_bytes(data)


async def test_a_header_that_was_not_finished_is_made_true(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    download = AriTransport.download

    async def spoilt(self: AriTransport, resource: str, target: Path) -> object:
        answer = await download(self, resource, target)
        spoil(target)
        return answer

    monkeypatch.setattr(AriTransport, "download", spoilt)
    await scene.call("ann")
    await scene.engine.record(scene.sids["ann"], "RE6", track=Track.INBOUND)
    await scene.hear(WAIT)
    await scene.hang_up("ann")
    samples, _rate = read_wav(await finished(scene, "RE6"))
    assert stretches(samples) == [{"ann"}]


async def test_many_at_once(scene: Scene) -> None:
    await scene.call("ann", "bob")
    await scene.place({"ann": LIVE, "bob": LIVE}, ON)
    names = [f"RE7{number}" for number in range(6)]
    await asyncio.gather(*(scene.engine.record(scene.sids["ann"], name, dual=True) for name in names))
    await scene.hears({"ann": {"bob"}, "bob": {"ann"}})
    await asyncio.gather(*(scene.engine.stop_recording(name) for name in names))
    await scene.place({})
    told = {(await scene.event(RecordingFinished)).name for _ in range(7)}
    assert told == {*names, scene.conference_sid}
