"""What strangers have sent, on an operator's terminal: the commands print it without obeying it."""

import asyncio
import io
import json
import time
from pathlib import Path

import pytest
from rich.console import Console
from typer.testing import CliRunner

from ari_conf.commands import terminal
from ari_conf.commands.rooms_tables import participants_table, rooms_table
from ari_conf.commands.webhooks import webhooks_cli
from ari_conf.store import DeliveryRow, Store, StoreError

HOSTILE = "\x1b]0;owned\x07\x1b[2J\r\x9b31m\u202e[bold]x[/bold][link=http://evil]y[/link]\x00"


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr("ari_conf.commands.existing.set_up_logs", lambda *_: None)
    file = tmp_path / "ari-conf.toml"
    file.write_text(f'[database]\nurl = "sqlite:///{tmp_path}/test.db"\n', encoding="utf-8")

    async def fill() -> None:
        store = Store(f"sqlite:///{tmp_path}/test.db")
        await store.open()
        text = HOSTILE.replace("\0", "")
        row = DeliveryRow(
            token="t",
            position=1,
            account_sid="AC" + "0" * 32,
            kind="conference",
            lane="CF1",
            url=f"http://me:secret@h/{text}",
            method="POST",
            parameters={"StatusCallbackEvent": text, "FriendlyName": text, text: "x", "ParticipantLabel": text},
            created_at=time.time(),
            next_at=time.time() + 30,
            attempts=2,
            error_code=11205,
            error=text,
        )
        store.write((row,))
        await store.close()

    asyncio.run(fill())
    return file


@pytest.mark.parametrize("arguments", [["list"], ["show", "t"], ["list", "--json"], ["show", "t", "--json"], ["show", HOSTILE]])
def test_callbacks(config: Path, arguments: list[str]) -> None:
    result = CliRunner().invoke(webhooks_cli, [*arguments, "--config", str(config)], env={"COLUMNS": "400"})
    assert result.output
    for line in result.output.split("\n"):
        assert line.isprintable(), line
    assert "secret" not in result.output
    if "--json" in arguments:
        assert json.loads(result.output)["parameters"]["FriendlyName"] == HOSTILE.replace("\0", "")
    elif HOSTILE not in arguments:
        assert "[bold]x[/bold]" in result.output


def test_rooms_and_participants() -> None:
    room = {"friendly_name": HOSTILE, "sid": "CF1", "status": "in-progress", "date_created": "Thu, 01 Jan 2026 00:00:00 +0000"}
    participant = {
        "call_sid": "CA1",
        "label": HOSTILE,
        "status": "connected",
        "muted": False,
        "hold": False,
        "coaching": False,
        "call_sid_to_coach": None,
        "date_created": room["date_created"],
        "direction": "inbound",
        "from": HOSTILE,
        "to": HOSTILE,
    }
    lines = io.StringIO()
    console = Console(file=lines, width=400, force_terminal=True, color_system=None, no_color=True)
    console.print(rooms_table([room], {"CF1": 1}))
    console.print(participants_table([participant]))
    for line in lines.getvalue().replace("\x1b[1m", "").replace("\x1b[0m", "").split("\n"):
        assert line.isprintable(), line


def test_errors(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = io.StringIO()
    monkeypatch.setattr(terminal, "errors", Console(file=lines, width=400))
    with pytest.raises(BaseException, match="1"), terminal.clear_errors():
        raise StoreError(HOSTILE)
    assert "[bold]x[/bold]" in lines.getvalue()
    for line in lines.getvalue().split("\n"):
        assert line.isprintable(), line
