"""What the process takes of its machine: memory, processor, and the room that is left on its disks."""

import asyncio
import contextlib
import os
import shutil
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from .health_alarms import Disk

DISKS_SECONDS: Final = 10.0
"""How often it is looked how much room is left on the disks."""

_STATM: Final = Path("/proc/self/statm")


def memory_mb() -> float | None:
    """Return how much memory the process has, in MB; None where Linux does not say so."""
    try:
        pages = int(_STATM.read_text(encoding="ascii").split()[1])
    except (OSError, ValueError, IndexError):
        return None
    return round(pages * os.sysconf("SC_PAGE_SIZE") / 1e6, 1)


class Processor:
    """How much of one processor the process has taken between two looks."""

    def __init__(self) -> None:
        self._before = time.monotonic(), time.process_time()
        self.percent = 0.0

    def look(self) -> None:
        """Reckon from the last look until now."""
        (since, used), now = self._before, (time.monotonic(), time.process_time())
        if now[0] > since:
            self.percent = round(100 * (now[1] - used) / (now[0] - since), 1)
        self._before = now


class Disks:
    """The disks on which ``places`` are, by what is there. A disk that hangs is waited for in a thread, and by nobody else."""

    def __init__(self, places: Mapping[str, Path]) -> None:
        self._places = places
        self._looking: asyncio.Task[None] | None = None
        self._looked_at = -DISKS_SECONDS
        self.found: dict[str, Disk] = {}

    def look_soon(self) -> None:
        """Look at them, unless that is under way or was done just before."""
        now = time.monotonic()
        if now >= self._looked_at + DISKS_SECONDS and (self._looking is None or self._looking.done()):
            self._looked_at = now
            self._looking = asyncio.create_task(self._look(), name="disks")

    async def stop(self) -> None:
        """Look no more."""
        if self._looking is not None:
            self._looking.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._looking

    async def _look(self) -> None:
        for what, place in self._places.items():
            try:
                usage = await asyncio.to_thread(shutil.disk_usage, place)
            except OSError:
                self.found.pop(what, None)
            else:
                self.found[what] = Disk(what=what, path=str(place), free_bytes=usage.free, total_bytes=usage.total)
