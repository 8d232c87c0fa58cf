import re
import subprocess
from pathlib import Path

import pytest

from ari_conf.private_asterisk import PrivateAsteriskError, config_source, configure

PASSWORDS = {"ARI_PASSWORD": "one", "PHONE_PASSWORD": "two"}


def write(tmp_path: Path, **settings: str) -> Path:
    target = tmp_path / "etc"
    configure(target, {"STATE_DIR": str(tmp_path / "state"), **settings})
    return target


def test_production_needs_a_password_for_ari(tmp_path: Path) -> None:
    with pytest.raises(PrivateAsteriskError, match="ARI_PASSWORD is not set"):
        write(tmp_path, PHONE_PASSWORD="two")


def test_production_needs_a_password_for_the_phones(tmp_path: Path) -> None:
    with pytest.raises(PrivateAsteriskError, match="PHONE_PASSWORD is not set"):
        write(tmp_path, ARI_PASSWORD="one")


def test_production_without_phones_needs_no_password_for_them(tmp_path: Path) -> None:
    target = write(tmp_path, ARI_PASSWORD="one", PHONES="")
    assert (target / "pjsip.phones.local.conf").read_text() == ""


def test_production_takes_no_calls_of_strangers(tmp_path: Path) -> None:
    write(tmp_path, PROFILE="development")
    target = write(tmp_path, **PASSWORDS)
    assert "[anonymous]" not in (target / "pjsip.phones.local.conf").read_text()
    assert not (target / "extensions.development.conf").exists()
    assert "development" not in (target / "pjsip.leg.local.conf").read_text()


def test_development_takes_calls_of_strangers_on_loopback(tmp_path: Path) -> None:
    target = write(tmp_path, PROFILE="development")
    assert "[anonymous](leg)" in (target / "pjsip.phones.local.conf").read_text()
    assert (target / "pjsip.transport.local.conf").read_text() == "bind = 127.0.0.1:5060\n"
    assert "bindaddr = 127.0.0.1" in (target / "http.local.conf").read_text()


@pytest.mark.parametrize("where", ["SIP_BIND", "ARI_BIND"])
def test_development_has_no_default_password_where_others_can_reach_it(tmp_path: Path, where: str) -> None:
    with pytest.raises(PrivateAsteriskError, match=r"is not set, and 0\.0\.0\.0 can be reached from elsewhere"):
        write(tmp_path, PROFILE="development", **{where: "0.0.0.0"})


def test_a_phone_can_have_a_password_of_its_own(tmp_path: Path) -> None:
    target = write(tmp_path, PHONES="1001 front-desk", PHONE_PASSWORD_front_desk="three", **PASSWORDS)
    written = (target / "pjsip.phones.local.conf").read_text()
    assert re.findall(r"username = (\S+)\npassword = (\S+)", written) == [("1001", "two"), ("front-desk", "three")]


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("ARI_PASSWORD", "a\n[intruder]"),
        ("ARI_PASSWORD", "a;b"),
        ("ARI_PASSWORD", "a\\b"),
        ("ARI_PASSWORD", "a b"),
        ("ARI_PASSWORD", "ü"),
        ("PHONE_PASSWORD", "a\r\nb"),
        ("PHONE_PASSWORD_1001", "a;b"),
        ("ARI_USER", "a]\ntype = user"),
        ("ARI_APP", "a,b"),
        ("PHONES", "1001 $(touch${IFS}x)"),
        ("PHONES", "1001 a;b"),
        ("SIP_BIND", "127.0.0.1\nfoo"),
        ("SIP_PORT", "5060;x"),
        ("SIP_PORT", "0"),
        ("SIP_PORT", "65536"),
        ("ARI_PORT", "99999999999999999999"),
        ("RTP_LAST", "9999"),
        ("KEEP_SECONDS", "-1"),
        ("JITTER_BUFFER", "maybe"),
        ("DATA_DIR", "relative"),
        ("MODULE_DIR", "/a\n/b"),
        ("MUSIC_DIR", "/a;b"),
        ("LOCAL_NET", "10.0.0.0/8;x"),
        ("EXTERNAL_ADDRESS", "1.2.3.4\nx"),
        ("PROFILE", "testing"),
    ],
)
def test_a_value_that_cannot_be_is_refused_by_name_and_nothing_is_written(tmp_path: Path, variable: str, value: str) -> None:
    settings = {**PASSWORDS, variable: value}
    with pytest.raises(PrivateAsteriskError, match=variable):
        write(tmp_path, **settings)
    assert list(tmp_path.rglob("*.conf")) == []


def test_every_password_character_that_is_allowed_arrives(tmp_path: Path) -> None:
    password = "".join(chr(code) for code in range(33, 127) if chr(code) not in ";\\")
    target = write(tmp_path, ARI_PASSWORD=password, PHONES="")
    assert f"\npassword = {password}\n" in (target / "ari.local.conf").read_text()


def test_passwords_are_readable_by_their_owner_alone(tmp_path: Path) -> None:
    target = write(tmp_path, **PASSWORDS)
    assert {path.stat().st_mode & 0o077 for path in target.iterdir()} == {0}


def test_a_refused_configuration_leaves_the_old_one(tmp_path: Path) -> None:
    target = write(tmp_path, **PASSWORDS)
    with pytest.raises(PrivateAsteriskError):
        write(tmp_path, ARI_PASSWORD="new", PHONE_PASSWORD="a;b")
    assert "password = one" in (target / "ari.local.conf").read_text()
    assert {path.suffix for path in target.iterdir()} == {".conf"}


def test_an_older_asterisk_is_not_told_to_load_what_it_has_not(tmp_path: Path) -> None:
    modules = tmp_path / "modules"
    modules.mkdir()
    target = write(tmp_path, MODULE_DIR=str(modules), **PASSWORDS)
    newer = ("res_websocket_client", "chan_websocket")
    assert not any(f"load = {name}" in (target / "modules.conf").read_text() for name in newer)
    for name in newer:
        (modules / f"{name}.so").touch()
    target = write(tmp_path, MODULE_DIR=str(modules), **PASSWORDS)
    assert all(f"load = {name}.so" in (target / "modules.conf").read_text() for name in newer)


def test_every_included_file_is_written(tmp_path: Path) -> None:
    target = write(tmp_path, **PASSWORDS)
    included = {name for path in target.glob("*.conf") for name in re.findall(r"(?m)^#include (\S+)", path.read_text())}
    assert included
    assert included <= {path.name for path in target.iterdir()}


def test_without_a_target_it_says_what_it_needs() -> None:
    script = config_source() / "configure"
    answer = subprocess.run(["/bin/sh", str(script)], capture_output=True, text=True, check=False)  # noqa: S603
    assert answer.returncode == 1
    assert "configure DIRECTORY" in answer.stderr


def test_the_installed_package_brings_the_configuration(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "site-packages" / "ari_conf"
    (package / "_asterisk_config").mkdir(parents=True)
    (package / "_asterisk_config" / "configure").touch()
    monkeypatch.setattr("ari_conf.private_asterisk.config.__file__", str(package / "private_asterisk" / "config.py"))
    assert config_source() == package / "_asterisk_config"
