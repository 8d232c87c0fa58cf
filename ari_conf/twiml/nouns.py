"""Whom ``<Dial>`` dials: from its nouns to a conference, a queue, or callees."""

import re
from collections.abc import Callable, Mapping

from ari_conf.twilio_codes import Code, Level
from ari_conf.twiml import tables
from ari_conf.twiml.attributes import NONE, read_attributes
from ari_conf.twiml.content import check_no_children, name_and_value, no_place
from ari_conf.twiml.elements import Element
from ari_conf.twiml.problems import Problems, quoted
from ari_conf.twiml.sip_uri import read_address
from ari_conf.twiml.values import InvalidValueError, conference_name
from ari_conf.twiml.verbs import Callees, ClientNoun, ConferenceNoun, NumberNoun, QueueNoun, SipNoun

MOST_CALLEES = 10
"""So many are dialled at once, or one after the other."""

LONGEST_QUEUE_NAME = 64

_LONGEST_IDENTITY = 256
_NUMBER = re.compile(r"\+?[0-9]{1,20}")
_DECORATION = re.compile(r"[ \t\r\n\xa0.()/-]++")

_Callee = NumberNoun | SipNoun | ClientNoun

_ALONE = {"Conference": Code.CONFERENCE_MIXED, "Queue": Code.DIAL_NESTED_ELEMENT}
_NOT_HERE = {
    "Application": Code.DIAL_NESTED_ELEMENT,
    "Sim": Code.SIM_NOT_SUPPORTED,
    "WhatsApp": Code.DIAL_NESTED_ELEMENT,
}


def read_nouns(dial: Element, problems: Problems) -> ConferenceNoun | QueueNoun | Callees | None:
    """Return whom ``<Dial>`` is to dial; None if there is nobody, and then one problem at least says that and why."""
    nouns = _known(dial, problems)
    number = dial.own_text
    for alone, code in _ALONE.items():
        if (number or len(nouns) > 1) and any(noun.tag == alone for noun in nouns):
            what = f"the number {quoted(number)}" if number else _other(nouns, alone)
            message = f"<Dial> contains {what} besides a <{alone}>, which has to stand alone; nothing is dialled."
            problems.add(code, message, dial.line, level=Level.ERROR)
            return None
    if nouns and nouns[0].tag == "Conference":
        return _conference(nouns[0], problems)
    if nouns and nouns[0].tag == "Queue":
        return _queue(nouns[0], problems)
    return _callees(dial, number, nouns, problems)


def _known(dial: Element, problems: Problems) -> list[Element]:
    nouns = []
    for child in dial.children:
        if child.tag in _ALONE or child.tag in _CALLEES:
            nouns.append(child)
        elif child.tag in _NOT_HERE:
            message = f"<{child.name}> cannot be dialled here; it is left out."
            problems.add(_NOT_HERE[child.name], message, child.line, level=Level.ERROR)
        else:
            problems.add(Code.DIAL_NESTED_ELEMENT, f"<{child.name}> is no noun of <Dial>; it is ignored.", child.line)
    return nouns


def _other(nouns: list[Element], alone: str) -> str:
    return next((f"<{noun.name}>" for noun in nouns if noun.tag != alone), f"another <{alone}>")


def _callees(dial: Element, text: str, nouns: list[Element], problems: Problems) -> Callees | None:
    found: list[_Callee | None] = []
    if text:
        number = _number_of(text, "<Dial>", dial, problems)
        found.append(None if number is None else NumberNoun(number=number))
    if len(nouns) + len(found) > MOST_CALLEES:
        message = f"<Dial> names more than {MOST_CALLEES} to be called; the first {MOST_CALLEES} are."
        problems.add(Code.SIP_TOO_MANY_URIS, message, dial.line, level=Level.ERROR)
    found += [_CALLEES[noun.tag](noun, problems) for noun in nouns[: MOST_CALLEES - len(found)]]
    callees = tuple(callee for callee in found if callee is not None)
    if not callees:
        message = "<Dial> does not say whom to dial; nothing is dialled."
        problems.add(Code.DIAL_NESTED_ELEMENT, message, dial.line, level=Level.ERROR)
    return callees or None


def _conference(element: Element, problems: Problems) -> ConferenceNoun | None:
    given, refused = read_attributes(element, tables.CONFERENCE, ConferenceNoun, problems)
    for child in element.children:
        problems.add(Code.DIAL_NESTED_ELEMENT, f"<{child.name}> has no place in <Conference>; it is ignored.", element.line)
    text = element.own_text
    try:
        name = conference_name(text)
    except InvalidValueError as error:
        message = f"The name of <Conference> has {len(text)} characters, it must have {error.expected}; nothing is dialled."
        problems.add(Code.CONFERENCE_NAME, message, element.line, level=Level.ERROR)
        return None
    return None if refused else ConferenceNoun(name=name, **given)


def _queue(element: Element, problems: Problems) -> QueueNoun | None:
    given, refused = read_attributes(element, tables.QUEUE, QueueNoun, problems)
    check_no_children(element, problems)
    name = queue_name(element, Code.QUEUE_NAME_EMPTY, Code.QUEUE_NAME_TOO_LONG, "nothing is dialled", problems)
    return None if refused or name is None else QueueNoun(name=name, **given)


def queue_name(element: Element, empty: Code, too_long: Code, done: str, problems: Problems) -> str | None:
    """Return the queue that ``<Enqueue>`` or ``<Queue>`` names; None and a problem that ends with ``done`` if it is no name."""
    name = element.own_text
    if 1 <= len(name) <= LONGEST_QUEUE_NAME:
        return name
    wrong = f"The name of the queue in <{element.name}> has {len(name)} characters"
    message = f"{wrong}, it must have 1 to {LONGEST_QUEUE_NAME}; {done}."
    problems.add(too_long if name else empty, message, element.line, level=Level.ERROR)
    return None


def _number(element: Element, problems: Problems) -> NumberNoun | None:
    given, _ = read_attributes(element, tables.NUMBER, NumberNoun, problems)
    check_no_children(element, problems)
    number = _number_of(element.own_text, "<Number>", element, problems)
    return None if number is None else NumberNoun(number=number, **given)


def _number_of(text: str, where: str, element: Element, problems: Problems) -> str | None:
    number = _DECORATION.sub("", text)
    if _NUMBER.fullmatch(number):
        return number
    message = f"{quoted(text)} in {where} is not a phone number like +14155551212; it is not called."
    problems.add(Code.NUMBER_FORMAT, message, element.line, level=Level.ERROR)
    return None


def _sip(element: Element, problems: Problems) -> SipNoun | None:
    given, _ = read_attributes(element, tables.SIP, SipNoun, problems)
    address = read_address(element, problems)
    return None if address is None else SipNoun(uri=address.uri, **{**given, **address.credentials})


def _client(element: Element, problems: Problems) -> ClientNoun | None:
    given, _ = read_attributes(element, tables.CLIENT, ClientNoun, problems)
    identity = element.own_text
    parameters: list[tuple[str, str]] = []
    for child in element.children:
        if child.tag == "Identity":
            read_attributes(child, NONE, None, problems)
            identity = child.own_text
        elif child.tag == "Parameter":
            pair = name_and_value(child, problems)
            parameters += [pair] if pair else []
        else:
            no_place(child, element, problems)
    if not 1 <= len(identity) <= _LONGEST_IDENTITY or not identity.isprintable():
        message = (
            f"The identity in <Client>, {quoted(identity)}, must have 1 to {_LONGEST_IDENTITY} characters without control "
            "characters; it is not called."
        )
        problems.add(Code.DIAL_NESTED_ELEMENT, message, element.line, level=Level.ERROR)
        return None
    return ClientNoun(identity=identity, parameters=tuple(parameters), **given)


_CALLEES: Mapping[str, Callable[[Element, Problems], _Callee | None]] = {
    "Client": _client,
    "Number": _number,
    "Sip": _sip,
}
