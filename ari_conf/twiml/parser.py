"""From the elements of a document to typed verbs."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from ari_conf.twilio_codes import Code, Level
from ari_conf.twiml import tables
from ari_conf.twiml.attributes import NONE, Table, read_attributes
from ari_conf.twiml.content import check_no_children, check_no_text, no_place
from ari_conf.twiml.elements import Element, read_elements
from ari_conf.twiml.nouns import queue_name, read_nouns
from ari_conf.twiml.problems import Problem, Problems, quoted
from ari_conf.twiml.speech_markup import Speech
from ari_conf.twiml.values import is_url
from ari_conf.twiml.verbs import (
    Dial,
    Enqueue,
    Gather,
    Hangup,
    Leave,
    Pause,
    Play,
    Prompt,
    Record,
    Redirect,
    Reject,
    Say,
    Verb,
)


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
    elements = root.children
    problems = Problems()
    check_no_text(root, problems)
    read_attributes(root, NONE, None, problems)
    verbs = [verb for element in elements if (verb := _verb(element, problems)) is not None]
    return Document(tuple(verbs), problems.found())


def _verb(element: Element, problems: Problems) -> Verb | None:
    read = _VERBS.get(element.tag)
    if read is not None:
        return read(element, problems)
    if problems.full:
        return None
    line = element.line
    if element.tag in _NOT_HERE:
        message = f"<{element.tag}> cannot be carried out here; it is skipped."
        problems.add(_NOT_HERE[element.tag], message, line, level=Level.ERROR)
    else:
        problems.add(Code.SCHEMA_WARNING, f"<{element.name}> is no verb of TwiML; it is skipped.", line)
    return None


def _dial(element: Element, problems: Problems) -> Dial:
    given, _ = read_attributes(element, tables.DIAL, Dial, problems)
    return Dial(noun=read_nouns(element, problems), **given)


def _say(element: Element, problems: Problems, table: Table = tables.SAY) -> Say | None:
    given, _ = read_attributes(element, table, Say, problems)
    speech = Speech(element, problems)
    text = speech.text
    if not text:
        problems.add(Code.SAY_TEXT, "<Say> has no text; it is skipped.", element.line)
        return None
    return Say(text=text, ssml=speech.ssml, **given)


def _say_in_gather(element: Element, problems: Problems) -> Say | None:
    return _say(element, problems, tables.SAY_IN_GATHER)


def _play(element: Element, problems: Problems) -> Play | None:
    given, _ = read_attributes(element, tables.PLAY, Play, problems)
    check_no_children(element, problems)
    url = element.own_text
    if not is_url(url):
        problems.add(Code.INVALID_URL, f"{quoted(url)} in <Play> is not a URL; it is skipped.", element.line)
        return None
    if not url and not given.get("digits"):
        problems.add(Code.INVALID_URL, "<Play> has neither a URL nor digits; it is skipped.", element.line)
        return None
    return Play(url=url or None, **given)


def _redirect(element: Element, problems: Problems) -> Redirect:
    given, _ = read_attributes(element, tables.REDIRECT, Redirect, problems)
    check_no_children(element, problems)
    return Redirect(url=element.own_text, **given)


def _gather(element: Element, problems: Problems) -> Gather:
    given, _ = read_attributes(element, tables.GATHER, Gather, problems)
    check_no_text(element, problems)
    prompts: list[Prompt] = []
    for child in element.children:
        read = _PROMPTS.get(child.tag)
        if read is None:
            message = f"<{child.name}> may not stand in <Gather>, only <Say>, <Play> and <Pause> may; it is skipped."
            problems.add(Code.GATHER_NESTED_VERB, message, child.line)
        elif prompt := read(child, problems):
            prompts.append(prompt)
    return Gather(prompts=tuple(prompts), **given)


def _enqueue(element: Element, problems: Problems) -> Enqueue | None:
    given, refused = read_attributes(element, tables.ENQUEUE, Enqueue, problems)
    if refused:
        return None
    for child in element.children:
        no_place(child, element, problems)
    name = queue_name(element, Code.ENQUEUE_NAME_EMPTY, Code.ENQUEUE_NAME_TOO_LONG, "it is skipped", problems)
    return None if name is None else Enqueue(name=name, **given)


def _pause(element: Element, problems: Problems) -> Pause:
    return Pause(**_attributes_alone(element, tables.PAUSE, Pause, problems))


def _record(element: Element, problems: Problems) -> Record:
    return Record(**_attributes_alone(element, tables.RECORD, Record, problems))


def _reject(element: Element, problems: Problems) -> Reject:
    return Reject(**_attributes_alone(element, tables.REJECT, Reject, problems))


def _hangup(element: Element, problems: Problems) -> Hangup:
    return Hangup(**_attributes_alone(element, NONE, Hangup, problems))


def _leave(element: Element, problems: Problems) -> Leave:
    return Leave(**_attributes_alone(element, NONE, Leave, problems))


def _attributes_alone(element: Element, table: Table, made: type[Verb], problems: Problems) -> dict[str, Any]:
    given, _ = read_attributes(element, table, made, problems)
    check_no_children(element, problems)
    check_no_text(element, problems)
    return given


_PROMPTS: Mapping[str, Callable[[Element, Problems], Prompt | None]] = {
    "Pause": _pause,
    "Play": _play,
    "Say": _say_in_gather,
}
_VERBS: Mapping[str, Callable[[Element, Problems], Verb | None]] = {
    "Dial": _dial,
    "Enqueue": _enqueue,
    "Gather": _gather,
    "Hangup": _hangup,
    "Leave": _leave,
    "Pause": _pause,
    "Play": _play,
    "Record": _record,
    "Redirect": _redirect,
    "Reject": _reject,
    "Say": _say,
}
_NOT_HERE: Mapping[str, Code] = {
    **dict.fromkeys(("Connect", "Echo", "Pay", "Prompt", "Queue", "Refer", "Stop", "Stream"), Code.VERB_NOT_SUPPORTED),
    **dict.fromkeys(("Message", "Sms"), Code.SMS_NOT_SUPPORTED),
    "Start": Code.START_NOUN,
}
