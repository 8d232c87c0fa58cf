"""SIP messages (RFC 3261): read from a datagram, written to one. As much as a phone behind a PBX or a simple proxy needs."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from urllib.parse import quote, unquote

_COMPACT = {
    "b": "Referred-By",
    "c": "Content-Type",
    "e": "Content-Encoding",
    "f": "From",
    "i": "Call-ID",
    "k": "Supported",
    "l": "Content-Length",
    "m": "Contact",
    "o": "Event",
    "r": "Refer-To",
    "s": "Subject",
    "t": "To",
    "u": "Allow-Events",
    "v": "Via",
    "x": "Session-Expires",
}
_FOLD = re.compile(r"\r?\n[ \t]+")
_URI = re.compile(
    r"(?P<scheme>sips?):(?:(?P<user>[^@]*)@)?(?P<host>\[[^\]]+\]|[^:;?]+)(?::(?P<port>[0-9]+))?(?P<rest>.*)", re.IGNORECASE
)
LARGEST_PORT = 65_535
_LARGEST_STATUS = 699
_LARGEST_CSEQ = 2**31 - 1
_LONGEST_NUMBER = 10  # digits
_USER_SAFE = "-_.!~*'()&=+$,;?/"


class SipParseError(ValueError):
    """The text is not SIP, or lacks what every SIP message has."""


def number(text: str, most: int) -> int:
    """Read a number. Raises ``SipParseError`` if it is none, or more than ``most``."""
    # Python reads digits of other scripts too, and refuses those of thousands of digits with an error of its own.
    if not (text.isascii() and text.isdecimal() and len(text) <= _LONGEST_NUMBER and int(text) <= most):
        raise SipParseError(f"not a number up to {most}: {text[:80]!r}")
    return int(text)


def _split(text: str, separator: str) -> list[str]:
    """Split at ``separator`` where it stands outside of quotes and angle brackets."""
    parts, start, quoted, escaped, depth = [], 0, False, False, 0
    for index, character in enumerate(text):
        if escaped:
            escaped = False
        elif quoted and character == "\\":
            escaped = True
        elif character == '"':
            quoted = not quoted
        elif quoted:
            continue
        elif character == "<":
            depth += 1
        elif character == ">":
            depth -= 1
        elif character == separator and depth == 0:
            parts.append(text[start:index].strip())
            start = index + 1
    parts.append(text[start:].strip())
    return parts


def _parameters(parts: Iterable[str]) -> dict[str, str]:
    pairs = (part.partition("=") for part in parts if part)
    return {name.strip().lower(): value.strip().strip('"') for name, _, value in pairs}


@dataclass(frozen=True, slots=True)
class Uri:
    """A SIP URI. ``user`` is plain text here and percent-encoded on the wire."""

    host: str
    port: int | None = None
    user: str = ""
    scheme: str = "sip"
    parameters: dict[str, str] = field(default_factory=dict)

    @classmethod
    def parse(cls, text: str) -> "Uri":
        """Read a URI; raises ``SipParseError`` if it is no ``sip:`` or ``sips:`` URI."""
        match = _URI.fullmatch(text.strip())
        if match is None:
            raise SipParseError(f"not a SIP URI: {text!r}")
        port = match["port"]
        parameters = _parameters(match["rest"].partition("?")[0].split(";"))
        return cls(
            match["host"],
            number(port, LARGEST_PORT) if port else None,
            unquote(match["user"] or "", errors="surrogateescape"),
            match["scheme"].lower(),
            parameters,
        )

    def __str__(self) -> str:
        user = f"{quote(self.user, safe=_USER_SAFE, errors='surrogateescape')}@" if self.user else ""
        port = f":{self.port}" if self.port else ""
        parameters = "".join(f";{name}={value}" if value else f";{name}" for name, value in self.parameters.items())
        return f"{self.scheme}:{user}{self.host}{port}{parameters}"


@dataclass(frozen=True, slots=True)
class Address:
    """What stands in From, To, Contact, Route and Record-Route: a name, a URI as text, parameters such as ``tag``."""

    uri: str
    display: str = ""
    parameters: dict[str, str] = field(default_factory=dict)

    @classmethod
    def parse(cls, text: str) -> "Address":
        """Read one address, with or without angle brackets."""
        first, *rest = _split(text, ";")
        display, bracket, uri = first.rpartition("<")
        if bracket:
            name = display.strip().removeprefix('"').removesuffix('"')
            return cls(uri.removesuffix(">"), re.sub(r"\\(.)", r"\1", name), _parameters(rest))
        return cls(first, "", _parameters(rest))

    def __str__(self) -> str:
        escaped = re.sub(r'(["\\])', r"\\\1", self.display)
        display = f'"{escaped}" ' if escaped else ""
        return f"{display}<{self.uri}>" + "".join(
            f";{name}={value}" if value else f";{name}" for name, value in self.parameters.items()
        )


class Headers:
    """Header fields in order; names are compared without regard to case, compact forms count as their long ones."""

    def __init__(self, fields: Iterable[tuple[str, str]] = ()) -> None:
        self._fields: list[tuple[str, str]] = []
        for name, value in fields:
            self.add(name, value)

    def add(self, name: str, value: str) -> None:
        """Append a field. A line break inside ``value`` becomes a space."""
        self._fields.append((_COMPACT.get(name.lower(), name), " ".join(value.split("\n")).replace("\r", "")))

    def get(self, name: str) -> str | None:
        """Return the first field of that name."""
        wanted = _COMPACT.get(name.lower(), name).lower()
        return next((value for field_name, value in self._fields if field_name.lower() == wanted), None)

    def all(self, name: str) -> list[str]:
        """Return all values of that name, those of a comma-separated field one by one."""
        wanted = _COMPACT.get(name.lower(), name).lower()
        return [
            part for field_name, value in self._fields if field_name.lower() == wanted for part in _split(value, ",") if part
        ]

    def __getitem__(self, name: str) -> str:
        value = self.get(name)
        if value is None:
            raise SipParseError(f"the message has no {name} header")
        return value

    def __iter__(self) -> Iterator[tuple[str, str]]:
        return iter(self._fields)


@dataclass(slots=True)
class Message:
    """What requests and responses share."""

    headers: Headers
    body: bytes = field(default=b"", kw_only=True)

    @property
    def call_id(self) -> str:
        """The Call-ID."""
        return self.headers["Call-ID"]

    @property
    def cseq(self) -> tuple[int, str]:
        """The number and the method of CSeq."""
        count, _, method = self.headers["CSeq"].partition(" ")
        return number(count, _LARGEST_CSEQ), method.strip().upper()

    @property
    def branch(self) -> str:
        """The branch of the topmost Via: the name of the transaction."""
        via = self.headers.all("Via")
        return _parameters(_split(via[0], ";")[1:]).get("branch", "") if via else ""

    @property
    def from_(self) -> Address:
        """Who sent the request of this transaction."""
        return Address.parse(self.headers["From"])

    @property
    def to(self) -> Address:
        """Whom the request of this transaction is for."""
        return Address.parse(self.headers["To"])

    def _encode(self, first_line: str) -> bytes:
        lines = [first_line, *(f"{name}: {value}" for name, value in self.headers if name.lower() != "content-length")]
        lines.append(f"Content-Length: {len(self.body)}")
        return "\r\n".join([*lines, "", ""]).encode() + self.body


@dataclass(slots=True)
class Request(Message):
    """A SIP request. ``uri`` is the request URI as text."""

    method: str
    uri: str

    def encode(self) -> bytes:
        """Return the datagram; Content-Length is added."""
        return self._encode(f"{self.method} {self.uri} SIP/2.0")

    def reply(self, status: int, reason: str, *, tag: str = "") -> "Response":
        """Make the response to this request. ``tag`` is put into To if there is none."""
        to = self.headers["To"]
        if tag and "tag" not in self.to.parameters:
            to += f";tag={tag}"
        headers = Headers(("Via", via) for via in self.headers.all("Via"))
        for route in self.headers.all("Record-Route"):
            headers.add("Record-Route", route)
        for name in ("From", "Call-ID", "CSeq"):
            headers.add(name, self.headers[name])
        headers.add("To", to)
        return Response(headers, status, reason)


@dataclass(slots=True)
class Response(Message):
    """A SIP response."""

    status: int
    reason: str

    def encode(self) -> bytes:
        """Return the datagram; Content-Length is added."""
        return self._encode(f"SIP/2.0 {self.status} {self.reason}")


def parse(datagram: bytes) -> Request | Response:
    """Read one SIP message. Raises ``SipParseError`` for anything else, keep-alives included."""
    head, _, body = datagram.lstrip(b"\r\n").partition(b"\r\n\r\n")
    first, _, rest = head.decode("utf-8", "replace").partition("\r\n")
    headers = Headers()
    for line in _FOLD.sub(" ", rest).split("\r\n"):
        name, colon, value = line.partition(":")
        if not colon and line:
            raise SipParseError(f"not a SIP header: {line!r}")
        if line:
            headers.add(name.strip(), value.strip())
    length = headers.get("Content-Length")
    if length is not None:
        body = body[: number(length, len(body))]
    message: Request | Response
    words = first.split(" ", 2)
    if words[0].upper() == "SIP/2.0" and len(words) >= 2:
        message = Response(headers, number(words[1], _LARGEST_STATUS), words[2] if len(words) == 3 else "", body=body)
    elif len(words) == 3 and words[2].upper() == "SIP/2.0":
        message = Request(headers, words[0].upper(), words[1], body=body)
    else:
        raise SipParseError(f"not a SIP message: {first[:80]!r}")
    for name in ("Via", "From", "To", "Call-ID"):
        headers[name]
    _ = message.cseq
    return message
