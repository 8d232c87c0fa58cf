"""What a client sends, in a form or a query: declared once as a pydantic model, checked here, described in ``/openapi.json``.

Fields are written in snake_case and read in Twilio's CamelCase (``call_sid`` is ``CallSid``; anything else needs an ``alias``).
A field that is not known is ignored, as Twilio does. A field that is given empty counts as not given, but for ``UrlOrEmpty``.
Of a field that is given twice the last counts; a set of words may be repeated fields, or separated by spaces, or both.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Annotated, Any, Final, Literal, TypeVar, get_args

from multidict import MultiMapping
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_pascal
from pydantic.fields import FieldInfo

from ari_conf.sids import SidKind
from ari_conf.webhooks import WebhookError
from ari_conf.webhooks.urls import target

from .errors import RestCode, RestError


class Parameters(BaseModel):
    """The fields of a form or a query; subclass it for each operation."""

    model_config = ConfigDict(alias_generator=to_pascal, frozen=True, extra="ignore")


@dataclass(frozen=True, slots=True)
class Wrong:
    """In ``Annotated[…]``: Twilio's code for a bad value of the field, and for its absence where it is required."""

    code: int
    missing: int | None = None


@dataclass(frozen=True, slots=True)
class _Reading:
    """How a field is taken from what was sent."""

    words: bool = False
    keep_empty: bool = False


WORDS: Final = _Reading(words=True)
"""In ``Annotated[frozenset[…], WORDS]``: a set of words, repeated or separated by spaces."""

_PLAIN: Final = _Reading()

LONGEST_URL: Final = 4000


def _flag(value: object) -> object:
    words = {"true": True, "false": False}
    if isinstance(value, str):
        if value.strip().lower() not in words:
            raise ValueError("it should be true or false")
        return words[value.strip().lower()]
    return value


def _true_or_not(value: object) -> object:
    return value.strip().lower() == "true" if isinstance(value, str) else value


def _upper(value: object) -> object:
    return value.strip().upper() if isinstance(value, str) else value


def _web_url(value: str) -> str:
    # Without the value in the message: there may be a password in it.
    try:
        target(value)
        usable = value.isprintable() and " " not in value
    except WebhookError:
        usable = False
    if not usable:
        raise ValueError("it should be an address that begins with http:// or https:// and a host")
    return value


Flag = Annotated[bool, BeforeValidator(_flag, json_schema_input_type=bool)]
"""``true`` or ``false``, in any case."""

TrueOrNot = Annotated[bool, BeforeValidator(_true_or_not, json_schema_input_type=str)]
"""``true``; anything else is false. Twilio documents this for ``Muted``."""

Method = Annotated[Literal["GET", "POST"], BeforeValidator(_upper), Wrong(RestCode.METHOD)]
"""How a URL is requested."""

WebUrl = Annotated[
    str,
    AfterValidator(_web_url),
    Field(max_length=LONGEST_URL, json_schema_extra={"pattern": "^https?://[A-Za-z0-9]"}),
    Wrong(RestCode.URL),
]
"""An absolute http or https URL."""

UrlOrEmpty = Annotated[
    str,
    AfterValidator(lambda value: _web_url(value) if value else value),
    Field(max_length=LONGEST_URL, json_schema_extra={"pattern": "^(https?://[A-Za-z0-9]|$)"}),
    Wrong(RestCode.URL),
    _Reading(keep_empty=True),
]
"""An absolute http or https URL, or nothing, which means silence."""

ATTRIBUTE: Final = Wrong(RestCode.CONFERENCE_ATTRIBUTE)
"""For what ``<Conference>`` has as an attribute too."""

Twiml = Annotated[str, Field(max_length=4000)]
"""A TwiML document; whether it is one is seen when it is read."""

AttributeUrl = Annotated[WebUrl, ATTRIBUTE]
AttributeMethod = Annotated[Method, ATTRIBUTE]


def sid_pattern(kind: SidKind) -> str:
    """Return the regular expression of SIDs of a kind."""
    return f"^{kind.value}[0-9a-fA-F]{{32}}$"


CallSid = Annotated[str, Field(pattern=sid_pattern(SidKind.CALL))]
ConferenceSid = Annotated[str, Field(pattern=sid_pattern(SidKind.CONFERENCE))]

P = TypeVar("P", bound=Parameters)
P_co = TypeVar("P_co", bound=Parameters, covariant=True)


def read_parameters(model: type[P], sent: MultiMapping[str]) -> P:
    """Return what was sent, checked. Raises ``RestError`` with the code of the first field that is wrong."""
    nothing: P | None = None if sent else _of_nothing(model)
    if nothing is not None:
        return nothing
    values: dict[str, object] = {}
    for alias, reading, _ in _fields(model):
        given = sent.getall(alias, [])
        if reading.words:
            if words := [word for one in given for word in one.split()]:
                values[alias] = words
        elif given and (given[-1] or reading.keep_empty):
            values[alias] = given[-1]
    try:
        return model.model_validate(values)
    except ValidationError as error:
        problem = error.errors(include_url=False, include_input=False)[0]
    raise _refusal(model, problem)


@cache
def _of_nothing(model: type[P]) -> P | None:
    """Return what it is if nothing was sent, made once, for it cannot be changed; None if something is required."""
    try:
        return model()
    except ValidationError:
        return None


_SAID: Final = {
    "value_error": "{error}",
    "int_parsing": "it should be a whole number",
    "int_parsing_size": "it should be a smaller number",
    "greater_than_equal": "it should be {ge} or more",
    "less_than_equal": "it should be {le} or less",
    "string_too_short": "it should have {min_length} characters or more",
    "string_too_long": "it should have {max_length} characters or less",
    "too_long": "it should have {max_length} characters or less",
    "string_pattern_mismatch": "it should match {pattern}",
    "literal_error": "it should be {expected}",
    "enum": "it should be {expected}",
}
"""What is wrong, by pydantic's name for it."""


def _refusal(model: type[Parameters], problem: Any) -> RestError:
    # What concerns several fields at once has no place.
    alias = str(problem["loc"][0]) if problem["loc"] else ""
    wrong = next((wrong for name, _, wrong in _fields(model) if name == alias), Wrong(RestCode.INVALID_PARAMETER))
    if problem["type"] == "missing":
        return RestError(wrong.missing or wrong.code, f"{alias} is required.")
    cause = _SAID.get(problem["type"], "it has a wrong form").format_map(problem.get("ctx", {}))
    return RestError(wrong.code, f"{alias} is not valid: {cause}" if alias else cause)


@cache
def _fields(model: type[Parameters]) -> tuple[tuple[str, _Reading, Wrong], ...]:
    """Return each field's name on the wire, how it is read, and its codes."""
    found = []
    for field in model.model_fields.values():
        marks = list(_marks(field))
        reading = next((mark for mark in marks if isinstance(mark, _Reading)), _PLAIN)
        wrong = next((mark for mark in marks if isinstance(mark, Wrong)), Wrong(RestCode.INVALID_PARAMETER))
        found.append((str(field.alias), reading, wrong))
    return tuple(found)


def _marks(field: FieldInfo) -> Iterator[object]:
    """Yield what ``Annotated`` says of a field, the outermost first, also within ``… | None``.

    Pydantic keeps what stands in one ``Annotated`` within another in a single list, the innermost first.
    """
    yield from reversed(field.metadata)
    for part in get_args(field.annotation):
        yield from reversed(getattr(part, "__metadata__", ()))
