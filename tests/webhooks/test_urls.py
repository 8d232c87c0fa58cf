import pytest

from ari_conf.twilio_codes import Code
from ari_conf.webhooks import WebhookError, redacted, resolve

BASE = "https://me:secret@example.com/app/voice?x=1"


@pytest.mark.parametrize(
    ("reference", "absolute"),
    [
        ("", BASE),
        ("next", "https://me:secret@example.com/app/next"),
        ("/next?a=b", "https://me:secret@example.com/next?a=b"),
        ("?a=b", "https://me:secret@example.com/app/voice?a=b"),
        ("//other.example/next", "https://other.example/next"),
        ("http://other.example/next", "http://other.example/next"),
    ],
)
def test_resolve(reference: str, absolute: str) -> None:
    assert resolve(BASE, reference) == absolute


def test_what_cannot_be_resolved() -> None:
    with pytest.raises(WebhookError) as caught:
        resolve(BASE, "http://[::1")
    assert caught.value.code is Code.INVALID_URL


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        (f"{BASE}#rc=2", "https://example.com/app/voice?x=1"),
        ("http://me:sec@ret@[::1/", "[::1/"),
        ("http://h/\x1b[31m", "http://h/�[31m"),
    ],
)
def test_redacted(url: str, shown: str) -> None:
    assert redacted(url) == shown
