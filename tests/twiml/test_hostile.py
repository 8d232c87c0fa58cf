"""Whatever an application, or somebody in its place, sends: a document or a TwimlError, soon."""

import contextlib

import pytest

from ari_conf.twilio_codes import Code
from ari_conf.twiml import LARGEST_DOCUMENT, ConferenceNoun, Dial, Document, Say, TwimlError, parse_twiml
from ari_conf.twiml.elements import Element
from tests.app_server import XML_BOMB

from .hostile_documents import hostile_documents
from .promise import outcome

DOCUMENTS = hostile_documents()

ROOM = Document((Dial(noun=ConferenceNoun(name="Zürich")),))
ROOM_TEXT = "<Response><Dial><Conference>Zürich</Conference></Dial></Response>"


def code(body: bytes | str) -> Code:
    with pytest.raises(TwimlError) as caught:
        parse_twiml(body)
    assert caught.value.message.endswith(".")
    assert caught.value.problem.code is caught.value.code
    return caught.value.code


@pytest.mark.parametrize(
    "body",
    [
        ROOM_TEXT.encode(),
        b"\xef\xbb\xbf" + ROOM_TEXT.encode(),
        f'<?xml version="1.0" encoding="utf-8"?>{ROOM_TEXT}'.encode(),
        f"<?xml version='1.0' encoding='ISO-8859-1' ?>{ROOM_TEXT}".encode("iso-8859-1"),
        f'<?xml version="1.0" encoding="UTF-16"?>{ROOM_TEXT}'.encode("utf-16"),
        ROOM_TEXT.encode("utf-16"),
        b"\xfe\xff" + ROOM_TEXT.encode("utf-16-be"),
        ROOM_TEXT,
        "\ufeff" + ROOM_TEXT,
        f'<?xml version="1.0" encoding="UTF-16"?>{ROOM_TEXT}',
        f"<!-- <!DOCTYPE x> --><?pi <!DOCTYPE x> ?>\n{ROOM_TEXT}",
        ROOM_TEXT.replace("ü", "&#252;"),
    ],
)
def test_encodings_that_are_accepted(body: bytes | str) -> None:
    assert parse_twiml(body) == ROOM


@pytest.mark.parametrize("body", [b"", b"  \n", "", "\ufeff", b"\xff\xfe"])
def test_empty(body: bytes | str) -> None:
    assert code(body) is Code.BODY_EMPTY


@pytest.mark.parametrize("body", [b"a" * (LARGEST_DOCUMENT + 1), "ü" * (LARGEST_DOCUMENT // 2 + 1), b"<a/>" * 1_000_000])
def test_too_large(body: bytes | str) -> None:
    assert code(body) is Code.BODY_TOO_LARGE


@pytest.mark.parametrize("body", ["<response/>", "<html/>", '<Response xmlns="http://x"/>', "<Dial/>", f"<{'a' * 1000}/>"])
def test_wrong_root(body: str) -> None:
    assert code(body) is Code.ROOT_NOT_RESPONSE


@pytest.mark.parametrize(
    "body",
    [
        "Hello",
        "<Response>",
        "<Response></response>",
        "<Response/><Response/>",
        "<Response>&nbsp;</Response>",
        "<Response>&amp</Response>",
        "<Response>\x00</Response>",
        "<Response>\ud800</Response>",
        "<Response a=1/>",
        '<Response a="1" a="2"/>',
        "<x:Response/>",
        " <?xml version='1.0'?><Response/>",
        b"<Response>\xff</Response>",
        b"<Response>\x00</Response>",
        ROOM_TEXT.encode("utf-16-le"),
        ROOM_TEXT.encode("utf-32"),
        b'<?xml version="1.0" encoding="UTF-7"?><Response/>',
        b'<?xml version="1.0" encoding="EBCDIC-CP-US"?><Response/>',
        b'<?xml version="1.0" encoding="UTF-16"?><Response/>',
        b"\xff\xfea",
        b'{"verbs": []}',
    ],
)
def test_not_xml(body: bytes | str) -> None:
    assert code(body) is Code.PARSE_FAILURE


@pytest.mark.parametrize(
    "body",
    [
        XML_BOMB,
        XML_BOMB.encode("utf-16"),
        "<!DOCTYPE html><html><body>It works!</body></html>",
        "<!doctype html><title>It works!",
        "<!DOCTYPE Response><Response/>",
        '<!DOCTYPE Response SYSTEM "http://127.0.0.1:9/x.dtd"><Response/>',
        '<?xml version="1.0"?><!-- a --><?b?>\n<!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/passwd">]><Response><Say>&x;</Say></Response>',
        f'<!DOCTYPE r [<!ENTITY x "{"a" * 30_000}">]><Response><Say voice="{"&x;" * 8_000}"/></Response>',
    ],
)
def test_document_types(body: bytes | str) -> None:
    with pytest.raises(TwimlError, match="document type") as caught:
        parse_twiml(body)
    assert caught.value.code is Code.PARSE_FAILURE


@pytest.mark.parametrize(
    "body",
    [
        f"<Response>{'<a/>' * 16_000}</Response>",
        f"<Response>{'<Say>' * 40}{'</Say>' * 40}</Response>",
        f"<Response>{'<a>' * 9_000}{'</a>' * 9_000}</Response>",
        "<Response><Dial {}/></Response>".format(" ".join(f'a{number}=""' for number in range(5_000))),
    ],
)
def test_too_many_or_too_deep(body: str) -> None:
    assert code(body) is Code.PARSE_FAILURE


def test_a_prolog_without_an_end_is_read_once() -> None:
    assert code("<??>" * 16_000) is Code.PARSE_FAILURE
    assert code("<!---->" * 9_000 + "<!DOCTYP") is Code.PARSE_FAILURE


def test_a_document_full_of_problems_is_described_by_a_hundred() -> None:
    document = parse_twiml(f"<Response>{'<Pigeon/>' * 900}{ROOM_TEXT.removeprefix('<Response>')}")
    assert document.verbs == ROOM.verbs
    assert len(document.problems) == 100


def test_messages_stay_short_and_printable() -> None:
    document = parse_twiml(f'<Response><{"b" * 9000}/><Dial timeLimit="&#x85;&#x202e;{"9" * 50_000}"/></Response>')
    assert all(len(problem.message) < 300 and problem.message.isprintable() for problem in document.problems)


@pytest.mark.parametrize("body", [f"<Response><{'b' * 9000}></Response>", "<b\u200c/>", "<Response>&\u202e;</Response>"])
def test_errors_stay_short_and_printable(body: str) -> None:
    with pytest.raises(TwimlError) as caught:
        parse_twiml(body)
    assert len(caught.value.message) < 300
    assert caught.value.message.isprintable()


@pytest.mark.parametrize("name", DOCUMENTS)
def test_the_corpus(name: str) -> None:
    outcome(DOCUMENTS[name])


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ('<Say><amazon:effect name="whispered">psst</amazon:effect></Say>', "psst"),
        ('<Say><a:b/>x<c:d e:f="1">y</c:d></Say>', "xy"),
        ('<Say a:b="1">z</Say>', "z"),
    ],
)
def test_prefixes_need_no_declaration(body: str, says: str) -> None:
    document = parse_twiml(f"<Response>{body}</Response>")
    assert document.verbs == (Say(text=says),)
    assert {problem.code for problem in document.problems} == {Code.SCHEMA_WARNING}


@pytest.mark.parametrize(
    "body",
    [
        "<Response><a:b></Response>",
        "<Response><a:b></a:c></Response>",
        "<Response><a:b:c/></Response>",
        f"<Response>{'<a:b/>' * 200}</Bad>",
        f"<Response>{''.join(f'<p{number}:x/>' for number in range(21))}</Response>",
        "<!-- <Response --><Response><a:b/></Response>",
    ],
)
def test_nothing_else_is_forgiven_for_a_prefix(body: str) -> None:
    assert code(body) is Code.PARSE_FAILURE


def test_no_document_makes_the_parser_visit_more_than_is_accepted(monkeypatch: pytest.MonkeyPatch) -> None:
    made = 0

    def counted(_: Element) -> None:
        nonlocal made
        made += 1

    # lxml calls it for each object that stands for an element. They are made when an element is looked at, here three times at
    # most: for the size, for the text between, and to be read.
    monkeypatch.setattr(Element, "_init", counted)
    most = 0
    for body in DOCUMENTS.values():
        made = 0
        with contextlib.suppress(TwimlError):
            parse_twiml(body)
        most = max(most, made)
    assert 900 < most <= 3000
