"""Documents that nobody thought of: made of bytes, of damage to the hostile ones, and of words of TwiML."""

import string
from urllib.parse import urlsplit
from xml.sax.saxutils import escape, quoteattr

from hypothesis import given
from hypothesis import strategies as st

from ari_conf.twiml import Document, parse_twiml, tables
from ari_conf.twiml.attributes import Table
from ari_conf.twiml.values import _USUAL_URL

from .hostile_documents import hostile_documents
from .promise import outcome

DOCUMENTS = hostile_documents()
SMALL = sorted(name for name, body in DOCUMENTS.items() if len(body) < 1000)


@given(st.one_of(st.binary(max_size=300), st.text(max_size=300)))
def test_any_bytes(body: bytes | str) -> None:
    outcome(body)


@given(st.sampled_from(SMALL), st.data())
def test_any_damage_to_the_corpus(name: str, data: st.DataObject) -> None:
    body = DOCUMENTS[name]
    start = data.draw(st.integers(0, len(body)))
    end = data.draw(st.integers(start, min(len(body), start + 8)))
    outcome(body[:start] + data.draw(st.binary(max_size=8)) + body[end:])


pieces = st.sampled_from(
    [
        "<Response>", "</Response>", "<Dial>", "</Dial>", "<Dial ", "<Conference>", "</Conference>", "<Conference ",
        "<Say>", "</Say>", "<Play>", "</Play>", "<Redirect/>", "<Pause length='", "/>", ">", "muted=", 'action="', '"', "'",
        "&", "&#", "x;", "<!--", "-->", "<!DOCTYPE", "<![CDATA[", "]]>", "<?", "?>", "http://[", "Room", " ", "\x00", "\ud800",
        "ü", "<?xml version='1.0' encoding='", "utf-16", "statusCallbackEvent='start nope'", "coach=''",
    ]
)  # fmt: skip


@given(st.lists(pieces, max_size=30).map("".join), st.booleans())
def test_any_rubble(text: str, wrapped: bool) -> None:  # noqa: FBT001
    outcome(f"<Response>{text}</Response>" if wrapped else text)


TABLES: dict[str, Table] = {
    "Client": tables.CLIENT,
    "Conference": tables.CONFERENCE,
    "Dial": tables.DIAL,
    "Enqueue": tables.ENQUEUE,
    "Gather": tables.GATHER,
    "Header": tables.NAME_AND_VALUE,
    "Number": tables.NUMBER,
    "Parameter": tables.NAME_AND_VALUE,
    "Pause": tables.PAUSE,
    "Play": tables.PLAY,
    "Queue": tables.QUEUE,
    "Record": tables.RECORD,
    "Redirect": tables.REDIRECT,
    "Reject": tables.REJECT,
    "Say": tables.SAY,
    "Sip": tables.SIP,
    "Uri": tables.SIP_URI,
}
NAMES = [
    *TABLES, "Headers", "Identity", "Hangup", "Leave", "Sim", "Start", "Sms", "Pigeon",
    "break", "emphasis", "lang", "p", "phoneme", "prosody", "s", "say-as", "sub", "w", "amazon:effect",
]  # fmt: skip
SPEECH_ATTRIBUTES = ["alias", "alphabet", "format", "interpret-as", "level", "ph", "pitch", "rate", "role", "strength", "time",
                     "volume", "xml:lang"]  # fmt: skip

# Every character that XML can carry.
texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters=["\x00", "\ufffe", "\uffff"]), max_size=30).map(
    lambda text: "".join(character for character in text if character >= " " or character in "\t\n\r")
)
values = st.one_of(
    texts,
    st.sampled_from([
        "true", "GET", "POST", "0", "1", "10", "99999", "#", "dtmf speech", "start end", "completed", "10s", "500ms", "50%",
        "/a", "https://u:p@h/?a#b", "sip:a@h;transport=tls?x-a=b", "sip:a@h?x-a=%0d", "+14155551212", "busy", "do-not-trim",
        "\n",
    ]),
)  # fmt: skip


def written(name: str, attributes: dict[str, str], content: list[str]) -> str:
    given_attributes = "".join(f" {key}={quoteattr(value)}" for key, value in attributes.items())
    return f"<{name}{given_attributes}>{''.join(content)}</{name}>"


@st.composite
def element(draw: st.DrawFn, inside: st.SearchStrategy[str]) -> str:
    name = draw(st.sampled_from(NAMES))
    names = st.sampled_from([*TABLES.get(name, ()), *([] if name in TABLES else SPEECH_ATTRIBUTES), "unknown"])
    return written(name, draw(st.dictionaries(names, values, max_size=4)), draw(st.lists(inside, max_size=4)))


trees = st.recursive(values.map(escape), element, max_leaves=12)


@given(st.lists(trees, max_size=4))
def test_any_document_of_known_words(content: list[str]) -> None:
    result = outcome(f"<Response>{''.join(content)}</Response>")
    assert isinstance(result, Document)


@given(
    name=st.sampled_from(["waitUrl", "coach", "participantLabel", "statusCallbackEvent", "maxParticipants"]),
    value=values,
)
def test_any_attribute_value(name: str, value: str) -> None:
    document = parse_twiml(f"<Response><Dial><Conference {name}={quoteattr(value)}>Room</Conference></Dial></Response>")
    assert len(document.verbs) == 1
    assert len(document.problems) <= 1


@given(
    st.sampled_from(["", "http://h", "https://h.example:80", "http://-", "https://_.:9999", "http:", "https://"]),
    st.text(st.one_of(st.sampled_from("/:@?#[]%"), st.sampled_from(string.printable)), max_size=12),
)
def test_what_is_not_taken_apart_would_have_been_a_url(start: str, rest: str) -> None:
    url = f"{start}/{rest}"
    if _USUAL_URL.fullmatch(url):
        parts = urlsplit(url)
        assert parts.scheme in {"", "http", "https"}
        assert bool(parts.scheme) == bool(parts.netloc) == bool(parts.hostname)
        assert parts.port is None or parts.port <= 9999
