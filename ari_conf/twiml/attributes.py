"""How the attributes of an element are read: each with its converter, and with the code of a value that is not allowed."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from enum import StrEnum
from functools import lru_cache
from typing import Any

from ari_conf.twilio_codes import Code
from ari_conf.twiml.elements import Element
from ari_conf.twiml.problems import Problems, quoted
from ari_conf.twiml.values import DEFAULT, InvalidValueError, UnsupportedValueError

_LONGEST_VALUE = 4096


@dataclass(frozen=True, slots=True)
class Attribute:
    """One attribute: the field it fills (None: it is checked, and has no effect), its converter, and the code of a bad value.

    ``refuses``: with a bad value the element is not carried out, because its default would be worse than nothing.
    ``secret``: the value is in no message.
    """

    field: str | None
    convert: Callable[[str], object]
    code: Code
    refuses: bool = False
    secret: bool = False

    def shown(self, name: str, raw: str) -> str:
        """Return what was given, for a message."""
        return name if self.secret else f"{name}={quoted(raw)}"


Table = Mapping[str, Attribute]

NONE: Table = {}


Given = tuple[dict[str, Any], bool]
"""What the attributes of an element say: fields for its dataclass, and whether it is refused, not to be carried out."""


def read_attributes(element: Element, table: Table, made: type[Any] | None, problems: Problems) -> Given:
    """Read the attributes of ``element`` by its ``table``; whatever is wrong goes to ``problems``.

    ``made`` is the dataclass that is filled, the source of the defaults; without one a bad value is left out.
    """
    result: dict[str, Any] = {}
    refused = False
    for name, raw in element.attributes:
        attribute = table.get(name)
        if attribute is None:
            if not problems.full:
                message = f"<{element.name}> has no attribute {quoted(name)}; it is ignored."
                problems.add(Code.SCHEMA_WARNING, message, element.line)
            continue
        try:
            if len(raw) > _LONGEST_VALUE:
                raise InvalidValueError(f"at most {_LONGEST_VALUE} characters long")  # noqa: TRY301
            value = _converted(attribute.convert, raw)
        except InvalidValueError as error:
            defaults = _defaults(made)
            value = defaults.get(attribute.field) if error.instead is DEFAULT else error.instead
            refused = refused or attribute.refuses
            if not problems.full:
                done = "it is ignored" if attribute.field not in defaults else f"{_shown(value)} is used instead"
                if attribute.refuses:
                    done = f"<{element.name}> is not carried out"
                wrong = f"{attribute.shown(name, raw)} of <{element.name}> is not allowed, it must be {error.expected}"
                problems.add(error.code or attribute.code, f"{wrong}; {done}.", element.line)
        except UnsupportedValueError as error:
            value = error.value
            refused = refused or attribute.refuses
            done = f"; <{element.name}> is not carried out" if attribute.refuses else ""
            message = f"{attribute.shown(name, raw)} of <{element.name}> cannot be carried out: {error.reason}{done}."
            problems.add(error.code or attribute.code, message, element.line, level=error.level)
        if attribute.field is not None:
            result[attribute.field] = value
    return result, refused


# Most values are the same in all documents of an application. They are short, and none is longer than is checked above.
@lru_cache(maxsize=512)
def _converted(convert: Callable[[str], object], raw: str) -> object:
    return convert(raw.strip())


def _defaults(made: type[Any] | None) -> dict[str | None, Any]:
    return {} if made is None else {field.name: field.default for field in fields(made)}


def _shown(value: object) -> str:
    match value:
        case None | "":
            return "no value"
        case bool():
            return "true" if value else "false"
        case StrEnum():
            return value.value
        case frozenset():
            return quoted(" ".join(sorted(value))) if value else "no value"
        case _:
            return str(value)
