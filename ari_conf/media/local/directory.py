"""Who can be called on the local engine, and how what is dialled leads to them."""

import re
from urllib.parse import unquote

from .line import Callee

_SIP_URI = re.compile(r"sips?:(?:(?P<user>[^@:;?]+)(?::[^@]*)?@)?.*", re.IGNORECASE | re.DOTALL)
_CLIENT = "client:"


class Directory(dict[str, Callee]):
    """Those who can be called, by their numbers: ``directory["+4930123456"] = callee``.

    ``client:ann`` and ``sip:ann@any.host`` find who is here as ``ann``.
    """

    def find(self, dialled: str) -> Callee | None:
        """Return who is called by dialling this, None if there is nobody."""
        return self.get(number_in(dialled))


def number_in(dialled: str) -> str:
    """Return the name of a client, the user part of a SIP URI, or a number as it is."""
    if dialled.startswith(_CLIENT):
        return dialled.removeprefix(_CLIENT).partition("?")[0]
    uri = _SIP_URI.fullmatch(dialled)
    return unquote(uri["user"] or "") if uri else dialled


def headers_in(dialled: str) -> tuple[tuple[str, str], ...]:
    """Return the headers named ``X-…`` from the query of a SIP URI or of a client's name."""
    # Not as in forms: in a SIP URI, a plus is a plus.
    pairs = (part.partition("=") for part in dialled.partition("?")[2].split("&"))
    headers = ((unquote(name), unquote(value)) for name, _, value in pairs)
    return tuple((name, value) for name, value in headers if name.upper().startswith("X-"))
