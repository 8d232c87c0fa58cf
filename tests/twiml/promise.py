"""What is promised of every document, whoever wrote it: checked of those in the tests, and of those that fuzzing makes."""

from xml.sax.saxutils import escape

from lxml import etree

from ari_conf.twilio_codes import Code, Level
from ari_conf.twiml import (
    ClientNoun,
    Dial,
    Document,
    Enqueue,
    Gather,
    NumberNoun,
    Problem,
    QueueNoun,
    Record,
    Say,
    SipNoun,
    TwimlError,
    Verb,
    parse_twiml,
)

LONGEST_MESSAGE = 450


def outcome(body: bytes | str) -> Document | TwimlError:
    """Parse a document, check what came of it, and return it. Anything but a ``TwimlError`` comes through."""
    try:
        document = parse_twiml(body)
    except TwimlError as caught:
        error = caught
    else:
        check_document(document)
        return document
    assert error.code is error.problem.code
    check_problem(error.problem)
    return error


def check_document(document: Document) -> None:
    for problem in document.problems:
        check_problem(problem)
    assert len(document.problems) <= 100
    for verb in document.verbs:
        check_verb(verb)


def check_problem(problem: Problem) -> None:
    assert isinstance(problem.code, Code)
    assert isinstance(problem.level, Level)
    assert problem.message.isprintable()
    assert problem.message.endswith(".")
    assert len(problem.message) <= LONGEST_MESSAGE


def check_verb(verb: Verb) -> None:
    match verb:
        case Say():
            check_say(verb)
        case Gather():
            assert verb.timeout >= 1
            assert len(verb.finish_on_key) <= 1
            for prompt in verb.prompts:
                check_verb(prompt)
        case Record():
            assert set(verb.finish_on_key) <= set("0123456789*#")
            assert 1 <= verb.max_length <= 14_400
        case Enqueue():
            assert 1 <= len(verb.name) <= 64
        case Dial():
            check_dial(verb)


def check_say(say: Say) -> None:
    assert say.text == " ".join(say.text.split())
    # The spaces that stand for markup are not counted.
    assert 1 <= len(say.text.replace(" ", "")) <= 4096
    if say.ssml is not None:
        spoken = etree.fromstring(f"<speak>{say.ssml}</speak>")
        assert not spoken.xpath("//*[namespace-uri()]")
        for sub in spoken.iter("sub"):
            if "alias" in sub.attrib:
                sub.text = sub.get("alias")
        # Words that markup stands between are apart in one and together in the other; the letters are the same.
        assert "".join("".join(map(str, spoken.itertext())).split()) == "".join(say.text.split())
    assert etree.fromstring(f"<speak>{escape(say.text)}</speak>").text == say.text


def check_dial(dial: Dial) -> None:
    assert (dial.caller_id or "").isprintable()
    match dial.noun:
        case tuple():
            assert 1 <= len(dial.noun) <= 10
            for callee in dial.noun:
                match callee:
                    case NumberNoun():
                        assert callee.number.removeprefix("+").isascii()
                        assert callee.number.removeprefix("+").isdigit()
                    case SipNoun():
                        assert callee.uri.isascii()
                        assert callee.uri.isprintable()
                        assert " " not in callee.uri
                        assert len(callee.uri) <= 255 + 1024
                        assert (callee.password or "").isprintable()
                    case ClientNoun():
                        assert 1 <= len(callee.identity) <= 256
                        assert callee.identity.isprintable()
        case QueueNoun():
            assert 1 <= len(dial.noun.name) <= 64
