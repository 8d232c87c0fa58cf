"""Operators in the settings, their passwords, and the command that hashes one."""

import os
import pty
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest
from typer.testing import CliRunner

from ari_conf.cli import cli
from ari_conf.passwords import PasswordHash
from ari_conf.settings import SettingsError, load_settings
from tests.stage import ACCOUNT

from .door import PASSWORD, cheap_hash

HASH: Final = cheap_hash(PASSWORD).get_secret_value()
ACCOUNTS: Final = f'[[accounts]]\nsid = "{ACCOUNT.sid}"\nauth_token = "x"\n'


def test_a_password_fits_its_hash_and_no_other() -> None:
    hashed = PasswordHash.of("pässword 1")
    assert hashed != PasswordHash.of("pässword 1")
    again = PasswordHash.parse(str(hashed))
    assert again.fits("pässword 1")
    assert again.fits("pa\u0308ssword 1")
    assert not again.fits("pässword 2")
    assert not PasswordHash.of_nobody().fits("pässword 1")
    assert str(hashed).split("$")[4] not in repr(hashed)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "correct horse",
        "$2b$12$abcdefghijklmnopqrstuv",
        HASH[:-1],
        HASH + "A",
        HASH.replace("$4$", "$30$"),
        HASH.replace("$4$", "$0$"),
        HASH.replace("$1$", "$0$"),
        HASH.replace("scrypt", "argon2"),
    ],
)
def test_what_is_no_hash_is_refused_without_being_repeated(tmp_path: Path, text: str) -> None:
    file = tmp_path / "ari-conf.toml"
    file.write_text(f"[[operators]]\nname = 'ann'\npassword = '{text}'\n")
    with pytest.raises(SettingsError) as refused:
        load_settings(file)
    assert "ari-conf dashboard password" in str(refused.value)
    assert str(refused.value).startswith("operators.0.password: ")
    assert not text or text not in str(refused.value)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("name = ''", "operators.0.name: this is no name"),
        ("name = 'a\\u0000'", "this is no name"),
        (f"name = '{'a' * 65}'", "this is no name"),
        (f"name = '{ACCOUNT.sid}'", "this is a SID"),
        ("name = 'ann'\nrole = 'admin'", "operators.0.role"),
        ("name = 'ann'\naccount = 'x'", "operators.0.account"),
        (f"name = 'ann'\naccount = 'AC{'8' * 32}'", f"operators.0: there is no account AC{'8' * 32}"),
        ("name = 'ann'\nmail = 'x'", "there is no such setting"),
        (f"name = 'ann'\n[[operators]]\nname = ' ann '\npassword = '{HASH}'", "two operators have the same name"),
    ],
)
def test_what_is_wrong_with_an_operator_is_said(tmp_path: Path, text: str, told: str) -> None:
    file = tmp_path / "ari-conf.toml"
    file.write_text(f"{ACCOUNTS}[[operators]]\npassword = '{HASH}'\n{text.replace(chr(39), chr(34))}\n")
    with pytest.raises(SettingsError) as refused:
        load_settings(file)
    assert told in str(refused.value)
    assert HASH not in str(refused.value)


def test_operators_of_the_settings(tmp_path: Path) -> None:
    file = tmp_path / "ari-conf.toml"
    file.write_text(
        f"{ACCOUNTS}[dashboard]\nsession_hours = 2\n"
        f"[[operators]]\nname = 'jo\u0308'\npassword = '{HASH}'\nrole = 'read-only'\naccount = '{ACCOUNT.sid}'\n",
        encoding="utf-8",
    )
    settings = load_settings(file)
    (operator,) = settings.operators
    assert (operator.name, operator.role, operator.account) == ("jö", "read-only", ACCOUNT.sid)
    assert HASH not in repr(settings)
    assert (settings.dashboard.enabled, settings.dashboard.session_hours) == (True, 2.0)
    file.write_text("[dashboard]\nsession_hours = 169\n")
    with pytest.raises(SettingsError, match=r"dashboard\.session_hours"):
        load_settings(file)


def test_the_command_prints_the_line_for_the_settings(tmp_path: Path) -> None:
    result = CliRunner().invoke(cli, ["dashboard", "password"], input=f"{PASSWORD}\nanother\n")
    assert result.exit_code == 0
    file = tmp_path / "ari-conf.toml"
    file.write_text(f"[[operators]]\nname = 'ann'\n{result.stdout}")
    (operator,) = load_settings(file).operators
    assert PasswordHash.parse(operator.password.get_secret_value()).fits(PASSWORD)


@pytest.mark.parametrize("typed", ["", "short\n"])
def test_the_command_refuses_a_short_password(typed: str) -> None:
    result = CliRunner().invoke(cli, ["dashboard", "password"], input=typed)
    assert result.exit_code == 1
    assert result.stdout == ""
    assert "at least 8 characters" in result.stderr


def test_the_command_asks_a_terminal_twice_and_shows_nothing() -> None:
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "ari_conf", "dashboard", "password"],
        stdin=theirs,
        stdout=subprocess.PIPE,
        stderr=theirs,
        start_new_session=True,
    )
    os.close(theirs)
    shown = b""
    for answer in ("correct horse", "another horse", "correct horse", "correct horse"):
        while not shown.endswith((b"Password: ", b"Once more: ")):
            shown += os.read(ours, 1000)
        shown += b"|"
        os.write(ours, f"{answer}\n".encode())
    line, _ = process.communicate(timeout=30)
    os.close(ours)
    assert process.returncode == 0
    assert line.startswith(b'password = "scrypt$')
    assert b"horse" not in shown
