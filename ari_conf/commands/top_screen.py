"""The terminal while ``ari-conf top`` is on it: drawn anew each second, until a key or a signal ends it."""

import asyncio
import contextlib
import os
import signal
import sys
import termios
import tty
from collections.abc import Iterator

from rich.console import Console, RenderableType
from rich.live import Live

from .rooms_controller import RunningController
from .rooms_things import ControllerError
from .top_look import look
from .top_view import trouble, view


async def watch(controller: RunningController, screen: Console, seconds: float) -> None:
    """Show the controller, anew after so many seconds, until somebody ends it. What goes wrong is shown, and asked again."""
    ended = asyncio.Event()
    with _ending(ended), Live(console=screen, screen=True, auto_refresh=False) as live:
        end = asyncio.create_task(ended.wait())
        try:
            while not ended.is_set():
                seen = asyncio.create_task(_seen(controller, screen))
                try:
                    await asyncio.wait({seen, end}, return_when=asyncio.FIRST_COMPLETED)
                finally:
                    seen.cancel()
                if not ended.is_set():
                    live.update(seen.result(), refresh=True)
                    await asyncio.wait({end}, timeout=seconds)
        finally:
            end.cancel()


async def _seen(controller: RunningController, screen: Console) -> RenderableType:
    try:
        return view(await look(controller), screen.height)
    except ControllerError as error:
        return trouble(str(error))


@contextlib.contextmanager
def _ending(ended: asyncio.Event) -> Iterator[None]:
    """Let q and signals end it meanwhile; keys are not shown, and the terminal is as before afterwards."""
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, ended.set)
    try:
        with _keys(ended):
            yield
    finally:
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.remove_signal_handler(number)


@contextlib.contextmanager
def _keys(ended: asyncio.Event) -> Iterator[None]:
    if not sys.stdin.isatty():
        yield
        return
    keyboard = sys.stdin.fileno()

    def pressed() -> None:
        keys = os.read(keyboard, 100)
        # Nothing to be read is the end of a terminal that was closed.
        if not keys or b"q" in keys.lower():
            ended.set()

    before = termios.tcgetattr(keyboard)
    tty.setcbreak(keyboard)
    asyncio.get_running_loop().add_reader(keyboard, pressed)
    try:
        yield
    finally:
        asyncio.get_running_loop().remove_reader(keyboard)
        termios.tcsetattr(keyboard, termios.TCSADRAIN, before)
