"""From the text of an attribute to its typed value. A converter raises ``InvalidValueError`` when the text is not allowed."""

import re
from collections.abc import Callable
from enum import StrEnum
from typing import Final, TypeVar
from urllib.parse import urlsplit

from ari_conf.sids import SidKind, is_sid
from ari_conf.twiml.verbs import HttpMethod, Trim

DEFAULT: Final = object()
"""Stands for the attribute's default."""


class InvalidValueError(ValueError):
    """The value is not allowed. ``expected`` says what is; ``instead`` is used in its place (``DEFAULT``: the default)."""

    def __init__(self, expected: str, instead: object = DEFAULT) -> None:
        super().__init__(expected)
        self.expected = expected
        self.instead = instead


Word = TypeVar("Word", bound=StrEnum)

_BOOLEANS = {"true": True, "false": False}
_RING_TONE = re.compile(
    "at|au|be|bg|br|ch|cl|cn|cz|de|dk|ee|es|fi|fr|gr|hu|il|in|it|jp|lt|mx|my|nl|no|nz|ph|pl|pt|ru|se|sg|th|tw|uk|us|us-old|ve|za"
)
_LONGEST_LABEL = 128
_LONGEST_CALL_REASON = 50
_NUMBER = re.compile(r"[0-9]{1,9}")
_KEYS = re.compile(r"[0-9A-DwW#*]+")


def boolean(text: str) -> bool:
    """Read ``true`` or ``false``."""
    try:
        return _BOOLEANS[text]
    except KeyError:
        raise InvalidValueError("true or false") from None


def word_of(words: type[Word]) -> Callable[[str], Word]:
    """Return a converter to one of ``words``."""

    def convert(text: str) -> Word:
        try:
            return words(text)
        except ValueError:
            raise InvalidValueError(_choice([word.value for word in words])) from None

    return convert


method = word_of(HttpMethod)


def words_of(words: type[Word]) -> Callable[[str], frozenset[Word]]:
    """Return a converter to a set of ``words``, which are separated by spaces; the known ones count if others are not known."""
    known = {word.value: word for word in words}

    def convert(text: str) -> frozenset[Word]:
        given = text.split()
        found = frozenset(known[word] for word in given if word in known)
        if any(word not in known for word in given):
            raise InvalidValueError(f"words out of {', '.join(known)}, separated by spaces", found or DEFAULT)
        return found

    return convert


def number(lowest: int, highest: int) -> Callable[[str], int]:
    """Return a converter to a whole number between two bounds, both included."""

    def convert(text: str) -> int:
        if _NUMBER.fullmatch(text) and lowest <= int(text) <= highest:
            return int(text)
        raise InvalidValueError(f"a whole number from {lowest} to {highest}")

    return convert


def some_text(text: str) -> str | None:
    """Take any text; none at all is None."""
    return text or None


def url(text: str) -> str | None:
    """Take an absolute http or https URL or a relative one, as it is written; none at all is None."""
    return wait_url(text) or None


def wait_url(text: str) -> str:
    """Take what ``url`` takes, but keep the empty one, which means silence."""
    if not is_url(text):
        raise InvalidValueError("a relative URL or an absolute one with http or https")
    return text


def is_url(text: str) -> bool:
    """Tell whether ``text`` can be a URL reference: relative (possibly empty), or absolute with http or https."""
    if any(character.isspace() or not character.isprintable() for character in text):
        return False
    try:
        parts = urlsplit(text)
        host, _port = parts.hostname, parts.port
    except ValueError:
        return False
    if parts.scheme:
        return parts.scheme in {"http", "https"} and bool(host)
    return not parts.netloc or bool(host)


def label(text: str) -> str:
    """Take a participant's label, which has to be fit for a path of the REST API and must not look like a Call SID."""
    if not text or len(text) > _LONGEST_LABEL or "/" in text or "%2f" in text.lower() or is_sid(text, SidKind.CALL):
        raise InvalidValueError(f'1 to {_LONGEST_LABEL} characters without "/" and "%2F" that do not look like a Call SID')
    return text


def call_sid(text: str) -> str:
    """Take a Call SID."""
    if not is_sid(text, SidKind.CALL):
        raise InvalidValueError('a Call SID ("CA" and 32 hexadecimal digits in lower case)')
    return text


def conference_trim(text: str) -> Trim:
    """Read ``trim`` of a conference, where ``true`` and ``false`` are accepted as well."""
    if text in _BOOLEANS:
        return Trim.TRIM_SILENCE if _BOOLEANS[text] else Trim.DO_NOT_TRIM
    return word_of(Trim)(text)


def ring_tone(text: str) -> str | None:
    """Take the code of a country's ring tone."""
    if not _RING_TONE.fullmatch(text):
        raise InvalidValueError(f"a country's code out of {_RING_TONE.pattern.replace('|', ' ')}")
    return text


def call_reason(text: str) -> str | None:
    """Take the reason that is shown to the called party."""
    if len(text) > _LONGEST_CALL_REASON:
        raise InvalidValueError(f"at most {_LONGEST_CALL_REASON} characters")
    return text or None


def keys(text: str) -> str | None:
    """Take keys to press."""
    if text and not _KEYS.fullmatch(text):
        raise InvalidValueError("keys out of 0-9, A-D, # and *, with w and W for pauses")
    return text or None


def _choice(words: list[str]) -> str:
    return " or ".join([", ".join(words[:-1]), words[-1]])
