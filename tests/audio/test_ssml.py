from collections.abc import Callable

import numpy as np
import pytest
from structlog.testing import capture_logs

from ari_conf.audio import Samples
from ari_conf.audio.speech import LONGEST_TEXT, EspeakSpeech
from ari_conf.audio.ssml import Run, Silence, parts_of, read_ssml
from tests.audio.test_speech import pitch

TEXT = "You are number three in the queue."


def spoken(ssml: str) -> Samples:
    return EspeakSpeech().speak("not this", ssml=ssml)


def seconds(ssml: str) -> float:
    return len(spoken(ssml)) / 8000


def loudness(samples: Samples) -> float:
    return float(np.sqrt(np.mean(samples.astype(np.float64) ** 2)))


def longest_silence(samples: Samples) -> float:
    """Return the seconds of the longest digital silence."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], (samples == 0).astype(np.int8), [0]])))
    return float(max(edges[1::2] - edges[::2], default=0)) / 8000


def test_markup_without_effect_sounds_like_its_text() -> None:
    plain = EspeakSpeech().speak(TEXT)
    for ssml in (TEXT, f"<s>{TEXT}</s>", f"<amazon:effect xmlns:amazon='x'>{TEXT}</amazon:effect>", f"<w role='x'>{TEXT}</w>"):
        assert len(spoken(ssml)) == pytest.approx(len(plain), rel=0.02), ssml


@pytest.mark.parametrize(
    ("attribute", "pause"),
    [
        ("time='1s'", 1),
        ("time='2500ms'", 2.5),
        ("time='99s'", 10),
        ("strength='strong'", 0.7),
        ("strength='none'", 0),
        ("", 0.4),
    ],
)
def test_a_break_is_so_much_silence(attribute: str, pause: float) -> None:
    samples = spoken(f"You are number three<break {attribute}/>in the queue.")
    halves = seconds("You are number three") + seconds("in the queue.") if pause else seconds(TEXT)
    assert len(samples) / 8000 == pytest.approx(halves + pause, abs=0.1)
    if pause:
        assert longest_silence(samples) == pytest.approx(pause, abs=0.05)


def test_a_break_alone() -> None:
    samples = spoken("<break time='3s'/>")
    assert len(samples) == 24_000
    assert not samples.any()


def test_rate() -> None:
    normal = seconds(TEXT)
    durations = [seconds(f"<prosody rate='{rate}'>{TEXT}</prosody>") for rate in ("x-slow", "slow", "medium", "fast", "x-fast")]
    assert durations == sorted(durations, reverse=True)
    assert durations[2] == pytest.approx(normal, rel=0.02)
    assert seconds(f"<prosody rate='50%'>{TEXT}</prosody>") > 1.7 * normal
    assert seconds(f"<prosody rate='200%'>{TEXT}</prosody>") < 0.7 * normal


def test_volume() -> None:
    normal = loudness(spoken(TEXT))
    assert loudness(spoken(f"<prosody volume='silent'>{TEXT}</prosody>")) == 0
    assert loudness(spoken(f"<prosody volume='-6dB'>{TEXT}</prosody>")) == pytest.approx(0.5 * normal, rel=0.1)
    assert loudness(spoken(f"<prosody volume='+6dB'>{TEXT}</prosody>")) == pytest.approx(2 * normal, rel=0.2)
    levels = [
        loudness(spoken(f"<prosody volume='{volume}'>{TEXT}</prosody>")) for volume in ("x-soft", "soft", "loud", "x-loud")
    ]
    assert levels == sorted(levels)


def test_pitch() -> None:
    low, middle, high = (pitch(spoken(f"<prosody pitch='{change}'>{TEXT}</prosody>")) for change in ("x-low", "+0%", "+40%"))
    assert low < 0.9 * middle
    assert high > 1.15 * middle


def test_prosody_ends_where_it_ends() -> None:
    speech = EspeakSpeech()
    before = speech.speak(TEXT)
    emphasis = f"<emphasis level='strong'>{TEXT}</emphasis>"
    speech.speak(TEXT, ssml=f"<prosody rate='50%' volume='silent' pitch='+50%'>{emphasis}</prosody>")
    after = speech.speak(TEXT)
    assert loudness(after) == pytest.approx(loudness(before), rel=0.02)
    assert len(after) == pytest.approx(len(before), rel=0.02)
    for style in ("rate='50%'", "volume='silent'", "pitch='+50%'"):
        both = spoken(f"<prosody {style}>{TEXT}</prosody> {TEXT}")
        assert loudness(both[-len(before) :]) == pytest.approx(loudness(before), rel=0.02), style
        assert len(both) == pytest.approx(len(spoken(f"<prosody {style}>{TEXT}</prosody>")) + len(before), rel=0.02), style


def test_emphasis() -> None:
    plain = spoken("three")
    levels = [spoken(f"<emphasis level='{level}'>three</emphasis>") for level in ("reduced", "none", "strong")]
    assert [len(samples) / len(plain) for samples in levels] == pytest.approx([0.93, 1, 1.25], abs=0.1)
    assert [loudness(samples) / loudness(plain) for samples in levels] == pytest.approx([0.7, 1, 1.6], rel=0.15)
    assert 0 < seconds("You are number <emphasis level='strong'>three</emphasis> in the queue.") - seconds(TEXT) < 0.5


@pytest.mark.parametrize(
    ("ssml", "said"),
    [
        ("<say-as interpret-as='digits'>1234</say-as>", "1 2 3 4"),
        ("<say-as interpret-as='telephone'>4155</say-as>", "4 1 5 5"),
        ("<say-as interpret-as='spell-out'>DNS</say-as>", "D N S"),
        ("<say-as interpret-as='cardinal'>1234</say-as>", "1234"),
        ("<sub alias='World Wide Web Consortium'>W3C</sub>", "World Wide Web Consortium"),
        ("<phoneme alphabet='ipa' ph='x'>pecan</phoneme>", "pecan"),
        ("Tom &amp; Jerry &lt;3", "Tom & Jerry <3"),
    ],
)
def test_what_is_said(ssml: str, said: str) -> None:
    assert seconds(ssml) == pytest.approx(len(EspeakSpeech().speak(said)) / 8000, rel=0.1)
    assert abs(seconds("<say-as interpret-as='digits'>1234</say-as>") - seconds("1234")) > 0.5


def test_an_expletive_is_not_heard() -> None:
    samples = spoken("You <say-as interpret-as='expletive'>darned</say-as> caller")
    assert longest_silence(samples) == pytest.approx(0.5, abs=0.05)


def test_sentences_and_paragraphs_are_apart() -> None:
    for element, gap in (("s", 0.3), ("p", 0.6)):
        samples = spoken(f"<{element}>One.</{element}> <{element}>Two.</{element}>")
        assert longest_silence(samples) == pytest.approx(gap, abs=0.1)
    assert longest_silence(spoken("<p><s>One.</s></p>")) < 0.1


def test_a_language_within_another() -> None:
    mixed = "Say <lang xml:lang='de-DE'>777 777</lang> please."
    german = EspeakSpeech().speak("777 777", language="de-DE")
    english = EspeakSpeech().speak("777 777")
    rest = seconds("Say") + seconds("please.")
    assert abs(len(german) - len(english)) > 800
    assert seconds(mixed) == pytest.approx(rest + len(german) / 8000, abs=0.05)


@pytest.mark.parametrize("ssml", ["<prosody rate='slow'>open", "</prosody>", "a & b", "\0", "<a:b/>"])
def test_what_is_no_xml_is_spoken_as_its_text(ssml: str) -> None:
    with capture_logs() as logs:
        samples = EspeakSpeech().speak(TEXT, ssml=ssml)
    assert len(samples) == pytest.approx(len(EspeakSpeech().speak(TEXT)), rel=0.02)
    assert len(logs) == 1


@pytest.mark.parametrize("ssml", ["", " ", "<p/>", "<s> </s>", "<!-- note -->", "<?pi?>", "<break strength='none'/>"])
def test_where_there_is_nothing_to_say_there_is_no_sound(ssml: str) -> None:
    assert len(spoken(ssml)) == 0


def test_runs_and_silences() -> None:
    parts = read_ssml(
        "One <prosody rate='50%' volume='loud'>two <prosody rate='50%' pitch='-10%'>three</prosody></prosody>"
        "<break time='1s'/><say-as interpret-as='characters'>IBM</say-as><lang xml:lang='fr-FR'>quatre</lang>"
    )
    assert parts == (
        Run("One "),
        Run("two ", rate=0.5, volume=1.5),
        Run("three", rate=0.25, volume=1.5, pitch=0.9),
        Silence(1.0),
        Run("IBM", spelt=True),
        Run("quatre", language="fr-FR"),
    )


def test_hostile_markup_is_harmless() -> None:
    deep = "<prosody rate='200%'>" * 200 + "x" + "</prosody>" * 200
    wide = "<emphasis level='strong'>x </emphasis><lang xml:lang='de-DE'>y</lang>" * 300
    names = f"<lang xml:lang='{'d' * 5000}'>x</lang><say-as interpret-as='{'9' * 5000}'>y</say-as><break time='9{'9' * 500}s'/>"
    entities = "<!DOCTYPE a [<!ENTITY b 'c'>]>x"
    for ssml in (deep, wide, names, entities, "&b;"):
        with capture_logs():
            assert 0 < seconds(ssml) < 600, ssml[:40]


@pytest.mark.parametrize("make", [lambda text: (text, None), lambda text: ("", f"<s>{text}</s><break/>{text}")])
def test_a_text_that_is_too_long_is_cut(make: Callable[[str], tuple[str, str | None]]) -> None:
    with capture_logs() as logs:
        parts = parts_of(*make("a" * 3 * LONGEST_TEXT))
    assert sum(len(part.text) for part in parts if isinstance(part, Run)) == LONGEST_TEXT
    assert len(logs) == 1
