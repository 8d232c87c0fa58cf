"""What all commands share: how they speak, how they fail, and where their settings are."""

import asyncio
import contextlib
import sys
from collections.abc import Coroutine, Iterator
from pathlib import Path
from typing import Annotated, Any, Final, TypeVar

import typer
from rich.console import Console

from ari_conf.sids import SidKind, is_sid

T = TypeVar("T")

_AS_WIDE_AS_NEEDED: Final = 10_000

# What is read by a program, or by nobody yet, has no width into which its tables would have to be pressed.
console = Console(width=None if sys.stdout.isatty() else _AS_WIDE_AS_NEEDED)
errors = Console(stderr=True)

ConfigOption = Annotated[
    Path | None, typer.Option("--config", help="The settings file; without it ari-conf.toml, if it exists.")
]


def _account_sid(sid: str | None) -> str | None:
    if sid is not None and not is_sid(sid, SidKind.ACCOUNT):
        raise typer.BadParameter("this is no account SID, which is AC and 32 characters of 0-9a-f")
    return sid


AccountOption = Annotated[
    str | None, typer.Option("--account", callback=_account_sid, help="Only what belongs to the account of this SID.")
]


def say(text: str) -> None:
    """Print text as it is: nothing in it is markup, and no line is broken."""
    console.print(text, highlight=False, markup=False, soft_wrap=True)


def plain(text: str) -> str:
    """Keep what strangers send from giving orders to the terminal."""
    return "".join(character if character.isprintable() else "�" for character in text)


def run(work: Coroutine[Any, Any, T]) -> T:
    """Run ``work``; an expected error is told in a sentence, and the command exits as ``clear_errors`` does."""
    with clear_errors():
        return asyncio.run(work)


@contextlib.contextmanager
def clear_errors() -> Iterator[None]:
    """Tell an expected error in a sentence, and exit with 1, or the status that it names."""
    try:
        yield
    except Exception as error:
        if not isinstance(error, _expected()):
            raise
        errors.print("[bold red]ari-conf:[/bold red]", end=" ")
        errors.print("\n".join(plain(line) for line in str(error).split("\n")), highlight=False, markup=False, soft_wrap=True)
        raise typer.Exit(getattr(error, "exit_status", 1)) from error


def _expected() -> tuple[type[Exception], ...]:
    # Imported when something has gone wrong: they bring everything with them, and most commands need little of it.
    from ari_conf.private_asterisk import PrivateAsteriskError  # noqa: PLC0415
    from ari_conf.settings import SettingsError  # noqa: PLC0415
    from ari_conf.starting import StartError  # noqa: PLC0415
    from ari_conf.store import StoreError  # noqa: PLC0415

    from .rooms_things import ControllerError  # noqa: PLC0415

    return SettingsError, StartError, StoreError, PrivateAsteriskError, ControllerError
