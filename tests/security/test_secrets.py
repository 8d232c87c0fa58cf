"""Passwords and tokens: in no log, no message, no repr, no process list, and in no file that others can read."""

import asyncio
import logging
import stat
import sys
from collections.abc import Iterator
from io import StringIO
from pathlib import Path

import pytest
import structlog
from pydantic import SecretStr
from typer.testing import CliRunner

from ari_conf.accounts import Account
from ari_conf.cli import cli
from ari_conf.logs import set_up_logs
from ari_conf.media.asterisk.link import AriAddress
from ari_conf.media.port import OutgoingCall
from ari_conf.private_asterisk import PrivateAsterisk, ensure_installed
from ari_conf.settings import Settings, SettingsError, load_settings
from ari_conf.store import Store
from ari_conf.webhooks import WebhookRequest
from tests.app_server import AUTH_TOKEN, failing
from tests.stage import Stage, set_stage

SECRET = "sesame-open-thyself"


@pytest.fixture
def log(monkeypatch: pytest.MonkeyPatch) -> Iterator[StringIO]:
    """All that is logged on the most talkative level that can be set."""
    lines = StringIO()
    before = structlog.get_config()
    monkeypatch.setattr(sys, "stderr", lines)
    monkeypatch.setattr(logging.getLogger(), "handlers", [])
    set_up_logs("json", "debug")
    yield lines
    structlog.configure(**before)


async def test_no_secret_of_a_call_is_logged_or_noted(either_engine: PrivateAsterisk | None, log: StringIO) -> None:
    async with set_stage(either_engine) as stage:
        await _call_with_secrets(stage)
        told = [str(row) for row in map(_row_of, stage.controller.notifications._kept)]
    assert len(told) >= 2
    for text in (log.getvalue(), *told):
        assert SECRET not in text
        assert AUTH_TOKEN not in text
        if either_engine is not None:
            assert either_engine.ari_password not in text


def _row_of(notification: object) -> object:
    return notification.row()  # type: ignore[attr-defined]


async def _call_with_secrets(stage: Stage) -> None:
    place = stage.app.url("").replace("http://", f"http://me:{SECRET}@")
    stage.app.voice["/broken"] = failing(500)
    stage.answer(
        f"<Response><Play>{place}/broken</Play>"
        f"<Play>http://me:{SECRET}@127.0.0.1:1/</Play>"
        f"<Dial><Sip username='me' password='{SECRET}'>sip:nobody@127.0.0.1:1</Sip></Dial></Response>"
    )
    ann = stage.phone("ann")
    await ann.dial("room")
    # Nobody is there: the local engine notices that at once, Asterisk goes on calling.
    await stage.until(lambda: len(stage.controller.switchboard.calls) != 1)
    await ann.hang_up()
    await stage.until(lambda: not stage.controller.switchboard.calls)


def test_no_repr_shows_a_secret() -> None:
    settings = Settings.model_validate(
        {
            "asterisk": {"password": SECRET},
            "database": {"url": f"postgresql://me:{SECRET}@h/d"},
            "accounts": [
                {
                    "sid": "AC" + "1" * 32,
                    "auth_token": SECRET,
                    "api_keys": [{"sid": "SK" + "1" * 32, "secret": SECRET}],
                }
            ],
            "numbers": [{"voice_url": f"http://me:{SECRET}@h/", "status_callback": f"http://me:{SECRET}@h/"}],
        }
    )
    shown = (
        settings,
        Account("AC", SECRET, {"SK": SECRET}),
        AriAddress("http://h", "me", SECRET),
        WebhookRequest(f"http://me:{SECRET}@h/", "POST", (), SECRET),
        OutgoingCall(call_sid="CA1", to="+1", caller_id="+2", timeout=1.0, username="me", password=SECRET),
        Store(f"postgresql://me:{SECRET}@h/d"),
    )
    for one in shown:
        assert SECRET not in repr(one)
        assert SECRET not in str(one)


@pytest.mark.parametrize(
    "text",
    [
        f'[database]\nurl = "mysql://me:{SECRET}@h/d"\n[[numbers]]\nvoice_url = "ftp://me:{SECRET}@h/"\n',
        f'[asterisk]\nurl = "http://me:{SECRET}@h"\n',
        f'[asterisk]\npassword = ["{SECRET}"]\n',
        f'[[accounts]]\nsid = "x"\nauth_token = "{SECRET}"\nmore = "{SECRET}"\n',
        f'[[numbers]]\nvoice_url = "http://me:{SECRET}@"\n',
    ],
)
def test_no_message_about_a_setting_quotes_a_secret(tmp_path: Path, text: str) -> None:
    file = tmp_path / "ari-conf.toml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(SettingsError) as refused:
        load_settings(file)
    assert SECRET not in str(refused.value)
    shown = CliRunner().invoke(cli, ["serve", "--config", str(file)])
    assert shown.exit_code != 0
    assert SECRET not in shown.output


async def test_the_database_is_for_its_owner_alone(tmp_path: Path) -> None:
    store = Store(f"sqlite:///{tmp_path}/a/test.db")
    await store.open()
    try:
        files = list((tmp_path / "a").iterdir())
        assert files
        for file in files:
            assert stat.S_IMODE(file.stat().st_mode) == 0o600, file
    finally:
        await store.close()


async def test_what_a_private_asterisk_keeps_is_for_its_owner_alone_and_no_argument() -> None:
    async with PrivateAsterisk(ensure_installed(print)) as asterisk:
        passwords = (asterisk.ari_password, *asterisk.phone_passwords.values())
        assert len(set(passwords)) == len(passwords)
        assert all(len(password) >= 12 for password in passwords)
        assert stat.S_IMODE(asterisk.directory.stat().st_mode) == 0o700
        for file in (asterisk.directory / "etc").iterdir():
            assert not stat.S_IMODE(file.stat().st_mode) & 0o077, file
        command = await asyncio.to_thread(Path(f"/proc/{asterisk.pid}/cmdline").read_bytes)
        assert not any(password.encode() in command for password in passwords)
        logged = asterisk.log_path.read_text(encoding="utf-8", errors="replace")
        assert not any(password in logged for password in passwords)


async def test_recordings_are_for_their_owner_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    async with set_stage(None):
        assert stat.S_IMODE((tmp_path / "ari-conf" / "recordings").stat().st_mode) == 0o700


def test_no_secret_is_a_default() -> None:
    settings = Settings()
    assert settings.asterisk.password == SecretStr("")
    assert settings.accounts == ()
