"""A new process after one that has ended: its calls are gone with it, what they said into recordings is not."""

import wave
from pathlib import Path

import numpy as np

from ari_conf.audio.tones import tone
from ari_conf.audio.wav import read_wav, write_wav
from ari_conf.clock import VirtualClock
from ari_conf.conference import AudioPlan, InMix, RecordingState
from ari_conf.media.local import LocalEngine
from ari_conf.media.port import CallEnded, EngineEvent, KnownCall, KnownRecording, RecordingFinished, Unanswered

from .conftest import Desk

LIVE = InMix()
ON = RecordingState.ON
CAUSE = "the controller was restarted"


async def told(engine: LocalEngine) -> list[EngineEvent]:
    """Start an engine, and return what it tells of itself."""
    await engine.start()
    events = []
    while not engine.events.empty():
        events.append(engine.events.get_nowait())
    await engine.stop()
    return events


async def test_remembered_calls_have_ended(tmp_path: Path) -> None:
    engine = LocalEngine(VirtualClock(), recordings=tmp_path)
    calls = [
        KnownCall(call_sid="CA1", placed=False, answered=True),
        KnownCall(call_sid="CA2", placed=True, answered=True),
        KnownCall(call_sid="CA3", placed=True, answered=False, ringing=True),
        KnownCall(call_sid="CA4", placed=False, answered=False),
    ]
    engine.remember(calls)
    applied = engine.apply(AudioPlan("CF1", {"CA1": LIVE, "CA2": LIVE}))
    assert await told(engine) == [
        CallEnded("CA1", CAUSE),
        CallEnded("CA2", CAUSE),
        CallEnded("CA3", CAUSE, Unanswered.FAILED),
        CallEnded("CA4", CAUSE),
    ]
    assert applied.done()
    assert await told(engine) == []


async def test_what_was_recorded_is_told_also_if_its_file_is_not_whole(tmp_path: Path) -> None:
    samples = tone(400.0, 1.0)
    for name in ("RE1", "RE2", "CF1"):
        write_wav(tmp_path / f"{name}.wav", samples, 8000)
    broken = (tmp_path / "RE1.wav").read_bytes()
    (tmp_path / "RE1.wav").write_bytes(broken[:4] + bytes(4) + broken[8:40] + bytes(4) + broken[44:] + b"x")
    (tmp_path / "RE3.wav").write_bytes(broken[:20])
    engine = LocalEngine(VirtualClock(), recordings=tmp_path)
    recordings = KnownRecording(name="RE1"), KnownRecording(name="RE2", dual=True)
    engine.remember(
        [KnownCall(call_sid="CA1", placed=False, answered=True, recordings=recordings)],
        [KnownRecording(name="RE3"), KnownRecording(name="RE4"), KnownRecording(name="CF1")],
    )
    events = await told(engine)
    names = ["RE1", "RE2", "RE3", "RE4", "CF1"]
    assert events == [CallEnded("CA1", CAUSE), *(RecordingFinished(name, tmp_path / f"{name}.wav") for name in names)]
    for name in ("RE1", "CF1"):
        assert np.array_equal(read_wav(tmp_path / f"{name}.wav")[0], samples)
    with wave.open(str(tmp_path / "RE2.wav"), "rb") as wav:
        assert (wav.getnchannels(), wav.getnframes()) == (2, 4000)
    for name in ("RE3", "RE4"):
        assert len(read_wav(tmp_path / f"{name}.wav")[0]) == 0


async def test_the_recording_of_a_room_that_is_empty_now_ends_with_its_plan(tmp_path: Path) -> None:
    samples = tone(400.0, 1.0)
    write_wav(tmp_path / "CF1.wav", samples, 8000)
    engine = LocalEngine(VirtualClock(), recordings=tmp_path)
    engine.remember([KnownCall(call_sid="CA1", placed=False, answered=True)], [KnownRecording(name="CF1")])
    await engine.apply(AudioPlan("CF1", {"CA1": LIVE}, ON))
    await engine.start()
    assert engine.events.get_nowait() == CallEnded("CA1", CAUSE)
    assert engine.events.empty()
    await engine.apply(AudioPlan("CF1", {}))
    assert engine.events.get_nowait() == RecordingFinished("CF1", tmp_path / "CF1.wav")
    assert np.array_equal(read_wav(tmp_path / "CF1.wav")[0], samples)
    await engine.stop()


async def test_calls_that_this_engine_still_has_go_on(desk: Desk) -> None:
    await desk.call("a", "b")
    desk.place({"a": LIVE, "b": LIVE})
    await desk.clock.let_pass(0.1)
    await desk.engine.stop()
    desk.engine.remember([KnownCall(call_sid=sid, placed=False, answered=True) for sid in desk.sids.values()])
    await desk.engine.start()
    assert await desk.who_hears_whom() == {"a": "b", "b": "a"}
    assert not [event for event in desk.told if isinstance(event, CallEnded)]
