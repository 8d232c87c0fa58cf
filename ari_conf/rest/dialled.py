"""Whom a request wants called, and as whom: ``To`` and ``From``, for all resources that place calls."""

import re
from typing import Annotated, Final

from pydantic import AfterValidator, Field

from ari_conf.media.asterisk.dial_strings import DialStrings
from ari_conf.media.port import EngineError

from .errors import RestCode
from .parameters import Wrong

_NUMBER: Final = re.compile(r"\+?[0-9]{1,40}")
_PUNCTUATION: Final = re.compile(r"(?<=[0-9)])[ .()-]+|(?<![ .()-])[ .()-]+(?=[0-9(])")
"""It begins where a run of it begins: tried again at each of its letters, a long one would take a minute."""
_URI: Final = re.compile(r"(client|sip|sips):[^\s@:;?][^\s]*", re.IGNORECASE)


def _to(value: str) -> str:
    value = value.strip()
    if _URI.fullmatch(value) and value.isprintable():
        try:
            DialStrings().of(value)
        except EngineError as error:
            raise ValueError(str(error)) from None
        return value
    number = _PUNCTUATION.sub("", value)
    if not _NUMBER.fullmatch(number):
        raise ValueError("it should be a phone number as +15551234567, client:name, or sip:name@host")
    return number


def _from(value: str) -> str:
    if not value.strip() or not value.isprintable():
        raise ValueError("it should be a phone number, client:name, or the name that a SIP phone is to show")
    return value.strip()


To = Annotated[
    str,
    Field(max_length=1600, json_schema_extra={"examples": ["+15551234567", "client:anna", "sip:anna@example.com"]}),
    AfterValidator(_to),
    Wrong(RestCode.TO, RestCode.TO_MISSING),
]
"""A number (its punctuation is dropped), ``client:name`` or ``sip:name@host``, both with parameters after ``?``."""

From = Annotated[str, AfterValidator(_from), Field(max_length=256), Wrong(RestCode.FROM, RestCode.FROM_MISSING)]
"""Who seems to call."""
