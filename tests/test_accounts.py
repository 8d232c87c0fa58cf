"""The account that is made when none is configured, and kept in the database."""

import asyncio
import json
import os
import threading
from pathlib import Path

import pytest
from pydantic import SecretStr

from ari_conf.accounts import Account, accounts_of
from ari_conf.settings import AccountSettings, DatabaseSettings, Settings, SettingsError
from ari_conf.sids import SidKind, is_sid

SID = "AC" + "0" * 32


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder for what is kept; it is not there yet."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return tmp_path / "state" / "ari-conf"


def find(settings: Settings) -> tuple[tuple[Account, ...], bool]:
    return asyncio.run(accounts_of(settings))


def refused(settings: Settings) -> str:
    with pytest.raises(SettingsError) as error:
        find(settings)
    assert "\n" not in str(error.value)
    return str(error.value)


def test_configured_accounts_are_used_and_nothing_is_written(state: Path) -> None:
    settings = Settings(accounts=(AccountSettings(sid=SID, auth_token=SecretStr("sesame")),))
    assert find(settings) == ((Account(SID, "sesame"),), False)
    assert not state.exists()


def test_an_account_is_made_once_and_found_again(state: Path) -> None:
    (made,), is_new = find(Settings())
    assert is_new
    assert is_sid(made.sid, SidKind.ACCOUNT)
    assert len(made.auth_token) == 32
    assert find(Settings()) == ((made,), False)
    assert [path.name for path in state.iterdir()] == ["ari-conf.db"]


def test_it_is_in_the_database_that_is_set(state: Path, tmp_path: Path) -> None:
    settings = Settings(database=DatabaseSettings(url=SecretStr(f"sqlite:///{tmp_path / 'elsewhere.db'}")))
    (made,), _ = find(settings)
    assert find(settings) == ((made,), False)
    assert not state.exists()


def test_the_token_is_in_no_repr() -> None:
    assert "sesame" not in repr((Account(SID, "sesame"),))


def test_without_xdg_it_is_kept_in_the_home_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", "")
    monkeypatch.setenv("HOME", str(tmp_path))
    find(Settings())
    assert (tmp_path / ".local" / "state" / "ari-conf" / "ari-conf.db").exists()


def test_two_that_start_at_once_get_the_same_account(state: Path) -> None:
    del state
    ready = threading.Barrier(4)
    made: list[tuple[tuple[Account, ...], bool]] = []

    def start() -> None:
        ready.wait()
        made.append(find(Settings()))

    threads = [threading.Thread(target=start) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({accounts[0].auth_token for accounts, _ in made}) == 1
    assert sorted(is_new for _, is_new in made) == [False, False, False, True]


def test_an_account_of_an_older_version_is_taken_over_once(state: Path) -> None:
    state.mkdir(parents=True)
    kept = state / "account.json"
    kept.write_text(json.dumps({"sid": SID, "auth_token": "sesame", "made": "today"}))
    assert find(Settings()) == ((Account(SID, "sesame"),), False)
    assert not kept.exists()
    kept.write_text(json.dumps({"sid": "AC" + "1" * 32, "auth_token": "too late"}))
    assert find(Settings()) == ((Account(SID, "sesame"),), False)
    assert kept.exists()


@pytest.mark.parametrize(
    "content",
    ["", "{", "[]", "5", "null", "{}", '{"sid": "x", "auth_token": "y"}', f'{{"sid": "{SID}", "auth_token": ""}}', "\udcff"],
)
def test_a_damaged_file_is_named_and_left_alone(state: Path, content: str) -> None:
    state.mkdir(parents=True)
    kept = state / "account.json"
    kept.write_text(content, errors="surrogateescape")
    before = kept.read_bytes()
    text = refused(Settings())
    assert str(kept) in text
    assert "remove it" in text
    assert kept.read_bytes() == before


def test_a_place_that_is_no_directory(state: Path) -> None:
    state.parent.write_text("a file")
    text = refused(Settings())
    assert str(state / "ari-conf.db") in text
    assert "XDG_STATE_HOME" in text


def test_a_place_that_cannot_be_written(state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: str, *_: object) -> None:
        raise PermissionError(13, "Permission denied", path)

    monkeypatch.setattr(os, "mkdir", refuse)  # permission bits mean nothing to root
    text = refused(Settings())
    assert "Permission denied" in text
    assert str(state) in text


def test_a_database_url_that_cannot_be_used() -> None:
    text = refused(Settings(database=DatabaseSettings(url=SecretStr("mysql://bob:sesame@host/calls"))))
    assert "sqlite or postgresql" in text
    assert "sesame" not in text


def test_no_home_directory_at_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("XDG_STATE_HOME", raising=False)
    monkeypatch.delenv("HOME", raising=False)
    monkeypatch.setattr(os, "getuid", lambda: 4_000_000_000)
    assert "XDG_STATE_HOME" in refused(Settings())
