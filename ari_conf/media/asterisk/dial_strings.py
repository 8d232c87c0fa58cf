"""What Asterisk is told to dial, made of what an application or a caller has said.

A dial string is a small language (``&`` dials several, ``@`` names an endpoint, ``/`` an address): nothing goes into one that
could say something else than a number, a name or a URI.
"""

import re
from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote

from ari_conf.media.port import EngineError

_NUMBER: Final = re.compile(r"\+?[0-9]{1,40}")
_NAME: Final = re.compile(r"[A-Za-z0-9.+_-]{1,120}")
"""Without ``@``: behind that Asterisk looks for an endpoint, as the trunk."""

_URI: Final = re.compile(
    r"(?i:sips?):"
    r"(?:(?:[A-Za-z0-9._~+*!-]|%[0-9A-Fa-f]{2}){1,120}@)?"
    r"(?:[A-Za-z0-9](?:[A-Za-z0-9.-]{0,250}[A-Za-z0-9])?|\[[0-9A-Fa-f:.]{2,45}\])"
    r"(?::[0-9]{1,5})?"
    r"(?:;[A-Za-z0-9-]{1,40}(?:=[A-Za-z0-9._~-]{1,120})?){0,10}"
)
_HEADER: Final = re.compile(r"(?:X-[A-Za-z0-9-]{1,60}|User-to-User)", re.IGNORECASE)
_ENDPOINT_OF_URI: Final = re.compile(r"PJSIP/([A-Za-z0-9._-]+)/\{uri\}")
_CALLER_ID: Final = re.compile(r"[^A-Za-z0-9+._~*!-]")

HEADERS_LENGTH: Final = 1024
"""So many characters may all headers of one call have together, as at Twilio."""


@dataclass(frozen=True, slots=True)
class DialString:
    """What Asterisk is to dial, and the SIP headers to send with it; ``uri`` is the SIP URI, if it is one."""

    endpoint: str
    headers: tuple[tuple[str, str], ...] = ()
    uri: str = ""


@dataclass(frozen=True, slots=True)
class DialStrings:
    """How a number, a ``client:`` name and a SIP URI are dialled: with ``{number}``, ``{name}`` and ``{uri}`` in them."""

    number: str = "PJSIP/{number}@trunk"
    client: str = "PJSIP/{name}"
    sip: str = "PJSIP/outgoing/{uri}"

    def of(self, to: str) -> DialString:
        """Return how ``to`` is dialled. Raises ``EngineError``, with the cause, if it cannot be."""
        if to.lower().startswith(("sip:", "sips:")):
            return self._of_uri(to)
        if to.startswith("client:"):
            name, _, query = to.removeprefix("client:").partition("?")
            if not _NAME.fullmatch(name):
                raise EngineError(f"the client name {name!r} cannot be dialled: it may have letters, digits, ., +, _ and -")
            return DialString(self.client.replace("{name}", name), _headers(query))
        if not _NUMBER.fullmatch(to):
            raise EngineError(f"{to!r} cannot be dialled: a number has digits, and may begin with +")
        return DialString(self.number.replace("{number}", to))

    def endpoint_of_uris(self) -> str:
        """Return the PJSIP endpoint from which SIP URIs are called. Raises ``EngineError`` if it is not one alone."""
        found = _ENDPOINT_OF_URI.fullmatch(self.sip)
        if found is None:
            raise EngineError(
                f"a SIP URI with a user name cannot be called by {self.sip!r}; "
                "[asterisk] sip has to be PJSIP/<endpoint>/{uri}"
            )
        return found[1]

    def _of_uri(self, to: str) -> DialString:
        uri, _, query = to.partition("?")
        if not _URI.fullmatch(uri):
            raise EngineError(
                f"{uri!r} cannot be dialled: it is no SIP URI as sip:name@host, or has characters that it may not have"
            )
        return DialString(self.sip.replace("{uri}", uri), _headers(query), uri)


def caller_number(caller_id: str) -> str:
    """Return what stands in From for a caller id: a number, a client's name, or the user part of a SIP URI."""
    user = re.sub(r"^(client|sips?):", "", caller_id, flags=re.IGNORECASE).partition("@")[0]
    return _CALLER_ID.sub("", user) or "anonymous"


def _headers(query: str) -> tuple[tuple[str, str], ...]:
    """Read the headers of a URI's query; those that nobody may set are passed over."""
    headers = []
    for part in filter(None, query.split("&")):
        name, _, value = part.partition("=")
        name, value = unquote(name), unquote(value)
        if not value.isprintable():
            raise EngineError(f"the SIP header {name!r} cannot be sent: its value has a control character")
        if _HEADER.fullmatch(name):
            headers.append((name, value))
    if sum(len(name) + len(value) for name, value in headers) > HEADERS_LENGTH:
        raise EngineError(f"the headers of a call may have {HEADERS_LENGTH} characters together")
    return tuple(headers)
