"""From which address a request comes, through reverse proxies too, and whose address that is."""

import ipaddress
import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from functools import lru_cache
from typing import Final

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

FORWARDED_FOR: Final = "X-Forwarded-For"

_WITH_PORT: Final = re.compile(r"\[([^\[\]]*)\](?::[0-9]{1,5})?|([0-9.]*):[0-9]{1,5}")
"""``[2001:db8::1]``, ``[2001:db8::1]:443``, ``192.0.2.1:443``."""


def client_address(peer: str, forwarded: Sequence[str], trusted: Collection[Network]) -> str:
    """Return the address that a request came from, of which ``trusted`` proxies may have told.

    ``peer`` is who has connected to us, ``forwarded`` the lines of X-Forwarded-For as they came. Each proxy adds on the right
    whom it was asked by. So that is believed as long as a trusted one has written it, and anything further left, which clients
    can write themselves, is not looked at; nor is what is to the left of something that is no address.
    """
    here = parse_address(peer)
    if here is None:
        return peer
    if not is_within(here, trusted):
        return str(here)
    for entry in _from_the_right(forwarded):
        told = parse_address(_without_port(entry))
        if told is None:
            break
        here = told
        if not is_within(here, trusted):
            break
    return str(here)


def parse_address(text: str) -> Address | None:
    """Return an address, None if it is none; IPv4 within IPv6 is IPv4, and a zone is left out."""
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return None
    return address.ipv4_mapped or address if isinstance(address, ipaddress.IPv6Address) else address


@lru_cache(maxsize=4096)
def owner_of(address: str) -> str:
    """Return whom an address belongs to: itself, for IPv6 its /64, of which one machine has all addresses."""
    parsed = parse_address(address)
    if parsed is None:
        return address
    return str(parsed if parsed.version == 4 else ipaddress.ip_network((parsed, 64), strict=False))


def is_within(address: Address, networks: Iterable[Network]) -> bool:
    """Tell whether an address is in one of these networks."""
    return any(address in network for network in networks)


def _from_the_right(lines: Sequence[str]) -> Iterator[str]:
    for line in reversed(lines):
        yield from (entry.strip(" \t") for entry in reversed(line.split(",")))


def _without_port(entry: str) -> str:
    found = _WITH_PORT.fullmatch(entry)
    return found[1] or found[2] or "" if found else entry
