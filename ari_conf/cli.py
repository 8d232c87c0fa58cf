"""The command ``ari-conf``."""

# ruff: noqa: PLC0415 (imports where they are needed: all of them take more than a second to load)

from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from ari_conf import __version__
from ari_conf.commands.dashboard import dashboard_cli
from ari_conf.commands.db import db_cli
from ari_conf.commands.loading import uncollected
from ari_conf.commands.rooms import rooms_cli
from ari_conf.commands.terminal import AccountOption, ConfigOption, clear_errors, console, run, say
from ari_conf.commands.top import top_cli
from ari_conf.commands.webhooks import webhooks_cli

cli = typer.Typer(help="Conference calling that you run yourself.", no_args_is_help=True, pretty_exceptions_enable=False)
asterisk_cli = typer.Typer(help="The private Asterisk: fetched without root, run on ports of its own.", no_args_is_help=True)
cli.add_typer(asterisk_cli, name="asterisk")
cli.add_typer(dashboard_cli, name="dashboard")
cli.add_typer(db_cli, name="db")
cli.add_typer(webhooks_cli, name="webhooks")
cli.add_typer(rooms_cli)
cli.add_typer(top_cli)


class EngineName(StrEnum):
    """What mixes the rooms."""

    ASTERISK = "asterisk"
    LOCAL = "local"


SystemOption = Annotated[bool, typer.Option(help="Run the Asterisk that is installed on this machine instead.")]
SipPortOption = Annotated[int, typer.Option(help="The UDP port for SIP.")]
EngineOption = Annotated[EngineName | None, typer.Option("--engine", help="What mixes the rooms.")]


def main() -> None:
    """Run the command line."""
    cli()


@cli.command()
def serve(config: ConfigOption = None, engine: EngineOption = None) -> None:
    """Take calls until you stop it with Ctrl-C; `[server] stop` says what becomes of those that are up then."""
    with uncollected():
        from ari_conf.commands import life, running

    settings, accounts = running.begin(config, engine)
    run(life.until_signal(partial(running.serve, settings, accounts)))


@cli.command()
def up(config: ConfigOption = None, *, sip_port: SipPortOption = 5060, system: SystemOption = False) -> None:
    """Run a private Asterisk and the controller together, for your softphone."""
    with uncollected():
        from ari_conf.commands import life, running, with_asterisk
        from ari_conf.private_asterisk import PrivateAsterisk

    settings, accounts = running.begin(config, EngineName.ASTERISK)
    with clear_errors():
        asterisk = PrivateAsterisk(with_asterisk.installed(system=system), sip_port=sip_port)
    run(life.until_signal(partial(with_asterisk.up, settings, accounts, asterisk)))


@cli.command()
def demo(
    engine: EngineOption = None,
    output: Annotated[Path, typer.Option(file_okay=False, help="Where the recordings go.")] = Path("demo-output"),
) -> None:
    """Play the main job: three callers in a moderated room. Exits with 0 if everybody heard what they should."""
    from ari_conf.demo.story import play
    from ari_conf.logs import set_up_logs

    set_up_logs("console", "warning")
    raise typer.Exit(run(play((engine or EngineName.ASTERISK).value, output, console, fall_back=engine is None)))


@cli.command()
def check(config: ConfigOption = None) -> None:
    """Read the settings, connect to everything, say what is wrong and how to mend it. Exits with 1 if something is."""
    from ari_conf.check import check_all
    from ari_conf.logs import set_up_logs
    from ari_conf.settings import load_settings

    with clear_errors():
        settings = load_settings(config)
    set_up_logs("console", "error")
    findings = run(check_all(settings))
    for finding in findings:
        verdict = "[green]ok[/green]     " if finding.ok else "[bold red]wrong[/bold red]  "
        console.print(verdict, end="")
        say(finding.what)
    raise typer.Exit(0 if all(finding.ok for finding in findings) else 1)


@cli.command()
def health(
    config: ConfigOption = None,
    *,
    alive: Annotated[bool, typer.Option("--alive", help="Ask only whether it lives, whether it takes calls or not.")] = False,
) -> None:
    """Ask a running controller whether it takes calls. Exits with 1 if it does not, or if nobody answers."""
    from ari_conf.commands.health import ask
    from ari_conf.settings import load_settings

    with clear_errors():
        say(ask(load_settings(config).server, alive=alive))


@cli.command()
def account(
    config: ConfigOption = None,
    account: AccountOption = None,
    *,
    show_token: Annotated[bool, typer.Option("--show-token", help="Show the auth token too, which is a password.")] = False,
) -> None:
    """Say which account REST requests log in with, and where its auth token is kept. Changes nothing."""
    from ari_conf.commands import account_work
    from ari_conf.commands.existing import settings_of

    run(account_work.show(settings_of(config), account, show_token=show_token))


@cli.command()
def version() -> None:
    """Print the version."""
    say(f"ari_conf {__version__}")


@asterisk_cli.command("install")
def asterisk_install() -> None:
    """Fetch the private Asterisk into your cache folder, if it is not there yet."""
    from ari_conf import private_asterisk

    with clear_errors():
        installed = private_asterisk.ensure_installed(say)
    say(f"Asterisk {installed.version} is in {installed.root}")


@asterisk_cli.command("mend")
def asterisk_mend(
    program: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="Asterisk itself.")] = Path("/usr/sbin/asterisk"),
) -> None:
    """Mend Debian's Asterisk, so that callers can have jitter buffers; as root, again after each upgrade."""
    from ari_conf.private_asterisk.mend import mend

    with clear_errors():
        works = mend(program)
    if not works:
        say(f"The fault of Debian's x86-64 build is not in {program}; nothing was changed.")
        raise typer.Exit(1)
    say(f"{program} is mended. Restart it, configured with JITTER_BUFFER=yes.")


@asterisk_cli.command("run")
def asterisk_run(
    *,
    sip_port: SipPortOption = 5060,
    ari_port: Annotated[int, typer.Option(help="The TCP port for ARI.")] = 8088,
    system: SystemOption = False,
) -> None:
    """Run the private Asterisk in the foreground, with our configuration, on loopback."""
    from ari_conf import private_asterisk
    from ari_conf.commands.with_asterisk import installed

    with clear_errors():
        asterisk = private_asterisk.PrivateAsterisk(installed(system=system), sip_port=sip_port, ari_port=ari_port)
        run(private_asterisk.run_foreground(asterisk, say))


@asterisk_cli.command("where")
def asterisk_where() -> None:
    """Say where the private Asterisk and the configuration are."""
    from ari_conf import private_asterisk

    for line in private_asterisk.where():
        say(line)
