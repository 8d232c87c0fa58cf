"""One running Asterisk of one's own."""

import asyncio
import base64
import contextlib
import os
import secrets
import signal
import time
from pathlib import Path
from types import TracebackType
from typing import Literal, Self

import aiohttp

from ari_conf.audio.music import write_wait_music

from . import with_parent
from .config import configure
from .directory import RunDirectory
from .errors import PrivateAsteriskError
from .installed import InstalledAsterisk
from .mend import is_mended
from .ports import PortReservation

PHONES = ("1001", "1002", "1003", "1004", "1005")
"""The softphone accounts."""

_START_DEADLINE = 30.0
_STOP_DEADLINE = 10.0


class PrivateAsterisk:
    """An Asterisk with our configuration, on ports of its own: ``async with PrivateAsterisk(ensure_installed(print)) as it:``.

    ``profile`` "development" takes calls of strangers too. Everything is bound to ``host``; ``sip_port`` and ``ari_port`` are
    chosen unless given. ``phone_password`` is the password of every phone; without it, each gets a random one. A call is kept
    for ``keep_seconds`` while no controller is connected. ``keep_dir`` holds what Asterisk writes and is kept; without it a
    temporary directory is used. It has ports for so many ``calls`` at once. The Asterisk ends with this process, even when that
    is killed.
    """

    def __init__(
        self,
        installed: InstalledAsterisk,
        *,
        profile: Literal["development", "production"] = "development",
        host: str = "127.0.0.1",
        sip_port: int | None = None,
        ari_port: int | None = None,
        phone_password: str | None = None,
        keep_seconds: int = 30,
        keep_dir: Path | None = None,
        calls: int = 200,
    ) -> None:
        self._installed = installed
        self._profile = profile
        self._asked_ports = (sip_port, ari_port)
        self._calls = calls
        self._keep_seconds = keep_seconds
        self._keep_dir = keep_dir
        self._reservation: PortReservation | None = None
        self._directory: RunDirectory | None = None
        self._process: asyncio.subprocess.Process | None = None
        self.version = installed.version
        self.sip_host = host
        self.ari_username = "ari_conf"
        self.ari_password = secrets.token_urlsafe(18)
        self.phone_passwords = {phone: phone_password or secrets.token_urlsafe(9) for phone in PHONES}

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    @property
    def sip_port(self) -> int:
        """The UDP port for SIP."""
        return self._reserved().ports.sip

    @property
    def ari_url(self) -> str:
        """Where ARI is, as ``http://127.0.0.1:8088``."""
        host = f"[{self.sip_host}]" if ":" in self.sip_host else self.sip_host
        return f"http://{host}:{self._reserved().ports.ari}"

    @property
    def directory(self) -> Path:
        """Everything that this Asterisk writes is in here, its configuration in ``etc``."""
        if self._directory is None:
            raise PrivateAsteriskError("This Asterisk is not running; start it first.")
        return self._directory.path

    @property
    def log_path(self) -> Path:
        """Asterisk's log."""
        return self.directory / "log" / "messages.log"

    @property
    def spool(self) -> Path:
        """Recordings are in ``recording`` in here."""
        return self.directory / "spool"

    @property
    def pid(self) -> int:
        """The process, which leads a group of its own."""
        if self._process is None:
            raise PrivateAsteriskError("This Asterisk is not running; start it first.")
        return self._process.pid

    async def start(self) -> None:
        """Configure and start it, and return when it takes calls. Raises ``PrivateAsteriskError`` with the end of its log."""
        try:
            sip, ari = self._asked_ports
            self._reservation = PortReservation(self.sip_host, sip=sip, ari=ari, calls=self._calls)
            self._directory = RunDirectory(self._keep_dir)
            await asyncio.to_thread(self._configure)
            await self._launch()
        except BaseException:
            await self.stop()
            raise

    async def stop(self) -> None:
        """End it and give back its ports and directory; does nothing if it is not running."""
        await self._end(signal.SIGTERM)
        if self._directory:
            self._directory.remove()
            self._directory = None
        if self._reservation:
            self._reservation.release()
            self._reservation = None

    async def kill(self) -> None:
        """End it at once, as a crash would. Ports, passwords and directory stay for ``restart``."""
        await self._end(signal.SIGKILL)

    async def restart(self) -> None:
        """End it if it runs, and start it again with the same ports and passwords. Raises as ``start`` does."""
        await self._end(signal.SIGTERM)
        await self._launch()

    async def wait_ended(self) -> None:
        """Return when it has ended, by itself or not."""
        if self._process:
            await self._process.wait()

    def _reserved(self) -> PortReservation:
        if self._reservation is None:
            raise PrivateAsteriskError("This Asterisk has no ports yet; start it first.")
        return self._reservation

    def _configure(self) -> None:
        music = self.directory / "music"
        music.mkdir(exist_ok=True)
        write_wait_music(music / "wait.wav")
        ports = self._reserved().ports
        configure(
            self.directory / "etc",
            {
                "PROFILE": self._profile,
                "ARI_USER": self.ari_username,
                "ARI_PASSWORD": self.ari_password,
                "ARI_BIND": self.sip_host,
                "ARI_PORT": str(ports.ari),
                "SIP_BIND": self.sip_host,
                "SIP_PORT": str(ports.sip),
                "RTP_FIRST": str(ports.rtp_first),
                "RTP_LAST": str(ports.rtp_last),
                "PHONES": " ".join(self.phone_passwords),
                **{f"PHONE_PASSWORD_{phone}": password for phone, password in self.phone_passwords.items()},
                "KEEP_SECONDS": str(self._keep_seconds),
                "JITTER_BUFFER": "yes" if is_mended(self._installed.program) else "auto",
                "MODULE_DIR": str(self._installed.module_dir),
                "DATA_DIR": str(self._installed.data_dir),
                "STATE_DIR": str(self.directory),
                "MUSIC_DIR": str(music),
            },
        )

    async def _launch(self) -> None:
        conf = self.directory / "etc" / "asterisk.conf"
        command = with_parent.command((*self._installed.command, "-f", "-C", str(conf)))
        with self._console.open("ab") as console:
            self._process = await asyncio.create_subprocess_exec(
                *command,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=console,
                stderr=asyncio.subprocess.STDOUT,
                # A Ctrl-C in the terminal is for the controller, which then ends its Asterisk in order.
                start_new_session=True,
                cwd=self.directory,
            )
        await self._wait_ready(self._process)

    async def _wait_ready(self, process: asyncio.subprocess.Process) -> None:
        deadline = time.monotonic() + _START_DEADLINE
        credentials = base64.b64encode(f"{self.ari_username}:{self.ari_password}".encode()).decode()
        headers = {"Authorization": f"Basic {credentials}"}
        async with aiohttp.ClientSession(headers=headers, timeout=aiohttp.ClientTimeout(total=2)) as session:
            while process.returncode is None and time.monotonic() < deadline:
                with contextlib.suppress(aiohttp.ClientError, TimeoutError):
                    # Asterisk answers 503 here until everything is loaded.
                    async with session.get(f"{self.ari_url}/ari/asterisk/info") as answer:
                        if answer.status == 200:
                            return
                await asyncio.sleep(0.02)
        what = (
            f"ended with status {process.returncode}"
            if process.returncode is not None
            else f"was not ready after {_START_DEADLINE:.0f} s"
        )
        raise PrivateAsteriskError(f"Asterisk {self.version} {what}; the end of its log:\n{self.log_end()}")

    @property
    def _console(self) -> Path:
        return self.directory / "log" / "console.log"

    def log_end(self) -> str:
        """Return the last lines of the log."""
        path = self.log_path if self.log_path.exists() else self._console
        return "\n".join(path.read_text(encoding="utf-8", errors="replace").splitlines()[-12:])

    async def _end(self, how: signal.Signals) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        if process.returncode is not None:
            return
        os.killpg(process.pid, how)
        try:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(process.wait(), _STOP_DEADLINE)
        finally:
            if process.returncode is None:
                os.killpg(process.pid, signal.SIGKILL)
                await process.wait()
