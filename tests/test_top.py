"""``ari-conf top``: what it prints once, and how it lives in a terminal."""

import asyncio
import os
import pty
import signal
import sys
import termios
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console
from typer.testing import CliRunner

from ari_conf.cli import cli
from ari_conf.commands import existing
from ari_conf.commands.rooms_things import Thing
from ari_conf.commands.top_look import Look
from ari_conf.commands.top_view import view
from ari_conf.media.port import EngineLost
from tests.stage import ACCOUNT, Stage, set_stage, until

PROJECT = Path(__file__).parents[1]
SPEAKER = 'statusCallback="/events" statusCallbackEvent="speaker"'


def settings(folder: Path) -> Path:
    file = folder / "ari-conf.toml"
    file.write_text(f'accounts = [{{ sid = "{ACCOUNT.sid}", auth_token = "{ACCOUNT.auth_token}" }}]\n')
    return file


def conference(attributes: str, name: str) -> str:
    return f"<Response><Dial><Conference {attributes}>{name}</Conference></Dial></Response>"


async def enter(stage: Stage, name: str, attributes: str = "", room: str = "Support") -> None:
    def count() -> int:
        return sum(len(one.participants) for one in stage.controller.rooms.conferences)

    expected = count() + 1
    await stage.room(name, twiml=conference(attributes, room))
    await stage.until(lambda: count() == expected)


@pytest.mark.usefixtures("no_log")
async def test_once_everything_is_printed(tmp_path: Path) -> None:
    async with set_stage(None) as stage:
        await enter(stage, "ann", f'participantLabel="chief" {SPEAKER}')
        await enter(stage, "bob", 'muted="true"')
        await enter(stage, "cid", room="Lobby")
        await stage.room("dee", twiml="<Response><Enqueue>sales</Enqueue></Response>")
        await stage.until(lambda: [one.current_size for one in stage.controller.queues.queues] == [1])
        await stage.until(lambda: any(one.talking for one in stage.controller.rooms.conferences))
        who, what, *lines = (await printed(stage, tmp_path)).splitlines()
        assert who == f"http://127.0.0.1:{stage.controller.port}  ready  Asterisk is there"
        assert what.startswith("4 calls in 2 rooms  ")
        assert what.endswith(" owed  database: ok  clock: ok")
        assert [line.split()[:-1] for line in lines if line] == [
            ["room", "who", "state"],
            ["Lobby", "1", "participant", "waits"],
            ["+15550100700", "waits"],
            ["Support", "2", "participants", "in", "progress"],
            ["chief", "(+15550100400)", "talks"],
            ["+15550100550", "muted"],
            ["queue", "sales", "1", "caller,", "on", "average", "for", "0"],
        ]
        stage.controller.engine.events.put_nowait(EngineLost("somebody pulled the plug"))
        await stage.until(lambda: not stage.controller.switchboard.connected)
        assert "the engine is lost  Asterisk is lost" in await printed(stage, tmp_path)


async def printed(stage: Stage, folder: Path) -> str:
    arguments = ["top", "--once", "--config", str(settings(folder)), "--url", f"http://127.0.0.1:{stage.controller.port}"]
    result = await asyncio.to_thread(CliRunner(env={"COLUMNS": "200"}).invoke, cli, arguments)
    assert result.exit_code == 0, result.output
    return result.stdout


@pytest.fixture
def no_log(monkeypatch: pytest.MonkeyPatch) -> None:
    """The controller and the command have one log here, and it is the controller's."""
    monkeypatch.setattr(existing, "set_up_logs", lambda *_: None)


class Terminal:
    """A program in a terminal of 100 columns and 20 lines; ``shown`` is all that it has written there."""

    def __init__(self) -> None:
        self.keyboard, self.line = pty.openpty()
        termios.tcsetwinsize(self.line, (20, 100))
        self.before = termios.tcgetattr(self.line)
        self.shown = ""
        asyncio.get_running_loop().add_reader(self.keyboard, self._read)

    def _read(self) -> None:
        self.shown += os.read(self.keyboard, 65536).decode(errors="replace")

    def press(self, keys: bytes) -> None:
        os.write(self.keyboard, keys)

    async def until_shown(self, *texts: str, since: int = 0) -> None:
        await until(lambda: all(text in self.shown[since:] for text in texts), describe=lambda: repr(self.shown[since:]))

    def close(self) -> None:
        asyncio.get_running_loop().remove_reader(self.keyboard)
        os.close(self.keyboard)
        os.close(self.line)


@asynccontextmanager
async def watching(stage: Stage, folder: Path) -> AsyncIterator[tuple[Terminal, asyncio.subprocess.Process]]:
    terminal = Terminal()
    url = f"http://127.0.0.1:{stage.controller.port}"
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "ari_conf", "top", "--config", str(settings(folder)), "--url", url),
        stdin=terminal.line,
        stdout=terminal.line,
        stderr=terminal.line,
        start_new_session=True,
        cwd=PROJECT,
        env=os.environ | {"TERM": "xterm-256color"},
    )
    try:
        yield terminal, process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()
        terminal.close()


async def test_in_a_terminal_it_is_drawn_anew_until_q_is_pressed(tmp_path: Path) -> None:
    async with set_stage(None) as stage:
        await enter(stage, "ann")
        async with watching(stage, tmp_path) as (terminal, process):
            await terminal.until_shown("\x1b[?1049h", "Support", "+15550100400", "1 participant")
            await enter(stage, "bob", 'muted="true"')
            await terminal.until_shown("+15550100550", "muted", "2 participants")
            terminal.press(b"q")
            async with asyncio.timeout(10):
                assert await process.wait() == 0
            # The screen of before is back, and the keyboard as it was.
            await terminal.until_shown("\x1b[?1049l")
            assert termios.tcgetattr(terminal.line) == terminal.before


async def test_a_controller_that_goes_away_is_waited_for_until_ctrl_c(tmp_path: Path) -> None:
    async with set_stage(None) as stage, watching(stage, tmp_path) as (terminal, process):
        await terminal.until_shown("no room is running")
        await stage.stop()
        await terminal.until_shown("there is no controller at", "It is asked again")
        process.send_signal(signal.SIGINT)
        async with asyncio.timeout(10):
            assert await process.wait() == 0
        await terminal.until_shown("\x1b[?1049l")


def look(people: int, **condition: Any) -> Look:
    date = "Mon, 23 Nov 2026 06:00:00 +0000"
    room: Thing = {"sid": "CF1", "friendly_name": "a [red]room\x1b[2J", "status": "in-progress", "date_created": date}
    flags = {"muted": False, "hold": False, "coaching": False, "talking": False, "status": "connected"}
    sids = [f"CA{number}" for number in range(people)]
    there: list[Thing] = [{"call_sid": sid, "label": None, "date_created": date} | flags for sid in sids]
    ready = {"status": "ready", "calls": people, "conferences": 1, "callbacks_owed": 0, "database": "ok", "clock": "ok"}
    return Look("http://127.0.0.1:8080", ready | condition, [room], {"CF1": there}, {}, [])


def drawn(seen: Look, height: int | None = None) -> str:
    console = Console(width=100, force_terminal=False)
    with console.capture() as captured:
        console.print(view(seen, height))
    return captured.get()


def test_more_than_a_screen_is_counted() -> None:
    shown = drawn(look(100), 20)
    assert len(shown.splitlines()) <= 20
    assert "… and 86 lines more" in shown
    assert "CA99" in drawn(look(100))


def test_no_name_gives_orders_to_the_terminal() -> None:
    shown = drawn(look(1, database="refuses \x1b[2J"))
    assert "\x1b" not in shown
    assert "a [red]room" in shown
    assert "database: refuses" in shown
