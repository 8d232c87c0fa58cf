"""What ``ari-conf up`` does: a private Asterisk and a controller that run until they are stopped."""

import asyncio
import os

from pydantic import SecretStr

from ari_conf import private_asterisk
from ari_conf.accounts import Account
from ari_conf.app import Controller
from ari_conf.clock import RealClock
from ari_conf.private_asterisk import PrivateAsterisk, PrivateAsteriskError
from ari_conf.private_asterisk.foreground import describe
from ari_conf.service_manager import ServiceManager
from ari_conf.settings import AsteriskSettings, Settings
from ari_conf.starting import ReplacedError, make_engine
from ari_conf.stopping import Fate

from .life import Life, Stop
from .running import pages
from .terminal import say


async def up(settings: Settings, accounts: tuple[Account, ...], asterisk: PrivateAsterisk, stop: Stop) -> None:
    """Run ``asterisk`` and take its calls until ``stop`` ends both. Raises as ``serve`` does, and ``PrivateAsteriskError``."""
    manager = ServiceManager.of(os.environ)
    async with asterisk:
        ours = {
            "url": asterisk.ari_url,
            "username": asterisk.ari_username,
            "password": SecretStr(asterisk.ari_password),
            "app": AsteriskSettings().app,  # as the private Asterisk's dialplan has it
        }
        if "outbound" not in settings.asterisk.model_fields_set:
            # The private Asterisk has no trunk, but accounts for softphones: their names are its numbers.
            ours["outbound"] = "PJSIP/{number}"
        settings = settings.model_copy(update={"asterisk": settings.asterisk.model_copy(update=ours)})
        controller = Controller(settings, accounts, make_engine(settings, RealClock()))
        async with manager.told(lambda: controller.condition, RealClock()), controller:
            for line in (*describe(asterisk), *pages(settings, accounts, controller.port)):
                say(line)
            say(
                f"\nDial any name, for example sip:room@{asterisk.sip_host}:{asterisk.sip_port}, "
                "with or without an account; whoever dials the same name talks. Stop with Ctrl-C.\n"
            )
            life = Life(controller, settings.server, stop, manager, Fate.ENDED_WITH_ASTERISK)
            await life.lead(_either_broken(controller, asterisk))


def installed(*, system: bool) -> private_asterisk.InstalledAsterisk:
    """Return the Asterisk to run: the one of this machine, or our own."""
    if system:
        return private_asterisk.find_system_asterisk()
    return private_asterisk.ensure_installed(say)


async def _either_broken(controller: Controller, asterisk: PrivateAsterisk) -> None:
    ended = asyncio.ensure_future(asterisk.wait_ended())
    try:
        await asyncio.wait((ended, controller.failed), return_when=asyncio.FIRST_COMPLETED)
    finally:
        ended.cancel()
    if controller.failed.done():
        raise ReplacedError(controller.failed.result())
    raise PrivateAsteriskError(f"Asterisk has ended by itself; the end of its log:\n{asterisk.log_end()}")
