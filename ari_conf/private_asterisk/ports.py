"""Ports for one Asterisk, so that several of them run side by side."""

import random
import socket
from collections.abc import Iterable
from dataclasses import dataclass

from .errors import PrivateAsteriskError

# Below the ports that Linux gives out by itself, above those that well-known services use.
_FIRST, _LAST = 20000, 32000
RTP_PORTS = 400
"""How many UDP ports an Asterisk gets for audio; a call takes two."""
_BLOCK = RTP_PORTS + 20


@dataclass(frozen=True, slots=True)
class Ports:
    """SIP is UDP, ARI is TCP, RTP is UDP from ``rtp_first`` to ``rtp_last``, both included."""

    sip: int
    ari: int
    rtp_first: int
    rtp_last: int


class PortReservation:
    """Ports on ``host`` that no other reservation on this machine has and no socket is bound to.

    ``sip`` and ``ari`` are taken as they are where given. The reservation lasts until ``release``, or the end of the process.
    Raises ``PrivateAsteriskError`` if a port that was asked for is in use, or none are left.
    """

    def __init__(self, host: str, *, sip: int | None = None, ari: int | None = None) -> None:
        self._lock, block = _reserve_block(host)
        self.ports = Ports(sip or block + RTP_PORTS, ari or block + RTP_PORTS + 1, block, block + RTP_PORTS - 1)
        for name, kind, port in (("SIP", socket.SOCK_DGRAM, sip), ("ARI", socket.SOCK_STREAM, ari)):
            if port and not _all_free(host, kind, [port]):
                self.release()
                raise PrivateAsteriskError(
                    f"Port {port} for {name} is in use on {host}; end what uses it, or choose another port."
                )

    def release(self) -> None:
        """Let others have the ports."""
        self._lock.close()


def _reserve_block(host: str) -> tuple[socket.socket, int]:
    blocks = list(range(_FIRST, _LAST - _BLOCK, _BLOCK))
    random.SystemRandom().shuffle(blocks)
    for block in blocks:
        # A name in the abstract namespace belongs to one socket of all users, and goes with its process: a lock without files.
        lock = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        try:
            lock.bind(f"\0ari-conf-ports-{block}")
        except OSError:
            lock.close()
            continue
        udp_free = _all_free(host, socket.SOCK_DGRAM, range(block, block + RTP_PORTS + 1))
        if udp_free and _all_free(host, socket.SOCK_STREAM, [block + RTP_PORTS + 1]):
            return lock, block
        lock.close()
    raise PrivateAsteriskError(
        f"There are no {_BLOCK} free ports in a row from {_FIRST} to {_LAST}; end other Asterisks first."
    )


def _all_free(host: str, kind: socket.SocketKind, ports: Iterable[int]) -> bool:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    for port in ports:
        with socket.socket(family, kind) as probe:
            if kind is socket.SOCK_STREAM:
                # Connections of an Asterisk that has just ended do not count: it sets this too.
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, port))
            except OSError:
                return False
    return True
