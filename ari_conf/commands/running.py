"""What ``ari-conf serve`` does: a controller that runs until it is stopped."""

import asyncio
import os
from pathlib import Path

from yarl import URL

from ari_conf import __version__
from ari_conf.accounts import Account, accounts_of
from ari_conf.app import Controller
from ari_conf.clock import RealClock
from ari_conf.logs import set_up_logs
from ari_conf.service_manager import ServiceManager
from ari_conf.settings import Settings, load_settings
from ari_conf.starting import ReplacedError, make_engine
from ari_conf.stopping import Fate

from .life import Life, Stop
from .terminal import clear_errors, say


async def serve(settings: Settings, accounts: tuple[Account, ...], stop: Stop) -> None:
    """Take calls until ``stop`` ends it. Raises ``StartError`` if it cannot start, ``ReplacedError`` if it cannot go on."""
    local = settings.engine == "local"
    manager = ServiceManager.of(os.environ)
    controller = Controller(settings, accounts, make_engine(settings, RealClock()))
    async with manager.told(lambda: controller.condition, RealClock()), controller:
        where = "no phone can reach the Python mixer; it is for tests" if local else settings.asterisk.url
        say(f"ari_conf {__version__} takes calls from {settings.engine} ({where})")
        for line in pages(settings, accounts, controller.port):
            say(line)
        fate = Fate.ENDED_WITH_MIXER if local else Fate.KEPT
        await Life(controller, settings.server, stop, manager, fate).lead(_broken(controller))


async def _broken(controller: Controller) -> None:
    raise ReplacedError(await controller.failed)


def begin(config: Path | None, engine: str | None) -> tuple[Settings, tuple[Account, ...]]:
    """Return what the controller is started with; an account that was made is shown."""
    with clear_errors():
        settings = load_settings(config)
        if engine:
            settings = settings.model_copy(update={"engine": engine})
        set_up_logs(settings.log.format, settings.log.level)
        accounts, is_new = asyncio.run(accounts_of(settings))
    if is_new:
        _show_account(accounts[0])
    return settings, accounts


def pages(settings: Settings, accounts: tuple[Account, ...], port: int) -> list[str]:
    """Return lines that say where REST and the dashboard are."""
    server = settings.server
    where = URL.build(scheme="http", host=server.host, port=port)
    lines = [f"REST      {where}, account {', '.join(account.sid for account in accounts)}"]
    if settings.dashboard.enabled:
        here = URL(server.public_url) if server.public_url else where.with_host(server.near_host)
        lines.append(f"dashboard {here.with_path('/dashboard/')}, log in with an account's SID and token, or as an operator")
    return lines


def _show_account(account: Account) -> None:
    say(
        f"No account is configured, so one was made; it is kept for the next start.\n"
        f"  account SID  {account.sid}\n"
        f"  auth token   {account.auth_token}   (`ari-conf account --show-token` shows it again)"
    )
