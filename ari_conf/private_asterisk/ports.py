"""Ports for one Asterisk, so that several of them run side by side."""

import random
import socket
from collections.abc import Iterable
from contextlib import ExitStack
from dataclasses import dataclass, replace

from .errors import PrivateAsteriskError

# Below the ports that Linux gives out by itself, above those that well-known services use.
_FIRST, _LAST = 20000, 32000
RTP_PORTS = 400
"""How many UDP ports an Asterisk gets for audio, at least; a call takes two."""
_OTHER_PORTS = 20
_BLOCK = RTP_PORTS + _OTHER_PORTS


@dataclass(frozen=True, slots=True)
class Ports:
    """SIP is UDP, ARI is TCP, RTP is UDP from ``rtp_first`` to ``rtp_last``, both included."""

    sip: int
    ari: int
    rtp_first: int
    rtp_last: int


class PortReservation:
    """Ports on ``host`` for so many ``calls`` that no other reservation on this machine has and no socket is bound to.

    ``sip`` and ``ari`` are taken as they are where given. The reservation lasts until ``release``, or the end of the process.
    Raises ``PrivateAsteriskError`` if a port that was asked for is in use, or none are left.
    """

    def __init__(self, host: str, *, sip: int | None = None, ari: int | None = None, calls: int = RTP_PORTS // 2) -> None:
        self._locks, ports = _reserve(host, -(-(2 * calls + _OTHER_PORTS) // _BLOCK))
        self.ports = replace(ports, sip=sip or ports.sip, ari=ari or ports.ari)
        for name, kind, port in (("SIP", socket.SOCK_DGRAM, sip), ("ARI", socket.SOCK_STREAM, ari)):
            if port and not _all_free(host, kind, [port]):
                self.release()
                raise PrivateAsteriskError(
                    f"Port {port} for {name} is in use on {host}; end what uses it, or choose another port."
                )

    def release(self) -> None:
        """Let others have the ports."""
        self._locks.close()


def _reserve(host: str, blocks: int) -> tuple[ExitStack, Ports]:
    """Return ports of so many blocks in a row, and what has to be closed to let others have them."""
    length = blocks * _BLOCK
    starts = list(range(_FIRST, _LAST - length, _BLOCK))
    random.SystemRandom().shuffle(starts)
    for start in starts:
        sip = start + length - _OTHER_PORTS
        with ExitStack() as locks:
            if not all(_lock(block, locks) for block in range(start, start + length, _BLOCK)):
                continue
            udp_free = _all_free(host, socket.SOCK_DGRAM, range(start, sip + 1))
            if udp_free and _all_free(host, socket.SOCK_STREAM, [sip + 1]):
                return locks.pop_all(), Ports(sip, sip + 1, start, sip - 1)
    raise PrivateAsteriskError(
        f"There are no {length} free ports in a row from {_FIRST} to {_LAST}; end other Asterisks first."
    )


def _lock(block: int, locks: ExitStack) -> bool:
    # A name in the abstract namespace belongs to one socket of all users, and goes with its process: a lock without files.
    lock = locks.enter_context(socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM))
    try:
        lock.bind(f"\0ari-conf-ports-{block}")
    except OSError:
        return False
    return True


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
