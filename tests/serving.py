"""``ari-conf`` as the process that a user starts, which can be killed."""

import asyncio
import os
import re
import signal
import sqlite3
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any, Self

from ari_conf.phones.bank import shared_bank
from ari_conf.private_asterisk import PrivateAsterisk
from tests.app_server import AUTH_TOKEN
from tests.stage import ACCOUNT, REAL_CLOCK

DEADLINE = 30.0
"""Seconds that anything may take which has to happen, on a machine that is busy with other tests."""

PROJECT = Path(__file__).parents[1]

_ENVIRONMENT = {
    "PYTHONPATH": str(PROJECT),
    # As installed: nothing is compiled anew at each start.
    "PYTHONDONTWRITEBYTECODE": "",
    "PYTHONPYCACHEPREFIX": str(PROJECT / ".pytest_cache" / "bytecode"),
}


class AriConf:
    """``ari-conf`` with a settings file, a state and a database of its own. Its processes are killed at the end.

    ``numbers`` and ``more`` are TOML: the tables ``[[numbers]]``, and settings that come before them. Numbers are called by the
    phones of this process. ``url`` is where the present life's REST API is. ``ari_url`` is another way to ``asterisk``,
    ``program`` a module that runs ``ari_conf`` with something more, ``stop`` that of ``[server]``.
    """

    def __init__(
        self,
        folder: Path,
        asterisk: PrivateAsterisk,
        numbers: str,
        *,
        more: str = "",
        ari_url: str = "",
        program: str = "ari_conf",
        stop: str = "hand-over",
    ) -> None:
        self.folder = folder
        self._program = program
        self._stack = AsyncExitStack()
        self._connection: sqlite3.Connection | None = None
        self.url = ""
        self.database = folder / "state" / "ari-conf" / "ari-conf.db"
        host, port = shared_bank().address
        folder.mkdir(exist_ok=True)
        (folder / "ari-conf.toml").write_text(f"""
server = {{ port = 0, stop = "{stop}" }}
accounts = [{{ sid = "{ACCOUNT.sid}", auth_token = "{AUTH_TOKEN}" }}]
{more}

[asterisk]
url = "{ari_url or asterisk.ari_url}"
username = "{asterisk.ari_username}"
password = "{asterisk.ari_password}"
outbound = "PJSIP/outgoing/sip:{{number}}@{host}:{port}"

{numbers}
""")

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stack.aclose()

    @property
    def log(self) -> str:
        """What all lives together have written to standard error."""
        return (self.folder / "log").read_text(errors="replace")

    async def serve(self) -> Process:
        """Start it, and return when it takes calls."""
        process = await self.begin()
        self.url = (await self.printed(process, r"REST +(http://[0-9.:]+)"))[1]
        return process

    async def printed(self, process: Process, pattern: str) -> re.Match[str]:
        """Wait for a line of its output in which this is found."""
        assert process.stdout is not None
        printed = ""
        async with asyncio.timeout(DEADLINE):
            while line := (await process.stdout.readline()).decode():
                printed += line
                if found := re.search(pattern, line):
                    return found
        raise AssertionError(f"no line has {pattern!r}:\n{printed}\n{self.log}")

    async def begin(self) -> Process:
        """Start it, and return before it takes calls."""
        return await self._start("serve", "--config", "ari-conf.toml")

    async def command(self, *arguments: str) -> str:
        """Run a command, and return what it prints."""
        process = await self._start(*arguments)
        printed, _ = await process.communicate()
        assert process.returncode == 0, printed.decode()
        return printed.decode()

    def owed(self) -> list[tuple[str, int]]:
        """Return the tokens of what is owed, in order, with the attempts that were made."""
        rows = self._kept("SELECT token, attempts FROM deliveries WHERE state = 'owed' ORDER BY position")
        return [(str(token), int(attempts)) for token, attempts in rows]

    def has_participant(self, label: str) -> bool:
        """Tell whether it is kept that somebody with this label has joined."""
        return bool(self._kept("SELECT 1 FROM participants WHERE label = ?", label))

    def _kept(self, query: str, *values: str) -> list[Any]:
        if self._connection is None:
            if not self.database.exists():
                return []
            self._connection = sqlite3.connect(f"file:{self.database}?mode=ro", uri=True)
            self._stack.callback(self._connection.close)
        return self._connection.execute(query, values).fetchall()

    async def _start(self, *arguments: str) -> Process:
        clean = {name: value for name, value in os.environ.items() if not name.upper().startswith("ARI_CONF_")}
        with (self.folder / "log").open("ab") as log:
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", self._program, *arguments),
                env=clean | _ENVIRONMENT | {"XDG_STATE_HOME": str(self.folder / "state")},
                cwd=self.folder,
                stdin=DEVNULL,
                stdout=PIPE,
                stderr=log,
            )
        self._stack.push_async_callback(_end, process)
        return process


async def killed(process: Process) -> None:
    """Kill a process as the kernel does it, and return when it is gone."""
    process.send_signal(signal.SIGKILL)
    await process.wait()


async def _end(process: Process) -> None:
    if process.returncode is None:
        process.kill()
    await process.communicate()


async def until(happened: Callable[[], bool]) -> None:
    async with asyncio.timeout(DEADLINE):
        while not happened():
            await REAL_CLOCK.let_pass(0.02)
