"""What somebody looks for, as it is written: words, some of them with a name (``room:support after:2026-11-01``). Pure."""

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

LONGEST: Final = 300
"""Characters of a query."""

MOST_WORDS: Final = 10
"""So many words a query may have: each is looked for in every place."""

STATUSES: Final = (
    "init", "in-progress", "completed", "queued", "ringing", "busy", "failed", "no-answer", "canceled",
)  # fmt: skip
"""Those of conferences, and of calls."""

_SPOKEN: Final = {"waiting": "init"}
"""Statuses that pages call otherwise."""

_WORD: Final = re.compile(r'(?:([a-z]+):)?(?:"([^"]*)"?|(\S+))', re.IGNORECASE)
"""A word or, between quotation marks, several, with a name before it or without."""

_SID: Final = re.compile(r"(AC|CA|CF|RE)[0-9a-f]{32}", re.IGNORECASE)


class QueryError(Exception):
    """A query cannot be understood; the text is a sentence that says why, and what would be."""


@dataclass(frozen=True, slots=True)
class Query:
    """What has to fit, all of it. ``texts`` may be anywhere.

    ``sids`` are whole SIDs, ``calls`` and ``accounts`` the beginnings of some. ``after`` (from then on) and ``before`` (until
    just then) are in seconds since 1970.
    """

    texts: tuple[str, ...] = ()
    sids: tuple[str, ...] = ()
    rooms: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    numbers: tuple[str, ...] = ()
    calls: tuple[str, ...] = ()
    statuses: tuple[str, ...] = ()
    accounts: tuple[str, ...] = ()
    after: float | None = None
    before: float | None = None

    @property
    def names_something(self) -> bool:
        """Whether it says more than of which account, in what state and when."""
        return bool(self.texts or self.sids or self.rooms or self.labels or self.numbers or self.calls)

    @property
    def is_empty(self) -> bool:
        """Whether everything fits."""
        return self == Query()


@dataclass(slots=True)
class _Found:
    words: dict[str, list[str]] = field(default_factory=dict)
    after: float | None = None
    before: float | None = None

    def add(self, name: str, word: str) -> None:
        self.words.setdefault(name, []).append(word)


_PLACES: Final = {"room": "rooms", "label": "labels", "number": "numbers"}


def parse_query(text: str) -> Query:
    """Return what ``text`` asks for. A name that is not known is a part of the word: ``sip:bob`` is looked for as it is.

    Raises ``QueryError``.
    """
    if len(text) > LONGEST:
        raise QueryError(f"The query is longer than {LONGEST} characters.")
    found = _Found()
    matches = list(_WORD.finditer(text))
    if len(matches) > MOST_WORDS:
        raise QueryError(f"The query has more than {MOST_WORDS} words; put quotation marks around those that belong together.")
    for match in matches:
        _take(found, match)
    return Query(after=found.after, before=found.before, **{name: tuple(words) for name, words in found.words.items()})


def _take(found: _Found, match: re.Match[str]) -> None:
    name = (match[1] or "").lower()
    word = (match[3] if match[2] is None else match[2]).strip()
    if name and not word:
        return
    if name in _PLACES:
        found.add(_PLACES[name], word)
    elif name == "call":
        found.add("calls", _sid(word, "CA"))
    elif name == "account":
        found.add("accounts", _sid(word, "AC"))
    elif name == "status":
        found.add("statuses", _status(word))
    elif name == "after":
        found.after = max(_moment(word), found.after or 0.0)
    elif name == "before":
        found.before = min(_moment(word), found.before or float("inf"))
    elif word and _SID.fullmatch(match[0]):
        found.add("sids", word[:2].upper() + word[2:].lower())
    elif word:
        found.add("texts", f"{match[1]}:{word}" if match[1] else word)


def _sid(word: str, kind: str) -> str:
    if not re.fullmatch(rf"{kind}[0-9a-f]{{0,32}}", word, re.IGNORECASE):
        raise QueryError(f'"{word}" is not the beginning of a SID, which is {kind} and then digits and the letters a to f.')
    return kind + word[2:].lower()


def _status(word: str) -> str:
    status = _SPOKEN.get(word.lower(), word.lower())
    if status not in STATUSES:
        raise QueryError(f'"{word}" is no status; there are {", ".join(STATUSES)}.')
    return status


def _moment(word: str) -> float:
    try:
        at = datetime.fromisoformat(word)
        return (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()
    except ValueError:
        raise QueryError(
            f'"{word}" is neither a day nor a time; write 2026-11-02 or 2026-11-02T10:00, in UTC unless you add +01:00.'
        ) from None
