from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from multidict import MultiDict
from twilio.request_validator import RequestValidator

from ari_conf.webhooks import compute_signature
from ari_conf.webhooks.signature import BODY_HASH, body_hash

CALL = {"CallSid": "CA1234567890ABCDE", "Digits": "1234", "To": "+18005551212"}


@pytest.mark.parametrize(
    ("url", "form", "signature"),
    [
        (
            "https://example.com/myapp.php?foo=1&bar=2",
            CALL | {"Caller": "+14158675310", "From": "+14158675310"},
            "L/OH5YylLD5NRKLltdqwSvS0BnU=",
        ),
        (
            "https://mycompany.com/myapp.php?foo=1&bar=2",
            CALL | {"Caller": "+12349013030", "From": "+12349013030"},
            "0/KCTR6DLpKmkAf8muzZqo1nDgQ=",
        ),
        (
            "https://mycompany.com/myapp.php?foo=1&bar=2",
            CALL | {"Caller": "+14158675309", "From": "+14158675309", "ReasonConferenceEnded": "test", "Reason": "Participant"},
            "vOEb5UThFn24KEfnOFLQY2AE5FY=",
        ),
    ],
)
def test_published_vectors(url: str, form: dict[str, str], signature: str) -> None:
    assert compute_signature("12345", url, form.items()) == signature


@pytest.mark.parametrize(
    ("url", "same_as"),
    [
        ("https://user:pass@example.com/a?b=c", "https://example.com/a?b=c"),
        ("https://example.com/a?b=c#ct=100&rc=2", "https://example.com/a?b=c"),
        ("https://example.com:8443/a?b=c", "https://example.com/a?b=c"),
        ("http://u:p@[::1]:8080/a#f", "http://[::1]:8080/a"),
        ("https://[::1]:8080/a", "https://[::1]/a"),
    ],
)
def test_what_of_the_url_is_signed(url: str, same_as: str) -> None:
    assert compute_signature("t", url, [("a", "b")]) == compute_signature("t", same_as, [("a", "b")])


def test_the_port_of_an_http_url_is_signed() -> None:
    assert compute_signature("t", "http://example.com:8080/a") != compute_signature("t", "http://example.com/a")


def test_repeated_names_count_once_for_each_distinct_value() -> None:
    form: MultiDict[Any] = MultiDict([("MediaUrl", "b"), ("MediaUrl", "a"), ("MediaUrl", "b"), ("A", "1")])
    signature = compute_signature("12345", "http://example.com/", form.items())
    assert RequestValidator("12345").validate("http://example.com/", form, signature)


text = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)


@given(token=text, form=st.dictionaries(text, text), port=st.sampled_from(["", ":8080"]))
def test_twilios_validator_agrees(token: str, form: dict[str, str], port: str) -> None:
    url = f"http://example.com{port}/voice?a=1"
    validator = RequestValidator(token)
    assert validator.validate(url, form, compute_signature(token, url, form.items()))
    assert not validator.validate(url, form, compute_signature(token + "x", url, form.items()))


@given(body=text)
def test_twilios_validator_agrees_about_bodies_of_json(body: str) -> None:
    url = f"https://example.com/events?{BODY_HASH}={body_hash(body.encode())}"
    validator = RequestValidator("12345")
    assert validator.validate(url, body, compute_signature("12345", url))
    assert not validator.validate(url, body + " ", compute_signature("12345", url))
