"""Which Asterisk will do, and what is said of the others."""

import pytest

from ari_conf.asterisk_version import AsteriskVersion, AsteriskVersionError


@pytest.mark.parametrize("text", ["18.0.0", "18.26.4", "20.13.0", "20.19.1", "21.12.2", "22.10.1", "22.11.1", "23.0.0"])
def test_will_do(text: str) -> None:
    assert AsteriskVersion.parse(text).why_not() is None


@pytest.mark.parametrize("text", ["1.8.32", "16.28.0", "17.9.4", "22.11.0"])
def test_will_not_do(text: str) -> None:
    assert text in (AsteriskVersion.parse(text).why_not() or "")


def test_the_bug_of_22_11_0_is_named() -> None:
    assert "whisper" in (AsteriskVersion(22, 11, 0).why_not() or "")


@pytest.mark.parametrize(
    ("text", "version"),
    [
        ("Asterisk 22.10.1~dfsg+~cs6.15.60671435-1", AsteriskVersion(22, 10, 1)),
        ("22.10.1+dfsg+~cs6.17.60671434-1", AsteriskVersion(22, 10, 1)),
        ("Asterisk certified-20.7-cert5\n", AsteriskVersion(20, 7, 0)),
        ("Asterisk 22.4", AsteriskVersion(22, 4, 0)),
    ],
)
def test_is_read_from(text: str, version: AsteriskVersion) -> None:
    assert AsteriskVersion.parse(text) == version


def test_no_release_number() -> None:
    with pytest.raises(AsteriskVersionError, match="'Asterisk GIT-master'"):
        AsteriskVersion.parse("Asterisk GIT-master")
