"""What the demo is played on: an engine, a controller, an application, and phones that call."""

import contextlib
import secrets
import tempfile
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from ari_conf.accounts import Account
from ari_conf.app import Controller
from ari_conf.clock import RealClock
from ari_conf.media.asterisk.engine import AsteriskEngine
from ari_conf.media.asterisk.link import AriAddress
from ari_conf.media.local import LocalEngine
from ari_conf.phones.phone import Phone
from ari_conf.phones.sip import SipPhone
from ari_conf.phones.virtual import VirtualPhone
from ari_conf.private_asterisk import PrivateAsterisk, ensure_installed
from ari_conf.settings import NumberSettings, ServerSettings, Settings, StorageSettings
from ari_conf.sids import SidKind, new_sid

from .application import Application

EngineName = Literal["asterisk", "local"]


@dataclass(frozen=True, slots=True)
class Stage:
    """``engine`` in words, and ``make_phone(name, tone)``."""

    engine: str
    controller: Controller
    application: Application
    make_phone: Callable[[str, float], Phone]


@contextlib.asynccontextmanager
async def set_up(engine_name: EngineName, say: Callable[[str], None]) -> AsyncIterator[Stage]:
    """Set everything up, and take it down at the end.

    Raises ``PrivateAsteriskError`` if an Asterisk is asked for and cannot be had.
    """
    account = Account(new_sid(SidKind.ACCOUNT), secrets.token_hex(16))
    async with contextlib.AsyncExitStack() as stack:
        application = await stack.enter_async_context(Application(account.auth_token))
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="ari-conf-demo-")))
        settings = Settings(
            server=ServerSettings(port=0),
            storage=StorageSettings(folder=folder),
            numbers=(NumberSettings(voice_url=f"{application.url}/voice"),),
        )
        if engine_name == "local":
            local = LocalEngine(RealClock(), recordings=settings.storage.raw_recordings)
            controller = await stack.enter_async_context(Controller(settings, (account,), local))
            yield Stage(
                "the Python mixer, with virtual callers",
                controller,
                application,
                lambda name, tone: VirtualPhone(local, name, tone),
            )
            return
        asterisk = await stack.enter_async_context(PrivateAsterisk(ensure_installed(say)))
        engine = AsteriskEngine(
            AriAddress(asterisk.ari_url, asterisk.ari_username, asterisk.ari_password),
            sounds=settings.storage.sounds,
            recordings=settings.storage.raw_recordings,
        )
        controller = await stack.enter_async_context(Controller(settings, (account,), engine))
        server = (asterisk.sip_host, asterisk.sip_port)
        yield Stage(
            f"Asterisk {asterisk.version}, with SIP callers on {server[0]}:{server[1]}",
            controller,
            application,
            lambda name, tone: SipPhone(name, tone, server=server),
        )
