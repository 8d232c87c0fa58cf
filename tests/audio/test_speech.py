import os
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import espeakng_loader
import numpy as np
import pytest
from structlog.testing import capture_logs

from ari_conf.audio import Samples
from ari_conf.audio.espeak import _library
from ari_conf.audio.speech import LONGEST_TEXT, EspeakSpeech
from ari_conf.audio.voices import Sex, VoiceWanted, voice_wanted

TEXT = "You are number three in the queue."


def pitch(samples: Samples) -> float:
    """Return the pitch (Hz) that most voiced parts of a voice have."""
    pitches = []
    for start in range(0, len(samples) - 480, 240):
        frame = samples[start : start + 480].astype(np.float64)
        if np.sqrt(np.mean(frame**2)) < 1500:
            continue
        alike = np.correlate(frame, frame, "full")[479:]
        lag = 20 + int(np.argmax(alike[20:130]))
        if alike[lag] > 0.5 * alike[0]:
            pitches.append(8000 / lag)
    return float(np.median(pitches))


def test_a_sentence_lasts_as_long_as_somebody_speaking_and_can_be_heard() -> None:
    spoken = EspeakSpeech().speak(TEXT)
    assert spoken.dtype == np.int16
    assert 1.2 < len(spoken) / 8000 < 4.0
    assert 0.02 < np.sqrt(np.mean((spoken / 32768.0) ** 2)) < 0.4
    # a voice has most of its power below 1 kHz, noise has not
    power = np.abs(np.fft.rfft(spoken.astype(np.float64))) ** 2
    assert power[: len(power) // 4].sum() > 0.6 * power.sum()


def test_a_longer_text_takes_longer() -> None:
    speech = EspeakSpeech()
    assert len(speech.speak(f"{TEXT} {TEXT}")) > 1.7 * len(speech.speak(TEXT))


def test_a_woman_speaks_higher_than_a_man() -> None:
    speech = EspeakSpeech()
    man = pitch(speech.speak(TEXT))
    assert pitch(speech.speak(TEXT, voice="man")) == pytest.approx(man, rel=0.05)
    for woman in ("woman", "alice", "Polly.Joanna", "Polly.Joanna-Neural"):
        assert pitch(speech.speak(TEXT, voice=woman)) > 1.2 * man, woman
    assert pitch(speech.speak(TEXT, voice="Polly.Matthew")) < 1.2 * man


LANGUAGES = """
    ar-AE ca-ES cmn-CN cs-CZ cy-GB da-DK de de-DE el-GR en-AU en-GB en-GB-WLS en-IN es-ES es-MX fi-FI fr-CA fr-FR he-IL hi-IN
    hu-HU id-ID is-IS it-IT ja-JP ko-KR nb-NO nl-NL pl-PL pt-BR pt-PT ro-RO ru-RU sv-SE tr-TR uk-UA vi-VN zh-CN zh-HK EN_us
"""


@pytest.mark.parametrize("language", LANGUAGES.split())
def test_languages(language: str) -> None:
    with capture_logs() as logs:
        assert len(EspeakSpeech().speak("Hotel 12", language=language)) > 4000
    assert logs == []


@pytest.mark.parametrize(
    ("language", "espeak_voice"),
    [
        ("en-US", "gmw/en-US"),
        ("en-GB", "gmw/en"),
        ("en-AU", "gmw/en"),
        ("de-AT", "gmw/de"),
        ("es-ES", "roa/es"),
        ("es-MX", "roa/es-419"),
        ("fr-CA", "roa/fr"),
        ("pt-BR", "roa/pt-BR"),
        ("nb-NO", "gmq/nb"),
        ("zh-CN", "sit/cmn"),
        ("zh-HK", "sit/yue"),
    ],
)
def test_which_voice_speaks_a_language(language: str, espeak_voice: str) -> None:
    assert _library().identifier(language) == espeak_voice


@pytest.mark.parametrize(
    ("voice", "language", "wanted"),
    [
        (None, None, ("en-US", Sex.MALE)),
        ("alice", "de-DE", ("de-DE", Sex.FEMALE)),
        ("Polly.Hans", "en-US", ("de-DE", Sex.MALE)),
        ("polly.lea-neural", None, ("fr-FR", Sex.FEMALE)),
        ("Google.de-DE-Wavenet-B", None, ("de-de", Sex.FEMALE)),
    ],
)
def test_what_a_voice_means(voice: str | None, language: str | None, wanted: tuple[str, Sex]) -> None:
    assert voice_wanted(voice, language) == VoiceWanted(*wanted)


@pytest.mark.parametrize(
    ("voice", "language"), [("Polly.Nobody", None), ("robot", None), (None, "tlh-XX"), ("man", "%s+f3/..")]
)
def test_what_is_not_known_is_spoken_in_english_and_logged(voice: str | None, language: str | None) -> None:
    speech = EspeakSpeech()
    with capture_logs() as logs:
        spoken = speech.speak(TEXT, voice=voice, language=language)
    assert len(spoken) == pytest.approx(len(speech.speak(TEXT)), rel=0.02)
    assert [line["log_level"] for line in logs] == ["warning"]


@pytest.mark.parametrize("text", ["", "  \n", "\0", "\u200b"])
def test_where_there_is_nothing_to_say_there_is_no_sound(text: str) -> None:
    assert len(EspeakSpeech().speak(text)) == 0


def test_markup_and_control_characters_and_halves_of_characters_do_no_harm() -> None:
    speech = EspeakSpeech()
    for text in ("one\0two", "a < b & c <break time='99s'/>", "[[h@'loU]]", "\ud800 hello", "👋🏽" * 50, "%s%n"):
        assert len(speech.speak(text)) > 1000, text


def test_a_text_that_is_too_long_is_cut() -> None:
    with capture_logs() as logs:
        spoken = EspeakSpeech().speak("a " * 20_000)
    assert len(spoken) == pytest.approx(len(EspeakSpeech().speak("a " * (LONGEST_TEXT // 2))), rel=0.02)
    assert logs[0]["characters"] == 40_000


def test_several_threads_take_turns() -> None:
    texts = ["ha " * number for number in range(1, 13)]
    speech = EspeakSpeech()
    alone = [len(speech.speak(text)) for text in texts]
    with ThreadPoolExecutor(4) as threads:
        together = list(threads.map(lambda text: len(EspeakSpeech().speak(text)), texts * 3))
    assert together == pytest.approx(alone * 3, rel=0.02)


def test_a_long_path_of_the_installation(tmp_path: Path) -> None:
    deep = tmp_path / "/".join(["a folder with a long name"] * 8)
    shutil.copytree(Path(espeakng_loader.__file__).parent, deep / "espeakng_loader")
    script = """
import espeakng_loader
from ari_conf.audio.speech import EspeakSpeech
print(len(espeakng_loader.get_data_path()), len(EspeakSpeech().speak("hello")))
"""
    result = subprocess.run(  # noqa: S603
        [sys.executable, "-c", script],
        env=os.environ | {"PYTHONPATH": os.pathsep.join([str(deep), *sys.path])},
        capture_output=True,
        text=True,
        check=True,
    )
    path, samples = map(int, result.stdout.split())
    assert path > 200
    assert samples > 1000
