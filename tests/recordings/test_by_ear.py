"""Recordings paused, resumed and stopped while they run, on both engines: what was said meanwhile is not in the file."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from ari_conf.conference import RecordingState
from ari_conf.private_asterisk import PrivateAsterisk
from ari_conf.recordings import PauseBehavior, Recording
from tests.stage import listen, who_hears_whom

from .studio import Request, Studio, open_studio, stretches

SKIP, SILENCE = PauseBehavior.SKIP, PauseBehavior.SILENCE
ANN = {"ann"}


@pytest.fixture
async def studio(either_engine: PrivateAsterisk | None, tmp_path: Path) -> AsyncIterator[Studio]:
    async with open_studio(either_engine, tmp_path) as made:
        yield made


async def speak_during_a_pause(studio: Studio, recording: Recording, behavior: PauseBehavior) -> float:
    """Let ann talk all the time and bob during a pause; return how long that was, in seconds."""
    ann, bob = (studio.desk.phones[name] for name in ("ann", "bob"))
    clock, recordings = studio.desk.clock, studio.recordings
    await listen([ann], 0.8)
    began = clock.monotonic()
    paused = await studio.desk.carry_out(recordings.pause(recording.sid, behavior))
    assert paused.status == "paused"
    await listen([ann], 0.1)  # the plan of a room is in force with its next frame
    bob.talk(on=True)
    await who_hears_whom([ann], {"ann": {"bob"}})
    bob.talk(on=False)
    await who_hears_whom([ann], {"ann": set()})
    resumed = await studio.desk.carry_out(recordings.resume(recording.sid))
    assert resumed.status == "in-progress"
    lasted = clock.monotonic() - began
    await listen([ann], 0.8)
    return lasted


async def together(studio: Studio) -> None:
    ann, bob = [await studio.desk.call(name) for name in ("ann", "bob")]
    bob.talk(on=False)
    await studio.room("ann", "bob", recording=RecordingState.OFF)
    await who_hears_whom([ann, bob], {"ann": set(), "bob": {"ann"}})


@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize("behavior", [SKIP, SILENCE])
async def test_what_is_said_during_a_pause_is_not_in_the_recording_of_a_leg(
    studio: Studio, behavior: PauseBehavior, channels: int
) -> None:
    await together(studio)
    recording = await studio.start("ann", Request(channels=channels))
    pause = await speak_during_a_pause(studio, recording, behavior)
    stopped = await studio.desk.carry_out(studio.recordings.stop(recording.sid))
    assert stopped.status == "stopped"
    await studio.finished(recording)
    said = studio.heard(recording)[0]
    assert len(studio.heard(recording)) == channels
    if behavior is SKIP:
        ((who, seconds),) = stretches(said)
        assert who == ANN
        assert seconds == pytest.approx(1.6, abs=0.4)
    else:
        (first, _), (silent, seconds), (last, _) = stretches(said)
        assert (first, silent, last) == (ANN, set(), ANN)
        assert seconds == pytest.approx(pause, abs=0.3)
    assert not any(heard.hears(studio.desk.phones["bob"].tone) for heard in studio.heard(recording))
    assert studio.row.duration == max(1, round(len(said.samples) / said.rate))
    assert studio.ledger.told == ["in-progress", "paused", "resumed", "stopped", "completed"]


@pytest.mark.parametrize("behavior", [SKIP, SILENCE])
async def test_what_is_said_during_a_pause_is_not_in_the_recording_of_a_room(studio: Studio, behavior: PauseBehavior) -> None:
    await together(studio)
    await studio.room("ann", "bob", recording=RecordingState.ON)
    recording = studio.begin_room()
    pause = await speak_during_a_pause(studio, recording, behavior)
    await studio.room(recording=RecordingState.OFF)
    await studio.finished(recording)
    (heard,) = studio.heard(recording)
    found = stretches(heard)
    assert [who for who, _ in found] == ([ANN] if behavior is SKIP else [ANN, set(), ANN])
    if behavior is SILENCE:
        assert found[1][1] == pytest.approx(pause, abs=0.3)
    assert not heard.hears(studio.desk.phones["bob"].tone)
    assert studio.ledger.told == ["in-progress", "paused", "resumed", "completed"]


async def test_two_recordings_of_a_call_are_paused_and_stopped_each_by_itself(studio: Studio) -> None:
    await together(studio)
    first, second = await studio.start("ann"), await studio.start("ann")
    await studio.desk.carry_out(studio.recordings.pause(first.sid, SKIP))
    studio.desk.phones["bob"].talk(on=True)
    await who_hears_whom([studio.desk.phones["ann"]], {"ann": {"bob"}})
    await studio.desk.carry_out(studio.recordings.stop(second.sid))
    await studio.finished(second)
    studio.desk.phones["bob"].talk(on=False)
    await who_hears_whom([studio.desk.phones["ann"]], {"ann": set()})
    await studio.desk.carry_out(studio.recordings.resume(first.sid))
    await listen([studio.desk.phones["ann"]], 0.8)
    await studio.desk.carry_out(studio.recordings.stop(first.sid))
    await studio.finished(first)
    bob = studio.desk.phones["bob"].tone
    assert studio.heard(second)[0].hears(bob)
    assert not studio.heard(first)[0].hears(bob)


async def test_a_recording_that_has_only_just_begun_can_be_paused_resumed_and_stopped(studio: Studio) -> None:
    await studio.desk.call("ann")
    recording = await studio.start("ann")
    for step in (studio.recordings.pause, studio.recordings.resume, studio.recordings.pause, studio.recordings.stop):
        await studio.desk.carry_out(step(recording.sid))
    await studio.finished(recording)
    assert studio.ledger.told[:-1] == ["in-progress", "paused", "resumed", "paused", "stopped"]
    assert studio.ledger.told[-1] in {"absent", "completed"}


async def test_a_call_that_ends_while_its_recording_is_paused_ends_that_too_and_the_pause_is_in_it(studio: Studio) -> None:
    ann = await studio.desk.call("ann")
    bob = await studio.desk.call("bob")
    await studio.room("ann", "bob", recording=RecordingState.OFF)
    recording = await studio.start("ann")
    await listen([bob], 0.8)
    await studio.desk.carry_out(studio.recordings.pause(recording.sid))
    began = studio.desk.clock.monotonic()
    await listen([bob], 1.0)
    await ann.hang_up()
    await studio.finished(recording)
    lasted = studio.desk.clock.monotonic() - began
    (_both, talking), (silent, seconds) = stretches(studio.heard(recording)[0])
    assert silent == set()
    assert talking == pytest.approx(0.8, abs=0.3)
    assert 0.8 < seconds < lasted + 0.2
    assert studio.ledger.told == ["in-progress", "paused", "completed"]
