import pytest
from hypothesis import given
from hypothesis import strategies as st

from ari_conf.media.asterisk.dial_strings import HEADERS_LENGTH, DialString, DialStrings, caller_number
from ari_conf.media.port import EngineError

DIAL_STRINGS = DialStrings()


@pytest.mark.parametrize(
    ("to", "endpoint"),
    [
        ("+15551234567", "PJSIP/+15551234567@trunk"),
        ("1001", "PJSIP/1001@trunk"),
        ("client:ann.b-c_1", "PJSIP/ann.b-c_1"),
        ("sip:bob@host.example", "PJSIP/outgoing/sip:bob@host.example"),
        ("sips:%2B49@[2001:db8::1]:5061;transport=tls", "PJSIP/outgoing/sips:%2B49@[2001:db8::1]:5061;transport=tls"),
        ("SIP:10.0.0.1", "PJSIP/outgoing/SIP:10.0.0.1"),
    ],
)
def test_what_is_dialled(to: str, endpoint: str) -> None:
    assert DIAL_STRINGS.of(to).endpoint == endpoint


@pytest.mark.parametrize("letter", "&@/,|()[]{}$\\\"'<>: \t\r\n\0ü")
@pytest.mark.parametrize(
    "to", ["+1555{}1", "{}", "client:a{}b", "client:{}", "sip:a{}b@host", "sip:a@b{}c", "sip:a@host;x=y{}z"]
)
def test_no_other_letter_gets_into_a_dial_string(to: str, letter: str) -> None:
    with pytest.raises(EngineError, match="cannot be dialled"):
        DIAL_STRINGS.of(to.format(letter))


@given(st.text(max_size=60), st.sampled_from(["", "+", "client:", "sip:", "sip:a@", "sips:a@b;"]))
def test_whatever_is_asked_for_is_refused_or_one_thing(text: str, prefix: str) -> None:
    try:
        what = DIAL_STRINGS.of(prefix + text)
    except EngineError:
        return
    assert what.endpoint.isascii()
    assert what.endpoint.isprintable()
    assert not set(what.endpoint) & set("&,|(){}$\\\"'<> ")
    assert what.endpoint.count("@") <= 1
    assert what.endpoint.count("/") == (2 if what.uri else 1)
    assert all(value.isprintable() and name.lower().startswith(("x-", "user-to-user")) for name, value in what.headers)


def test_headers_of_a_uri() -> None:
    what = DIAL_STRINGS.of("sip:a@b;x=y?X-One=1%2C2&Subject=no&x-two=%C3%BC&User-to-User=55&X-Three&X-a%20b=no&")
    expected = (("X-One", "1,2"), ("x-two", "ü"), ("User-to-User", "55"), ("X-Three", ""))
    assert what == DialString("PJSIP/outgoing/sip:a@b;x=y", expected, "sip:a@b;x=y")


@pytest.mark.parametrize("value", ["a%0D%0AVia: x", "%00", "%0A", "%1B"])
def test_a_header_with_a_control_character_is_refused(value: str) -> None:
    with pytest.raises(EngineError, match="control character"):
        DIAL_STRINGS.of(f"sip:a@b?X-A={value}")


def test_headers_have_a_length() -> None:
    assert DIAL_STRINGS.of(f"sip:a@b?X-A={'a' * (HEADERS_LENGTH - 3)}").headers
    with pytest.raises(EngineError, match="1024 characters"):
        DIAL_STRINGS.of(f"sip:a@b?X-A={'a' * HEADERS_LENGTH}")


@pytest.mark.parametrize(
    ("caller_id", "number"),
    [
        ("+15551234567", "+15551234567"),
        ("client:ann", "ann"),
        ("sip:eve@host;x=y", "eve"),
        ('"><sip:evil@x>', "sipevil"),
        ("a\r\nVia: x", "aViax"),
        ("", "anonymous"),
    ],
)
def test_what_stands_in_from(caller_id: str, number: str) -> None:
    assert caller_number(caller_id) == number
