"""URLs of databases: which are taken, what is said about the others, and that no password is ever told."""

import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ari_conf.store import Store, StoreError
from ari_conf.store.address import describe, parse_url
from ari_conf.store.tables import storable


@pytest.mark.parametrize(
    ("text", "driver", "where"),
    [
        ("sqlite:////var/lib/x.db", "sqlite+aiosqlite", "/var/lib/x.db"),
        ("sqlite+aiosqlite:///x.db", "sqlite+aiosqlite", "x.db"),
        ("postgresql://bob:sesame@db.example:5433/calls", "postgresql+asyncpg", '"calls" at db.example:5433'),
        ("postgres://bob@db.example/calls", "postgresql+asyncpg", '"calls" at db.example'),
        ("postgresql+asyncpg://bob@/calls?host=/run/postgresql", "postgresql+asyncpg", '"calls" at /run/postgresql'),
        ("postgresql:///calls", "postgresql+asyncpg", '"calls" at localhost'),
    ],
)
def test_addresses(text: str, driver: str, where: str) -> None:
    url = parse_url(text)
    assert url.drivername == driver
    assert describe(url) == where


def test_the_home_directory(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    assert describe(parse_url("sqlite:///~/x.db")) == str(tmp_path / "x.db")


def test_libpqs_word_for_encryption() -> None:
    assert parse_url("postgresql://db.example/calls?sslmode=require").query == {"ssl": "require"}


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("", "no URL of a database"),
        ("sesame", "no URL of a database"),
        ("postgresql://bob:sesame@host:port/calls", "no URL of a database"),
        ("mysql://bob:sesame@host/calls", "mysql://"),
        ("postgresql+psycopg://bob:sesame@host/calls", "postgresql+psycopg://"),
        ("sqlite://", "names no file"),
        ("sqlite:///:memory:", "names no file"),
        ("postgresql://bob:sesame@host", "names no database"),
    ],
)
def test_addresses_that_cannot_be_used(text: str, part: str) -> None:
    with pytest.raises(StoreError) as error:
        Store(text)
    assert part in str(error.value)
    assert "sesame" not in str(error.value)


def test_without_the_driver_it_is_said_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "asyncpg", None)
    with pytest.raises(StoreError, match=r"pip install 'ari-conf\[postgresql\]'"):
        Store("postgresql://db.example/calls")


@given(st.text(st.characters(codec=None)))
def test_whatever_the_text_something_can_be_kept(text: str) -> None:
    kept = storable(text)
    assert "\0" not in kept
    kept.encode()
    clean = text.replace("\0", "").encode("utf-8", "ignore").decode()
    assert clean == kept.replace("�", "") or "�" in text
