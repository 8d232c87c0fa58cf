import asyncio
import json
import time
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from ari_conf.commands.webhooks import State, webhooks_cli
from ari_conf.store import DeliveryRow, Store
from ari_conf.webhooks import WebhookClient, delivery
from ari_conf.webhooks.outbox import Outbox
from ari_conf.webhooks.outbox_rows import all_in_state, find
from tests.app_server import AUTH_TOKEN, AppServer

ACCOUNT, OTHER = "AC" + "0" * 32, "AC" + "1" * 32
ROW = DeliveryRow(
    token="t-owed",
    position=1,
    account_sid=ACCOUNT,
    kind="conference",
    lane="CF1",
    url="http://me:secret@127.0.0.1:9/events",
    method="POST",
    parameters={"StatusCallbackEvent": "participant-join", "SequenceNumber": "1", "FriendlyName": "[red]\x1b[31mroom"},
    created_at=time.time(),
    next_at=time.time() + 30,
    attempts=2,
    error_code=11205,
    error="http://127.0.0.1:9/events cannot be reached.",
)
GIVEN_UP = replace(ROW, token="t-lost", position=2, state="given-up", next_at=None, ended_at=time.time())
OTHERS = replace(GIVEN_UP, token="t-other", position=3, account_sid=OTHER)
DELIVERED = replace(
    ROW, token="t-there", position=4, state="delivered", next_at=None, error_code=None, error="", http_status=204
)


@pytest.fixture(autouse=True)
def _logs_as_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    """The command would let the log go to a standard error that is gone with it."""
    monkeypatch.setattr("ari_conf.commands.existing.set_up_logs", lambda *_: None)


@pytest.fixture
def config(tmp_path: Path) -> Path:
    file = tmp_path / "ari-conf.toml"
    file.write_text(f'[database]\nurl = "sqlite:///{tmp_path}/test.db"\n', encoding="utf-8")
    return file


@pytest.fixture
def store(config: Path) -> Store:
    async def fill() -> None:
        opened = Store(f"sqlite:///{config.parent}/test.db")
        await opened.open()
        opened.write((ROW, GIVEN_UP, OTHERS, DELIVERED))
        await opened.close()

    asyncio.run(fill())
    return Store(f"sqlite:///{config.parent}/test.db")


def command(config: Path, *arguments: str) -> Result:
    return CliRunner().invoke(webhooks_cli, [*arguments, "--config", str(config)], env={"COLUMNS": "200"})


def listed(config: Path, *arguments: str) -> list[str]:
    result = command(config, "list", "--json", *arguments)
    assert result.exit_code == 0, result.output
    assert "secret" not in result.output
    return [json.loads(line)["token"] for line in result.output.splitlines()]


@pytest.mark.usefixtures("store")
def test_list(config: Path) -> None:
    assert sorted(listed(config)) == ["t-lost", "t-other", "t-owed", "t-there"]
    assert listed(config, "--state", "owed") == ["t-owed"]
    assert listed(config, "--state", "delivered") == ["t-there"]
    assert listed(config, "--state", "given-up", "--account", OTHER) == ["t-other"]
    assert len(listed(config, "--limit", "1")) == 1


@pytest.mark.usefixtures("store")
def test_the_table_says_why(config: Path) -> None:
    result = command(config, "list")
    assert result.exit_code == 0
    assert "cannot be reached" in result.output
    assert "participant-join" in result.output
    assert "secret" not in result.output


@pytest.mark.usefixtures("store")
def test_show(config: Path) -> None:
    result = command(config, "show", "t-lost")
    assert result.exit_code == 0
    assert "SequenceNumber" in result.output
    assert "[red]" in result.output
    assert "\x1b[31m" not in result.output
    assert "secret" not in result.output
    shown = json.loads(command(config, "show", "t-lost", "--json").output)
    assert shown["parameters"]["SequenceNumber"] == "1"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("show", "t-none"), "there is no callback"),
        (("resend", "t-none"), "there is no callback"),
        (("resend", "t-owed"), "owed already"),
        (("resend",), "either a token"),
        (("resend", "t-lost", "--all-given-up"), "either a token"),
    ],
)
@pytest.mark.usefixtures("store")
def test_what_is_wrong_is_said(config: Path, arguments: tuple[str, ...], message: str) -> None:
    result = command(config, *arguments)
    assert result.exit_code != 0
    assert message in result.output


def test_no_database_is_made(config: Path) -> None:
    result = command(config, "list")
    assert result.exit_code == 1
    assert "no database" in result.output
    assert not (config.parent / "test.db").exists()


@pytest.mark.usefixtures("store")
def test_resending_all_of_one_account(config: Path) -> None:
    assert "1 callback will" in command(config, "resend", "--all-given-up", "--account", OTHER).output
    assert sorted(listed(config, "--state", "owed")) == ["t-other", "t-owed"]
    assert listed(config, "--state", "given-up") == ["t-lost"]


async def test_a_running_outbox_sends_what_the_command_says(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ari_conf.webhooks.outbox.LOOK_SECONDS", 0.02)
    store = Store(f"sqlite:///{config.parent}/test.db")
    await store.open()
    async with AppServer() as app, WebhookClient() as client:
        outbox = Outbox(store, client, {ACCOUNT: AUTH_TOKEN}, max_age=3600)
        await outbox.start()
        lost = [replace(GIVEN_UP, token=f"t-{number}", position=number, url=app.url("/events")) for number in (3, 1, 2)]
        store.write([replace(row, parameters={"SequenceNumber": str(row.position)}) for row in lost])
        await store.flush()
        assert "3 callbacks will" in (await asyncio.to_thread(command, config, "resend", "--all-given-up")).output
        await app.wait_for(lambda params: params["SequenceNumber"] == "3")
        assert await outbox.stop(10) == 0
        assert [params["SequenceNumber"] for params in app.params("/events")] == ["1", "2", "3"]
        assert [request.headers["I-Twilio-Idempotency-Token"] for request in app.requests] == ["t-1", "t-2", "t-3"]
        assert app.bad_signatures == []
        await store.flush()
        assert await all_in_state(store, "given-up") == []
        row = await find(store, "t-1")
        assert row is not None
        assert (row.state, row.attempts) == ("delivered", 1)
    await store.close()


def test_the_states_are_those_of_the_outbox() -> None:
    assert [state.value for state in State] == [delivery.OWED, delivery.DELIVERED, delivery.GIVEN_UP]
