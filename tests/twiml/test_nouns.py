"""Whom <Dial> dials."""

import pytest
from twilio.twiml.voice_response import Client, Sip, VoiceResponse
from twilio.twiml.voice_response import Dial as TwilioDial

from ari_conf.twilio_codes import Level
from ari_conf.twiml import ClientNoun, ConferenceNoun, Dial, Document, NumberNoun, QueueNoun, SipNoun, parse_twiml

ALICE = SipNoun(uri="sip:alice@example.com")


def parse(content: str) -> Document:
    return parse_twiml(f"<Response><Dial>{content}</Dial></Response>")


def noun_of(document: Document) -> object:
    (dial,) = document.verbs
    assert isinstance(dial, Dial)
    return dial.noun


def codes(document: Document) -> list[int]:
    return [problem.code.value for problem in document.problems]


@pytest.mark.parametrize(
    ("content", "noun"),
    [
        ("+14155551212", (NumberNoun(number="+14155551212"),)),
        ("\n (415) 555-1212 ", (NumberNoun(number="4155551212"),)),
        ("<Number>415.555.1212</Number>", (NumberNoun(number="4155551212"),)),
        ("<Number>100</Number><Number>200</Number>", (NumberNoun(number="100"), NumberNoun(number="200"))),
        ("100<Number>200</Number>", (NumberNoun(number="100"), NumberNoun(number="200"))),
        ("<Sip>sip:alice@example.com</Sip>", (ALICE,)),
        ("<Sip>alice@example.com</Sip>", (ALICE,)),
        ("<Sip>sips:example.com:5061;transport=tls</Sip>", (SipNoun(uri="sips:example.com:5061;transport=tls"),)),
        ("<Sip>sip:a@[2001:db8::1]:5060</Sip>", (SipNoun(uri="sip:a@[2001:db8::1]:5060"),)),
        ("<Sip>sip:a@h?x-a=1&amp;X-B=a%20b</Sip>", (SipNoun(uri="sip:a@h?x-a=1&X-B=a%20b"),)),
        ("<Sip>sip:a@h?User-to-User=0a&amp;x-empty</Sip>", (SipNoun(uri="sip:a@h?User-to-User=0a&x-empty="),)),
        ("<Client>joey</Client>", (ClientNoun(identity="joey"),)),
        ("<Client><Identity> jürgen 1 </Identity></Client>", (ClientNoun(identity="jürgen 1"),)),
        (
            '<Client>joey<Parameter name="a" value="1"/><Parameter name="b"/></Client>',
            (ClientNoun(identity="joey", parameters=(("a", "1"), ("b", ""))),),
        ),
        ("<Client>joey</Client><Sip>alice@example.com</Sip>1", (NumberNoun(number="1"), ClientNoun(identity="joey"), ALICE)),
        ("<Queue> support </Queue>", QueueNoun(name="support")),
        (f"<Queue>{'ü' * 64}</Queue>", QueueNoun(name="ü" * 64)),
        ("<Conference>Room</Conference>", ConferenceNoun(name="Room")),
    ],
)
def test_nouns(content: str, noun: object) -> None:
    document = parse(content)
    assert document.problems == ()
    assert noun_of(document) == noun


def test_what_twilios_library_writes() -> None:
    response = VoiceResponse()
    dial = TwilioDial()
    client = Client(status_callback="/progress", status_callback_event="initiated answered")
    client.identity("joey")
    client.parameter(name="first", value="José & Co")
    dial.append(client)
    sip = Sip(url="/screen")
    sip.uri("sip:alice@example.com", priority=1, weight=10, username="u", password="p")
    sip.headers().header(name="x-foo", value="a b&c")
    dial.append(sip)
    dial.number("415-555-1212", send_digits="ww1", status_callback_method="GET")
    response.append(dial)
    document = parse_twiml(str(response))
    assert document.problems == ()
    callees = noun_of(document)
    assert isinstance(callees, tuple)
    joey, alice, number = callees
    assert (joey.identity, joey.parameters, len(joey.status_callback_event)) == ("joey", (("first", "José & Co"),), 2)
    assert alice == SipNoun(uri="sip:alice@example.com?x-foo=a%20b%26c", url="/screen", username="u", password="p")
    assert number == NumberNoun(number="4155551212", send_digits="ww1", status_callback_method=number.status_callback_method)


@pytest.mark.parametrize(
    ("content", "code"),
    [
        ("joey", 13223),
        ("<Number>1@trunk,30</Number>", 13223),
        ("<Number>+</Number>", 13223),
        ("<Number>٤١٥</Number>", 13223),
        (f"<Number>{'1' * 21}</Number>", 13223),
        ("<Number/>", 13223),
        ("<Sip/>", 13243),
        ("<Sip>alice</Sip>", 13243),
        ("<Sip>tel:+1</Sip>", 13243),
        ("<Sip>http://h/</Sip>", 13243),
        ("<Sip>sip:a b@h</Sip>", 13243),
        ("<Sip>sip:a@h&#13;&#10;x</Sip>", 13243),
        ("<Sip>sip:alice:secret@h</Sip>", 13243),
        ("<Sip>sip:ü@h</Sip>", 13243),
        (f"<Sip>sip:{'a' * 252}@h</Sip>", 13243),
        ("<Client/>", 13215),
        ("<Client>a&#10;b</Client>", 13215),
        (f"<Client>{'a' * 257}</Client>", 13215),
        ("<Sim>DE123</Sim>", 13258),
        ("<WhatsApp>+1</WhatsApp>", 13215),
        ("<Application>AP1</Application>", 13215),
    ],
)
def test_who_cannot_be_called_is_left_out_and_the_others_are_called(content: str, code: int) -> None:
    document = parse(content)
    assert noun_of(document) is None
    assert [(problem.code, problem.level) for problem in document.problems] == [(code, Level.ERROR), (13215, Level.ERROR)]
    assert document.problems[1].message.endswith("nothing is dialled.")
    document = parse(f"{content}<Number>100</Number>")
    assert noun_of(document) == (NumberNoun(number="100"),)
    assert codes(document) == [code]


@pytest.mark.parametrize(
    ("content", "code"),
    [
        ("", 13215),
        ("+14155551212<Conference>Room</Conference>", 13000),
        ("<Number>1</Number><Conference>Room</Conference>", 13000),
        ("<Queue>a</Queue><Conference>Room</Conference>", 13000),
        ("<Conference>Room</Conference><Conference>Other</Conference>", 13000),
        ("<Queue>a</Queue><Queue>b</Queue>", 13215),
        ("1<Queue>a</Queue>", 13215),
        ("<Client>a</Client><Queue>a</Queue>", 13215),
        ("<Queue/>", 14212),
        (f"<Queue>{'a' * 65}</Queue>", 14213),
        ('<Queue reservationSid="WR1">a</Queue>', 14219),
    ],
)
def test_what_is_not_dialled_at_all(content: str, code: int) -> None:
    document = parse(content)
    assert noun_of(document) is None
    assert [(problem.code, problem.level) for problem in document.problems] == [(code, Level.ERROR)]


@pytest.mark.parametrize("before", ["", "100"])
def test_ten_are_called_at_most(before: str) -> None:
    document = parse(before + "<Number>1</Number>" * 10)
    noun = noun_of(document)
    assert isinstance(noun, tuple)
    assert len(noun) == 10
    assert codes(document) == ([13250] if before else [])


@pytest.mark.parametrize(
    ("headers", "kept", "found"),
    [
        ("?Y=1&amp;x-a=2", "?x-a=2", [13252]),
        ("?x-a=1%0d%0aVia:x", "", [13252]),
        ("?x-%0a=1", "", [13252]),
        (f"?x-a={'b' * 1020}&amp;x-b=1", "?x-b=1", [13253]),
        ("?" + "&amp;".join(["x-a=1"] * 31), "?" + "&".join(["x-a=1"] * 30), [13251]),
    ],
)
def test_sip_headers_that_are_not_sent(headers: str, kept: str, found: list[int]) -> None:
    document = parse(f"<Sip>sip:a@h{headers}</Sip>")
    assert noun_of(document) == (SipNoun(uri=f"sip:a@h{kept}"),)
    assert codes(document) == found


def test_the_first_uri_by_priority_and_weight_is_called() -> None:
    document = parse(
        '<Sip username="n"><Uri>sip:a@h</Uri><Uri priority="2" weight="9">sip:b@h</Uri>'
        '<Uri priority="1" weight="1">sip:c@h</Uri><Uri priority="1" weight="2" password="p">sip:d@h</Uri></Sip>'
    )
    assert noun_of(document) == (SipNoun(uri="sip:d@h", username="n", password="p"),)
    assert codes(document) == [13250]


@pytest.mark.parametrize(
    ("content", "found"),
    [
        ("<Number>1<b/></Number>", [12200]),
        ("<Sip>sip:a@h<b/></Sip>", [12200]),
        ("<Sip><Uri>sip:a@h<b/></Uri><Headers c='d'>e<b/><Header/></Headers></Sip>", [12200] * 5),
        ("<Client>a<b/></Client>", [12200]),
        ("<Client>a<Parameter value='1'/><Identity b='c'>d</Identity></Client>", [12200, 12200]),
        ("<Queue>a<b/></Queue>", [12200]),
        ("<Conference>a<b/></Conference>", [13215]),
        ("<Pigeon/>1", [13215]),
        ("<Say>Hi</Say>1", [13215]),
        ("<number>2</number>1", [13215]),
    ],
)
def test_what_has_no_place_is_ignored(content: str, found: list[int]) -> None:
    document = parse(content)
    assert noun_of(document) is not None
    assert sorted(codes(document)) == sorted(found)
    assert all(problem.level is Level.WARNING for problem in document.problems)


@pytest.mark.parametrize(
    ("caller_id", "code"),
    [
        ("1" * 129, 13248),
        ("1&#13;&#10;X-Evil: 1", 13247),
        ("&quot;Bob&quot;", 13247),
        ("Bob &lt;sip:b@h&gt;", 13247),
        ("a\\b", 13247),
    ],
)
def test_caller_ids_that_are_not_sent(caller_id: str, code: int) -> None:
    document = parse_twiml(f'<Response><Dial callerId="{caller_id}">1</Dial></Response>')
    assert document.verbs == (Dial(noun=(NumberNoun(number="1"),)),)
    assert codes(document) == [code]


@pytest.mark.parametrize("caller_id", ["+14155551212", "client:joey", "Front Desk_1.a-b", "Jürgen"])
def test_caller_ids(caller_id: str) -> None:
    document = parse_twiml(f'<Response><Dial callerId="{caller_id}">1</Dial></Response>')
    assert document == Document((Dial(noun=(NumberNoun(number="1"),), caller_id=caller_id),))
