"""What a service manager is told, over a real socket, by the pieces and by the real process; and the unit that is shipped."""

import asyncio
import configparser
import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from structlog.testing import capture_logs
from typer.testing import CliRunner

from ari_conf.cli import cli
from ari_conf.clock import RealClock
from ari_conf.health import Condition, Phase
from ari_conf.service_manager import ServiceManager
from ari_conf.starting import ReplacedError

PROJECT = Path(__file__).parents[1]
UNIT = PROJECT / "examples" / "systemd" / "ari-conf.service"
DEADLINE = 30.0

TWO_TALK = Condition(Phase.READY, connected=True, calls=2, conferences=1, callbacks_owed=0, database=None, clock=None)
TWO_FINISH = Condition(Phase.DRAINING, connected=True, calls=2, conferences=1, callbacks_owed=0, database=None, clock=None)


class Ear:
    """Listens as systemd does."""

    def __init__(self, address: str) -> None:
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(f"\0{address[1:]}" if address.startswith("@") else address)
        self._socket.setblocking(False)  # noqa: FBT003 - its own name says what
        self.address = address

    async def hear(self) -> dict[str, str]:
        async with asyncio.timeout(DEADLINE):
            told = await asyncio.get_running_loop().sock_recv(self._socket, 4096)
        return dict(line.split("=", 1) for line in told.decode().split("\n"))

    def close(self) -> None:
        self._socket.close()


@pytest.fixture(params=["path", "abstract"])
def ear(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Ear]:
    made = Ear(str(tmp_path / "notify") if request.param == "path" else f"@ari-conf-tests-{os.getpid()}")
    yield made
    made.close()


async def test_it_is_told_of_the_beginning_and_of_the_end(ear: Ear) -> None:
    environment = {"NOTIFY_SOCKET": ear.address, "PATH": "/bin"}
    manager = ServiceManager.of(environment)
    assert environment == {"PATH": "/bin"}
    manager.ready(TWO_TALK)
    assert await ear.hear() == {"READY": "1", "STATUS": "ready: 2 calls in 1 room"}
    manager.stopping(TWO_TALK)
    assert await ear.hear() == {"STOPPING": "1", "STATUS": "ready: 2 calls in 1 room"}
    manager.stopping(TWO_FINISH)
    longer = {"STOPPING": "1", "STATUS": "draining: 2 calls in 1 room", "EXTEND_TIMEOUT_USEC": "60000000"}
    assert await ear.hear() == longer


@pytest.mark.parametrize("named", [False, True])
async def test_a_watchdog_hears_that_the_loop_lives(ear: Ear, *, named: bool) -> None:
    pid = {"WATCHDOG_PID": str(os.getpid())} if named else {}
    manager = ServiceManager.of({"NOTIFY_SOCKET": ear.address, "WATCHDOG_USEC": "100000", **pid})
    async with manager.told(lambda: TWO_TALK, RealClock()):
        for _ in range(3):
            assert await ear.hear() == {"WATCHDOG": "1", "STATUS": "ready: 2 calls in 1 room"}


@pytest.mark.parametrize("watchdog", [{}, {"WATCHDOG_USEC": "0"}, {"WATCHDOG_USEC": "100000", "WATCHDOG_PID": "1"}])
async def test_who_does_not_watch_us_hears_no_heartbeat(ear: Ear, watchdog: dict[str, str]) -> None:
    async with ServiceManager.of({"NOTIFY_SOCKET": ear.address, **watchdog}).told(lambda: TWO_FINISH, RealClock()):
        assert (await ear.hear()).keys() == {"STATUS", "EXTEND_TIMEOUT_USEC"}


async def test_one_who_cannot_be_reached_is_complained_of_once(tmp_path: Path) -> None:
    manager = ServiceManager(str(tmp_path / "nobody"))
    with capture_logs() as logs:
        manager.ready(TWO_TALK)
        manager.stopping(TWO_TALK)
    assert [line["log_level"] for line in logs] == ["warning"]


async def test_one_who_does_not_listen_is_not_waited_for(ear: Ear) -> None:
    manager = ServiceManager(ear.address)
    with capture_logs() as logs:
        for _ in range(1000):  # more than a socket holds
            manager.ready(TWO_TALK)
    assert logs == []


@contextlib.asynccontextmanager
async def serving(tmp_path: Path, **more: str) -> AsyncIterator[asyncio.subprocess.Process]:
    clean = {name: value for name, value in os.environ.items() if not name.upper().startswith("ARI_CONF_")}
    local = {"ARI_CONF_ENGINE": "local", "ARI_CONF_SERVER__PORT": "0"}
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "ari_conf", "serve"),
        env=clean | local | {"XDG_STATE_HOME": str(tmp_path / "state"), "PYTHONPATH": str(PROJECT)} | more,
        cwd=tmp_path,
        stdout=asyncio.subprocess.DEVNULL,
    )
    try:
        yield process
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()


async def test_the_process_says_when_it_takes_calls_that_it_lives_and_that_it_stops(tmp_path: Path) -> None:
    ear = Ear(str(tmp_path / "notify"))
    try:
        async with serving(tmp_path, NOTIFY_SOCKET=ear.address, WATCHDOG_USEC="400000") as process:
            while "READY" not in (told := await ear.hear()):
                assert told == {"WATCHDOG": "1", "STATUS": "starting: no calls in no rooms"}
            assert told == {"READY": "1", "STATUS": "ready: no calls in no rooms"}
            for _ in range(2):
                assert await ear.hear() == {"WATCHDOG": "1", "STATUS": "ready: no calls in no rooms"}
            process.send_signal(signal.SIGTERM)
            while "STOPPING" not in await ear.hear():
                pass
            async with asyncio.timeout(DEADLINE):
                assert await process.wait() == 0
    finally:
        ear.close()


def unit() -> configparser.ConfigParser:
    read = configparser.ConfigParser(strict=False, interpolation=None)
    read.optionxform = str  # type: ignore[assignment,method-assign]
    read.read_string(UNIT.read_text(encoding="utf-8"))
    return read


def test_the_unit_starts_a_command_that_there_is() -> None:
    program, command, option, _ = unit()["Service"]["ExecStart"].split()
    assert Path(program).name == "ari-conf"
    help_ = CliRunner().invoke(cli, [command, "--help"])
    assert help_.exit_code == 0
    assert option in help_.stdout


def test_the_unit_expects_what_the_controller_tells() -> None:
    service = unit()["Service"]
    assert (service["Type"], service["NotifyAccess"], service["Restart"]) == ("notify", "main", "always")
    assert service["RestartPreventExitStatus"] == str(ReplacedError.exit_status)
    assert int(service["WatchdogSec"]) > 0
    assert service["KillMode"] == "mixed"


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="there is no systemd-analyze on this machine")
def test_systemd_finds_nothing_wrong_with_the_unit(tmp_path: Path) -> None:
    text = UNIT.read_text(encoding="utf-8")
    program = tmp_path / "ari-conf"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    copy = tmp_path / UNIT.name
    copy.write_text(text.replace(unit()["Service"]["ExecStart"].split()[0], str(program)))
    for arguments in (["verify", "--man=no"], ["security", "--offline=yes", "--threshold=20"]):
        checked = subprocess.run(  # noqa: S603
            ["systemd-analyze", *arguments, str(copy)],  # noqa: S607
            capture_output=True,
            text=True,
            check=False,
        )
        assert checked.returncode == 0, checked.stdout + checked.stderr
        assert UNIT.name not in checked.stderr
