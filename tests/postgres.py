"""A PostgreSQL of the tests' own: Debian's, with its own data folder, on a socket in that folder and nowhere else."""

import contextlib
import os
import platform
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

DEADLINE = 60.0
USER = "ari_conf"


class NoPostgresError(Exception):
    """There is no PostgreSQL, and none can be had; the text says why."""


@contextlib.contextmanager
def running_postgres() -> Iterator[str]:
    """Run a server, and yield the URL of its database ``postgres``. Raises ``NoPostgresError``."""
    programs = installed() or fetched(_cache())
    owner = _owner()
    folder = Path(tempfile.mkdtemp(prefix="ari-conf-postgres-"))
    if owner is not None:
        os.chown(folder, owner.pw_uid, owner.pw_gid)
    environment = {**os.environ, "LC_ALL": "C", "LD_LIBRARY_PATH": _libraries(programs)}
    data = folder / "data"
    try:
        _run(programs / "initdb", "-D", data, "-U", USER, "--auth=trust", "-E", "UTF8", "-N", owner=owner, env=environment)
        # Nothing in it has to outlive a power cut.
        options = ("-c", "listen_addresses=", "-k", folder, "-c", "fsync=off", "-c", "full_page_writes=off")
        with (folder / "log").open("wb") as log:
            server = subprocess.Popen(  # noqa: S603
                [*_as(owner), "setpriv", "--pdeathsig=INT", str(programs / "postgres"), "-D", str(data), *map(str, options)],
                env=environment,
                cwd=folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        try:
            _wait_ready(programs, folder, server, environment)
            yield f"postgresql://{USER}@/postgres?host={folder}"
        finally:
            server.send_signal(signal.SIGINT)
            with contextlib.suppress(subprocess.TimeoutExpired):
                server.wait(10)
            if server.poll() is None:
                server.kill()
                server.wait()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def installed() -> Path | None:
    """Return the folder of the newest PostgreSQL that is installed on this machine."""
    return _newest(Path("/"))


def fetched(folder: Path) -> Path:
    """Return the folder of the PostgreSQL in ``folder``; fetch it from Debian if it is not there yet, without installing it."""
    done = folder / "done"
    if not done.exists():
        shutil.rmtree(folder, ignore_errors=True)
        try:
            _fetch(folder)
        except (OSError, subprocess.CalledProcessError) as error:
            said = str(getattr(error, "stderr", "") or error).strip().splitlines()
            raise NoPostgresError(
                f"PostgreSQL is not installed and cannot be fetched: {said[-1] if said else error}"
            ) from error
        done.touch()
    found = _newest(folder)
    if found is None:
        raise NoPostgresError(f"{folder} has no PostgreSQL; remove that folder, and it is fetched again")
    return found


def _fetch(folder: Path) -> None:
    """Unpack the server and what it needs beyond what this machine has. Nothing of the machine's own apt changes."""
    lists, archives = folder / "lists", folder / "archives"
    for empty in (lists / "partial", archives / "partial"):
        empty.mkdir(parents=True)
    settings = (
        f"Dir::State::lists={lists}",
        f"Dir::Cache={folder}",
        f"Dir::Cache::archives={archives}",
        "Debug::NoLocking=1",
        "APT::Sandbox::User=",
        "Acquire::Retries=3",
    )
    options = [word for setting in settings for word in ("-o", setting)]
    _run("apt-get", "update", "--error-on=any", *options)
    depends = _run("apt-cache", "depends", "postgresql", *options)
    server = next(word for word in depends.split() if word.startswith("postgresql-") and word[11:].isdigit())
    _run("apt-get", "install", "--yes", "--download-only", "--no-install-recommends", *options, server)
    for package in sorted(archives.glob("*.deb")):
        _run("dpkg-deb", "-x", package, folder / "root")
    shutil.rmtree(archives)
    shutil.rmtree(lists)


def _cache() -> Path:
    """Return where it is kept: readable by everybody if we are root, for the server refuses to run as root."""
    if os.geteuid() == 0:
        return Path("/var/cache/ari-conf/postgresql")
    return Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser() / "ari-conf" / "postgresql"


def _newest(root: Path) -> Path | None:
    found = [*root.glob("usr/lib/postgresql/*/bin/initdb"), *root.glob("root/usr/lib/postgresql/*/bin/initdb")]
    return max(found, key=lambda path: int(path.parts[-3])).parent if found else None


def _libraries(programs: Path) -> str:
    root = programs.parents[4]
    return "" if root == Path("/") else str(root / "usr" / "lib" / f"{platform.machine()}-linux-gnu")


def _owner() -> pwd.struct_passwd | None:
    return pwd.getpwnam("nobody") if os.geteuid() == 0 else None


def _as(owner: pwd.struct_passwd | None) -> list[str]:
    return ["setpriv", f"--reuid={owner.pw_uid}", f"--regid={owner.pw_gid}", "--clear-groups"] if owner is not None else []


def _run(*command: object, owner: pwd.struct_passwd | None = None, env: dict[str, str] | None = None) -> str:
    return subprocess.run(  # noqa: S603
        [*_as(owner), *map(str, command)],
        env=env or {**os.environ, "LC_ALL": "C", "DEBIAN_FRONTEND": "noninteractive"},
        cwd="/",
        capture_output=True,
        text=True,
        check=True,
        stdin=subprocess.DEVNULL,
    ).stdout


def _wait_ready(programs: Path, folder: Path, server: subprocess.Popen[bytes], environment: dict[str, str]) -> None:
    until = time.monotonic() + DEADLINE
    ready = [str(programs / "pg_isready"), "--quiet", "-h", str(folder)]
    while subprocess.run(ready, env=environment, cwd="/", check=False).returncode:  # noqa: S603
        if server.poll() is not None or time.monotonic() > until:
            raise NoPostgresError(f"PostgreSQL does not start: {(folder / 'log').read_text(errors='replace')[-600:]}")
        time.sleep(0.05)
