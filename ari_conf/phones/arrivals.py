"""UDP sockets that tell when each packet has arrived, however late it is read."""

import contextlib
import socket
import struct
import time
from typing import Final

_SO_TIMESTAMPNS: Final = 35
"""Linux' option for a socket that tells when each packet has arrived, which Python has no name for."""

_TIMESPEC: Final = struct.Struct("@ll")
_ABOUT: Final = socket.CMSG_SPACE(_TIMESPEC.size)
_LONGEST: Final = 2048
SECOND: Final = 1_000_000_000
"""In nanoseconds."""


def timed_socket(host: str) -> socket.socket:
    """Return a socket on a free port of ``host`` that blocks nobody."""
    made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    made.setblocking(False)  # noqa: FBT003 - its only parameter
    with contextlib.suppress(OSError):  # elsewhere than on Linux the moment of reading has to do
        made.setsockopt(socket.SOL_SOCKET, _SO_TIMESTAMPNS, 1)
    made.bind((host, 0))
    return made


def take(timed: socket.socket) -> tuple[bytes, int]:
    """Return the next packet and when it has arrived, in nanoseconds since 1970. Raises ``OSError`` if there is none."""
    packet, about, _, _ = timed.recvmsg(_LONGEST, _ABOUT)
    if not about:
        return packet, time.time_ns()
    seconds, nanoseconds = _TIMESPEC.unpack(about[0][2])
    return packet, int(seconds) * SECOND + int(nanoseconds)
