"""What several elements contain: nothing, or a name with a value."""

from ari_conf.twilio_codes import Code
from ari_conf.twiml import tables
from ari_conf.twiml.attributes import read_attributes
from ari_conf.twiml.elements import Element
from ari_conf.twiml.problems import Problems, quoted


def check_no_text(element: Element, problems: Problems) -> None:
    """Note a problem if ``element`` has text of its own, which is ignored."""
    text = element.own_text
    if text:
        message = f"<{element.name}> cannot contain the text {quoted(text)}; it is ignored."
        problems.add(Code.SCHEMA_WARNING, message, element.line)


def check_no_children(element: Element, problems: Problems) -> None:
    """Note a problem for each element inside ``element``; they are ignored."""
    for child in element.children:
        no_place(child, element, problems)


def no_place(child: Element, parent: Element, problems: Problems) -> None:
    """Note that ``child`` has no place in ``parent`` and is ignored."""
    problems.add(Code.SCHEMA_WARNING, f"<{child.name}> has no place in <{parent.name}>; it is ignored.", child.line)


def name_and_value(element: Element, problems: Problems) -> tuple[str, str] | None:
    """Return what ``<Parameter>`` or ``<Header>`` says; None, and a problem, if it has no name."""
    given, _ = read_attributes(element, tables.NAME_AND_VALUE, None, problems)
    check_no_children(element, problems)
    check_no_text(element, problems)
    name = given.get("name")
    if name is None:
        problems.add(Code.SCHEMA_WARNING, f"<{element.name}> has no name; it is ignored.", element.line)
        return None
    return name, given.get("value") or ""
