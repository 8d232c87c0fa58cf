"""What the tests by ear take for a sentence that was said."""

from collections.abc import Sequence

import numpy as np
import pytest
from numpy.typing import NDArray

from ari_conf.audio.espeak import EspeakSpeech
from ari_conf.phones.phone import Heard
from tests.examples.spoken import moments_in

RATE = 8000
FIRST, SECOND = "You are number 1 in the queue.", "You are number 2 in the queue."


@pytest.fixture(scope="module")
def said() -> dict[str, NDArray[np.int16]]:
    speech = EspeakSpeech()
    return {text: speech.speak(text) for text in (FIRST, SECOND)}


def heard(*parts: NDArray[np.int16]) -> Heard:
    return Heard(np.concatenate([*parts, np.zeros(RATE, np.int16)]), RATE)


def with_stops(wave: NDArray[np.int16], stops: int) -> Sequence[NDArray[np.int16]]:
    silence = np.zeros(RATE // 25, np.int16)
    parts = np.array_split(wave, stops + 1)
    return [part for piece in parts for part in (piece, silence)]


@pytest.mark.parametrize("stops", [0, 1, 3])
def test_a_sentence_is_found_also_where_a_busy_machine_stopped(said: dict[str, NDArray[np.int16]], stops: int) -> None:
    wave = said[FIRST]
    sounds = heard(np.zeros(2 * RATE, np.int16), *with_stops(wave, stops), *with_stops(wave, stops))
    first, second = moments_in(sounds, wave, RATE)
    assert first == pytest.approx(2.0, abs=0.3)
    assert second == pytest.approx(2.0 + len(wave) / RATE + stops * 0.04, abs=0.4)


def test_a_sentence_that_is_nearly_the_same_is_another(said: dict[str, NDArray[np.int16]]) -> None:
    assert not moments_in(heard(said[SECOND]), said[FIRST], RATE)
    assert not moments_in(heard(said[FIRST]), said[SECOND], RATE)


def test_half_a_sentence_is_none(said: dict[str, NDArray[np.int16]]) -> None:
    wave = said[FIRST]
    assert not moments_in(heard(wave[: len(wave) // 2]), wave, RATE)
