"""What the command ``ari-conf asterisk`` does."""

import asyncio
import contextlib
import signal
from collections.abc import Callable

from .config import config_source
from .errors import PrivateAsteriskError
from .install import cache_directory, find_installed
from .run import PrivateAsterisk


async def run_foreground(asterisk: PrivateAsterisk, say: Callable[[str], None]) -> None:
    """Run ``asterisk`` until Ctrl-C or SIGTERM; ``say`` is told how to reach it, a line at a time.

    Raises ``PrivateAsteriskError`` if it does not start, or ends by itself.
    """
    loop = asyncio.get_running_loop()
    asked = asyncio.Event()
    signals = (signal.SIGINT, signal.SIGTERM)
    for one in signals:
        loop.add_signal_handler(one, asked.set)
    try:
        async with asterisk:
            for line in describe(asterisk):
                say(line)
            ended = asyncio.create_task(asterisk.wait_ended())
            waiting = asyncio.create_task(asked.wait())
            try:
                await asyncio.wait((ended, waiting), return_when=asyncio.FIRST_COMPLETED)
                if not asked.is_set():
                    raise PrivateAsteriskError(f"Asterisk has ended by itself; the end of its log:\n{asterisk.log_end()}")
            finally:
                for task in (ended, waiting):
                    task.cancel()
                    with contextlib.suppress(asyncio.CancelledError):
                        await task
    finally:
        for one in signals:
            loop.remove_signal_handler(one)


def describe(asterisk: PrivateAsterisk) -> list[str]:
    """Return lines that tell a person how to reach a running Asterisk: the SIP address, the phones, ARI and the log."""
    phones = [f"  account {phone}  password {password}" for phone, password in asterisk.phone_passwords.items()]
    return [
        f"Asterisk {asterisk.version}",
        f"SIP       {asterisk.sip_host}:{asterisk.sip_port} (UDP)",
        *phones,
        f"ARI       {asterisk.ari_url}",
        f"  user {asterisk.ari_username}  password {asterisk.ari_password}",
        f"log       {asterisk.log_path}",
    ]


def where() -> list[str]:
    """Return lines that tell where the private Asterisk is, and the configuration that it is run with."""
    installed = find_installed()
    tree = f"{installed.root} (Asterisk {installed.version})" if installed else "not installed; run: ari-conf asterisk install"
    return [
        f"Asterisk       {tree}",
        f"cache          {cache_directory()}",
        f"configuration  {config_source()}",
    ]
