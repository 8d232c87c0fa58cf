"""``ari-conf webhooks``: which callbacks are owed, what was given up on and why, and sending that again."""

# ruff: noqa: PLC0415 (imports where they are needed: the libraries of the database take a second to load)

from enum import StrEnum
from typing import Annotated

import typer

from .terminal import AccountOption, ConfigOption, run

webhooks_cli = typer.Typer(help="Callbacks: owed, delivered, given up; and sent again.", no_args_is_help=True)


class State(StrEnum):
    """What became of a callback."""

    OWED = "owed"
    DELIVERED = "delivered"
    GIVEN_UP = "given-up"


JsonOption = Annotated[bool, typer.Option("--json", help="As JSON, one line for each.")]
TokenArgument = Annotated[str, typer.Argument(help="The callback's idempotency token.", show_default=False)]


@webhooks_cli.command("list")
def list_callbacks(
    config: ConfigOption = None,
    state: Annotated[State | None, typer.Option(help="Only those in this state.")] = None,
    account: AccountOption = None,
    limit: Annotated[int, typer.Option(min=1, help="How many at most; the latest ones.")] = 50,
    *,
    as_json: JsonOption = False,
) -> None:
    """List callbacks, the latest last."""
    from . import webhooks_work
    from .existing import settings_of

    work = webhooks_work.list_callbacks(settings_of(config), state and state.value, account, limit, as_json=as_json)
    run(work)


@webhooks_cli.command()
def show(token: TokenArgument, config: ConfigOption = None, *, as_json: JsonOption = False) -> None:
    """Show a callback with its parameters and how its last attempt went."""
    from . import webhooks_work
    from .existing import settings_of

    run(webhooks_work.show(settings_of(config), token, as_json=as_json))


@webhooks_cli.command()
def resend(
    token: Annotated[str | None, typer.Argument(help="The callback's idempotency token.", show_default=False)] = None,
    config: ConfigOption = None,
    account: AccountOption = None,
    *,
    all_given_up: Annotated[bool, typer.Option("--all-given-up", help="Send everything again that was given up.")] = False,
) -> None:
    """Send a callback again, with the same token. A running controller does so within seconds, otherwise the next one."""
    if (token is None) == (not all_given_up):
        raise typer.BadParameter("give either a token or --all-given-up")
    from . import webhooks_work
    from .existing import settings_of

    run(webhooks_work.resend(settings_of(config), token, account))
