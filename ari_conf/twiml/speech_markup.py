"""What ``<Say>`` says: its text, and its speech markup (SSML) as far as it is known, checked for whatever speaks it.

Nothing that is marked up can make a short text long: pauses have a longest length, also together, and rates a slowest.
"""

import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from xml.sax.saxutils import escape, quoteattr

from ari_conf.twilio_codes import Code
from ari_conf.twiml.elements import Element
from ari_conf.twiml.problems import Problems, quoted

LONGEST_TEXT = 4096
"""Characters of a <Say> that are spoken, markup not counted; the rest is left out (13521)."""

LONGEST_BREAK = 10.0
"""Seconds that one <break> may last, as with the voices that Twilio uses."""

LONGEST_BREAKS = 120.0
"""Seconds that all <break> of a <Say> may last together."""

_LONGEST_VALUE = 4096  # of an attribute; as long as an alias may be
_SLOWEST, _FASTEST = 20, 200  # per cent

_TIME = re.compile(r"([0-9]{1,5}(?:\.[0-9]{1,3})?)(ms|s)")
_PER_CENT = re.compile(r"([0-9]{1,3}(?:\.[0-9]{1,2})?)%")


def _one_of(*words: str) -> Callable[[str], bool]:
    return frozenset(words).__contains__


def _like(pattern: str) -> Callable[[str], bool]:
    compiled = re.compile(pattern)
    return lambda value: compiled.fullmatch(value) is not None


@lru_cache(maxsize=64)
def _seconds(value: str) -> float | None:
    found = _TIME.fullmatch(value)
    return found and float(found[1]) / (1000 if found[2] == "ms" else 1)


def _break_time(value: str) -> bool:
    seconds = _seconds(value)
    return seconds is not None and seconds <= LONGEST_BREAK


def _rate(value: str) -> bool:
    found = _PER_CENT.fullmatch(value)
    if found:
        return _SLOWEST <= float(found[1]) <= _FASTEST
    return value in {"x-slow", "slow", "medium", "default", "fast", "x-fast"}


_ELEMENTS: Mapping[str, Mapping[str, Callable[[str], bool]]] = {
    "break": {"strength": _one_of("none", "x-weak", "weak", "medium", "strong", "x-strong"), "time": _break_time},
    "emphasis": {"level": _one_of("strong", "moderate", "none", "reduced")},
    "lang": {"xml:lang": _like(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8}){0,4}")},
    "p": {},
    "phoneme": {"alphabet": _like(r"[a-z0-9-]{1,32}"), "ph": _like(r"[^\x00-\x1f\x7f-\x9f]{1,200}")},
    "prosody": {
        "volume": _like(r"default|silent|x-soft|soft|medium|loud|x-loud|[+-][0-9]{1,2}(\.[0-9]{1,2})?dB"),
        "rate": _rate,
        "pitch": _like(r"default|x-low|low|medium|high|x-high|[+-][0-9]{1,2}(\.[0-9]{1,2})?%"),
    },
    "s": {},
    "say-as": {"interpret-as": _like(r"[a-z-]{1,32}"), "format": _like(r"[a-z0-9]{1,16}")},
    "sub": {"alias": _like(r"[^\x00-\x1f\x7f-\x9f]{1,4096}")},
    "w": {"role": _like(r"[A-Za-z0-9_:.-]{1,32}")},
}
_APART = frozenset({"break", "p", "s"})
_XML_LANG = "{http://www.w3.org/XML/1998/namespace}lang"


# Documents say the same few things about their pauses and rates again and again.
@lru_cache(maxsize=256)
def _written(element: str, name: str, value: str) -> str | None:
    """Return an attribute as it stands in markup; None if it may not have this value."""
    return f" {name}={quoteattr(value)}" if _ELEMENTS[element][name](value) else None


def _single_spaced(text: str) -> str:
    words = " ".join(text.split())
    if len(words) == len(text):
        return words
    before = " " if text[:1].isspace() else ""
    after = " " if words and text[-1:].isspace() else ""
    return f"{before}{words}{after}"


class Speech:
    """Collects the ``text`` of a ``<Say>`` and the same with its markup."""

    def __init__(self, say: Element, problems: Problems) -> None:
        self._problems = problems
        self._left = LONGEST_TEXT
        self._breaks_left = LONGEST_BREAKS
        self._plain: list[str] = []
        self._marked: list[str] = []
        self._has_markup = False
        self._too_long = False
        self._add_content(say)
        if self._too_long:
            message = f"<Say> has more than {LONGEST_TEXT} characters; the rest is not spoken."
            problems.add(Code.SAY_TOO_LONG, message, say.line)

    @property
    def text(self) -> str:
        """What is spoken, without markup, with single spaces."""
        return " ".join("".join(self._plain).split())

    @property
    def ssml(self) -> str | None:
        """What is spoken, as well-formed XML without a root; None if there is no markup in it."""
        return "".join(self._marked).strip() if self._has_markup else None

    def _add_content(self, element: Element) -> None:
        if element.text:
            self._marked.append(escape(self._add_text(element.text)))
        for child in element.children:
            if self._too_long:
                return
            self._add_element(child)
            if child.tail and not self._too_long:
                self._marked.append(escape(self._add_text(child.tail)))

    def _add_text(self, text: str) -> str:
        text = _single_spaced(text)
        if len(text) > self._left:
            self._too_long = True
            text = text[: self._left]
        self._left -= len(text)
        self._plain.append(text)
        return text

    def _add_element(self, element: Element) -> None:
        name = element.tag
        if name not in _ELEMENTS:
            known = "has no effect here" if element.name.startswith("amazon:") else "is no speech markup"
            message = f"<{element.name}> in <Say> {known}; the text in it is spoken."
            self._problems.add(Code.SCHEMA_WARNING, message, element.line)
            self._add_content(element)
            return
        if name in _APART:
            self._plain.append(" ")
        attributes = self._attributes(element)
        if name == "sub" and attributes:
            # The alias is spoken in place of the text, which therefore does not count.
            alias = self._add_text(element.get("alias", "").strip())
            if alias:
                self._marked.append(f"<sub alias={quoteattr(alias)}>{escape(_single_spaced(element.own_text))}</sub>")
                self._has_markup = True
        else:
            self._marked.append(f"<{name}{attributes}/>" if name == "break" else f"<{name}{attributes}>")
            self._has_markup = True
            self._add_content(element)
            if name != "break":
                self._marked.append(f"</{name}>")
        if name in _APART:
            self._plain.append(" ")

    def _attributes(self, element: Element) -> str:
        """Return the attributes that are allowed, as they stand in markup."""
        allowed = ""
        for raw_name, raw in element.attributes:
            name = "xml:lang" if raw_name == _XML_LANG else raw_name
            value = raw.strip()
            if name not in _ELEMENTS[element.tag]:
                message = f"<{element.tag}> in <Say> has no attribute {quoted(name)}; it is ignored."
                self._problems.add(Code.SCHEMA_WARNING, message, element.line)
                continue
            written = _written(element.tag, name, value) if len(value) <= _LONGEST_VALUE else None
            if written is None or (name == "time" and not self._may_pause(value)):
                code = Code.SAY_RATE if name == "rate" else Code.SCHEMA_WARNING
                message = f"{name}={quoted(raw)} of <{element.tag}> in <Say> is not allowed; it is ignored."
                self._problems.add(code, message, element.line)
            else:
                allowed += written
        return allowed

    def _may_pause(self, value: str) -> bool:
        seconds = _seconds(value) or 0.0
        if seconds > self._breaks_left:
            return False
        self._breaks_left -= seconds
        return True
