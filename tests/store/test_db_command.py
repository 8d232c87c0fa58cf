"""``ari-conf db`` as a person uses it."""

import asyncio
import json
import re
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import structlog
from sqlalchemy import text
from typer.testing import CliRunner, Result

from ari_conf.cli import cli
from ari_conf.store import Row, Store

from .rows import ACCOUNT, ALL_KINDS, OTHER_ACCOUNT, call, conference, document, happened, participant, verb

Run = Callable[..., Result]


@pytest.fixture(autouse=True)
def logs() -> Iterator[None]:
    """Each command sets the logs up, for a standard error that is closed after it."""
    before = structlog.get_config()
    yield
    structlog.configure(**before)


@pytest.fixture
def run(url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Run:
    monkeypatch.setenv("ARI_CONF_DATABASE__URL", url)
    monkeypatch.setenv("ARI_CONF_STORAGE__FOLDER", str(tmp_path / "files"))
    monkeypatch.chdir(tmp_path)
    return lambda *arguments: CliRunner().invoke(cli, ["db", *arguments])


def keep(url: str, rows: Sequence[Row]) -> None:
    async def write() -> None:
        store = Store(url)
        await store.open()
        store.write(rows)
        await store.close()

    asyncio.run(write())


def change(url: str, statement: str) -> None:
    async def execute() -> None:
        store = Store(url)
        async with store.connect() as connection:
            await connection.execute(text(statement))
            await connection.commit()
        await store.close()

    asyncio.run(execute())


def lines(printed: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in printed.splitlines()]


def rows_of(printed: str, table: str) -> int:
    match = re.search(rf"^ {table} +([\d,]+) *$", printed, re.MULTILINE)
    assert match, printed
    return int(match.group(1).replace(",", ""))


def test_from_nothing_to_a_database(run: Run, url: str) -> None:
    before = run("where")
    assert before.exit_code == 0
    assert "no tables yet" in before.output
    assert run("migrate").exit_code == 0
    keep(url, [conference(number) for number in range(1234)])
    after = run("where")
    assert after.exit_code == 0
    assert "those of this version" in after.output
    assert rows_of(after.output, "conferences") == 1234
    assert rows_of(after.output, "calls") == 0


def test_a_database_of_a_newer_version(run: Run, url: str) -> None:
    keep(url, [])
    change(url, "UPDATE alembic_version SET version_num = '9999'")
    where = run("where")
    assert where.exit_code == 0
    assert "newer version, which this one cannot use" in where.output
    for command in ("migrate", "prune", "export"):
        refused = run(command)
        assert refused.exit_code == 1
        assert "newer version of ari-conf" in refused.stderr
        assert refused.stdout == ""


def test_export_is_everything_but_secrets(run: Run, url: str) -> None:
    keep(url, ALL_KINDS)
    exported = run("export")
    assert exported.exit_code == 0
    assert "sesame" not in exported.stdout
    found = lines(exported.stdout)
    assert [line["table"] for line in found] == [
        "accounts", "calls", "documents", "verbs", "conferences", "participants", "events", "recordings", "queues",
        "notifications", "deliveries",
    ]  # fmt: skip
    by_table = {line.pop("table"): line for line in found}
    assert by_table["calls"]["to"] == "sip:büro@example.org"
    assert by_table["documents"]["twiml"] == (
        "<Response><Redirect>https://app.example/next</Redirect><Sip>sip:bob@example.org</Sip></Response>"
    )
    assert by_table["deliveries"]["url"] == "https://app.example/events?a=1"
    assert by_table["deliveries"]["parameters"]["FriendlyName"] == "Zimmer Ä 🎉"
    assert "auth_token" not in by_table["accounts"]


def test_export_of_one_account_and_some_tables_into_a_file(run: Run, url: str, tmp_path: Path) -> None:
    other_call, other_conference = call(2, account=OTHER_ACCOUNT), conference(2, account=OTHER_ACCOUNT)
    ours: list[Row] = [
        call(1),
        document(1, call(1).sid),
        verb(1, call(1).sid),
        conference(1),
        participant(1, conference(1).sid),
    ]
    theirs: list[Row] = [other_call, document(1, other_call.sid), verb(1, other_call.sid), other_conference]
    theirs += [participant(1, other_conference.sid), happened(1, other_conference.sid)]
    keep(url, [*ours, *theirs])
    exported = run("export", "--account", OTHER_ACCOUNT)
    assert {line.get("call_sid", line.get("sid")) for line in lines(exported.stdout) if line["table"] == "documents"} == {
        other_call.sid
    }
    assert [line["table"] for line in lines(exported.stdout)] == [
        "calls", "documents", "verbs", "conferences", "participants", "events"
    ]  # fmt: skip
    some = run("export", "conferences", "calls", "--account", ACCOUNT, "--output", str(tmp_path / "x.jsonl"))
    assert some.exit_code == 0
    assert some.stdout == ""
    assert rows_of(some.stderr, "conferences") == 1
    assert [line["sid"] for line in lines((tmp_path / "x.jsonl").read_text())] == [conference(1).sid, call(1).sid]


def test_export_that_cannot_be_done(run: Run, url: str, tmp_path: Path) -> None:
    keep(url, ALL_KINDS)
    nowhere = run("export", "--output", str(tmp_path / "no" / "x.jsonl"))
    assert nowhere.exit_code == 1
    assert "cannot be written: No such file or directory" in nowhere.stderr
    for arguments, said in ((["tables"], "there is no table tables"), (["--account", "bob"], "no account SID")):
        refused = run("export", *arguments)
        assert refused.exit_code == 2
        assert said in re.sub(r"[\s│]+", " ", refused.stderr)


def test_prune(run: Run, url: str) -> None:
    now = time.time()
    keep(url, [replace(conference(1), ended_at=now - 91 * 86_400), replace(conference(2), ended_at=now - 89 * 86_400)])
    pruned = run("prune")
    assert pruned.exit_code == 0
    assert rows_of(pruned.output, "conferences") == 1
    again = run("prune")
    assert again.exit_code == 0
    assert "nothing that is old enough" in again.output


def test_a_database_that_refuses_is_told_in_a_sentence(run: Run, url: str) -> None:
    keep(url, ALL_KINDS)
    change(url, "ALTER TABLE notifications RENAME TO away")
    for command in ("where", "prune", "export"):
        refused = run(command)
        assert refused.exit_code == 1
        assert "refuses: " in refused.stderr
        assert len(refused.stderr.splitlines()) == 1


def test_where_there_is_no_database_none_is_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ARI_CONF_STORAGE__FOLDER", str(tmp_path / "files"))
    for command, status in (("where", 0), ("prune", 1), ("export", 1)):
        assert CliRunner().invoke(cli, ["db", command]).exit_code == status
    assert not (tmp_path / "files").exists()
