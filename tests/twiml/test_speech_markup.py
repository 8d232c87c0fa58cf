"""What <Say> says."""

import pytest
from lxml import etree
from twilio.twiml.voice_response import Say as TwilioSay
from twilio.twiml.voice_response import VoiceResponse

from ari_conf.twiml import Document, Say, parse_twiml


def parse(content: str) -> Document:
    return parse_twiml(f"<Response><Say>{content}</Say></Response>")


def codes(document: Document) -> list[int]:
    return [problem.code.value for problem in document.problems]


@pytest.mark.parametrize(
    ("content", "text", "ssml"),
    [
        ("Hello", "Hello", None),
        ("\n  Hello\n\tyou  ", "Hello you", None),
        ("1 &lt; 2 &amp; 3", "1 < 2 & 3", None),
        ("1 &lt; 2<break/>3", "1 < 2 3", "1 &lt; 2<break/>3"),
        ('a<break time="500ms" strength="strong"/>b', "a b", 'a<break time="500ms" strength="strong"/>b'),
        ('re<emphasis level="strong">peat</emphasis>', "repeat", 're<emphasis level="strong">peat</emphasis>'),
        ("<p>One</p><p>Two</p>", "One Two", "<p>One</p><p>Two</p>"),
        ("<s>One</s><s>Two</s>", "One Two", "<s>One</s><s>Two</s>"),
        (
            '<prosody rate="20%" pitch="+5%" volume="-6dB">x</prosody>',
            "x",
            '<prosody rate="20%" pitch="+5%" volume="-6dB">x</prosody>',
        ),
        (
            '<prosody rate="x-fast">x <w role="amazon:VB">y</w></prosody>',
            "x y",
            '<prosody rate="x-fast">x <w role="amazon:VB">y</w></prosody>',
        ),
        (
            '<say-as interpret-as="date" format="mdy">1/2/2026</say-as>',
            "1/2/2026",
            '<say-as interpret-as="date" format="mdy">1/2/2026</say-as>',
        ),
        (
            '<phoneme alphabet="x-sampa" ph="pI&quot;kA:n">pecan</phoneme>',
            "pecan",
            '<phoneme alphabet="x-sampa" ph=\'pI"kA:n\'>pecan</phoneme>',
        ),
        ('<lang xml:lang="fr-FR">oui</lang>', "oui", '<lang xml:lang="fr-FR">oui</lang>'),
        ('On <sub alias="World Wide Web">WWW</sub>!', "On World Wide Web!", 'On <sub alias="World Wide Web">WWW</sub>!'),
        ("<sub alias='\"a\" &amp; &lt;b&gt;'>x</sub>", '"a" & <b>', "<sub alias='\"a\" &amp; &lt;b&gt;'>x</sub>"),
        ("<sub>x</sub>", "x", "<sub>x</sub>"),
        ("a<!-- b --><?c?><![CDATA[<p>]]>", "a<p>", None),
    ],
)
def test_markup(content: str, text: str, ssml: str | None) -> None:
    assert parse(content) == Document((Say(text=text, ssml=ssml),))


def test_what_twilios_library_writes() -> None:
    response = VoiceResponse()
    say = TwilioSay("Hi", voice="Polly.Joanna")
    say.break_(strength="x-weak", time="100ms")
    say.emphasis("Words", level="moderate")
    say.p("Paragraph")
    say.phoneme("Phoneme", alphabet="x-sampa", ph='pI"kA:n')
    say.prosody("Prosody", pitch="-10%", rate="85%", volume="-6dB")
    say.s("Sentence")
    say.say_as("123", interpret_as="spell-out")
    say.sub("Al", alias="aluminum")
    say.w("read", role="amazon:VBD")
    say.lang("Bonjour", xml_lang="fr-FR")
    response.append(say)
    document = parse_twiml(str(response))
    assert document.problems == ()
    (said,) = document.verbs
    assert isinstance(said, Say)
    assert said.text == "Hi WordsParagraph PhonemeProsody Sentence 123aluminumreadBonjour".replace("Words", "Words ", 1)
    spoken = etree.fromstring(f"<speak>{said.ssml}</speak>")
    assert [element.tag for element in spoken] == [
        "break", "emphasis", "p", "phoneme", "prosody", "s", "say-as", "sub", "w", "lang"
    ]  # fmt: skip
    assert [dict(element.attrib) for element in spoken][3] == {"alphabet": "x-sampa", "ph": 'pI"kA:n'}


@pytest.mark.parametrize(
    ("content", "text", "ssml"),
    [
        ("<b>a</b>c", "ac", None),
        ("<speak>a<break/>b</speak>", "a b", "a<break/>b"),
        ('<audio src="file:///etc/passwd">a</audio>', "a", None),
        ('<amazon:effect name="whispered">a <emphasis>b</emphasis></amazon:effect>', "a b", "a <emphasis>b</emphasis>"),
        ('<amazon:effect xmlns:amazon="http://x">a</amazon:effect>', "a", None),
        ("<Break/>a", "a", None),
        ('<break time="11s"/>a', "a", "<break/>a"),
        ('<break time="1h"/>a', "a", "<break/>a"),
        ('<break time="10001ms"/>a', "a", "<break/>a"),
        ('<break onload="x"/>a', "a", "<break/>a"),
        ('<emphasis level="LOUD">a</emphasis>', "a", "<emphasis>a</emphasis>"),
        ('<prosody volume="+999dB">a</prosody>', "a", "<prosody>a</prosody>"),
        ('<prosody pitch="+200%">a</prosody>', "a", "<prosody>a</prosody>"),
        ('<say-as interpret-as="&lt;">a</say-as>', "a", "<say-as>a</say-as>"),
        ('<phoneme ph="&#10;&#13;">a</phoneme>', "a", "<phoneme>a</phoneme>"),
        ('<lang lang="de">a</lang>', "a", "<lang>a</lang>"),
        ('<sub alias="">a</sub>', "a", "<sub>a</sub>"),
    ],
)
def test_what_is_not_known_is_left_out_and_its_text_is_spoken(content: str, text: str, ssml: str | None) -> None:
    document = parse(content)
    assert document.verbs == (Say(text=text, ssml=ssml),)
    assert codes(document) == [12200]


@pytest.mark.parametrize("rate", ["19%", "201%", "1000%", "fastest", "-20%"])
def test_a_rate_of_speech_that_is_not_spoken(rate: str) -> None:
    document = parse(f'<prosody rate="{rate}">a</prosody>')
    assert document.verbs == (Say(text="a", ssml="<prosody>a</prosody>"),)
    assert codes(document) == [13513]


def test_pauses_are_two_minutes_together_at_most() -> None:
    document = parse('a<break time="10s"/>' * 13 + 'a<break time="0s"/>')
    (say,) = document.verbs
    assert isinstance(say, Say)
    assert say.ssml is not None
    assert say.ssml.count('<break time="10s"/>') == 12
    assert say.ssml.endswith('a<break/>a<break time="0s"/>')
    assert codes(document) == [12200]


@pytest.mark.parametrize(
    ("content", "text", "ssml"),
    [
        ("a" * 4096 + "b", "a" * 4096, None),
        ("ü" * 5000, "ü" * 4096, None),
        ("a" * 4095 + "<p>bc</p><p>d</p>e", "a" * 4095 + " b", "a" * 4095 + "<p>b</p>"),
        ("a" * 4095 + '<sub alias="bc">d</sub>', "a" * 4095 + "b", "a" * 4095 + '<sub alias="b">d</sub>'),
        ("a" * 4096 + '<sub alias="bc">d</sub>', "a" * 4096, None),
    ],
)
def test_the_end_of_a_long_text_is_not_spoken(content: str, text: str, ssml: str | None) -> None:
    document = parse(content)
    (say,) = document.verbs
    assert isinstance(say, Say)
    assert (say.text, say.ssml) == (text, ssml)
    assert codes(document) == [13521]


def test_what_is_as_long_as_is_spoken_is_spoken_whole() -> None:
    assert parse("a" * 4096) == Document((Say(text="a" * 4096),))
    assert parse(" \n " * 5000 + "a") == Document((Say(text="a"),))


@pytest.mark.parametrize("content", ["", " \n", "<p/>", '<break time="1s"/>'])
def test_nothing_to_say(content: str) -> None:
    document = parse(content)
    assert document.verbs == ()
    assert codes(document) == [13520]
