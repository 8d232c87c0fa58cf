"""Which addresses may be connected to: a URL in somebody's TwiML must not lead into the machine's own surroundings.

The address is checked when its socket is opened. Whatever the URL looked like, whatever its name resolved to a moment ago and
whoever redirected to it: this is the address that is connected to.
"""

import errno
import ipaddress
import socket
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

_Address = ipaddress.IPv4Address | ipaddress.IPv6Address
_Network = ipaddress.IPv4Network | ipaddress.IPv6Network


def _networks(*texts: str) -> tuple[_Network, ...]:
    return tuple(ipaddress.ip_network(text) for text in texts)


_NEVER: Final = {
    "a cloud's metadata address": _networks(
        "100.100.100.200", "168.63.129.16", "192.0.0.192", "fd00:ec2::254", "fd20:ce::254", "169.254.169.254"
    ),
    "a link-local address": _networks("169.254.0.0/16", "fe80::/10"),
    "an address of no machine": _networks("0.0.0.0/8", "::/128"),
    "a multicast address": _networks("224.0.0.0/4", "ff00::/8"),
    "a reserved address": _networks("240.0.0.0/4", "::/96", "::ffff:0:0:0/96", "64:ff9b:1::/48", "100::/64", "2001::/32"),
}
"""Reserved are also forms of IPv6 that hide an IPv4 address in a place that is not known, or that nobody uses any more."""

_LOOPBACK: Final = _networks("127.0.0.0/8", "::1/128")
_PRIVATE: Final = _networks(
    *("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "192.0.0.0/24", "192.0.2.0/24"),
    *("198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "fc00::/7", "fec0::/10", "2001:db8::/32"),
)

_NAT64: Final = ipaddress.IPv6Network("64:ff9b::/96")


class AddressRefusedError(OSError):
    """This address may not be connected to; ``rule`` is what kind of address it is."""

    def __init__(self, rule: str) -> None:
        # The same text for each address: of several that are refused alike, the first error is told on as it is.
        super().__init__(errno.EACCES, "the address is refused")
        self.rule = rule


@dataclass(frozen=True, slots=True)
class NetworkRules:
    """What may be connected to: public addresses, and with ``private_addresses`` those of this machine and private networks."""

    private_addresses: bool = True

    def refusal(self, address: str) -> str | None:
        """Return what kind of address it is if it may not be connected to, otherwise None."""
        try:
            parsed = _without_disguise(ipaddress.ip_address(address.partition("%")[0]))
        except ValueError:
            return "an address in an unusual spelling"
        if _within(parsed, _LOOPBACK):
            return None if self.private_addresses else "a loopback address, which the settings do not allow"
        for rule, networks in _NEVER.items():
            if _within(parsed, networks):
                return rule
        if not self.private_addresses and _within(parsed, _PRIVATE):
            return "a private address, which the settings do not allow"
        return None

    def open_socket(self, address_info: tuple[Any, ...]) -> socket.socket:
        """Return a socket for an entry of ``getaddrinfo``. Raises ``AddressRefusedError`` if it may not be connected to."""
        family, kind, protocol, _, address = address_info
        refused = self.refusal(address[0])
        if refused is not None:
            raise AddressRefusedError(refused)
        return socket.socket(family, kind, protocol)


def _within(address: _Address, networks: Iterable[_Network]) -> bool:
    return any(address in network for network in networks)


def _without_disguise(address: _Address) -> _Address:
    if isinstance(address, ipaddress.IPv4Address):
        return address
    if address in _NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFF_FFFF)
    return address.ipv4_mapped or address.sixtofour or address
