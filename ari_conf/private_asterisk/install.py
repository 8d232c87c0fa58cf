"""Asterisk from Debian's packages in the user's own cache directory, without root."""

import contextlib
import fcntl
import json
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from .apt import PrivateApt
from .errors import PrivateAsteriskError
from .installed import InstalledAsterisk
from .mend import is_mended, mend
from .version import read_release, require_accepted

_PACKAGES = ("asterisk", "asterisk-core-sounds-en-wav", "asterisk-moh-opsound-wav")
_MARKER = "installed.json"
_NEEDED_BYTES = 700_000_000


def cache_directory() -> Path:
    """Return where the trees are, one for each package version: ``~/.cache/ari-conf/asterisk``, or in ``$XDG_CACHE_HOME``."""
    base = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(base).expanduser().resolve() / "ari-conf" / "asterisk"


def find_installed() -> InstalledAsterisk | None:
    """Return the newest complete tree of a release that will do; None if there is none."""
    cache = cache_directory()
    trees = [tree for tree in cache.iterdir() if _is_complete(tree)] if cache.is_dir() else []
    for tree in sorted(trees, key=lambda tree: read_release(tree.name), reverse=True):
        if read_release(tree.name).why_not() is None:
            with contextlib.suppress(PrivateAsteriskError):
                return InstalledAsterisk.in_tree(tree)
    return None


def ensure_installed(progress: Callable[[str], None]) -> InstalledAsterisk:
    """Return the private Asterisk, fetched from Debian if it is not there yet; ``progress`` is told each step in a sentence.

    No network is needed once it is there. Raises ``PrivateAsteriskError``, with the cause and the remedy, if it cannot be had.
    """
    cache = cache_directory()
    try:
        found = find_installed()
        if found and (is_mended(found.program) or not os.access(cache, os.W_OK)):
            return found
        cache.mkdir(parents=True, exist_ok=True)
        with _locked(cache / ".lock", progress):
            # Another process may have made it while this one waited.
            installed = find_installed() or _install(cache, progress)
            mend(installed.program, beside=cache)
            return installed
    except OSError as error:
        raise PrivateAsteriskError(f"Asterisk cannot be installed in {cache}: {error.strerror or error}") from error


def _install(cache: Path, progress: Callable[[str], None]) -> InstalledAsterisk:
    for left_behind in cache.glob(".new-*"):
        shutil.rmtree(left_behind, ignore_errors=True)
    free = shutil.disk_usage(cache).free
    if free < _NEEDED_BYTES:
        raise PrivateAsteriskError(
            f"There are {free // 1_000_000} MB free in {cache}, Asterisk needs {_NEEDED_BYTES // 1_000_000} MB for a moment; "
            "make room, or set XDG_CACHE_HOME to a directory that has it."
        )
    with tempfile.TemporaryDirectory(prefix=".new-", dir=cache, ignore_cleanup_errors=True) as temporary:
        apt = PrivateApt(Path(temporary) / "apt")
        progress("Reading Debian's list of packages.")
        apt.update()
        package_version = apt.candidate("asterisk")
        require_accepted(read_release(_without_epoch(package_version)))
        progress(f"Fetching Asterisk {package_version} from Debian (some 110 MB).")
        packages = apt.download(_PACKAGES)
        progress(f"Unpacking {len(packages)} packages.")
        tree = Path(temporary) / "tree"
        tree.mkdir()
        _unpack(packages, tree)
        # What Debian's installation scripts do.
        language = tree / "usr/share/asterisk/sounds/en"
        if not language.exists():
            language.symlink_to("en_US_f_Allison")
        installed = InstalledAsterisk.in_tree(tree)
        count, size = _measure(tree)
        marker = {"package": package_version, "version": str(installed.version), "files": count, "bytes": size}
        (tree / _MARKER).write_text(json.dumps(marker), encoding="utf-8")
        target = cache / re.sub(r"[^\w.+~-]", "_", _without_epoch(package_version))
        if target.exists():
            progress(f"{target} is not complete; it is replaced.")
            shutil.rmtree(target)
        tree.rename(target)
    progress(f"Asterisk {installed.version} is in {target}.")
    return InstalledAsterisk.in_tree(target)


def _without_epoch(package_version: str) -> str:
    return package_version.split(":", 1)[-1]


def _unpack(packages: list[Path], tree: Path) -> None:
    def unpack(package: Path) -> None:
        answer = subprocess.run(  # noqa: S603
            ["dpkg-deb", "--extract", str(package), str(tree)],  # noqa: S607
            capture_output=True,
            text=True,
            check=False,
        )
        if answer.returncode:
            reason = " ".join(answer.stderr.split())
            remedy = "; the disk is full, make room" if "No space left" in reason else ""
            raise PrivateAsteriskError(f"{package.name} cannot be unpacked: {reason}{remedy}")
        package.unlink()

    with ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
        # The results are taken so that an error comes out.
        for _ in pool.map(unpack, packages):
            pass


def _measure(tree: Path) -> tuple[int, int]:
    """Return the number of files and their bytes, the marker not counted."""
    count = size = 0
    for directory, _, names in os.walk(tree):
        for name in names:
            path = os.path.join(directory, name)  # noqa: PTH118
            if name != _MARKER:
                count += 1
                size += os.lstat(path).st_size
    return count, size


def _is_complete(tree: Path) -> bool:
    try:
        marker = json.loads((tree / _MARKER).read_text(encoding="utf-8"))
        return (marker["files"], marker["bytes"]) == _measure(tree)
    except (OSError, ValueError, TypeError, KeyError):
        return False


@contextlib.contextmanager
def _locked(path: Path, progress: Callable[[str], None]) -> Iterator[None]:
    with path.open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            progress("Another process is installing Asterisk; waiting for it.")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield
