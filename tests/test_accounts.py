"""The account that is made when none is configured, and kept."""

import json
import os
import stat
import threading
from pathlib import Path

import pytest
from pydantic import SecretStr

from ari_conf.accounts import Account, accounts_of
from ari_conf.settings import AccountSettings, Settings, SettingsError
from ari_conf.sids import SidKind, is_sid

SID = "AC" + "0" * 32


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return tmp_path / "state" / "ari-conf" / "account.json"


def refused() -> str:
    with pytest.raises(SettingsError) as error:
        accounts_of(Settings())
    assert "\n" not in str(error.value)
    return str(error.value)


def test_configured_accounts_are_used_and_nothing_is_written(kept: Path) -> None:
    settings = Settings(accounts=(AccountSettings(sid=SID, auth_token=SecretStr("sesame")),))
    assert accounts_of(settings) == ((Account(SID, "sesame"),), False)
    assert not kept.exists()


def test_an_account_is_made_once_and_found_again(kept: Path) -> None:
    (made,), is_new = accounts_of(Settings())
    assert is_new
    assert is_sid(made.sid, SidKind.ACCOUNT)
    assert len(made.auth_token) == 32
    assert accounts_of(Settings()) == ((made,), False)
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert [path.name for path in kept.parent.iterdir()] == ["account.json"]


def test_the_token_is_in_no_repr() -> None:
    assert "sesame" not in repr((Account(SID, "sesame"),))


def test_without_xdg_it_is_kept_in_the_home_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", "")
    monkeypatch.setenv("HOME", str(tmp_path))
    accounts_of(Settings())
    assert (tmp_path / ".local" / "state" / "ari-conf" / "account.json").exists()


def test_two_that_start_at_once_get_the_same_account(kept: Path) -> None:
    del kept
    ready = threading.Barrier(4)
    made: list[tuple[tuple[Account, ...], bool]] = []

    def start() -> None:
        ready.wait()
        made.append(accounts_of(Settings()))

    threads = [threading.Thread(target=start) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({accounts[0].auth_token for accounts, _ in made}) == 1
    assert sorted(is_new for _, is_new in made) == [False, False, False, True]


@pytest.mark.parametrize(
    "content",
    ["", "{", "[]", "5", "null", "{}", '{"sid": "x", "auth_token": "y"}', f'{{"sid": "{SID}", "auth_token": ""}}', "\udcff"],
)
def test_a_damaged_file_is_named_and_left_alone(kept: Path, content: str) -> None:
    kept.parent.mkdir(parents=True)
    kept.write_text(content, errors="surrogateescape")
    before = kept.read_bytes()
    text = refused()
    assert str(kept) in text
    assert "remove it" in text
    assert kept.read_bytes() == before


def test_something_more_in_the_file_does_not_hurt(kept: Path) -> None:
    kept.parent.mkdir(parents=True)
    kept.write_text(json.dumps({"sid": SID, "auth_token": "sesame", "made": "today"}))
    assert accounts_of(Settings()) == ((Account(SID, "sesame"),), False)


def test_a_place_that_is_no_directory(kept: Path) -> None:
    kept.parent.parent.write_text("a file")
    text = refused()
    assert "XDG_STATE_HOME" in text
    assert str(kept.parent.parent) in text


def test_a_place_that_cannot_be_written(kept: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: str, *_: object) -> None:
        raise PermissionError(13, "Permission denied", path)

    monkeypatch.setattr(os, "mkdir", refuse)  # permission bits mean nothing to root
    text = refused()
    assert "Permission denied" in text
    assert str(kept.parents[1]) in text


def test_no_home_directory_at_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("XDG_STATE_HOME", raising=False)
    monkeypatch.delenv("HOME", raising=False)
    monkeypatch.setattr(os, "getuid", lambda: 4_000_000_000)
    assert "XDG_STATE_HOME" in refused()
