"""``ari-conf top``: what is going on, anew each second, in a terminal."""

import sys
from pathlib import Path
from typing import Annotated, Final

import typer
from rich.console import Console

from .rooms import AccountOption, UrlOption
from .terminal import ConfigOption, console, run

top_cli = typer.Typer()

SECONDS: Final = 1.0
"""How long a look is shown until the next one."""


@top_cli.command()
def top(
    config: ConfigOption = None,
    url: UrlOption = None,
    account: AccountOption = None,
    *,
    once: Annotated[bool, typer.Option("--once", help="Print it once, and end.")] = False,
) -> None:
    """Watch rooms, who is in them, queues, callbacks and Asterisk. It ends with q or Ctrl-C."""
    run(_top(config, url, account, None if once or not sys.stdout.isatty() else console))


async def _top(config: Path | None, url: str | None, account: str | None, screen: Console | None) -> None:
    # What needs everything is imported when it is used: most commands need little of it.
    from .rooms_controller import running_controller  # noqa: PLC0415
    from .top_look import look  # noqa: PLC0415
    from .top_screen import watch  # noqa: PLC0415
    from .top_view import view  # noqa: PLC0415

    async with running_controller(config, url, account) as controller:
        if screen is None:
            console.print(view(await look(controller), None))
        else:
            await watch(controller, screen, SECONDS)
