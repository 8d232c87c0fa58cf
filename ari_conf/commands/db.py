"""``ari-conf db``: look at the database, bring it up to date, shorten it, export it."""

# ruff: noqa: PLC0415 (imports where they are needed: the libraries of the database take a second to load)

from pathlib import Path
from typing import Annotated

import typer

from .terminal import AccountOption, ConfigOption, run

db_cli = typer.Typer(help="The database: what happened, and which callbacks are owed.", no_args_is_help=True)


@db_cli.command()
def where(config: ConfigOption = None) -> None:
    """Say where the database is, and how much is in it. Changes nothing."""
    from . import db_work
    from .existing import settings_of

    run(db_work.where(settings_of(config)))


@db_cli.command()
def migrate(config: ConfigOption = None) -> None:
    """Make the tables, or bring them to the form that this version needs; a controller that starts does so by itself."""
    from . import db_work
    from .existing import settings_of

    run(db_work.migrate(settings_of(config)))


@db_cli.command()
def prune(config: ConfigOption = None) -> None:
    """Remove what is older than the settings say; a running controller does so by itself, once an hour."""
    from . import db_work
    from .existing import settings_of

    run(db_work.prune(settings_of(config)))


@db_cli.command("export")
def export_rows(
    names: Annotated[
        list[str] | None, typer.Argument(metavar="TABLE", help="Which tables; without any, all.", show_default=False)
    ] = None,
    config: ConfigOption = None,
    account: AccountOption = None,
    output: Annotated[Path | None, typer.Option(dir_okay=False, help="The file to write; without it, standard output.")] = None,
) -> None:
    """Write what is in the database as JSON lines, without auth tokens and without passwords in URLs."""
    from . import db_work
    from .existing import settings_of

    run(db_work.export_to(settings_of(config), db_work.check_tables(names or []), account, output))
