"""How long an answer may be used again without asking (RFC 9111), for a cache that belongs to one application."""

import re
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from typing import Final

UNSAID_SECONDS: Final = 60.0
"""How long an answer is fresh that says nothing about it."""

_LONGEST_SECONDS: Final = 365 * 86400.0
_DIRECTIVE: Final = re.compile(
    r'(?:(?<![a-z-])(?=[a-z-])|(?<!\s)(?=\s))\s*+([a-z-]++)\s*+(?:=\s*+(?:"([^"]*+)"|([^\s,"]*+)))?+\s*+(?:,|$)', re.IGNORECASE
)
"""Possessive, and begun at the edge of a word only: no header makes it look at the same letters again and again."""


def fresh_seconds(headers: Mapping[str, str], now: float) -> float | None:
    """Return for how many seconds from ``now`` (since 1970) an answer with ``headers`` is fresh; None if it may not be kept.

    The names of ``headers`` are in lower case.
    """
    directives = {name.lower(): quoted or plain for name, quoted, plain in _DIRECTIVE.findall(headers.get("cache-control", ""))}
    if "no-store" in directives:
        return None
    if "no-cache" in directives:
        return 0.0
    if "max-age" in directives:
        return _within(_seconds(directives["max-age"]) - _seconds(headers.get("age", "0")))
    if "expires" in headers:
        expires = _moment(headers["expires"])
        # What is no date has expired.
        return 0.0 if expires is None else _within(expires - (_moment(headers.get("date", "")) or now))
    return UNSAID_SECONDS


def _seconds(text: str) -> float:
    text = text.strip()
    return float(text[:12]) if text.isascii() and text.isdigit() else 0.0


def _moment(text: str) -> float | None:
    try:
        return parsedate_to_datetime(text).timestamp()
    except (ValueError, OverflowError):
        return None


def _within(seconds: float) -> float:
    return min(max(seconds, 0.0), _LONGEST_SECONDS)
