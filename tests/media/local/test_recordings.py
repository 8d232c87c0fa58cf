import asyncio
import wave
from pathlib import Path

import numpy as np
import pytest
import structlog

from ari_conf.audio import Samples
from ari_conf.audio.tones import beep, tone
from ari_conf.audio.wav import read_wav, write_wav
from ari_conf.clock import VirtualClock
from ari_conf.conference import AudioProgram, Coaching, InMix, OnHold, Placement, RecordingState, Waiting
from ari_conf.media.port import CallGoneError, EngineError, RecordingFinished, Sound, SoundFile, Track

from .conftest import Desk, attended

LIVE = InMix()
MUTED = InMix(muted=True)
ON, PAUSED = RecordingState.ON, RecordingState.PAUSED


def length(desk: Desk) -> int:
    return len(desk.phones["a"].recording().samples)


def heard_by(desk: Desk, name: str, start: int, stop: int) -> Samples:
    """Return what a phone heard, in samples of the first phone's time."""
    samples = desk.phones[name].recording().samples
    late = length(desk) - len(samples)
    return samples[start - late : stop - late]


def mixed(*voices: Samples) -> Samples:
    return np.clip(np.sum(voices, axis=0, dtype=np.int32), -32768, 32767).astype(np.int16)


async def test_the_mix_is_recorded_to_the_sample_without_pauses_and_whispers(desk: Desk, tmp_path: Path) -> None:
    await desk.call("a", "b", "c", "d")
    await desk.clock.let_pass(0.1)
    # The coach whispers, d is muted: a and b alone are in the mix, and each of them is heard by the muted one.
    placements: dict[str, Placement] = {"a": LIVE, "b": LIVE, "c": Coaching(desk.sids["a"]), "d": MUTED}
    marks = []
    for recording, seconds in ((ON, 0.5), (PAUSED, 0.3), (ON, 0.7), (RecordingState.OFF, 0.1)):
        marks.append(length(desk))
        desk.place(placements, recording=recording)
        await desk.clock.let_pass(seconds)
    finished = await desk.recorded("CF1")
    assert finished == RecordingFinished("CF1", tmp_path / "recordings" / "CF1.wav")
    assert finished.path is not None
    samples, rate = read_wav(finished.path)
    assert rate == 8000
    spans = [(marks[0], marks[1]), (marks[2], marks[3])]
    assert np.array_equal(samples, np.concatenate([heard_by(desk, "d", *span) for span in spans]))
    assert len(samples) == 8 * 1200
    assert samples.any()


async def test_sounds_for_the_room_are_recorded_and_those_for_one_are_not(desk: Desk, tmp_path: Path) -> None:
    a, b = await desk.call("a", "b")
    for phone in (a, b):
        phone.talk(on=False)
    path = tmp_path / "whisper.wav"
    write_wav(path, tone(2000, 0.5), 8000)
    await asyncio.gather(desk.place({"a": LIVE, "b": LIVE}, recording=ON), desk.clock.let_pass(0.1))
    playing = asyncio.gather(
        desk.engine.play_to_room("CF1", Sound.BEEP),
        desk.engine.play_to_participant(desk.sids["a"], SoundFile(path, 0.5)),
    )
    heard = await a.hear(0.6)
    await playing
    assert heard.amplitude(2000) > 0.1
    desk.place({})
    await desk.clock.let_pass(0.04)
    finished = await desk.recorded("CF1")
    assert finished.path is not None
    samples, _ = read_wav(finished.path)
    assert len(samples) == pytest.approx(5600, abs=320)
    assert np.array_equal(np.trim_zeros(samples), np.trim_zeros(beep()))


async def test_a_recording_goes_on_in_silence_while_all_are_on_hold_and_never_holds_their_music(desk: Desk) -> None:
    await desk.call("a", "b")
    hold = OnHold(AudioProgram())
    desk.place({"a": hold, "b": hold}, recording=ON)
    await desk.clock.let_pass(0.5)
    desk.place({"a": hold, "b": hold})
    await desk.clock.let_pass(0.1)
    path = (await desk.recorded("CF1")).path
    assert path is not None
    samples, _ = read_wav(path)
    assert len(samples) == 4000
    assert not samples.any()


async def test_the_recording_of_a_room_ends_with_its_last_call_too_and_a_long_one_is_whole(desk: Desk) -> None:
    a, b = await desk.call("a", "b")
    await desk.clock.let_pass(0.1)
    start = length(desk)
    desk.place({"a": LIVE, "b": LIVE}, recording=ON)
    await desk.clock.let_pass(13.0)
    await a.hang_up()
    await b.hang_up()
    expected = mixed(a.recording().samples[start:], b.recording().samples[-13 * 8000 :])
    desk.place({})
    path = (await desk.recorded("CF1")).path
    assert path is not None
    assert np.array_equal(read_wav(path)[0], expected)


async def test_a_loud_room_is_recorded_within_the_limits_of_16_bits(desk: Desk) -> None:
    await desk.call(*"abcdefgh")
    desk.place(dict.fromkeys("abcdefgh", LIVE), recording=ON)
    await desk.clock.let_pass(0.5)
    desk.place({})
    await desk.clock.let_pass(0.04)
    path = (await desk.recorded("CF1")).path
    assert path is not None
    samples = read_wav(path)[0]
    assert samples.max() == 32767
    assert samples.min() == -32768


async def legs(desk: Desk, *, muted: bool) -> tuple[int, int]:
    """Record call a in all ways for half a second, while b talks too; return from where to where, in samples."""
    a, _ = await desk.call("a", "b")
    desk.place({"a": InMix(muted=muted), "b": LIVE})
    await desk.clock.let_pass(0.1)
    start = length(desk)
    for name, track, dual in (
        ("mono", Track.BOTH, False),
        ("dual", Track.BOTH, True),
        ("in", Track.INBOUND, True),
        ("out", Track.OUTBOUND, False),
    ):
        await desk.engine.record(desk.sids["a"], name, track=track, dual=dual)
    with pytest.raises(EngineError, match="the recording mono is running already"):
        await desk.engine.record(desk.sids["b"], "mono")
    await desk.clock.let_pass(0.5)
    stop = length(desk)
    for name in ("mono", "dual"):
        await desk.engine.stop_recording(name)
        await desk.engine.stop_recording(name)
    await desk.clock.let_pass(0.1)
    assert [event.name for event in desk.told if isinstance(event, RecordingFinished)] == ["mono", "dual"]
    await a.hang_up()
    return start, stop


@pytest.mark.parametrize("muted", [False, True])
async def test_a_call_is_recorded_mono_dual_or_one_side_until_it_is_stopped_or_over(desk: Desk, *, muted: bool) -> None:
    start, stop = await legs(desk, muted=muted)
    files = {name: (await desk.recorded(name)).path for name in ("mono", "dual", "in", "out")}
    said, heard = (read_wav(path)[0] for path in (files["in"], files["out"]) if path is not None)
    assert len(said) == len(heard) == stop - start + 800
    assert np.array_equal(heard, desk.phones["a"].recording().samples[start:])
    if not muted:
        assert np.array_equal(said, desk.phones["b"].recording().samples[start - length(desk) :][: len(said)])
    assert np.abs(said).max() == pytest.approx(0.2 * 32767, abs=1)
    assert files["mono"] is not None
    assert np.array_equal(read_wav(files["mono"])[0], mixed(said, heard)[: stop - start])
    with wave.open(str(files["dual"])) as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (2, 2, 8000)
        both = np.frombuffer(file.readframes(file.getnframes()), "<i2").reshape(-1, 2)
    assert np.array_equal(both, np.column_stack((said, heard))[: stop - start])


@pytest.mark.parametrize("dual", [False, True])
async def test_what_is_said_during_a_pause_is_left_out_of_a_calls_recording_to_the_sample(desk: Desk, *, dual: bool) -> None:
    a, _ = await desk.call("a", "b")
    desk.place({"a": LIVE, "b": LIVE})
    await desk.clock.let_pass(0.1)
    await desk.engine.record(desk.sids["a"], "paused", dual=dual)
    await desk.engine.record(desk.sids["a"], "whole", dual=dual)
    await desk.clock.let_pass(0.5)
    for _ in range(2):
        await desk.engine.pause_recording("paused")
    await desk.clock.let_pass(0.3)
    for _ in range(2):
        await desk.engine.resume_recording("paused")
    await desk.clock.let_pass(0.2)
    await desk.engine.pause_recording("paused")
    await desk.clock.let_pass(0.2)
    await a.hang_up()
    frames = []
    for name in ("paused", "whole"):
        with wave.open(str((await desk.recorded(name)).path)) as file:
            frames.append(np.frombuffer(file.readframes(file.getnframes()), "<i2").reshape(-1, file.getnchannels()))
    paused, whole = frames
    assert len(whole) == 8 * 1200
    assert np.array_equal(paused, np.concatenate((whole[: 8 * 500], whole[8 * 800 : 8 * 1000])))
    for change in (desk.engine.pause_recording, desk.engine.resume_recording):
        await change("paused")


async def test_what_waiting_callers_say_and_hear_is_recorded_in_their_own_recordings(desk: Desk) -> None:
    a, _ = await desk.call("a", "b")
    desk.place({"a": Waiting(AudioProgram()), "b": Waiting(AudioProgram())})
    start = length(desk)
    await desk.engine.record(desk.sids["a"], "RE1", dual=True)
    await desk.clock.let_pass(0.5)
    await a.hang_up()
    path = (await desk.recorded("RE1")).path
    with wave.open(str(path)) as file:
        said, heard = np.frombuffer(file.readframes(file.getnframes()), "<i2").reshape(-1, 2).T
    assert np.array_equal(heard, a.recording().samples[start:])
    assert heard.any()
    assert np.abs(said).max() == pytest.approx(0.2 * 32767, abs=1)


async def test_recordings_that_cannot_be_written_say_why_at_their_end_and_disturb_nobody(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    for folder, why in ((None, "has no folder for recordings"), (tmp_path / "file", "CF1.wav cannot be written")):
        with structlog.testing.capture_logs() as logs:
            async with attended(VirtualClock(), recordings=folder) as desk:
                await desk.call("a", "b")
                desk.place({"a": LIVE, "b": LIVE}, recording=ON)
                assert await desk.who_hears_whom(0.4) == {"a": "b", "b": "a"}
                desk.place({"a": LIVE, "b": LIVE})
                await desk.clock.let_pass(0.04)
                finished = await desk.recorded("CF1")
        assert finished.path is None
        assert why in finished.failure
        assert [entry["event"] for entry in logs] == ["a recording has failed"]


async def test_a_disk_that_is_full_ends_a_recording_and_nothing_else(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await desk.call("a", "b")
    desk.place({"a": LIVE, "b": LIVE}, recording=ON)
    await desk.clock.let_pass(1.0)

    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched, structlog.testing.capture_logs():
        patched.setattr(wave.Wave_write, "writeframes", fail)
        await desk.clock.let_pass(6.0)
    assert await desk.who_hears_whom() == {"a": "b", "b": "a"}
    desk.place({})
    await desk.clock.let_pass(0.04)
    finished = await desk.recorded("CF1")
    assert finished.path is None
    assert "No space left on device" in finished.failure
    assert not list((tmp_path / "recordings").iterdir())


async def test_what_has_been_recorded_is_on_the_disk_when_the_engine_stops(desk: Desk, tmp_path: Path) -> None:
    await desk.call("a", "b")
    desk.place({"a": LIVE, "b": LIVE}, recording=ON)
    await desk.engine.record(desk.sids["a"], "RE1")
    await desk.clock.let_pass(1.0)
    await desk.engine.stop()
    for name in ("CF1", "RE1"):
        samples, _ = read_wav(tmp_path / "recordings" / f"{name}.wav")
        assert len(samples) == pytest.approx(8000, abs=320)
    await desk.engine.start()


async def test_recordings_of_nothing_and_with_bad_names_are_refused(desk: Desk) -> None:
    await desk.call("a")
    for name in ("../x", "a/b", ""):
        with pytest.raises(ValueError, match="choose a name for a file"):
            await desk.engine.record(desk.sids["a"], name)
    with pytest.raises(CallGoneError):
        await desk.engine.record("CA0", "RE1")
    await desk.engine.stop_recording("RE1")
