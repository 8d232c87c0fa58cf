"""Speech markup (SSML) taken apart: a flat row of runs, each spoken in one way, and pauses."""

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

import structlog
from lxml import etree

from .speech_port import LONGEST_TEXT

_log = structlog.get_logger(__name__)

_BREAKS: Final = {"none": 0.0, "x-weak": 0.1, "weak": 0.2, "medium": 0.4, "strong": 0.7, "x-strong": 1.0}
_SENTENCE: Final = 0.3
_PARAGRAPH: Final = 0.6
_BLEEP: Final = 0.5
"""Seconds of silence for a break of each strength, between sentences, between paragraphs, and in place of an expletive."""

_LONGEST_BREAK: Final = 10.0

_RATES: Final = {"x-slow": 0.6, "slow": 0.8, "medium": 1.0, "default": 1.0, "fast": 1.25, "x-fast": 1.6}
_VOLUMES: Final = {"silent": 0.0, "x-soft": 0.3, "soft": 0.65, "medium": 1.0, "default": 1.0, "loud": 1.5, "x-loud": 2.3}
_PITCHES: Final = {"x-low": 0.7, "low": 0.85, "medium": 1.0, "default": 1.0, "high": 1.15, "x-high": 1.3}
_RATE_LIMITS: Final = (0.2, 5.0)
_VOLUME_LIMITS: Final = (0.0, 4.0)
_PITCH_LIMITS: Final = (0.5, 2.0)

_EMPHASES: Final = {
    "strong": (0.8, 1.6, 1.15),
    "moderate": (0.9, 1.25, 1.08),
    "none": (1.0, 1.0, 1.0),
    "reduced": (1.1, 0.7, 0.95),
}
"""Rate, volume and pitch of what is emphasised."""

_TIME: Final = re.compile(r"\+?([0-9]{1,6}(?:\.[0-9]{1,6})?)(ms|s)")
_PER_CENT: Final = re.compile(r"([+-]?)([0-9]{1,3}(?:\.[0-9]{1,6})?)%")
_DECIBEL: Final = re.compile(r"([+-]?[0-9]{1,3}(?:\.[0-9]{1,6})?)dB")
_XML_LANG: Final = "{http://www.w3.org/XML/1998/namespace}lang"


_SPELT: Final = frozenset({"characters", "spell-out", "verbatim", "digits", "telephone"})
"""What is spoken character by character."""


@dataclass(frozen=True, slots=True)
class Run:
    """Text that is spoken in one way. ``rate``, ``volume`` (an amplitude) and ``pitch`` are relative to the voice's own.

    ``spelt``: character by character. ``language`` is an IETF tag, None for that of the voice.
    """

    text: str
    rate: float = 1.0
    volume: float = 1.0
    pitch: float = 1.0
    spelt: bool = False
    language: str | None = None

    @property
    def spoken_text(self) -> str:
        """The text as it is to be spoken."""
        return " ".join(self.text) if self.spelt else self.text


@dataclass(frozen=True, slots=True)
class Silence:
    """Some ``seconds`` in which nothing is said."""

    seconds: float


def parts_of(text: str, ssml: str | None) -> tuple[Run | Silence, ...]:
    """Return what ``ssml``, if it is given and XML, otherwise ``text``, consists of; empty if there is nothing to say."""
    parts: tuple[Run | Silence, ...] = ()
    if ssml is not None:
        try:
            parts = read_ssml(ssml)
        except ValueError as error:
            _log.warning("the speech markup cannot be read; its text is spoken", cause=str(error))
            ssml = None
    if ssml is None:
        printable = _printable(text)
        parts = (Run(printable),) if printable.strip() else ()
    length = sum(len(part.text) for part in parts if isinstance(part, Run))
    if length > LONGEST_TEXT:
        _log.warning("the text is too long; its end is not spoken", characters=length, spoken=LONGEST_TEXT)
    return tuple(_cut(parts))


def _cut(parts: tuple[Run | Silence, ...]) -> Iterator[Run | Silence]:
    left = LONGEST_TEXT
    for part in parts:
        if left <= 0:
            return
        if isinstance(part, Run):
            yield replace(part, text=part.text[:left])
            left -= len(part.text)
        else:
            yield part


def read_ssml(fragment: str) -> tuple[Run | Silence, ...]:
    """Take an XML fragment without a root apart; of what is not known, the text is spoken.

    Raises ``ValueError`` if it is no XML.
    """
    parser = etree.XMLParser(resolve_entities=False, no_network=True, recover=False)
    try:
        root = etree.fromstring(f"<speak>{fragment}</speak>".encode("utf-8", "replace"), parser)
    except etree.XMLSyntaxError as error:
        raise ValueError(f"it is no XML: {error}") from error
    reader = _Reader()
    reader.read_content(root, Run(""))
    return tuple(reader.parts)


class _Reader:
    def __init__(self) -> None:
        self.parts: list[Run | Silence] = []
        self._gap = 0.0

    def read_content(self, element: etree._Element, style: Run) -> None:
        self._say(element.text, style)
        for child in element:
            if isinstance(child.tag, str):
                self._read(child, style)
            self._say(child.tail, style)

    def _read(self, element: etree._Element, style: Run) -> None:
        match element.tag:
            case "break":
                self._pause(_break_seconds(element))
                self.read_content(element, style)
            case "p" | "s":
                gap = _PARAGRAPH if element.tag == "p" else _SENTENCE
                self._gap = max(self._gap, gap)
                self.read_content(element, _with_language(element, style))
                self._gap = max(self._gap, gap)
            case "sub" if "alias" in element.attrib:
                self._say(element.get("alias"), style)
            case "say-as" if element.get("interpret-as") == "expletive":
                self._pause(_BLEEP)
            case "say-as":
                self.read_content(element, replace(style, spelt=element.get("interpret-as") in _SPELT))
            case "emphasis":
                factors = _EMPHASES.get(element.get("level") or "", _EMPHASES["moderate"])
                self.read_content(element, _changed(style, *factors))
            case "prosody":
                self.read_content(element, _with_prosody(element, style))
            case _:
                self.read_content(element, _with_language(element, style))

    def _say(self, text: str | None, style: Run) -> None:
        text = _printable(text or "")
        last = self.parts[-1] if self.parts else None
        if not text.strip():
            # A space between two elements still parts their words.
            if text and isinstance(last, Run):
                self.parts[-1] = replace(last, text=f"{last.text} ")
            return
        if isinstance(last, Run) and self._gap:
            self.parts.append(Silence(self._gap))
        elif isinstance(last, Run) and replace(last, text="") == style:
            text = last.text + text
            self.parts.pop()
        self._gap = 0.0
        self.parts.append(replace(style, text=text))

    def _pause(self, seconds: float) -> None:
        if seconds:
            self.parts.append(Silence(seconds))


def _printable(text: str) -> str:
    # What cannot be shown cannot be said; a NUL would end the text.
    return "".join(character if character.isprintable() else " " for character in text)


def _break_seconds(element: etree._Element) -> float:
    found = _TIME.fullmatch((element.get("time") or "").strip())
    if found:
        return min(_LONGEST_BREAK, float(found[1]) / (1000 if found[2] == "ms" else 1))
    return _BREAKS.get(element.get("strength") or "medium", _BREAKS["medium"])


def _with_language(element: etree._Element, style: Run) -> Run:
    language = element.get(_XML_LANG)
    return replace(style, language=language) if language else style


def _with_prosody(element: etree._Element, style: Run) -> Run:
    decibel = _DECIBEL.fullmatch((element.get("volume") or "").strip())
    volume = math.pow(10, float(decibel[1]) / 20) if decibel else _factor(element.get("volume"), _VOLUMES)
    return _changed(style, _factor(element.get("rate"), _RATES), volume, _factor(element.get("pitch"), _PITCHES))


def _changed(style: Run, rate: float, volume: float, pitch: float) -> Run:
    return replace(
        style,
        rate=_within(style.rate * rate, _RATE_LIMITS),
        volume=_within(style.volume * volume, _VOLUME_LIMITS),
        pitch=_within(style.pitch * pitch, _PITCH_LIMITS),
    )


def _factor(value: str | None, words: dict[str, float]) -> float:
    value = (value or "").strip()
    found = _PER_CENT.fullmatch(value)
    if not found:
        return words.get(value, 1.0)
    per_cent = float(found[2]) / 100
    match found[1]:
        case "+":
            return 1 + per_cent
        case "-":
            return 1 - per_cent
        case _:
            return per_cent


def _within(value: float, limits: tuple[float, float]) -> float:
    return min(max(value, limits[0]), limits[1])
