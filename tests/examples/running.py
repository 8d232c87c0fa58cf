"""An example as a user runs it, and a controller whose calls it answers."""

import asyncio
import contextlib
import os
import re
import sys
from asyncio.subprocess import DEVNULL, PIPE, STDOUT, Process
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

from ari_conf.private_asterisk import PrivateAsterisk
from ari_conf.settings import NumberSettings
from tests.app_server import AUTH_TOKEN, ClosedPort
from tests.stage import DEADLINE, Stage, set_stage

EXAMPLES = Path(__file__).parents[2] / "examples"
START_SECONDS = 30.0


@dataclass(slots=True, eq=False)
class Example:
    """A running example; ``printed`` are its lines so far."""

    process: Process
    url: str
    printed: list[str] = field(default_factory=list)

    async def line(self, pattern: str, seconds: float = DEADLINE) -> re.Match[str]:
        """Wait until it prints a line like this."""
        assert self.process.stdout is not None
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while line := (await self.process.stdout.readline()).decode():
                    self.printed.append(line)
                    if found := re.search(pattern, line):
                        return found
        raise AssertionError(f"no line like {pattern!r}; printed was:\n{''.join(self.printed)}")


@contextlib.asynccontextmanager
async def run_example(name: str, **settings: str) -> AsyncIterator[Example]:
    """Run ``examples/<name>.py`` with these environment variables; return when it takes requests."""
    with ClosedPort() as url:
        port = url.rpartition(":")[2]
    ours = {"TWILIO_AUTH_TOKEN": AUTH_TOKEN, "PORT": port, "PYTHONUNBUFFERED": "1"}
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-W", "error", str(EXAMPLES / f"{name}.py")),
        env=dict(os.environ) | ours | settings,
        stdin=DEVNULL,
        stdout=PIPE,
        stderr=STDOUT,
    )
    try:
        example = Example(process, url)
        await example.line(f"Running on {url}", START_SECONDS)
        yield example
    finally:
        if process.returncode is None:
            process.terminate()
        rest, _ = await process.communicate()
    told = "".join(example.printed) + rest.decode()
    assert "Traceback" not in told, told


@contextlib.asynccontextmanager
async def stage_of(example: Example, asterisk: PrivateAsterisk) -> AsyncIterator[Stage]:
    """Run a controller that asks the example about every call."""
    async with set_stage(asterisk, NumberSettings(voice_url=f"{example.url}/voice")) as stage:
        yield stage
