"""Where ``<Sip>`` calls: a SIP URI with headers, checked, since all of it goes into a SIP request."""

import re
from dataclasses import dataclass, field
from urllib.parse import quote, unquote

from ari_conf.twilio_codes import Code, Level
from ari_conf.twiml import tables
from ari_conf.twiml.attributes import NONE, read_attributes
from ari_conf.twiml.content import check_no_children, check_no_text, name_and_value, no_place
from ari_conf.twiml.elements import Element
from ari_conf.twiml.problems import Problems, printable, quoted

_LONGEST_URI = 255
_LONGEST_HEADERS = 1024
_MOST_HEADERS = 30
_LAST_PRIORITY = 65_536

_SCHEME = re.compile(r"sips?:", re.IGNORECASE)
_URI = re.compile(
    r"sips?:(?:[\w.!~*'()&=+$,;/%-]++@)?"  # user; a password has an attribute of its own
    r"(?:[\w.-]++|\[[0-9A-Fa-f:.]++\])(?::[0-9]{1,5})?"  # host and port
    r"(?:;[\w.!~*'()%:&+$\[\]/=-]++)*+",
    re.ASCII | re.IGNORECASE,
)
_HEADER_NAME = re.compile(
    r"x-[a-z0-9-]{1,64}|user-to-user|remote-party-id|p-preferred-identity|p-called-party-id", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class SipAddress:
    """A SIP URI whose headers are in its query, and the ``credentials`` that ``<Uri>`` gave: fields of ``SipNoun``."""

    uri: str
    credentials: dict[str, str] = field(repr=False)


def read_address(sip: Element, problems: Problems) -> SipAddress | None:
    """Return where ``<Sip>`` calls; None, and a problem, if that is no SIP URI."""
    text, credentials = sip.own_text, dict[str, str]()
    uris: list[Element] = []
    headers: list[tuple[str, str]] = []
    for child in sip.children:
        if child.tag == "Uri":
            uris.append(child)
        elif child.tag == "Headers":
            headers += _nested_headers(child, problems)
        else:
            no_place(child, sip, problems)
    if uris:
        text, credentials = _first(uris, sip, problems)
    address, _, query = text.partition("?")
    if not _SCHEME.match(address) and "@" in address:
        address = f"sip:{address}"
    if len(address) > _LONGEST_URI or not _URI.fullmatch(address):
        message = (
            f"{quoted(address)} in <Sip> is not a SIP URI like sip:alice@example.com of at most {_LONGEST_URI} characters; "
            "it is not called."
        )
        problems.add(Code.SIP_URI, message, sip.line, level=Level.ERROR)
        return None
    written = [pair.partition("=") for pair in query.split("&", _MOST_HEADERS + 1) if pair]
    headers = [(unquote(name), unquote(value)) for name, _, value in written] + headers
    return SipAddress(address + _query(headers, sip, problems), credentials)


def _first(uris: list[Element], sip: Element, problems: Problems) -> tuple[str, dict[str, str]]:
    found = []
    for uri in uris:
        given, _ = read_attributes(uri, tables.SIP_URI, None, problems)
        check_no_children(uri, problems)
        priority, weight = given.pop("priority", None), given.pop("weight", None)
        found.append((_LAST_PRIORITY if priority is None else priority, -(weight or 0), uri.own_text, given))
    if len(found) > 1:
        message = "<Sip> names several <Uri>; the one with the lowest priority and the highest weight is called."
        problems.add(Code.SIP_TOO_MANY_URIS, message, sip.line)
    _, _, text, given = min(found, key=lambda one: one[:2])
    return text, {name: value for name, value in given.items() if value is not None}


def _nested_headers(headers: Element, problems: Problems) -> list[tuple[str, str]]:
    read_attributes(headers, NONE, None, problems)
    check_no_text(headers, problems)
    found = []
    for child in headers.children:
        if child.tag == "Header":
            found.append(name_and_value(child, problems))
        else:
            no_place(child, headers, problems)
    return [pair for pair in found if pair is not None]


def _query(headers: list[tuple[str, str]], sip: Element, problems: Problems) -> str:
    query = ""
    if len(headers) > _MOST_HEADERS:
        message = f"<Sip> has more than {_MOST_HEADERS} headers; the first {_MOST_HEADERS} are sent."
        problems.add(Code.SIP_TOO_MANY_HEADERS, message, sip.line)
    for name, value in headers[:_MOST_HEADERS]:
        pair = f"{name}={quote(value)}"
        if not _HEADER_NAME.fullmatch(name) or not value.isprintable():
            message = (
                f"The header {quoted(name)} of <Sip> is not sent: it must begin with x-, or be one of the few others that are "
                "allowed, without control characters."
            )
            problems.add(Code.SIP_HEADER_NAME, message, sip.line)
        elif len(query) + 1 + len(pair) > _LONGEST_HEADERS:
            message = f"The header {printable(name)} of <Sip> is not sent: all of them must have {_LONGEST_HEADERS} characters."
            problems.add(Code.SIP_HEADER_TOO_LONG, message, sip.line)
        else:
            query += f"{'&' if query else '?'}{pair}"
    return query
