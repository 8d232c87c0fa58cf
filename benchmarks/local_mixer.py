"""How many participants one core mixes in real time at 8 kHz, everybody talking, in rooms of 3, 50 and 250.

Rivals: mixers written with pydub's overlay, and the plain numpy arithmetic that no mix-minus can do without (sum of the room,
minus one's own, clipped, back to 16 bits). All are checked to give the same audio before they are measured.

``python -m benchmarks.local_mixer [--quick] [--once]``
"""

import argparse
import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np

from ari_conf.audio import Samples
from ari_conf.audio.segments import AudioSegment, from_segment, to_segment
from ari_conf.clock import VirtualClock
from ari_conf.conference import AudioPlan, InMix
from ari_conf.media.local import FRAME_SECONDS, LocalEngine, Mixer
from ari_conf.media.port import CallArrived
from ari_conf.phones.virtual import VirtualPhone

from .measure import Figure, in_turns, print_table, ratio, seconds_each, write_json

RATE = 8000
ROOM_SIZES = (3, 50, 250)

OURS = "ari_conf"
OURS_BYTES = "ari_conf, bytes in and out"
NUMPY_BY_ROOM = "numpy, room by room"
NUMPY_AT_ONCE = "numpy, all rooms at once"
NUMPY_BUFFERED = "numpy, the same into buffers"
PYDUB_PAIRS = "pydub, overlay pair by pair"
PYDUB_INVERTED = "pydub, sum and inverted own"


@dataclass(frozen=True)
class Effort:
    """How much is measured: participants in all, listeners in pydub's mix, rounds, seconds a measure, virtual minutes."""

    participants: int
    pydub_listeners: int
    rounds: int
    seconds: float
    minutes: float


FULL = Effort(participants=3000, pydub_listeners=6, rounds=7, seconds=0.1, minutes=10)
QUICK = Effort(participants=1500, pydub_listeners=3, rounds=5, seconds=0.03, minutes=2)
ONCE = Effort(participants=250, pydub_listeners=1, rounds=1, seconds=0.0, minutes=0.05)


def numpy_by_room(rooms: Samples) -> list[Samples]:
    """Mix rooms, shape (rooms, participants, samples), one after the other."""
    heard = []
    for room in rooms:
        total = room.sum(axis=0, dtype=np.int32)
        heard.append(np.clip(total - room, -32768, 32767).astype(np.int16))
    return heard


def numpy_at_once(rooms: Samples) -> Samples:
    """Mix rooms of equal size, shape (rooms, participants, samples), in one expression."""
    total = rooms.sum(axis=1, keepdims=True, dtype=np.int32)
    heard: Samples = np.clip(total - rooms, -32768, 32767).astype(np.int16)
    return heard


def numpy_buffered(rooms: Samples) -> Callable[[], Samples]:
    """Return the same as ``numpy_at_once``, step by step into memory that is there already."""
    total = np.empty((len(rooms), 1, rooms.shape[2]), np.int32)
    difference = np.empty(rooms.shape, np.int32)
    heard = np.empty(rooms.shape, np.int16)

    def mix() -> Samples:
        np.sum(rooms, axis=1, keepdims=True, dtype=np.int32, out=total)
        np.subtract(total, rooms, out=difference)
        np.clip(difference, -32768, 32767, out=difference)
        np.copyto(heard, difference, casting="unsafe")
        return heard

    return mix


def pydub_pairs(room: list[AudioSegment], listeners: int) -> list[AudioSegment]:
    """Return what the first ``listeners`` of a room hear: each others' voice laid over that of the ones before."""
    heard = []
    for listener in range(listeners):
        others = room[:listener] + room[listener + 1 :]
        mix = others[0]
        for other in others[1:]:
            mix = mix.overlay(other)
        heard.append(mix)
    return heard


def pydub_inverted(room: list[AudioSegment]) -> list[AudioSegment]:
    """Return what all of a room hear: the sum with one's own taken out again. It is wrong as soon as the sum clips."""
    total = room[0]
    for other in room[1:]:
        total = total.overlay(other)
    return [total.overlay(own.invert_phase()) for own in room]


def mixer_with(rooms: Samples) -> Mixer:
    mixer = Mixer(RATE)
    mixer.arrange([rooms.shape[1]] * len(rooms))
    mixer.inputs[:] = rooms.reshape(-1, rooms.shape[2])
    return mixer


def bytes_in_and_out(mixer: Mixer, frames: list[bytes]) -> list[bytes]:
    mixer.inputs[:] = np.frombuffer(b"".join(frames), np.int16).reshape(mixer.inputs.shape)
    mixer.mix()
    heard, length = mixer.outputs.tobytes(), 2 * mixer.frame_length
    return [heard[start : start + length] for start in range(0, len(heard), length)]


def rivals_for(size: int, effort: Effort) -> dict[str, Callable[[], float]]:
    """Return measures of seconds per participant and frame, after making sure that all mixers agree."""
    count = max(1, effort.participants // size)
    # Quiet enough that not even the sum of 250 clips: only then the inverted sum is the right answer.
    rooms = np.random.default_rng(size).integers(-120, 120, (count, size, round(RATE * FRAME_SECONDS)), np.int16)
    participants = count * size
    mixer, bytes_mixer = mixer_with(rooms), mixer_with(rooms)
    frames = [frame.tobytes() for frame in rooms.reshape(participants, -1)]
    segments = [to_segment(voice, RATE) for voice in rooms[0]]
    listeners = min(size, effort.pydub_listeners)

    expected = numpy_at_once(rooms)
    mixer.mix()
    assert np.array_equal(mixer.outputs.reshape(rooms.shape), expected)
    assert b"".join(bytes_in_and_out(bytes_mixer, frames)) == expected.tobytes()
    assert np.array_equal(numpy_by_room(rooms), expected)
    buffered = numpy_buffered(rooms)
    assert np.array_equal(buffered(), expected)
    for heard in (pydub_pairs(segments, listeners), pydub_inverted(segments)):
        assert all(np.array_equal(from_segment(mix), right) for mix, right in zip(heard, expected[0], strict=False))

    def per_participant(work: Callable[[], object], participants: int) -> Callable[[], float]:
        return lambda: seconds_each(work, effort.seconds) / participants

    return {
        OURS: per_participant(mixer.mix, participants),
        NUMPY_BY_ROOM: per_participant(partial(numpy_by_room, rooms), participants),
        NUMPY_AT_ONCE: per_participant(partial(numpy_at_once, rooms), participants),
        NUMPY_BUFFERED: per_participant(buffered, participants),
        OURS_BYTES: per_participant(partial(bytes_in_and_out, bytes_mixer, frames), participants),
        PYDUB_PAIRS: per_participant(partial(pydub_pairs, segments, listeners), listeners),
        PYDUB_INVERTED: per_participant(partial(pydub_inverted, segments), size),
    }


async def three_party_conference(minutes: float) -> float:
    """Return the seconds that three virtual phones take to talk and listen for ``minutes`` on the virtual clock."""
    clock = VirtualClock()
    engine = LocalEngine(clock, RATE)
    await engine.start()
    phones = [VirtualPhone(engine, f"phone {index}", 400.0 + 150.0 * index) for index in range(3)]

    async def answer_all() -> None:
        placements: dict[str, InMix] = {}
        while len(placements) < len(phones):
            event = await engine.events.get()
            assert isinstance(event, CallArrived)
            placements[event.call_sid] = InMix()
            await engine.answer(event.call_sid)
            engine.apply(AudioPlan("CF", dict(placements)))

    await asyncio.gather(answer_all(), *(phone.dial("room") for phone in phones))
    start = time.perf_counter()
    heard = await asyncio.gather(*(phone.hear(60 * minutes) for phone in phones))
    taken = time.perf_counter() - start
    for phone, stretch in zip(phones, heard, strict=True):
        assert [stretch.hears(other.tone) for other in phones] == [other is not phone for other in phones]
        await phone.hang_up()
    await engine.stop()
    return taken


def report(size: int, figures: dict[str, Figure]) -> dict[str, object]:
    ours = figures[OURS]
    rows = []
    results: dict[str, object] = {}
    for name, figure in figures.items():
        times_slower = ratio(figure, ours)
        in_real_time = FRAME_SECONDS / figure.median
        rows.append(
            [
                name,
                f"{in_real_time:,.0f}",
                f"{figure.median * 1e6:,.3f}",
                f"± {figure.spread / 2:.0%}",
                f"{times_slower.median:,.2f}",
                f"{min(times_slower.rounds):,.2f} to {max(times_slower.rounds):,.2f}",
            ]
        )
        results[name] = {
            "participants_per_core": in_real_time,
            "seconds_per_participant_and_frame": figure.as_json(),
            "ari_conf_is_faster_by": times_slower.as_json(),
        }
    columns = ["mixer", "participants per core", "µs each", "spread", "times ari_conf's", "in single rounds"]
    print_table(f"Rooms of {size}, everybody talks, {RATE} Hz, frames of 20 ms", columns, rows)
    return results


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.local_mixer", description="Benchmark of the local mixer.")
    parser.add_argument("--quick", action="store_true", help="fewer participants and rounds")
    parser.add_argument("--once", action="store_true", help="one tiny round, to see that it starts; writes no results")
    arguments = parser.parse_args()
    effort = ONCE if arguments.once else QUICK if arguments.quick else FULL

    rooms = {size: report(size, in_turns(rivals_for(size, effort), effort.rounds)) for size in ROOM_SIZES}

    conference = in_turns(
        {"virtual": lambda: asyncio.run(three_party_conference(effort.minutes))},
        min(effort.rounds, 3),
    )["virtual"]
    speed = 60 * effort.minutes / conference.median
    print(
        f"Three virtual phones, {effort.minutes:g} minutes on the virtual clock: {conference.median:.2f} s "
        f"(± {conference.spread / 2:.0%}), {speed:,.0f} times real time",
    )
    if not arguments.once:
        path = write_json(
            "local_mixer",
            {"rooms_of": rooms, "three_virtual_phones": {"minutes": effort.minutes, "seconds": conference.as_json()}},
        )
        print(f"written to {path}")


if __name__ == "__main__":
    main()
