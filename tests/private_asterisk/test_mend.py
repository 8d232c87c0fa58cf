"""Debian's fault is found in a program by its bytes, and mended on disk."""

import platform
from pathlib import Path

import pytest

from ari_conf.private_asterisk import InstalledAsterisk
from ari_conf.private_asterisk.mend import is_mended, mend

COMPARES = bytes.fromhex("8b9788000000 81faffff0000")
OF_R8 = bytes.fromhex("44 8b8788000000 41 81f8ffff0000")
OF_EAX = bytes.fromhex("8b8688000000 3dffff0000")
IN_MEMORY = bytes.fromhex("81bf88000000ffff0000")
FAULTY, MENDED = COMPARES + b"\x77", COMPARES + b"\xeb"


def program(folder: Path, content: bytes) -> Path:
    path = folder / "asterisk"
    path.write_bytes(b"before" + content + b"after")
    path.chmod(0o755)
    return path


@pytest.mark.parametrize("compares", [COMPARES, OF_R8, OF_EAX, IN_MEMORY])
def test_the_fault_is_mended(tmp_path: Path, compares: bytes) -> None:
    faulty = program(tmp_path, compares + b"\x77")
    assert not is_mended(faulty)
    assert mend(faulty)
    assert faulty.read_bytes() == b"before" + compares + b"\xeb" + b"after"
    assert faulty.stat().st_mode & 0o777 == 0o755
    assert is_mended(faulty)
    assert list(tmp_path.iterdir()) == [faulty]


def test_who_runs_it_is_left_alone(tmp_path: Path) -> None:
    faulty = program(tmp_path, FAULTY)
    with faulty.open("rb") as running:
        assert mend(faulty)
        assert FAULTY in running.read()


def test_a_mended_one_stays_as_it_is(tmp_path: Path) -> None:
    mended = program(tmp_path, MENDED)
    before = mended.stat()
    assert mend(mended)
    assert mended.stat() == before


@pytest.mark.parametrize("content", [b"", COMPARES, COMPARES + b"\x75", FAULTY * 2])
def test_another_program_is_left_alone(tmp_path: Path, content: bytes) -> None:
    other = program(tmp_path, content)
    assert not mend(other)
    assert not is_mended(other)
    assert other.read_bytes() == b"before" + content + b"after"


def test_one_that_is_not_there_is_not_known_to_work(tmp_path: Path) -> None:
    assert not is_mended(tmp_path / "asterisk")
    with pytest.raises(FileNotFoundError):
        mend(tmp_path / "asterisk")


@pytest.mark.skipif(platform.machine() != "x86_64", reason="the fault is known for x86-64")
def test_our_own_is_mended(installed: InstalledAsterisk) -> None:
    assert is_mended(installed.program)
