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
_DECORATION = str.maketrans("", "", " \t\r\n\xa0-.()/")

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
    for alone, code in _ALONE.items():
        if any(noun.name == alone for noun in nouns) and (dial.text or len(nouns) > 1):
            what = f"the number {quoted(dial.text)}" if dial.text else _other(nouns, alone)
            message = f"<Dial> contains {what} besides a <{alone}>, which has to stand alone; nothing is dialled."
            problems.add(code, message, dial.line, level=Level.ERROR)
            return None
    if nouns and nouns[0].name == "Conference":
        return _conference(nouns[0], problems)
    if nouns and nouns[0].name == "Queue":
        return _queue(nouns[0], problems)
    return _callees(dial, nouns, problems)


def _known(dial: Element, problems: Problems) -> list[Element]:
    nouns = []
    for child in dial.children:
        if child.name in _ALONE or child.name in _CALLEES:
            nouns.append(child)
        elif child.name in _NOT_HERE:
            message = f"<{child.name}> cannot be dialled here; it is left out."
            problems.add(_NOT_HERE[child.name], message, child.line, level=Level.ERROR)
        else:
            problems.add(Code.DIAL_NESTED_ELEMENT, f"<{child.name}> is no noun of <Dial>; it is ignored.", child.line)
    return nouns


def _other(nouns: list[Element], alone: str) -> str:
    return next((f"<{noun.name}>" for noun in nouns if noun.name != alone), f"another <{alone}>")


def _callees(dial: Element, nouns: list[Element], problems: Problems) -> Callees | None:
    found: list[_Callee | None] = [_number_of(dial.text, "<Dial>", dial, problems)] if dial.text else []
    if len(nouns) + len(found) > MOST_CALLEES:
        message = f"<Dial> names more than {MOST_CALLEES} to be called; the first {MOST_CALLEES} are."
        problems.add(Code.SIP_TOO_MANY_URIS, message, dial.line, level=Level.ERROR)
    found += [_CALLEES[noun.name](noun, problems) for noun in nouns[: MOST_CALLEES - len(found)]]
    callees = tuple(callee for callee in found if callee is not None)
    if not callees:
        message = "<Dial> does not say whom to dial; nothing is dialled."
        problems.add(Code.DIAL_NESTED_ELEMENT, message, dial.line, level=Level.ERROR)
    return callees or None


def _conference(element: Element, problems: Problems) -> ConferenceNoun | None:
    line = element.line
    given = read_attributes("Conference", element.attributes, tables.CONFERENCE, ConferenceNoun, problems, line)
    for child in element.children:
        problems.add(Code.DIAL_NESTED_ELEMENT, f"<{child.name}> has no place in <Conference>; it is ignored.", line)
    try:
        name = conference_name(element.text)
    except InvalidValueError as error:
        wrong = f"The name of <Conference> has {len(element.text)} characters"
        message = f"{wrong}, it must have {error.expected}; nothing is dialled."
        problems.add(Code.CONFERENCE_NAME, message, line, level=Level.ERROR)
        return None
    return None if given.refused else ConferenceNoun(name=name, **given.fields)


def _queue(element: Element, problems: Problems) -> QueueNoun | None:
    given = read_attributes("Queue", element.attributes, tables.QUEUE, QueueNoun, problems, element.line)
    check_no_children(element, problems)
    name = queue_name(element, Code.QUEUE_NAME_EMPTY, Code.QUEUE_NAME_TOO_LONG, "nothing is dialled", problems)
    return None if given.refused or name is None else QueueNoun(name=name, **given.fields)


def queue_name(element: Element, empty: Code, too_long: Code, done: str, problems: Problems) -> str | None:
    """Return the queue that ``<Enqueue>`` or ``<Queue>`` names; None and a problem that ends with ``done`` if it is no name."""
    name = element.text
    if 1 <= len(name) <= LONGEST_QUEUE_NAME:
        return name
    wrong = f"The name of the queue in <{element.name}> has {len(name)} characters"
    message = f"{wrong}, it must have 1 to {LONGEST_QUEUE_NAME}; {done}."
    problems.add(too_long if name else empty, message, element.line, level=Level.ERROR)
    return None


def _number(element: Element, problems: Problems) -> NumberNoun | None:
    given = read_attributes("Number", element.attributes, tables.NUMBER, NumberNoun, problems, element.line)
    check_no_children(element, problems)
    noun = _number_of(element.text, "<Number>", element, problems)
    return noun and NumberNoun(number=noun.number, **given.fields)


def _number_of(text: str, where: str, element: Element, problems: Problems) -> NumberNoun | None:
    number = text.translate(_DECORATION)
    if _NUMBER.fullmatch(number):
        return NumberNoun(number=number)
    message = f"{quoted(text)} in {where} is not a phone number like +14155551212; it is not called."
    problems.add(Code.NUMBER_FORMAT, message, element.line, level=Level.ERROR)
    return None


def _sip(element: Element, problems: Problems) -> SipNoun | None:
    given = read_attributes("Sip", element.attributes, tables.SIP, SipNoun, problems, element.line)
    address = read_address(element, problems)
    return None if address is None else SipNoun(uri=address.uri, **{**given.fields, **address.credentials})


def _client(element: Element, problems: Problems) -> ClientNoun | None:
    given = read_attributes("Client", element.attributes, tables.CLIENT, ClientNoun, problems, element.line)
    identity = element.text
    parameters: list[tuple[str, str]] = []
    for child in element.children:
        if child.name == "Identity":
            read_attributes("Identity", child.attributes, NONE, None, problems, child.line)
            identity = child.text
        elif child.name == "Parameter":
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
    return ClientNoun(identity=identity, parameters=tuple(parameters), **given.fields)


_CALLEES: Mapping[str, Callable[[Element, Problems], _Callee | None]] = {
    "Client": _client,
    "Number": _number,
    "Sip": _sip,
}
