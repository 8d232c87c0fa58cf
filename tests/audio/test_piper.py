from pathlib import Path

import numpy as np
import pytest

from ari_conf.audio.piper import PiperSpeech
from ari_conf.audio.speech import EspeakSpeech, SpeechError, make_speech
from ari_conf.phones.phone import Heard
from tests.audio.piper_model import PITCH, SECONDS_PER_ID, write_piper_voice

pytest.importorskip("piper", reason="Piper is not installed")

TEXT = "number three"


def spoken_seconds(text: str) -> float:
    """Return how long the model speaks: one sound for each character, its padding, a beginning and an end."""
    return (2 * len(text) + 3) * SECONDS_PER_ID


@pytest.fixture(scope="module")
def speech(tmp_path_factory: pytest.TempPathFactory) -> PiperSpeech:
    return PiperSpeech(write_piper_voice(tmp_path_factory.mktemp("piper") / "tone.onnx"))


def test_the_voice_speaks(speech: PiperSpeech) -> None:
    samples = speech.speak(TEXT)
    assert samples.dtype == np.int16
    assert len(samples) / 8000 == pytest.approx(spoken_seconds(TEXT), rel=0.05)
    assert Heard(samples, 8000).amplitude(PITCH) == pytest.approx(0.5, abs=0.02)


@pytest.mark.parametrize("text", ["", "  ", "\0"])
def test_where_there_is_nothing_to_say_there_is_no_sound(speech: PiperSpeech, text: str) -> None:
    assert len(speech.speak(text)) == 0


def test_breaks_are_silent(speech: PiperSpeech) -> None:
    samples = speech.speak(TEXT, ssml="number<break time='1s'/>three")
    first, second = (round(8000 * spoken_seconds(word)) for word in ("number", "three"))
    assert len(samples) == pytest.approx(first + 8000 + second, rel=0.02)
    assert not samples[first + 100 : first + 7900].any()
    assert Heard(samples[first + 8100 :], 8000).amplitude(PITCH) > 0.45


def test_rate_and_volume(speech: PiperSpeech) -> None:
    normal = speech.speak(TEXT)
    slow = speech.speak(TEXT, ssml=f"<prosody rate='50%' volume='-6dB'>{TEXT}</prosody>")
    assert len(slow) == pytest.approx(2 * len(normal), rel=0.02)
    assert Heard(slow, 8000).amplitude(PITCH) == pytest.approx(0.25, abs=0.02)


def test_digits_are_spoken_one_by_one(speech: PiperSpeech) -> None:
    samples = speech.speak("123", ssml="<say-as interpret-as='digits'>123</say-as>")
    assert len(samples) / 8000 == pytest.approx(spoken_seconds("1 2 3"), rel=0.05)


def test_brackets_are_no_phonemes(speech: PiperSpeech) -> None:
    assert len(speech.speak("[[ab]]")) == len(speech.speak("  ab  "))


@pytest.mark.parametrize(
    ("voice", "language"), [(None, None), ("alice", None), ("man", "en-GB"), ("Polly.Joanna", None), ("nobody", None)]
)
def test_it_speaks_its_language_whoever_is_asked_for(speech: PiperSpeech, voice: str | None, language: str | None) -> None:
    assert Heard(speech.speak(TEXT, voice=voice, language=language), 8000).amplitude(PITCH) > 0.45


@pytest.mark.parametrize(("voice", "language"), [(None, "de-DE"), ("Polly.Hans", None)])
def test_other_languages_are_left_to_espeak(speech: PiperSpeech, voice: str | None, language: str | None) -> None:
    espeak = EspeakSpeech().speak(TEXT, voice=voice, language=language)
    assert len(speech.speak(TEXT, voice=voice, language=language)) == pytest.approx(len(espeak), rel=0.02)


def test_a_language_within_another(speech: PiperSpeech) -> None:
    samples = speech.speak(TEXT, ssml="one <lang xml:lang='de-DE'>zwei</lang>")
    german = EspeakSpeech().speak("zwei", language="de-DE")
    assert len(samples) / 8000 == pytest.approx(spoken_seconds("one ") + len(german) / 8000, rel=0.05)


def test_the_path_of_a_model_chooses_piper(tmp_path: Path) -> None:
    assert isinstance(make_speech(write_piper_voice(tmp_path / "tone.onnx")), PiperSpeech)
    assert isinstance(make_speech(None), EspeakSpeech)


def test_a_model_that_is_missing_or_broken_is_told_in_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(SpeechError, match=r"there is no file .*none\.onnx;"):
        make_speech(tmp_path / "none.onnx")
    model = write_piper_voice(tmp_path / "tone.onnx")
    model.write_bytes(b"no model")
    with pytest.raises(SpeechError, match=r"tone\.onnx is no Piper voice") as caught:
        make_speech(model)
    assert "\n" not in str(caught.value)
    settings = tmp_path / "tone.onnx.json"
    settings.write_text("{}")
    with pytest.raises(SpeechError, match=r"tone\.onnx is no Piper voice"):
        make_speech(model)
    settings.unlink()
    with pytest.raises(SpeechError, match=r"there is no file .*tone\.onnx\.json;"):
        make_speech(model)
