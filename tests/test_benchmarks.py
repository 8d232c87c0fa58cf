"""The benchmarks start and come to an end; what they measure means nothing here."""

import asyncio
import sys
from pathlib import Path

import pytest

from benchmarks.__main__ import BENCHMARKS

PROJECT = Path(__file__).parents[1]
DEADLINE = 60.0


@pytest.mark.parametrize("name", BENCHMARKS)
async def test_it_runs(name: str) -> None:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", f"benchmarks.{name}", "--once"),
        cwd=PROJECT,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    try:
        async with asyncio.timeout(DEADLINE):
            printed, _ = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    assert process.returncode == 0, printed.decode()
    assert "ari_conf" in printed.decode()
