"""A Chromium of the tests' own: Debian's headless shell, its libraries and fonts in the user's cache folder, without root."""

import fcntl
import os
import platform
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from ari_conf.private_asterisk.apt import PrivateApt
from ari_conf.private_asterisk.errors import PrivateAsteriskError

NAMED = "TESTS_CHROMIUM"
"""The environment variable that names a Chromium to take instead, for machines that Debian's does not run on."""

# The oldest suite that has the headless shell: what it has runs also with the C libraries of later systems.
_SUITE = "bookworm"
_PACKAGES = ("chromium-headless-shell", "fonts-dejavu-core", "fonts-inter-variable")
_PROGRAM = "usr/lib/chromium/chromium-headless-shell"
# Programs for a desktop, with OpenGL and a compiler behind them: a quarter of the download, and nothing of it runs here.
_FOR_DESKTOPS = ("x11-utils", "xdg-utils")
_FONTS_CONF = Path(__file__).with_name("fonts.conf")


class NoChromiumError(Exception):
    """There is no Chromium, and none can be had, or it does not start; the text says why."""


@dataclass(frozen=True)
class Chromium:
    """A program, and what has to be in its environment."""

    program: Path
    environment: dict[str, str]


def find_chromium(progress: Callable[[str], None]) -> Chromium:
    """Return the Chromium in the cache, fetched from Debian if it is not there yet. Raises ``NoChromiumError``.

    No network is needed once it is there.
    """
    if named := os.environ.get(NAMED):
        return Chromium(Path(named), {})
    tree = _cache() / "+".join((_SUITE, *_PACKAGES))
    try:
        if not tree.exists():
            tree.parent.mkdir(parents=True, exist_ok=True)
            with _locked(tree.parent / ".lock"):
                # Another process may have made it while this one waited.
                if not tree.exists():
                    _fetch(tree, progress)
    except (OSError, PrivateAsteriskError, subprocess.CalledProcessError) as error:
        said = str(getattr(error, "stderr", "") or error).strip()
        raise NoChromiumError(f"Chromium cannot be fetched: {said}") from error
    program = tree / _PROGRAM
    if not program.exists():
        raise NoChromiumError(f"{tree} has no Chromium; remove that folder, and it is fetched again")
    return Chromium(program, _environment(tree))


def _fetch(tree: Path, progress: Callable[[str], None]) -> None:
    for left_behind in tree.parent.glob(".new-*"):
        shutil.rmtree(left_behind, ignore_errors=True)
    with tempfile.TemporaryDirectory(prefix=".new-", dir=tree.parent) as temporary:
        there = {"libc6": _c_library()} | dict.fromkeys(_FOR_DESKTOPS, "1")
        apt = PrivateApt(Path(temporary) / "apt", suite=_SUITE, wanted="Chromium", there=there)
        apt.update()
        progress(f"Fetching Chromium {apt.candidate(_PACKAGES[0])} from Debian (some 105 MB).")
        packages = apt.download(_PACKAGES)
        new = Path(temporary) / "tree"
        new.mkdir()
        with ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
            # The results are taken so that an error comes out.
            for _ in pool.map(lambda package: _unpack(package, new), packages):
                pass
        new.rename(tree)


def _c_library() -> str:
    """Return the version of the machine's own, which is used: apt tells if it is too old for the suite."""
    try:
        return str(os.confstr("CS_GNU_LIBC_VERSION")).split()[-1]
    except ValueError as error:
        raise OSError("this machine's C library is not GNU's") from error


def _unpack(package: Path, tree: Path) -> None:
    command = ["dpkg-deb", "--extract", str(package), str(tree)]
    subprocess.run(command, check=True, capture_output=True, text=True)  # noqa: S603


def _environment(tree: Path) -> dict[str, str]:
    machine = f"{platform.machine()}-linux-gnu"
    libraries = (tree / "usr/lib" / machine, tree / "usr/lib" / machine / "pulseaudio", tree / "lib" / machine)
    return {
        "LD_LIBRARY_PATH": os.pathsep.join(map(str, libraries)),
        "FONTCONFIG_FILE": str(_FONTS_CONF),
        "XDG_DATA_HOME": str(tree / "usr/share"),
    }


def _cache() -> Path:
    return Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser().resolve() / "ari-conf" / "chromium"


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    with path.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
