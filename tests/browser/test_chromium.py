"""Chromium is fetched once, and where it is missing nobody overlooks it."""

import fcntl
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from ari_conf.private_asterisk.errors import PrivateAsteriskError

from . import chromium
from .chromium import NAMED, NoChromiumError, find_chromium
from .conftest import MAY_BE_MISSING, go_without


@pytest.fixture(autouse=True)
def _empty_cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.delenv(NAMED, raising=False)
    monkeypatch.delenv(MAY_BE_MISSING, raising=False)


def test_several_at_once_fetch_it_once(monkeypatch: pytest.MonkeyPatch) -> None:
    count = 3
    together = threading.Barrier(count)
    fetched = []

    def fetch(tree: Path, _progress: Callable[[str], None]) -> None:
        with (tree.parent / ".lock").open("w") as lock, pytest.raises(BlockingIOError):
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        new = tree.with_name(".new")
        program = new / chromium._PROGRAM
        program.parent.mkdir(parents=True)
        program.touch()
        fetched.append(tree)
        new.rename(tree)

    def find(_number: int) -> Path:
        together.wait(10)
        return find_chromium(print).program

    monkeypatch.setattr(chromium, "_fetch", fetch)
    with ThreadPoolExecutor(count) as pool:
        programs = set(pool.map(find, range(count)))
    assert programs == {tree / chromium._PROGRAM for tree in fetched}
    assert len(fetched) == 1


def test_machine_that_cannot_fetch_it_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_arguments: object, **_named: object) -> None:
        raise PrivateAsteriskError("Debian's packages cannot be fetched; check the network and the proxy.")

    monkeypatch.setattr(chromium, "PrivateApt", refuse)
    with pytest.raises(NoChromiumError, match=r"^Chromium cannot be fetched: Debian's packages cannot be fetched; check the"):
        find_chromium(print)
    assert not list(chromium._cache().glob(".new-*"))


def test_one_that_is_named_is_taken_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(NAMED, "/opt/chromium")
    assert find_chromium(print) == chromium.Chromium(Path("/opt/chromium"), {})


def test_missing_browser_fails_the_tests_unless_they_may_be_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    # Both are caught each time, for a skip that comes out would skip this test.
    either = (pytest.fail.Exception, pytest.skip.Exception)
    with pytest.raises(either, match="there is none") as raised:
        go_without(NoChromiumError("there is none"))
    assert raised.type is pytest.fail.Exception
    monkeypatch.setenv(MAY_BE_MISSING, "1")
    with pytest.raises(either, match="there is none") as raised:
        go_without(NoChromiumError("there is none"))
    assert raised.type is pytest.skip.Exception
