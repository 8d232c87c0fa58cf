"""How the attributes of an element are read: each with its converter, and with the code of a value that is not allowed."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from enum import StrEnum
from typing import Any

from ari_conf.twilio_codes import Code
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


Table = Mapping[str, Attribute]

NONE: Table = {}


@dataclass(frozen=True, slots=True)
class Given:
    """What the attributes of an element say: ``fields`` for its dataclass. ``refused``: it is not to be carried out."""

    fields: dict[str, Any]
    refused: bool


def read_attributes(
    element: str, given: Mapping[str, str], table: Table, made: type[Any] | None, problems: Problems, line: int | None
) -> Given:
    """Read the attributes ``given`` to ``<element>`` by its ``table``; whatever is wrong goes to ``problems``.

    ``made`` is the dataclass that is filled, the source of the defaults; without one a bad value is left out.
    """
    result: dict[str, Any] = {}
    refused = False
    for name, raw in given.items():
        attribute = table.get(name)
        if attribute is None:
            problems.add(Code.SCHEMA_WARNING, f"<{element}> has no attribute {quoted(name)}; it is ignored.", line)
            continue
        shown = name if attribute.secret else f"{name}={quoted(raw)}"
        try:
            if len(raw) > _LONGEST_VALUE:
                raise InvalidValueError(f"at most {_LONGEST_VALUE} characters long")  # noqa: TRY301
            value = attribute.convert(raw.strip())
        except InvalidValueError as error:
            defaults = _defaults(made)
            value = defaults.get(attribute.field) if error.instead is DEFAULT else error.instead
            refused = refused or attribute.refuses
            done = "it is ignored" if attribute.field not in defaults else f"{_shown(value)} is used instead"
            if attribute.refuses:
                done = f"<{element}> is not carried out"
            wrong = f"{shown} of <{element}> is not allowed, it must be {error.expected}"
            problems.add(error.code or attribute.code, f"{wrong}; {done}.", line)
        except UnsupportedValueError as error:
            value = error.value
            refused = refused or attribute.refuses
            done = f"; <{element}> is not carried out" if attribute.refuses else ""
            message = f"{shown} of <{element}> cannot be carried out: {error.reason}{done}."
            problems.add(error.code or attribute.code, message, line, level=error.level)
        if attribute.field is not None:
            result[attribute.field] = value
    return Given(result, refused)


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
