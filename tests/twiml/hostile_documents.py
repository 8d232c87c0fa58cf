"""Documents that nobody sends in good faith: small ones, written by hand or found by fuzzing, in ``hostile/``; large ones are
made here, each as large or as crowded as is accepted, or just beyond.
"""

from pathlib import Path

from ari_conf.twiml import LARGEST_DOCUMENT

FILES = Path(__file__).parent / "hostile"
"""Where the small ones are; one file each."""

_ROOM = LARGEST_DOCUMENT - 100


def _filled(piece: str, before: str = "", after: str = "", most: int = _ROOM) -> bytes:
    """Return a document with as many of ``piece`` as fit, between ``before`` and ``after``."""
    start, end = f"<Response>{before}", f"{after}</Response>"
    count = min(most, (LARGEST_DOCUMENT - len(start.encode()) - len(end.encode())) // len(piece.encode()))
    return f"{start}{piece * count}{end}".encode()


def _numbered(piece: str, count: int) -> bytes:
    return f"<Response>{''.join(piece.format(number) for number in range(count))}</Response>".encode()


def _nested(tag: str, depth: int, inside: str = "x") -> str:
    return f"<{tag}>" * depth + inside + f"</{tag}>" * depth


def _attributes(count: int, value: str = "") -> str:
    return " ".join(f'a{number}="{value}"' for number in range(count))


def _large() -> dict[str, bytes]:
    return {
        "a thousand verbs": _filled("<Say>x</Say>", most=990),
        "a thousand wrong verbs": _filled("<Pigeon/>", most=990),
        "a thousand wrong attributes": _filled('<Pause length="x"/>', most=990),
        "as many elements as fit": _filled("<a/>"),
        "elements of undeclared prefixes": _filled("<a:b/>"),
        "different undeclared prefixes": _numbered("<p{0}:x/>", 6000),
        "undeclared prefixes of attributes": _filled('<Say a:b="1">x</Say>', most=990),
        "declared namespaces": _numbered('<a xmlns:p{0}="u{0}"/>', 990),
        "as deep as is accepted": f"<Response>{_nested('p', 29)}</Response>".encode(),
        "speech as deep as is accepted": f"<Response><Say>{_nested('prosody', 29, 'word ' * 12_000)}</Say></Response>".encode(),
        "far too deep": f"<Response>{_nested('a', 9300)}</Response>".encode(),
        "unclosed": _filled("<a>"),
        "unclosed speech": _filled("<p>", "<Say>"),
        "a hundred attributes": f"<Response><Dial {_attributes(100, 'x' * 500)}/></Response>".encode(),
        "a thousand attributes": f"<Response><Dial {_attributes(1000)}/></Response>".encode(),
        "as many attributes as fit": f"<Response><Dial {_attributes(6000)}/></Response>".encode(),
        "attributes in every verb": _filled(f"<Say {_attributes(40)}>x</Say>"),
        "the same attribute": _filled(' a=""', "<Dial", "/>"),
        "a long name": f"<Response><{'b' * _ROOM}/></Response>".encode(),
        "a long attribute": _filled("x", '<Dial timeLimit="', '"/>'),
        "a long attribute of numbers": _filled("9", '<Dial timeLimit="', '"/>'),
        "a long attribute of spaces": _filled("&#32;", '<Dial statusCallbackEvent="', '"/>'),
        "a long list of events": _filled("start ", '<Dial><Conference statusCallbackEvent="', '">a</Conference></Dial>', 600),
        "a long list of wrong events": _filled(
            "x ", '<Dial><Conference statusCallbackEvent="', '">a</Conference></Dial>', 2000
        ),
        "a long URL": _filled("/", '<Dial action="http://h', '"/>', 4000),
        "a long URL in text": _filled("//", "<Play>", "</Play>"),
        "a long user in a URL": _filled("x", "<Play>http://", "@h/</Play>"),
        "users without hosts": _filled("sip:", "<Play>", "</Play>"),
        "hosts of a colon": _filled("[:", "<Play>http://", "</Play>"),
        "a long SIP user": _filled("a", "<Dial><Sip>sip:", "@h</Sip></Dial>"),
        "SIP parameters": _filled(";a", "<Dial><Sip>sip:a@h", "</Sip></Dial>"),
        "SIP headers": _filled("&amp;x-a=b", "<Dial><Sip>sip:a@h?", "</Sip></Dial>"),
        "wrong SIP headers": _filled("&amp;b=%0d", "<Dial><Sip>sip:a@h?", "</Sip></Dial>"),
        "SIP headers, nested": _filled(
            '<Header name="x-a" value="b"/>', "<Dial><Sip>sip:a@h<Headers>", "</Headers></Sip></Dial>"
        ),
        "SIP URIs, nested": _filled("<Uri>sip:a@h</Uri>", "<Dial><Sip>", "</Sip></Dial>", 990),
        "callees": _filled("<Number>+14155551212</Number>", "<Dial>", "</Dial>", 990),
        "conferences": _filled("<Conference>a</Conference>", "<Dial>", "</Dial>", 990),
        "parameters of a client": _filled('<Parameter name="a"/>', "<Dial><Client>a", "</Client></Dial>", 990),
        "a long phone number": _filled("1", "<Dial>", "</Dial>"),
        "a long phone number of brackets": _filled("(", "<Dial>", "</Dial>"),
        "prompts of a gather": _filled("<Say>x</Say>", "<Gather>", "</Gather>", 990),
        "a long text": _filled("word ", "<Say>", "</Say>"),
        "a long text without a space": _filled("a", "<Say>", "</Say>"),
        "a text of spaces": _filled(" ", "<Say>", "</Say>"),
        "a text of wide characters": _filled("\U0001d54f", "<Say>", "</Say>"),
        "a text of character references": _filled("&#120;", "<Say>", "</Say>"),
        "a text of entities": _filled("&lt;", "<Say>", "</Say>"),
        "a text in pieces": _filled("<![CDATA[x]]>", "<Say>", "</Say>"),
        "a text between comments": _filled("x<!---->", "<Say>", "</Say>"),
        "instructions": _filled("<?a?>", "<Say>", "</Say>"),
        "speech in a thousand elements": _filled("<p>x</p>", "<Say>", "</Say>", 990),
        "speech in a thousand sentences": _filled('<prosody rate="50%">word <s>x</s></prosody>', "<Say>", "</Say>", 490),
        "speech of unknown elements": _filled('<b c="d">x</b>', "<Say>", "</Say>", 990),
        "speech of wrong attributes": _filled('<break time="x"/>', "<Say>", "</Say>", 990),
        "pauses": _filled('<break time="10s"/>', "<Say>x", "</Say>", 990),
        "aliases": _filled(f'<sub alias="{"long " * 50}">x</sub>', "<Say>", "</Say>", 990),
        "a prolog of instructions": b"<??>" * 16_000,
        "a prolog of comments": b"<!---->" * 9000 + b"<!DOCTYP",
        "a prolog of spaces": b" " * _ROOM,
        "quadratic entities": (
            f'<!DOCTYPE r [<!ENTITY x "{"a" * 30_000}">]><Response><Say>{"&x;" * 8000}</Say></Response>'
        ).encode(),
        "an unfinished tag": _filled("x", "<Say "),
        "an unfinished section": b"<Response><![CDATA[" + b"]" * _ROOM,
        "angle brackets": b"<" * _ROOM,
        "zeros": b"\x00" * _ROOM,
        "a large document in UTF-16": f"<Response><Say>{'word ' * 6000}</Say></Response>".encode("utf-16"),
        "too large": b"<Response>" + b" " * LARGEST_DOCUMENT,
    }


def hostile_documents() -> dict[str, bytes]:
    """Return all of them by name."""
    return {path.name: path.read_bytes() for path in sorted(FILES.iterdir())} | _large()
