"""The command ``ari-conf``."""

import asyncio
import contextlib
import signal
from collections.abc import Coroutine, Iterator
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer
from pydantic import SecretStr
from rich.console import Console

from ari_conf import __version__, private_asterisk
from ari_conf.accounts import Account, accounts_of
from ari_conf.app import Controller, StartError, make_engine
from ari_conf.check import check_all
from ari_conf.clock import RealClock
from ari_conf.demo.story import play
from ari_conf.logs import set_up_logs
from ari_conf.private_asterisk import PrivateAsterisk, PrivateAsteriskError
from ari_conf.private_asterisk.foreground import describe
from ari_conf.settings import AsteriskSettings, Settings, SettingsError, load_settings

cli = typer.Typer(help="Conference calling that you run yourself.", no_args_is_help=True, pretty_exceptions_enable=False)
asterisk_cli = typer.Typer(help="The private Asterisk: fetched without root, run on ports of its own.", no_args_is_help=True)
cli.add_typer(asterisk_cli, name="asterisk")

T = TypeVar("T")

console = Console()
errors = Console(stderr=True)


class EngineName(StrEnum):
    """What mixes the rooms."""

    ASTERISK = "asterisk"
    LOCAL = "local"


ConfigOption = Annotated[
    Path | None, typer.Option("--config", help="The settings file; without it ari-conf.toml, if it exists.")
]
SystemOption = Annotated[bool, typer.Option(help="Run the Asterisk that is installed on this machine instead.")]
SipPortOption = Annotated[int, typer.Option(help="The UDP port for SIP.")]
EngineOption = Annotated[EngineName | None, typer.Option("--engine", help="What mixes the rooms.")]


def main() -> None:
    """Run the command line."""
    cli()


@cli.command()
def serve(config: ConfigOption = None, engine: EngineOption = None) -> None:
    """Take calls until you stop it with Ctrl-C."""
    settings, accounts = _begin(config, engine)
    _run(_until_signal(_serve(settings, accounts)))


@cli.command()
def up(config: ConfigOption = None, *, sip_port: SipPortOption = 5060, system: SystemOption = False) -> None:
    """Run a private Asterisk and the controller together, for your softphone."""
    settings, accounts = _begin(config, EngineName.ASTERISK)
    with _clear_errors():
        asterisk = PrivateAsterisk(_installed(system=system), sip_port=sip_port)
    _run(_until_signal(_up(settings, accounts, asterisk)))


@cli.command()
def demo(
    engine: EngineOption = None,
    output: Annotated[Path, typer.Option(file_okay=False, help="Where the recordings go.")] = Path("demo-output"),
) -> None:
    """Play the main job: three callers in a moderated room. Exits with 0 if everybody heard what they should."""
    set_up_logs("console", "warning")
    raise typer.Exit(_run(play((engine or EngineName.ASTERISK).value, output, console, fall_back=engine is None)))


@cli.command()
def check(config: ConfigOption = None) -> None:
    """Read the settings, connect to everything, say what is wrong and how to mend it. Exits with 1 if something is."""
    with _clear_errors():
        settings = load_settings(config)
    set_up_logs("console", "error")
    findings = _run(check_all(settings))
    for finding in findings:
        verdict = "[green]ok[/green]     " if finding.ok else "[bold red]wrong[/bold red]  "
        console.print(verdict, end="")
        _say(finding.what)
    raise typer.Exit(0 if all(finding.ok for finding in findings) else 1)


@cli.command()
def version() -> None:
    """Print the version."""
    _say(f"ari_conf {__version__}")


@asterisk_cli.command("install")
def asterisk_install() -> None:
    """Fetch the private Asterisk into your cache folder, if it is not there yet."""
    with _clear_errors():
        installed = private_asterisk.ensure_installed(_say)
    _say(f"Asterisk {installed.version} is in {installed.root}")


@asterisk_cli.command("run")
def asterisk_run(
    *,
    sip_port: SipPortOption = 5060,
    ari_port: Annotated[int, typer.Option(help="The TCP port for ARI.")] = 8088,
    system: SystemOption = False,
) -> None:
    """Run the private Asterisk in the foreground, with our configuration, on loopback."""
    with _clear_errors():
        asterisk = PrivateAsterisk(_installed(system=system), sip_port=sip_port, ari_port=ari_port)
        _run(private_asterisk.run_foreground(asterisk, _say))


@asterisk_cli.command("where")
def asterisk_where() -> None:
    """Say where the private Asterisk and the configuration are."""
    for line in private_asterisk.where():
        _say(line)


async def _serve(settings: Settings, accounts: tuple[Account, ...]) -> None:
    engine = make_engine(settings, RealClock())
    async with Controller(settings, accounts, engine) as controller:
        where = (
            settings.asterisk.url if settings.engine == "asterisk" else "no phone can reach the Python mixer; it is for tests"
        )
        _say(f"ari_conf {__version__} takes calls from {settings.engine} ({where}), health on port {controller.port}")
        raise StartError(await controller.failed)


async def _up(settings: Settings, accounts: tuple[Account, ...], asterisk: PrivateAsterisk) -> None:
    async with asterisk:
        ours = AsteriskSettings(url=asterisk.ari_url, username=asterisk.ari_username, password=SecretStr(asterisk.ari_password))
        settings = settings.model_copy(update={"asterisk": ours})
        async with Controller(settings, accounts, make_engine(settings, RealClock())) as controller:
            for line in describe(asterisk):
                _say(line)
            _say(
                f"\nDial any name, for example sip:room@{asterisk.sip_host}:{asterisk.sip_port}, "
                "with or without an account; whoever dials the same name talks. Stop with Ctrl-C.\n"
            )
            ended = asyncio.ensure_future(asterisk.wait_ended())
            either: set[asyncio.Future[Any]] = {ended, controller.failed}
            try:
                await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
            finally:
                ended.cancel()
            if controller.failed.done():
                raise StartError(controller.failed.result())
            raise PrivateAsteriskError(f"Asterisk has ended by itself; the end of its log:\n{asterisk.log_end()}")


async def _until_signal(work: Coroutine[Any, Any, None]) -> None:
    """Run ``work`` until it ends; at SIGINT or SIGTERM it is cancelled, and clears up behind itself."""
    task = asyncio.ensure_future(work)
    for sig in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(sig, task.cancel)
    with contextlib.suppress(asyncio.CancelledError):
        await task


def _begin(config: Path | None, engine: EngineName | None) -> tuple[Settings, tuple[Account, ...]]:
    """Return what the controller is started with; an account that was made is shown."""
    with _clear_errors():
        settings = load_settings(config)
        if engine:
            settings = settings.model_copy(update={"engine": engine.value})
        set_up_logs(settings.log.format, settings.log.level)
        accounts, is_new = accounts_of(settings)
    if is_new:
        _show_account(accounts[0])
    return settings, accounts


def _installed(*, system: bool) -> private_asterisk.InstalledAsterisk:
    if system:
        return private_asterisk.find_system_asterisk()
    return private_asterisk.ensure_installed(_say)


def _show_account(account: Account) -> None:
    _say(
        f"No account is configured, so one was made; it is kept for the next start.\n"
        f"  account SID  {account.sid}\n  auth token   {account.auth_token}   (shown this once)"
    )


def _say(text: str) -> None:
    """Print text as it is: nothing in it is markup, and no line is broken."""
    console.print(text, highlight=False, markup=False, soft_wrap=True)


def _run(work: Coroutine[Any, Any, T]) -> T:
    with _clear_errors():
        return asyncio.run(work)


@contextlib.contextmanager
def _clear_errors() -> Iterator[None]:
    """Tell an expected error in a sentence, and exit with 1."""
    try:
        yield
    except (SettingsError, StartError, PrivateAsteriskError) as error:
        errors.print("[bold red]ari-conf:[/bold red]", end=" ")
        errors.print(str(error), highlight=False, markup=False, soft_wrap=True)
        raise typer.Exit(1) from error
