"""``ari-conf dashboard``: passwords for those who work with the dashboard."""

import sys

import typer

from ari_conf.passwords import PasswordHash

from .terminal import clear_errors, say

dashboard_cli = typer.Typer(help="The dashboard: passwords of its operators.", no_args_is_help=True)


@dashboard_cli.command()
def password() -> None:
    """Ask for an operator's password, twice, and print the line for the settings; a pipe's first line is taken, too."""
    from ari_conf.settings import SettingsError  # noqa: PLC0415 - takes a second to load

    with clear_errors():
        try:
            hashed = PasswordHash.of(_asked() if sys.stdin.isatty() else sys.stdin.readline().rstrip("\r\n"))
        except ValueError as error:
            raise SettingsError(str(error)) from error
    say(f'password = "{hashed}"')


def _asked() -> str:
    # Only the line to paste goes to standard output, so that it can be redirected.
    return str(typer.prompt("Password", hide_input=True, confirmation_prompt="Once more", err=True))
