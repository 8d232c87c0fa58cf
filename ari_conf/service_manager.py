"""What started the controller and watches over it, as systemd does: it is told by datagrams how we are (sd_notify(3))."""

import asyncio
import contextlib
import os
import socket
from collections.abc import AsyncIterator, Callable, MutableMapping
from typing import Final, Self

import structlog

from ari_conf.clock import Clock
from ari_conf.health import Condition, Phase

log = structlog.get_logger(__name__)

BEAT_SECONDS: Final = 5.0
"""How often it is told at least."""

EXTENSION_SECONDS: Final = 60.0
"""How much longer than at each word from us a stop may take while calls finish; ``TimeoutStopSec`` need not know how long."""


class ServiceManager:
    """Listens at ``address``: a path, or a name in the abstract namespace that begins with ``@``; nobody does if it is empty.

    ``watchdog_seconds`` is after how long without a word from us it starts us anew; None: it does not.
    """

    def __init__(self, address: str = "", watchdog_seconds: float | None = None) -> None:
        self._address = f"\0{address[1:]}" if address.startswith("@") else address
        self._watched = watchdog_seconds is not None
        # Twice within the time, as sd_watchdog_enabled(3) has it.
        self._beat = min(BEAT_SECONDS, watchdog_seconds / 2 if watchdog_seconds else BEAT_SECONDS)
        self._deaf = False

    @classmethod
    def of(cls, environment: MutableMapping[str, str]) -> Self:
        """Return who is named there, and take the names out: programs that we start are not to speak for us."""
        address, pid, microseconds = (environment.pop(name, "") for name in ("NOTIFY_SOCKET", "WATCHDOG_PID", "WATCHDOG_USEC"))
        watched = microseconds.isdecimal() and int(microseconds) > 0 and pid in {"", str(os.getpid())}
        return cls(address, int(microseconds) / 1e6 if watched else None)

    def ready(self, condition: Condition) -> None:
        """Tell that calls are taken."""
        self._tell("READY=1", f"STATUS={condition.sentence}")

    def stopping(self, condition: Condition) -> None:
        """Tell that the end has begun, which takes longer if calls may finish."""
        self._tell("STOPPING=1", f"STATUS={condition.sentence}", *_extension(condition))

    @contextlib.asynccontextmanager
    async def told(self, look: Callable[[], Condition], clock: Clock) -> AsyncIterator[None]:
        """Tell how we are all the time inside, from the event loop: when that hangs, nothing is told any more."""
        telling = asyncio.create_task(self._keep_telling(look, clock), name="service manager")
        try:
            yield
        finally:
            telling.cancel()
            await asyncio.wait({telling})

    async def _keep_telling(self, look: Callable[[], Condition], clock: Clock) -> None:
        while self._address:
            condition = look()
            alive = ("WATCHDOG=1",) if self._watched else ()
            self._tell(*alive, f"STATUS={condition.sentence}", *_extension(condition))
            await clock.sleep_until(clock.monotonic() + self._beat)

    def _tell(self, *assignments: str) -> None:
        if not self._address:
            return
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as to:
                to.settimeout(0)
                to.sendto("\n".join(assignments).encode(), self._address)
        except BlockingIOError:
            return  # it has not read what was told before
        except OSError as error:
            if not self._deaf:
                log.warning("the service manager at NOTIFY_SOCKET cannot be told how we are", cause=error.strerror)
            self._deaf = True


def _extension(condition: Condition) -> tuple[str, ...]:
    return (f"EXTEND_TIMEOUT_USEC={EXTENSION_SECONDS * 1e6:.0f}",) if condition.phase is Phase.DRAINING else ()
