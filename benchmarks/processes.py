"""The processes of benchmarks with a real Asterisk, each on a core: callers and controller share one where there are two."""

import asyncio
import json
import os
import re
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

from ari_conf.private_asterisk import PrivateAsterisk

from .measure import pin

CORES = {"callers": 0, "asterisk": 1, "controller": 2, "application": 3}
LOG = "log"
"""Of a controller, in its folder; all its lives write it."""

_SETTINGS = "ari-conf.toml"
_START_SECONDS = 60.0


async def started(
    stack: AsyncExitStack,
    name: str,
    arguments: Sequence[str],
    *,
    environment: dict[str, str] | None = None,
    log: Path | None = None,
) -> Process:
    """Start a module in a process on its core, which is ended with ``stack``."""
    with (log or Path(os.devnull)).open("ab") as errors:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", *arguments), stdin=PIPE, stdout=PIPE, stderr=errors if log else None, env=environment
        )
    stack.push_async_callback(ended, process)
    pin(process.pid, CORES[name])
    return process


async def said(process: Process, pattern: str) -> str:
    """Return what a process prints in the place of the group."""
    assert process.stdout is not None
    async with asyncio.timeout(_START_SECONDS):
        while line := await process.stdout.readline():
            if found := re.search(pattern, line.decode()):
                return found[1]
    raise AssertionError(f"a process has ended before it said {pattern!r}")


async def ended(process: Process) -> None:
    """Kill a process if it runs, and return when it is gone."""
    if process.returncode is None:
        process.kill()
    await process.communicate()


async def order(callers: Process, *words: Any) -> Any:
    """Give an order to a process of ``benchmarks.callers``, and return its answer."""
    assert callers.stdin is not None
    assert callers.stdout is not None
    callers.stdin.write(json.dumps(words).encode() + b"\n")
    return json.loads(await callers.stdout.readline())


def configured(folder: Path, asterisk: PrivateAsterisk, settings: str) -> None:
    """Write the settings of a controller that keeps what it has in ``folder``.

    ``settings`` are TOML: ``[[numbers]]``, and others that come before them.
    """
    (folder / _SETTINGS).write_text(
        f"""
[server]
port = 0

[asterisk]
url = "{asterisk.ari_url}"
username = "{asterisk.ari_username}"
password = "{asterisk.ari_password}"

{settings}
""",
        encoding="utf-8",
    )


async def serving(stack: AsyncExitStack, folder: Path) -> Process:
    """Start the controller that is ``configured`` in ``folder``, and return it when it takes calls."""
    environment = {name: value for name, value in os.environ.items() if not name.upper().startswith("ARI_CONF_")}
    controller = await started(
        stack,
        "controller",
        ["ari_conf", "serve", "--config", str(folder / _SETTINGS)],
        # As installed: nothing is compiled anew at each start.
        environment=environment | {"XDG_STATE_HOME": str(folder), "PYTHONDONTWRITEBYTECODE": ""},
        log=folder / LOG,
    )
    await said(controller, r"REST +(http://[0-9.:]+)")
    return controller
