"""From the elements of a document to typed verbs."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from ari_conf.twilio_codes import Code, Level
from ari_conf.twiml import attributes
from ari_conf.twiml.attributes import read_attributes
from ari_conf.twiml.elements import Element, read_elements
from ari_conf.twiml.problems import Problem, Problems, quoted
from ari_conf.twiml.values import is_url
from ari_conf.twiml.verbs import ConferenceNoun, Dial, Hangup, Pause, Play, Redirect, Reject, Say, Verb

_LONGEST_NAME = 128


@dataclass(frozen=True, slots=True)
class Document:
    """A document that can be run: its verbs in order, and what is wrong with it besides."""

    verbs: tuple[Verb, ...]
    problems: tuple[Problem, ...] = ()


def parse_twiml(body: bytes | str) -> Document:
    """Read a TwiML document.

    What can be run is run: a bad attribute value gives way to its default, an unknown element is skipped, and each such
    thing is a problem of the document. Relative URLs stay as they are. Raises ``TwimlError`` if there is nothing to run:
    11770 empty, 11750 larger than 64 kB, 12102 the root is not ``<Response>``, 12100 for anything else (not XML, a document
    type, too many or too deeply nested elements, an encoding that is not accepted).
    """
    root = read_elements(body)
    problems = Problems()
    _check_no_text(root, problems)
    read_attributes("Response", root.attributes, attributes.NONE, None, problems, root.line)
    verbs = [verb for element in root.children if (verb := _verb(element, problems)) is not None]
    return Document(tuple(verbs), problems.found())


def _verb(element: Element, problems: Problems) -> Verb | None:
    read = _VERBS.get(element.name)
    if read is not None:
        return read(element, problems)
    name = element.name
    why = "is not carried out by this version" if name in _VERBS_OF_TWILIO else "is no verb of TwiML"
    problems.add(Code.SCHEMA_WARNING, f"<{name}> {why}; it is skipped.", element.line)
    return None


def _dial(element: Element, problems: Problems) -> Dial:
    given = read_attributes("Dial", element.attributes, attributes.DIAL, Dial, problems, element.line)
    return Dial(noun=_noun(element, problems), **given.fields)


def _noun(dial: Element, problems: Problems) -> ConferenceNoun | None:
    line = dial.line
    nouns: list[Element] = []
    for child in dial.children:
        if child.name in _NOUNS:
            nouns.append(child)
        else:
            problems.add(Code.SCHEMA_WARNING, f"<{child.name}> is no noun of <Dial>; it is ignored.", child.line)
    number = dial.text
    conferences = [noun for noun in nouns if noun.name == "Conference"]
    if conferences and (number or len(nouns) > 1):
        nouns.remove(conferences[0])
        what = f"the number {quoted(number)}" if number else f"<{nouns[0].name}>"
        problems.add(
            Code.CONFERENCE_MIXED,
            f"<Dial> contains {what} besides a <Conference>, which has to stand alone; nothing is dialled.",
            line,
            level=Level.ERROR,
        )
        return None
    if conferences:
        return _conference(conferences[0], problems)
    if number or nouns:
        what = f"the number {quoted(number)}" if number else f"<{nouns[0].name}>"
        problems.add(
            Code.DIAL_NESTED_ELEMENT,
            f"<Dial> can only carry out <Conference> here, not {what}; nothing is dialled.",
            line,
            level=Level.ERROR,
        )
        return None
    problems.add(Code.DIAL_NESTED_ELEMENT, "<Dial> does not say whom to dial; nothing is dialled.", line, level=Level.ERROR)
    return None


def _conference(element: Element, problems: Problems) -> ConferenceNoun | None:
    line = element.line
    given = read_attributes("Conference", element.attributes, attributes.CONFERENCE, ConferenceNoun, problems, line)
    for child in element.children:
        problems.add(Code.DIAL_NESTED_ELEMENT, f"<{child.name}> has no place in <Conference>; it is ignored.", line)
    name = element.text
    if not 1 <= len(name) <= _LONGEST_NAME:
        problems.add(
            Code.CONFERENCE_NAME,
            f"The name of <Conference> has {len(name)} characters, it must have 1 to {_LONGEST_NAME}; nothing is dialled.",
            line,
            level=Level.ERROR,
        )
        return None
    return None if given.refused else ConferenceNoun(name=name, **given.fields)


def _say(element: Element, problems: Problems) -> Say | None:
    given = read_attributes("Say", element.attributes, attributes.SAY, Say, problems, element.line)
    text = " ".join(element.all_text.split())
    if not text:
        problems.add(Code.SAY_TEXT, "<Say> has no text; it is skipped.", element.line)
        return None
    return Say(text=text, **given.fields)


def _play(element: Element, problems: Problems) -> Play | None:
    given = read_attributes("Play", element.attributes, attributes.PLAY, Play, problems, element.line)
    _check_no_children(element, problems)
    url = element.text
    if not is_url(url):
        problems.add(Code.INVALID_URL, f"{quoted(url)} in <Play> is not a URL; it is skipped.", element.line)
        return None
    if not url and not given.fields.get("digits"):
        problems.add(Code.INVALID_URL, "<Play> has neither a URL nor digits; it is skipped.", element.line)
        return None
    return Play(url=url or None, **given.fields)


def _redirect(element: Element, problems: Problems) -> Redirect:
    given = read_attributes("Redirect", element.attributes, attributes.REDIRECT, Redirect, problems, element.line)
    _check_no_children(element, problems)
    return Redirect(url=element.text, **given.fields)


def _without_content(
    name: str, made: type[Pause | Reject], table: attributes.Table
) -> Callable[[Element, Problems], Pause | Reject]:
    def read(element: Element, problems: Problems) -> Pause | Reject:
        given = read_attributes(name, element.attributes, table, made, problems, element.line)
        _check_no_children(element, problems)
        _check_no_text(element, problems)
        return made(**given.fields)

    return read


def _hangup(element: Element, problems: Problems) -> Hangup:
    read_attributes("Hangup", element.attributes, attributes.NONE, None, problems, element.line)
    _check_no_children(element, problems)
    _check_no_text(element, problems)
    return Hangup()


_VERBS: Mapping[str, Callable[[Element, Problems], Verb | None]] = {
    "Dial": _dial,
    "Hangup": _hangup,
    "Pause": _without_content("Pause", Pause, attributes.PAUSE),
    "Play": _play,
    "Redirect": _redirect,
    "Reject": _without_content("Reject", Reject, attributes.REJECT),
    "Say": _say,
}
_VERBS_OF_TWILIO = frozenset({"Connect", "Enqueue", "Gather", "Leave", "Pay", "Record", "Refer", "Sms", "Start", "Stop"})
_NOUNS = frozenset({"Application", "Client", "Conference", "Number", "Queue", "Sim", "Sip", "WhatsApp"})


def _check_no_text(element: Element, problems: Problems) -> None:
    text = element.text
    if text:
        problems.add(
            Code.SCHEMA_WARNING,
            f"<{element.name}> cannot contain the text {quoted(text)}; it is ignored.",
            element.line,
        )


def _check_no_children(element: Element, problems: Problems) -> None:
    for child in element.children:
        problems.add(Code.SCHEMA_WARNING, f"<{child.name}> has no place in <{element.name}>; it is ignored.", child.line)
