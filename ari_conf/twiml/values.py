"""From the text of an attribute to its typed value. A converter raises ``InvalidValueError`` when the text is not allowed."""

import re
from collections.abc import Callable
from enum import StrEnum
from functools import lru_cache
from typing import Final, TypeVar
from urllib.parse import urlsplit

from ari_conf.sids import SidKind, is_sid
from ari_conf.twilio_codes import Code, Level
from ari_conf.twiml.words import HttpMethod, Trim

DEFAULT: Final = object()
"""Stands for the attribute's default."""


class InvalidValueError(ValueError):
    """The value is not allowed. ``expected`` says what is; ``instead`` is used in its place (``DEFAULT``: the default).

    ``code`` stands in for the attribute's where Twilio has one for just this mistake.
    """

    def __init__(self, expected: str, instead: object = DEFAULT, *, code: Code | None = None) -> None:
        super().__init__(expected)
        self.expected = expected
        self.instead = instead
        self.code = code


class UnsupportedValueError(ValueError):
    """The value is allowed at Twilio and cannot be carried out here. ``reason`` says why and what is done; ``value`` counts.

    ``code`` stands in for the attribute's. ``level`` is None for that of the code.
    """

    def __init__(self, reason: str, value: object = DEFAULT, *, code: Code | None = None, level: Level | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.value = value
        self.code = code
        self.level = level


Word = TypeVar("Word", bound=StrEnum)

_BOOLEANS = {"true": True, "false": False}
_RING_TONE = re.compile(
    "at|au|be|bg|br|ch|cl|cn|cz|de|dk|ee|es|fi|fr|gr|hu|il|in|it|jp|lt|mx|my|nl|no|nz|ph|pl|pt|ru|se|sg|th|tw|uk|us|us-old|ve|za"
)
_LONGEST_CONFERENCE_NAME = 128
_LONGEST_LABEL = 128
_LONGEST_CALL_REASON = 50
_LONGEST_CALLER_ID = 128
_LONGEST_CREDENTIAL = 255
_NUMBER = re.compile(r"[0-9]{1,9}")
_KEYS = re.compile(r"[0-9A-DwW#*]+")
_FINISH_KEYS = re.compile(r"[0-9#*]*")
_VOICE = re.compile(r"[A-Za-z][\w .+-]{0,99}", re.ASCII)
_LANGUAGE = re.compile(r"[A-Za-z]{2,8}(?:[-_][A-Za-z0-9]{1,8}){0,4}")
# What nearly all URLs look like; others are taken apart, which takes ten times as long.
_USUAL_URL = re.compile(r"(?:https?://[\w.-]++(?::[0-9]{1,4})?)?/(?!/)[!-~]*+", re.ASCII)
_INPUTS = frozenset({"dtmf", "speech"})


def boolean(text: str) -> bool:
    """Read ``true`` or ``false``."""
    try:
        return _BOOLEANS[text]
    except KeyError:
        raise InvalidValueError("true or false") from None


def word_of(words: type[Word]) -> Callable[[str], Word]:
    """Return a converter to one of ``words``."""
    known = {word.value: word for word in words}

    def convert(text: str) -> Word:
        try:
            return known[text]
        except KeyError:
            raise InvalidValueError(_choice([word.value for word in words])) from None

    return convert


method = word_of(HttpMethod)


def words_of(words: type[Word]) -> Callable[[str], frozenset[Word]]:
    """Return a converter to a set of ``words``, which are separated by spaces; the known ones count if others are not known."""
    known = {word.value: word for word in words}

    # A document is kept for as long as its call lasts, and all calls to a number have the same words.
    @lru_cache(maxsize=64)
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
        if _NUMBER.fullmatch(text) and lowest <= (value := int(text)) <= highest:
            return value
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
    if not text.isprintable() or " " in text:
        return False
    if _USUAL_URL.fullmatch(text):
        return True
    try:
        parts = urlsplit(text)
        host, _port = parts.hostname, parts.port
    except ValueError:
        return False
    if parts.scheme:
        return parts.scheme in {"http", "https"} and bool(host)
    return not parts.netloc or bool(host)


def conference_name(text: str) -> str:
    """Take the name of a conference, without the blanks around it."""
    name = text.strip()
    if not 1 <= len(name) <= _LONGEST_CONFERENCE_NAME:
        raise InvalidValueError(f"1 to {_LONGEST_CONFERENCE_NAME} characters")
    return name


def label(text: str) -> str:
    """Take a participant's label, which has to be fit for a path of the REST API and must not look like a Call SID."""
    if not text or len(text) > _LONGEST_LABEL or "/" in text or "%2f" in text.lower() or is_sid(text, SidKind.CALL):
        raise InvalidValueError(f'1 to {_LONGEST_LABEL} characters without "/" and "%2F" that do not look like a Call SID')
    return text


def call_sid(text: str) -> str:
    """Take a Call SID."""
    if not is_sid(text, SidKind.CALL):
        raise InvalidValueError('a Call SID ("CA" and 32 hexadecimal digits)')
    return text


_trim = word_of(Trim)


def conference_trim(text: str) -> Trim:
    """Read ``trim`` of a conference, where ``true`` and ``false`` are accepted as well."""
    if text in _BOOLEANS:
        return Trim.TRIM_SILENCE if _BOOLEANS[text] else Trim.DO_NOT_TRIM
    return _trim(text)


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


def voice(text: str) -> str | None:
    """Take the name of a voice; whether there is such a voice is up to what speaks."""
    return _fitting(_VOICE, text, "the name of a voice")


def language(text: str) -> str | None:
    """Take a language as an IETF tag (``de-DE``)."""
    return _fitting(_LANGUAGE, text, "a language like en-US")


def _fitting(pattern: re.Pattern[str], text: str, expected: str) -> str | None:
    if text and not pattern.fullmatch(text):
        raise InvalidValueError(expected)
    return text or None


def finish_key(text: str) -> str:
    """Take the one key that ends ``<Gather>``, or none."""
    if not _FINISH_KEYS.fullmatch(text):
        raise InvalidValueError("one key out of 0-9, # and *, or empty")
    if len(text) > 1:
        raise InvalidValueError("one key out of 0-9, # and *, or empty", code=Code.GATHER_FINISH_ON_KEY_LENGTH)
    return text


def finish_keys(text: str) -> str:
    """Take the keys of which any ends ``<Record>``, or none."""
    if not _FINISH_KEYS.fullmatch(text):
        raise InvalidValueError("keys out of 0-9, # and *, or empty")
    return text


def gather_input(text: str) -> bool:
    """Read ``input``: whether keys are collected. Speech is not recognised here."""
    words = set(text.split())
    if not words or words - _INPUTS:
        raise InvalidValueError("dtmf, speech, or both with a space between")
    if "speech" not in words:
        return True
    if "dtmf" in words:
        raise UnsupportedValueError("speech is not recognised, only keys are collected", value=True)
    raise UnsupportedValueError("speech is not recognised; nothing is collected", value=False, level=Level.ERROR)


def auto_or_number(lowest: int, highest: int) -> Callable[[str], int | None]:
    """Return a converter to a whole number between two bounds, or to None for ``auto``."""
    read_number = number(lowest, highest)

    def convert(text: str) -> int | None:
        try:
            return None if text == "auto" else read_number(text)
        except InvalidValueError as error:
            raise InvalidValueError(f"auto or {error.expected}") from None

    return convert


def transcribe(text: str) -> bool:
    """Read ``transcribe``, of which only false can be carried out."""
    if boolean(text):
        raise UnsupportedValueError("recordings are not transcribed here", code=Code.TRANSCRIPTION_NOT_AVAILABLE)
    return False


def transcribe_callback(text: str) -> str | None:
    """Check ``transcribeCallback``, which is never requested."""
    if url(text):
        raise UnsupportedValueError("recordings are not transcribed here", code=Code.TRANSCRIPTION_NOT_AVAILABLE)
    return None


def machine_detection(text: str) -> None:
    """Check ``machineDetection``, which cannot be carried out."""
    if text not in {"Enable", "DetectMessageEnd"}:
        raise InvalidValueError("Enable or DetectMessageEnd")
    raise UnsupportedValueError("answering machines are not detected here; whoever answers is connected")


def byoc(text: str) -> None:
    """Check ``byoc``, a trunk of Twilio's, which does not exist here."""
    if text:
        raise UnsupportedValueError("there are no trunks of Twilio's here; the call takes the usual way")


def task_router(text: str) -> None:
    """Refuse what belongs to TaskRouter."""
    raise UnsupportedValueError("there is no TaskRouter here", text)


def caller_id(text: str) -> str | None:
    """Take a caller ID: a number, a client, or whatever a SIP peer is to see."""
    if len(text) > _LONGEST_CALLER_ID:
        raise InvalidValueError(f"at most {_LONGEST_CALLER_ID} characters", code=Code.CALLER_ID_TOO_LONG)
    if not text.isprintable() or any(character in '"<>\\' for character in text):
        raise InvalidValueError("without control characters, quotes and angle brackets", code=Code.CALLER_ID_CHARACTERS)
    return text or None


def credential(text: str) -> str | None:
    """Take the user name or password that answers a SIP challenge."""
    if len(text) > _LONGEST_CREDENTIAL or not text.isprintable():
        raise InvalidValueError(f"at most {_LONGEST_CREDENTIAL} characters without control characters")
    return text or None


def _choice(words: list[str]) -> str:
    return " or ".join([", ".join(words[:-1]), words[-1]])
