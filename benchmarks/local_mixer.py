"""Participants that one core mixes in real time, everybody talking, at 8, 16 and 48 kHz; and how fast the virtual clock runs

Rivals: the numpy arithmetic that no mix-minus can do without, into buffers and as it is written first (room by room), a loop of
audioop's, and pydub's overlay. All are checked to give the same audio before they are measured. What frames cost is the
processor's time of their thread, so that others on the machine matter little.

The hour on the virtual clock is one in parts: a whole local engine and three virtual phones that talk, and keep what they hear.

``python -m benchmarks.local_mixer [--quick] [--once]``
"""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np

from ari_conf.audio import Samples
from ari_conf.audio.segments import from_segment, to_segment
from ari_conf.clock import VirtualClock
from ari_conf.conference import AudioPlan, InMix
from ari_conf.media.local import FRAME_SECONDS, LocalEngine, Mixer
from ari_conf.media.port import CallArrived
from ari_conf.phones.virtual import VirtualPhone

from .findings import Efforts, Line, at_least, run
from .measure import Figure, in_turns, seconds_for_each
from .mixer_rivals import by_audioop, by_pydub, numpy_buffered, numpy_by_room

RATES = (8000, 16000, 48000)
ROOM_SIZES = (3, 250)

OURS = "ari_conf"
OURS_BYTES = "ari_conf, bytes in and out"
ARITHMETIC = "the numpy arithmetic alone"
NUMPY_BY_ROOM = "numpy, room by room"
AUDIOOP = "audioop loop"
PYDUB = "pydub overlay"
REACH = {ARITHMETIC: at_least(0.7), NUMPY_BY_ROOM: None, AUDIOOP: None, PYDUB: None}
UNIT = "per core"


@dataclass(frozen=True, slots=True)
class Effort:
    """Participants at 8 kHz (at other rates, as many as have as many samples), rounds, seconds of each measure.

    And minutes on the virtual clock in each round.
    """

    participants: int
    rounds: int
    seconds: float
    minutes: float


EFFORTS = Efforts(full=Effort(3000, 5, 0.06, 12), quick=Effort(1500, 2, 0.01, 1), once=Effort(250, 1, 0.0, 0.02))


def mixer_with(rooms: Samples, rate: int) -> Mixer:
    mixer = Mixer(rate)
    mixer.arrange([rooms.shape[1]] * len(rooms))
    mixer.inputs[:] = rooms.reshape(-1, rooms.shape[2])
    return mixer


def bytes_in_and_out(mixer: Mixer, frames: list[bytes]) -> list[bytes]:
    mixer.inputs[:] = np.frombuffer(b"".join(frames), np.int16).reshape(mixer.inputs.shape)
    mixer.mix()
    heard, length = mixer.outputs.tobytes(), 2 * mixer.frame_length
    return [heard[start : start + length] for start in range(0, len(heard), length)]


def rivals_for(rate: int, size: int, effort: Effort) -> dict[str, Callable[[], float]]:
    """Return measures of participants in real time, after making sure that all mixers agree."""
    count = max(1, effort.participants * RATES[0] // rate // size)
    # Quiet enough that not even the sum of 250 clips: only then taking one's own out of the sum is the right answer.
    rooms = np.random.default_rng(size).integers(-120, 120, (count, size, round(rate * FRAME_SECONDS)), np.int16)
    mixer, bytes_mixer = mixer_with(rooms, rate), mixer_with(rooms, rate)
    frames = [frame.tobytes() for frame in rooms.reshape(count * size, -1)]
    room, segments = frames[:size], [to_segment(voice, rate) for voice in rooms[0]]
    arithmetic = numpy_buffered(rooms)

    expected = (rooms.sum(axis=1, keepdims=True, dtype=np.int32) - rooms).astype(np.int16)
    mixer.mix()
    assert np.array_equal(mixer.outputs.reshape(rooms.shape), expected)
    assert b"".join(bytes_in_and_out(bytes_mixer, frames)) == expected.tobytes()
    assert np.array_equal(arithmetic(), expected)
    assert np.array_equal(numpy_by_room(rooms), expected)
    assert b"".join(by_audioop(room)) == expected[0].tobytes()
    assert np.array_equal([from_segment(heard) for heard in by_pydub(segments)], expected[0])

    def in_real_time(participants: int, work: Callable[[], object]) -> Callable[[], float]:
        return lambda: FRAME_SECONDS * participants / seconds_for_each(work, effort.seconds)

    return {
        OURS: in_real_time(count * size, mixer.mix),
        ARITHMETIC: in_real_time(count * size, arithmetic),
        OURS_BYTES: in_real_time(count * size, partial(bytes_in_and_out, bytes_mixer, frames)),
        NUMPY_BY_ROOM: in_real_time(count * size, partial(numpy_by_room, rooms)),
        AUDIOOP: in_real_time(size, partial(by_audioop, room)),
        PYDUB: in_real_time(size, partial(by_pydub, segments)),
    }


def lines_for(rate: int, size: int, effort: Effort) -> list[Line]:
    what = f"{rate // 1000} kHz, rooms of {size}"
    figures = in_turns(rivals_for(rate, size, effort), effort.rounds)
    lines = [Line(what, figures[OURS], UNIT, name, figures[name], reach=reach) for name, reach in REACH.items()]
    # Whoever has frames from elsewhere and sends them on has bytes: nobody gets more in real time than with them.
    reach = at_least(5000) if rate == RATES[0] else None
    return [*lines, Line(f"{what}, bytes in and out", figures[OURS_BYTES], UNIT, reach=reach)]


async def three_party_conference(minutes: float) -> float:
    """Return how many times faster than in real time three virtual phones talk and listen for ``minutes``."""
    clock = VirtualClock()
    engine = LocalEngine(clock)
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
    began = time.thread_time()
    await clock.let_pass(60 * minutes)
    taken = time.thread_time() - began
    for phone, heard in zip(phones, await asyncio.gather(*(phone.hear(1.0) for phone in phones)), strict=True):
        assert [heard.hears(other.tone) for other in phones] == [other is not phone for other in phones]
        assert len(phone.recording().samples) >= 60 * minutes * RATES[0]
        await phone.hang_up()
    await engine.stop()
    return 60 * minutes / taken


def measure(effort: Effort) -> list[Line]:
    lines = [line for rate in RATES for size in ROOM_SIZES for line in lines_for(rate, size, effort)]
    speeds = [asyncio.run(three_party_conference(effort.minutes)) for _ in range(effort.rounds)]
    return [
        *lines,
        Line("three-party hour on the virtual clock", Figure(tuple(speeds)), "times real time", reach=at_least(1000)),
    ]


if __name__ == "__main__":
    run(__spec__.name, __doc__, EFFORTS, measure)
