"""A board between a test and a controller in another process: there its clock is set, and it tells how many tasks it has."""

import asyncio
import mmap
import struct
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

BOARD: Final = Path("board")
"""In the current directory."""

_ERROR: Final = struct.Struct("d")
_TASKS: Final = struct.Struct("q")

_LOOK_SECONDS: Final = 0.5


class Board:
    """What both sides share, as a mapped file; made if it is not there. Each field is written by one side alone."""

    def __init__(self, path: Path) -> None:
        if not path.exists():
            path.write_bytes(bytes(_ERROR.size + _TASKS.size))
        with path.open("r+b") as file:
            self._map = mmap.mmap(file.fileno(), 0)

    @property
    def clock_error(self) -> float:
        """Seconds by which the controller's wall clock goes ahead."""
        error: float = _ERROR.unpack_from(self._map, 0)[0]
        return error

    @clock_error.setter
    def clock_error(self, seconds: float) -> None:
        _ERROR.pack_into(self._map, 0, seconds)

    @property
    def tasks(self) -> int:
        """Tasks of the controller's event loop."""
        tasks: int = _TASKS.unpack_from(self._map, _ERROR.size)[0]
        return tasks

    @tasks.setter
    def tasks(self, count: int) -> None:
        _TASKS.pack_into(self._map, _ERROR.size, count)


@contextmanager
def on(board: Board) -> Iterator[None]:
    """Let this process go by the board's clock and tell its tasks there."""
    machine, machine_ns = time.time, time.time_ns
    time.time = lambda: machine() + board.clock_error
    time.time_ns = lambda: machine_ns() + round(board.clock_error * 1e9)
    over = threading.Event()
    loops: list[asyncio.AbstractEventLoop] = []
    new_event_loop = asyncio.new_event_loop

    def noticed() -> asyncio.AbstractEventLoop:
        loops.append(new_event_loop())
        return loops[-1]

    def tell() -> None:
        while not over.wait(_LOOK_SECONDS):
            board.tasks = sum(len(asyncio.all_tasks(loop)) for loop in loops if not loop.is_closed())

    asyncio.events.new_event_loop = noticed
    threading.Thread(target=tell, daemon=True).start()
    try:
        yield
    finally:
        over.set()
        time.time, time.time_ns = machine, machine_ns
        asyncio.events.new_event_loop = new_event_loop
