"""SIDs: two letters for the kind of thing, then 128 random bits in hexadecimal: given out in lower case, known in either."""

import re
import secrets
from enum import StrEnum


class SidKind(StrEnum):
    """The two letters that a SID starts with."""

    ACCOUNT = "AC"
    CALL = "CA"
    CONFERENCE = "CF"
    NOTIFICATION = "NO"
    QUEUE = "QU"
    RECORDING = "RE"


_SHAPE = re.compile(r"[A-Z]{2}[0-9a-fA-F]{32}")


def new_sid(kind: SidKind) -> str:
    """Return a SID that was never given out before, as far as 128 random bits can promise."""
    return kind.value + secrets.token_hex(16)


def is_sid(text: str, kind: SidKind) -> bool:
    """Tell whether ``text`` has the shape of a SID of this kind."""
    return text.startswith(kind.value) and _SHAPE.fullmatch(text) is not None
