import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ari_conf.audio import Samples
from ari_conf.media.local import Mixer

LIMITS = np.iinfo(np.int16)


def by_hand(room: list[Samples | None]) -> list[list[int]]:
    """Return what each of a room hears, in Python's own integers; None is a participant who is not heard."""
    length = next(len(voice) for voice in [*room, np.zeros(160, np.int16)] if voice is not None)
    heard = []
    for listener in range(len(room)):
        others = [voice for speaker, voice in enumerate(room) if speaker != listener and voice is not None]
        sums = [sum(int(voice[moment]) for voice in others) for moment in range(length)]
        heard.append([max(LIMITS.min, min(LIMITS.max, value)) for value in sums])
    return heard


rooms_of_talkers = st.lists(st.lists(st.booleans(), min_size=1, max_size=6), max_size=8)


@given(rooms=rooms_of_talkers, seed=st.integers(0, 2**32 - 1), loudest=st.sampled_from([100, 9000, 32767]))
def test_everybody_hears_exactly_the_sum_of_all_others(rooms: list[list[bool]], seed: int, loudest: int) -> None:
    random = np.random.default_rng(seed)
    mixer = Mixer(8000)
    first_rows = mixer.arrange([len(room) for room in rooms])
    voices: list[list[Samples | None]] = [
        [random.integers(-loudest - 1, loudest, 160, np.int16, endpoint=True) if talks else None for talks in room]
        for room in rooms
    ]
    for first, room in zip(first_rows, voices, strict=True):
        for row, voice in enumerate(room, start=first):
            if voice is not None:
                mixer.inputs[row] = voice
    mixer.mix()
    for first, room in zip(first_rows, voices, strict=True):
        assert mixer.outputs[first : first + len(room)].tolist() == by_hand(room)


@given(layouts=st.lists(st.lists(st.integers(1, 90), max_size=5), min_size=2, max_size=5))
def test_a_new_layout_has_a_place_for_everybody_and_knows_nothing_of_the_old_one(layouts: list[list[int]]) -> None:
    mixer = Mixer(8000)
    for sizes in layouts:
        first_rows = mixer.arrange(sizes)
        rows = [row for first, size in zip(first_rows, sizes, strict=True) for row in range(first, first + size)]
        assert sorted(rows) == list(range(sum(sizes)))
        assert mixer.inputs.shape == mixer.outputs.shape == (sum(sizes), 160)
        mixer.mix()
        assert not mixer.outputs.any()
        mixer.inputs.fill(-20000)
        mixer.mix()
        for first, size in zip(first_rows, sizes, strict=True):
            assert np.all(mixer.outputs[first : first + size] == max(-20000 * (size - 1), LIMITS.min))


def test_sums_saturate_on_both_sides() -> None:
    mixer = Mixer(8000)
    mixer.arrange([3])
    mixer.inputs[:, 0] = 32767
    mixer.inputs[:, 1] = -32768
    mixer.mix()
    assert mixer.outputs[:, :3].tolist() == [[32767, -32768, 0]] * 3


@given(sizes=st.lists(st.integers(1, 4), min_size=1, max_size=5), data=st.data())
def test_what_is_laid_over_is_added_for_its_rows_alone_before_the_limits_apply(sizes: list[int], data: st.DataObject) -> None:
    mixer = Mixer(8000)
    first_rows = mixer.arrange(sizes)
    random = np.random.default_rng(0)
    mixer.inputs[:] = random.integers(-32768, 32767, mixer.inputs.shape, np.int16)
    exact = np.zeros(mixer.inputs.shape, int)
    for first, size in zip(first_rows, sizes, strict=True):
        room = mixer.inputs[first : first + size].astype(int)
        exact[first : first + size] = room.sum(axis=0) - room
    for room_number in data.draw(st.lists(st.integers(0, len(sizes) - 1), max_size=6)):
        offset = data.draw(st.integers(0, sizes[room_number] - 1))
        rows = data.draw(st.integers(1, sizes[room_number] - offset))
        first = first_rows[room_number] + offset
        frame = mixer.lay_over(first, rows)
        assert not frame.any()
        frame[:] = random.integers(-32768, 32767, 160, np.int16)
        exact[first : first + rows] += frame
    for _ in range(2):
        mixer.mix()
        assert np.array_equal(mixer.outputs, exact.clip(-32768, 32767))
    mixer.arrange(sizes)
    mixer.mix()
    assert not mixer.outputs.any()


def test_one_alone_hears_nothing() -> None:
    mixer = Mixer(8000)
    mixer.arrange([1])
    mixer.inputs.fill(1234)
    mixer.mix()
    assert not mixer.outputs.any()


@pytest.mark.parametrize(("rate", "length"), [(8000, 160), (16000, 320), (48000, 960)])
def test_a_frame_is_20_ms_at_every_rate(rate: int, length: int) -> None:
    mixer = Mixer(rate)
    mixer.arrange([2])
    mixer.inputs[0] = np.arange(length)
    mixer.mix()
    assert mixer.frame_length == length
    assert mixer.outputs[1].tolist() == list(range(length))
    assert not mixer.outputs[0].any()


def test_buffers_are_kept_when_a_layout_fits_into_them() -> None:
    mixer = Mixer(8000)
    mixer.arrange([3, 3, 50])
    inputs, outputs = mixer.inputs, mixer.outputs
    mixer.mix()
    mixer.arrange([3, 2])
    assert np.shares_memory(mixer.inputs, inputs)
    assert np.shares_memory(mixer.outputs, outputs)


def test_wrong_rates_and_empty_rooms_are_refused_with_the_remedy() -> None:
    with pytest.raises(ValueError, match="cannot run at 44100 Hz; choose one of 8000, 16000, 48000"):
        Mixer(44100)
    with pytest.raises(ValueError, match="no participants; leave it out"):
        Mixer(8000).arrange([2, 0])
