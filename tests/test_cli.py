"""The command as a person runs it: what it prints, how it ends, and that nothing is left of it."""

import asyncio
import json
import os
import re
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack
from pathlib import Path

import aiohttp
import pytest
from typer.testing import CliRunner

from ari_conf import __version__
from ari_conf.audio.wav import read_wav
from ari_conf.cli import cli
from ari_conf.demo.scene import VOICES
from ari_conf.phones.phone import AUDIBLE, Heard
from ari_conf.phones.sip import SipPhone
from ari_conf.private_asterisk import PrivateAsterisk
from ari_conf.starting import ReplacedError
from tests.app_server import ClosedPort
from tests.private_asterisk.test_mend import FAULTY, MENDED
from tests.stage import TONES, who_hears_whom

DEADLINE = 30.0
PROJECT = Path(__file__).parents[1]


class Command:
    """A running ``ari-conf``."""

    def __init__(self, process: Process) -> None:
        self.process = process
        self.printed = ""

    async def line(self, pattern: str) -> re.Match[str]:
        """Wait until a line like this is printed."""
        assert self.process.stdout is not None
        async with asyncio.timeout(DEADLINE):
            while line := (await self.process.stdout.readline()).decode():
                self.printed += line
                if match := re.search(pattern, line):
                    return match
        raise AssertionError(f"no line like {pattern!r}; printed was:\n{self.printed}\n{(await self.end())[2]}")

    async def end(self) -> tuple[int, str, str]:
        """Wait for its end; return the exit status, all that was printed, and the errors."""
        async with asyncio.timeout(DEADLINE):
            printed, errors = await self.process.communicate()
        assert self.process.returncode is not None
        return self.process.returncode, self.printed + printed.decode(), errors.decode()

    async def stop(self, how: signal.Signals = signal.SIGTERM) -> tuple[int, str, str]:
        self.process.send_signal(how)
        return await self.end()


Start = Callable[..., Awaitable[Command]]


@pytest.fixture
async def start(tmp_path: Path) -> AsyncIterator[Start]:
    """Start ``ari-conf`` with arguments, in a directory and with a state of its own; ``env`` goes into the environment."""
    async with AsyncExitStack() as stack:

        async def start(*arguments: str, env: Mapping[str, str] | None = None) -> Command:
            clean = {name: value for name, value in os.environ.items() if not name.upper().startswith("ARI_CONF_")}
            ours = {"XDG_STATE_HOME": str(tmp_path / "state"), "PYTHONPATH": str(PROJECT), "COLUMNS": "40"}
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "ari_conf", *arguments),
                env=clean | ours | dict(env or {}),
                cwd=tmp_path,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=PIPE,
                stderr=PIPE,
            )
            stack.push_async_callback(kill, process)
            return Command(process)

        yield start


async def kill(process: Process) -> None:
    if process.returncode is None:
        process.kill()
    await process.communicate()


def one_sentence(errors: str) -> str:
    """Return the error without its prefix, having made sure that it is one line and no traceback."""
    assert errors.startswith("ari-conf: ")
    assert errors.count("\n") == 1
    return errors.removeprefix("ari-conf: ").strip()


def address(asterisk: PrivateAsterisk, password: str | None = None) -> dict[str, str]:
    return {
        "ARI_CONF_SERVER__PORT": "0",
        "ARI_CONF_ASTERISK__URL": asterisk.ari_url,
        "ARI_CONF_ASTERISK__USERNAME": asterisk.ari_username,
        "ARI_CONF_ASTERISK__PASSWORD": password or asterisk.ari_password,
    }


LOCAL = {"ARI_CONF_ENGINE": "local", "ARI_CONF_SERVER__PORT": "0"}


async def test_version(start: Start) -> None:
    assert await (await start("version")).end() == (0, f"ari_conf {__version__}\n", "")


async def test_where_the_private_asterisk_is(start: Start) -> None:
    status, printed, errors = await (await start("asterisk", "where")).end()
    assert (status, errors) == (0, "")
    places = dict(line.split(maxsplit=1) for line in printed.splitlines())
    assert places.keys() == {"Asterisk", "cache", "configuration"}
    assert (Path(places["configuration"]) / "configure").exists()


async def test_an_asterisk_is_mended(start: Start, tmp_path: Path) -> None:
    program = tmp_path / "asterisk"
    program.write_bytes(FAULTY)
    status, printed, errors = await (await start("asterisk", "mend", str(program))).end()
    assert (status, errors) == (0, "")
    assert "JITTER_BUFFER=yes" in printed
    assert program.read_bytes() == MENDED
    program.write_bytes(b"another")
    status, printed, errors = await (await start("asterisk", "mend", str(program))).end()
    assert (status, errors) == (1, "")
    assert "nothing was changed" in printed
    assert program.read_bytes() == b"another"


async def test_check_prints_a_line_for_each_thing_and_exits_with_0(start: Start, asterisk: PrivateAsterisk) -> None:
    status, printed, errors = await (await start("check", env=address(asterisk))).end()
    assert (status, errors) == (0, "")
    assert {line.split()[0] for line in printed.splitlines()} == {"ok"}
    assert f"Asterisk {asterisk.version}" in printed
    assert "[server]" in printed


async def test_check_exits_with_1_if_anything_is_wrong(start: Start, asterisk: PrivateAsterisk) -> None:
    with ClosedPort() as closed:
        numbers = json.dumps([{"voice_url": f"{closed}/voice"}])
        env = address(asterisk, "sesame") | {"ARI_CONF_NUMBERS": numbers}
        status, printed, errors = await (await start("check", env=env)).end()
    assert (status, errors) == (1, "")
    assert [line.split()[0] for line in printed.splitlines()] == ["ok", "ok", "ok", "ok", "wrong", "wrong"]
    assert "sesame" not in printed


async def test_settings_that_are_wrong_are_told_in_a_sentence(start: Start) -> None:
    running = await asyncio.gather(
        *(start(command, env={"ARI_CONF_SERVER__PROT": "1"}) for command in ("serve", "up", "check"))
    )
    for status, printed, errors in [await command.end() for command in running]:
        assert (status, printed) == (1, "")
        assert one_sentence(errors) == "server.prot: there is no such setting"


async def test_serve_takes_calls_until_it_is_stopped(start: Start, tmp_path: Path) -> None:
    serve = await start("serve", "--engine", "local", env=LOCAL)
    await serve.line("takes calls from local")
    port, sid = (await serve.line(r"^REST +http://127.0.0.1:(\d+), account (AC[0-9a-f]{32})$")).groups()
    await serve.line(rf"^dashboard +http://127.0.0.1:{port}/dashboard/, ")
    async with aiohttp.ClientSession() as session:
        for path in ("healthz", "readyz", "dashboard/"):
            async with session.get(f"http://127.0.0.1:{port}/{path}") as answer:
                assert answer.status == 200
    status, printed, errors = await serve.stop()
    assert (status, errors) == (0, "")
    token = re.search(rf"account SID +{sid}\n +auth token +([0-9a-f]{{32}}) ", printed)
    assert token is not None

    # What the command line says wins.
    again = await start("serve", "--engine", "local", env=LOCAL | {"ARI_CONF_ENGINE": "asterisk"})
    await again.line("takes calls from local")
    await again.line(f"^REST .* account {sid}$")
    status, printed, errors = await again.stop(signal.SIGINT)
    assert (status, errors) == (0, "")
    assert token.group(1) not in printed

    status, printed, errors = await (await start("account")).end()
    assert (status, errors) == (0, "")
    kept = tmp_path / "state" / "ari-conf" / "ari-conf.db"
    assert printed == f"account SID  {sid}\nauth token   in the database {kept}; --show-token shows it\n"
    status, printed, errors = await (await start("account", "--show-token", "--account", sid)).end()
    assert (status, errors) == (0, "")
    assert printed == f"account SID  {sid}\nauth token   {token.group(1)}\n"


async def test_accounts_of_the_settings_are_told_without_their_secrets(start: Start, tmp_path: Path) -> None:
    sids = [f"AC{number:032x}" for number in range(2)]
    key = "SK" + "0" * 32
    keys = {sids[0]: [{"sid": key, "secret": "secret sesame"}]}
    accounts = [{"sid": sid, "auth_token": "sesame", "api_keys": keys.get(sid, [])} for sid in sids]
    numbers = [{"twiml": "<Response/>", "account": sids[0]}]
    env = {"ARI_CONF_ACCOUNTS": json.dumps(accounts), "ARI_CONF_NUMBERS": json.dumps(numbers)}
    status, printed, errors = await (await start("account", env=env)).end()
    assert (status, errors) == (0, "")
    assert [sid for sid in (*sids, key) if sid not in printed] == []
    assert "sesame" not in printed
    status, printed, errors = await (await start("account", "--account", sids[1], "--show-token", env=env)).end()
    assert (status, printed) == (0, f"account SID  {sids[1]}\nauth token   sesame\n")
    status, printed, errors = await (await start("account", "--account", "AC" + "9" * 32, env=env)).end()
    assert (status, printed) == (1, "")
    assert one_sentence(errors) == f"there is no account AC{'9' * 32}; there are: {', '.join(sids)}"
    assert not (tmp_path / "state").exists()


async def test_the_account_command_makes_none(start: Start) -> None:
    status, printed, errors = await (await start("account", "--show-token")).end()
    assert (status, printed) == (1, "")
    assert one_sentence(errors).startswith("there is no database at ")
    assert (await (await start("db", "migrate")).end())[0] == 0
    status, printed, errors = await (await start("account", "--show-token")).end()
    assert (status, printed) == (1, "")
    assert one_sentence(errors) == "there is no account yet; `ari-conf serve` makes one when it starts"


async def test_serve_without_asterisk_says_so(start: Start) -> None:
    with ClosedPort() as url:
        env = {"ARI_CONF_ASTERISK__URL": url, "ARI_CONF_ASTERISK__PASSWORD": "sesame", "ARI_CONF_SERVER__PORT": "0"}
        status, _, errors = await (await start("serve", env=env)).end()
    assert status == 1
    assert url in one_sentence(errors)
    assert "sesame" not in errors


async def test_serve_that_cannot_keep_its_account_says_so(start: Start) -> None:
    status, printed, errors = await (await start("serve", env=LOCAL | {"XDG_STATE_HOME": "/dev/null"})).end()
    assert (status, printed) == (1, "")
    assert "XDG_STATE_HOME" in one_sentence(errors)


async def test_serve_ends_when_another_one_takes_over(start: Start, asterisk: PrivateAsterisk, tmp_path: Path) -> None:
    env = address(asterisk) | {"ARI_CONF_ASTERISK__APP": "taken-over", "ARI_CONF_LOG__FORMAT": "json"}
    first = await start("serve", env=env)
    await first.line(f"takes calls from asterisk .{re.escape(asterisk.ari_url)}.")
    # With the same database it would be refused.
    second = await start("serve", env=env | {"ARI_CONF_DATABASE__URL": f"sqlite:///{tmp_path}/another.db"})
    await second.line("takes calls")
    status, _, errors = await first.end()
    assert status == ReplacedError.exit_status
    *log, said = errors.splitlines(keepends=True)
    assert "another program" in one_sentence(said)
    assert [json.loads(line)["level"] for line in log] == ["error"]
    assert (await second.stop())[0] == 0


async def test_the_demo_on_the_python_mixer(start: Start, tmp_path: Path) -> None:
    status, printed, errors = await (await start("demo", "--engine", "local", "--output", "heard")).end()
    assert (status, errors) == (0, "")
    assert "the conference starts" in printed
    recordings = {path.name: Heard(*read_wav(path)) for path in (tmp_path / "heard").iterdir()}
    # Heard for a good part of the recording; the amplitude is that over the whole of it.
    voices = {
        name: {voice for voice, tone in VOICES.items() if heard.amplitude(tone) > AUDIBLE} for name, heard in recordings.items()
    }
    assert voices == {
        "ann.wav": {"Bob", "Mia"},
        "bob.wav": {"Ann", "Mia", "Cora"},
        "mia.wav": {"Ann", "Bob"},
        "cora.wav": {"Ann", "Bob", "Mia"},
        "room.wav": {"Ann", "Bob", "Mia"},
    }


def test_the_demo_does_not_write_over_a_file(tmp_path: Path) -> None:
    (tmp_path / "heard").write_text("something")
    result = CliRunner().invoke(cli, ["demo", "--engine", "local", "--output", str(tmp_path / "heard")])
    assert result.exit_code == 2
    assert "'--output'" in result.stderr


def children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def command_line(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_text()
    except FileNotFoundError:
        return ""


def is_running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def free_port() -> str:
    with ClosedPort() as url:
        return url.rpartition(":")[2]


async def up(start: Start, env: Mapping[str, str] | None = None) -> tuple[Command, tuple[str, int], int]:
    """Start ``ari-conf up``; return it, where it takes SIP, and the process of its Asterisk."""
    port = free_port()
    command = await start("up", "--sip-port", port, env={"ARI_CONF_SERVER__PORT": "0"} | dict(env or {}))
    host, sip_port = (await command.line(r"Dial any name, for example sip:room@([\d.]+):(\d+)")).groups()
    assert sip_port == port
    (asterisk,) = children(command.process.pid)
    return command, (host, int(sip_port)), asterisk


async def test_up_lets_two_phones_talk_and_leaves_nothing(start: Start) -> None:
    command, server, asterisk = await up(start)
    ann, bob = SipPhone("ann", TONES["ann"], server=server), SipPhone("bob", TONES["bob"], server=server)
    await ann.dial("friends")
    await bob.dial("friends")
    await who_hears_whom([ann, bob], {"ann": {"bob"}, "bob": {"ann"}})
    await ann.hang_up()
    await bob.hang_up()
    assert is_running(asterisk)
    status, printed, errors = await command.stop()
    assert status == 0
    assert not is_running(asterisk)
    assert "account 1001  password" in printed
    assert re.search(r"^REST +http://127.0.0.1:\d+, account AC[0-9a-f]{32}$", printed, re.MULTILINE)
    assert "auth token" in printed
    assert [json.loads(line)["level"] for line in errors.splitlines()].count("error") == 0


async def test_up_may_let_its_calls_finish(start: Start) -> None:
    command, server, asterisk = await up(start, {"ARI_CONF_SERVER__STOP": "finish"})
    ann = SipPhone("ann", TONES["ann"], server=server)
    await ann.dial("friends")
    command.process.send_signal(signal.SIGINT)
    await command.line("No new calls are taken; 1 call may finish .* is ended with the private Asterisk")
    assert is_running(asterisk)
    await ann.hang_up()
    status, printed, _ = await command.end()
    assert status == 0
    assert "No call is left" in printed
    assert not is_running(asterisk)


async def test_up_that_is_stopped_while_its_asterisk_starts_leaves_nothing(start: Start) -> None:
    command = await start("up", "--sip-port", free_port(), env={"ARI_CONF_SERVER__PORT": "0"})
    async with asyncio.timeout(DEADLINE):
        # Nobody is told when a process gets a child; others before it tell its version and write its configuration.
        while not (started := [pid for pid in children(command.process.pid) if "asterisk.conf" in command_line(pid)]):  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    status, printed, errors = await command.stop()
    assert (status, errors) == (0, "")
    assert "Dial any name" not in printed
    assert not any(is_running(pid) for pid in started)


async def test_up_ends_when_its_asterisk_does(start: Start) -> None:
    command, _, asterisk = await up(start)
    os.kill(asterisk, signal.SIGKILL)
    status, _, errors = await command.end()
    assert status == 1
    assert "ari-conf: Asterisk has ended by itself" in errors
    assert "Traceback" not in errors


async def test_up_says_when_the_port_is_taken(start: Start, asterisk: PrivateAsterisk) -> None:
    status, _, errors = await (await start("up", "--sip-port", str(asterisk.sip_port))).end()
    assert status == 1
    assert f"Port {asterisk.sip_port} for SIP is in use" in one_sentence(errors)


async def test_help_is_there_at_once() -> None:
    """Nobody who asks for a version or for help waits for the libraries of a controller."""
    slow = {"sqlalchemy", "aiohttp", "numpy", "pydantic"}
    code = f"import sys; from ari_conf.cli import cli; print(*{slow} & {{*sys.modules}})"
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", code, cwd=PROJECT, stdout=PIPE)
    assert (await process.communicate())[0] == b"\n"
