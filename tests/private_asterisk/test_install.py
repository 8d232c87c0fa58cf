import json
import shutil
import stat
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Protocol

import pytest

from ari_conf.asterisk_version import AsteriskVersion
from ari_conf.private_asterisk import (
    PrivateAsteriskError,
    ensure_installed,
    find_installed,
    find_system_asterisk,
    install,
    system,
    where,
)


class MakeSystemAsterisk(Protocol):
    def __call__(self, version: str, *, configured: bool = False) -> Path: ...


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    cache = tmp_path / "ari-conf" / "asterisk"
    cache.mkdir(parents=True)
    return cache


def executable(path: Path, script: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)


def fake_tree(cache: Path, version: str) -> Path:
    """Make a complete tree whose loader says that it is Asterisk ``version``."""
    tree = cache / version
    libraries = tree / "usr/lib/x86_64-linux-gnu"
    for directory in (libraries / "asterisk/modules", tree / "usr/share/asterisk", tree / "usr/sbin"):
        directory.mkdir(parents=True)
    executable(tree / "usr/lib64/ld-linux-x86-64.so.2", f"echo Asterisk {version}")
    (tree / "usr/sbin/asterisk").write_text("the program")
    count, size = install._measure(tree)
    (tree / "installed.json").write_text(json.dumps({"version": version, "files": count, "bytes": size}))
    return tree


def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(directory: Path) -> None:
        raise PrivateAsteriskError(f"apt was asked for, in {directory.name}")

    monkeypatch.setattr("ari_conf.private_asterisk.install.PrivateApt", refuse)


def test_a_complete_tree_is_used_without_the_network(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    no_network(monkeypatch)
    tree = fake_tree(cache, "22.10.1-1")
    steps: list[str] = []
    found = ensure_installed(steps.append)
    assert found.version == AsteriskVersion(22, 10, 1)
    assert found.root == tree
    assert steps == []
    assert str(tree) in "\n".join(where())


def test_the_newest_release_that_will_do_is_used(cache: Path) -> None:
    for version in ("17.9.4-1", "22.9.0-1", "22.10.1-1", "22.11.0-1"):
        fake_tree(cache, version)
    found = find_installed()
    assert found is not None
    assert found.version == AsteriskVersion(22, 10, 1)


def a_file_is_missing(tree: Path) -> None:
    (tree / "usr/sbin/asterisk").unlink()


def a_file_is_cut_off(tree: Path) -> None:
    (tree / "usr/sbin/asterisk").write_text("the")


def the_marker_is_missing(tree: Path) -> None:
    (tree / "installed.json").unlink()


def the_marker_is_cut_off(tree: Path) -> None:
    (tree / "installed.json").write_text('{"version": "22')


def the_marker_is_something_else(tree: Path) -> None:
    (tree / "installed.json").write_text("[]")


def the_program_does_not_start(tree: Path) -> None:
    loader = tree / "usr/lib64/ld-linux-x86-64.so.2"
    text = loader.read_text()
    loader.write_text("#!/bin/sh\nexit 1".ljust(len(text)))


@pytest.mark.parametrize(
    "damage",
    [
        a_file_is_missing,
        a_file_is_cut_off,
        the_marker_is_missing,
        the_marker_is_cut_off,
        the_marker_is_something_else,
        the_program_does_not_start,
    ],
)
def test_a_broken_tree_is_noticed_and_made_again(
    cache: Path, monkeypatch: pytest.MonkeyPatch, damage: Callable[[Path], None]
) -> None:
    no_network(monkeypatch)
    damage(fake_tree(cache, "22.10.1-1"))
    assert find_installed() is None
    with pytest.raises(PrivateAsteriskError, match="apt was asked for"):
        ensure_installed(print)


def test_what_a_broken_installation_left_is_removed(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    no_network(monkeypatch)
    left = cache / ".new-abc"
    (left / "tree").mkdir(parents=True)
    with pytest.raises(PrivateAsteriskError):
        ensure_installed(print)
    assert [path.name for path in cache.iterdir()] == [".lock"]


def test_a_full_disk_is_said_before_anything_is_fetched(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    no_network(monkeypatch)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=5_000_000))
    with pytest.raises(PrivateAsteriskError, match=f"5 MB free in {cache}"):
        ensure_installed(print)


def test_a_machine_that_is_not_debian_gets_a_sentence(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(cache))
    with pytest.raises(PrivateAsteriskError, match="There is no apt-get here"):
        ensure_installed(print)


def test_no_network_gets_a_sentence(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    del cache
    monkeypatch.setenv("ARI_CONF_DEBIAN_MIRROR", "http://127.0.0.1:9/debian")
    for proxy in ("http_proxy", "HTTP_PROXY"):
        monkeypatch.delenv(proxy, raising=False)
    with pytest.raises(PrivateAsteriskError, match="cannot be fetched; check the network"):
        ensure_installed(print)


def test_a_cache_that_cannot_be_written_gets_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    with pytest.raises(PrivateAsteriskError, match="cannot be installed in"):
        ensure_installed(print)


def test_where_says_what_to_do_when_nothing_is_installed(cache: Path) -> None:
    del cache
    assert "not installed; run: ari-conf asterisk install" in where()[0]


@pytest.fixture
def system_asterisk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> MakeSystemAsterisk:
    """Make an installed Asterisk; called with its version and, if it is elsewhere, its modules."""

    def make(version: str, *, configured: bool = False) -> Path:
        executable(tmp_path / "sbin/asterisk", f"echo Asterisk {version}")
        prefix = tmp_path / "elsewhere" if configured else tmp_path
        for file in (prefix / "lib/asterisk/modules/app_stasis.so", prefix / "share/asterisk/rest-api/resources.json"):
            file.parent.mkdir(parents=True)
            file.touch()
        conf = tmp_path / "asterisk.conf"
        conf.write_text(
            f"[directories](!)\nastmoddir => {prefix}/lib/asterisk/modules ; where\nastdatadir={prefix}/share/asterisk\n"
        )
        monkeypatch.setattr(system, "_SYSTEM_CONF", conf if configured else tmp_path / "none")
        return prefix

    monkeypatch.setenv("PATH", f"{tmp_path / 'sbin'}:/usr/bin:/bin")
    return make


@pytest.mark.parametrize("options", [{}, {"configured": True}])
def test_a_system_asterisk_is_found_with_its_modules(system_asterisk: MakeSystemAsterisk, options: dict[str, bool]) -> None:
    prefix = system_asterisk("22.10.1", **options)
    found = find_system_asterisk()
    assert found.version == AsteriskVersion(22, 10, 1)
    assert found.module_dir == prefix / "lib/asterisk/modules"
    assert found.data_dir == prefix / "share/asterisk"


def test_a_system_asterisk_that_is_too_old_is_refused(system_asterisk: MakeSystemAsterisk) -> None:
    system_asterisk("16.28.0~dfsg")
    with pytest.raises(PrivateAsteriskError, match=r"Asterisk 16\.28\.0 is too old"):
        find_system_asterisk()
