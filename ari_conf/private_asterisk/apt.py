"""Debian packages fetched with the machine's own apt-get, by any user and without touching the machine's packages."""

import os
import shutil
import subprocess
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import MappingProxyType

from .errors import PrivateAsteriskError

_KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
_MIRROR_VARIABLE = "ARI_CONF_DEBIAN_MIRROR"
# It has Asterisk's long-term release; Debian 12 and 13 have none.
_ASTERISKS_SUITE = "sid"


class PrivateApt:
    """An apt-get with all its directories in ``directory``, for a ``suite`` of Debian at the machine's own mirror.

    The mirror can be named in the environment as ``ARI_CONF_DEBIAN_MIRROR``. ``wanted`` is what it is to fetch, for messages;
    ``there`` are packages, with their versions, that are not to be fetched. Raises ``PrivateAsteriskError`` where this is not
    a machine for it.
    """

    def __init__(
        self,
        directory: Path,
        *,
        suite: str = _ASTERISKS_SUITE,
        wanted: str = "Asterisk",
        there: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        self._directory = directory
        self._suite = suite
        self._wanted = wanted
        for program in ("apt-get", "apt-cache", "dpkg-deb"):
            if shutil.which(program) is None:
                raise PrivateAsteriskError(
                    f"There is no {program} here, so {wanted} cannot be fetched from Debian; install {wanted} yourself."
                )
        if not _KEYRING.is_file():
            raise PrivateAsteriskError(f"{_KEYRING} is missing; as root: apt-get install debian-archive-keyring")
        self._mirrors = _mirrors()
        for empty in ("etc/preferences.d", "etc/apt.conf.d", "state/lists/partial", "cache/archives/partial"):
            (directory / empty).mkdir(parents=True, exist_ok=True)
        status = "".join(_STATUS.format(package=package, version=version) for package, version in there.items())
        (directory / "status").write_text(status, encoding="utf-8")
        (directory / "apt.conf").write_text(_CONF.format(directory=directory), encoding="utf-8")

    def update(self) -> None:
        """Fetch the list of packages."""
        failures = []
        for mirror in self._mirrors:
            source = f"deb [signed-by={_KEYRING}] {mirror} {self._suite} main\n"
            (self._directory / "etc" / "sources.list").write_text(source, encoding="utf-8")
            try:
                self._run("apt-get", "update", "--error-on=any")
            except PrivateAsteriskError as error:
                failures.append(str(error))
            else:
                return
        raise PrivateAsteriskError(failures[-1])

    def candidate(self, package: str) -> str:
        """Return the version of ``package`` that would be fetched."""
        answer = self._run("apt-cache", "show", "--no-all-versions", package)
        for line in answer.splitlines():
            if line.startswith("Version: "):
                return line.removeprefix("Version: ").strip()
        raise PrivateAsteriskError(f"Debian {self._suite} has no package {package} for this machine.")

    def download(self, packages: Iterable[str]) -> list[Path]:
        """Fetch ``packages`` with all that they need, and return the files."""
        self._run("apt-get", "install", "--yes", "--download-only", "--no-install-recommends", *packages)
        return sorted((self._directory / "cache" / "archives").glob("*.deb"))

    def _run(self, *command: str) -> str:
        answer = subprocess.run(  # noqa: S603
            [command[0], "-c", str(self._directory / "apt.conf"), *command[1:]],
            capture_output=True,
            text=True,
            check=False,
            stdin=subprocess.DEVNULL,
            env={**os.environ, "LC_ALL": "C", "DEBIAN_FRONTEND": "noninteractive"},
        )
        if answer.returncode:
            raise PrivateAsteriskError(_explain(command, answer.stderr, self._wanted))
        return answer.stdout


# All that is not said to be there is fetched, the C library too. No hook of the machine's own apt is run.
_CONF = """
#clear APT::Update::Post-Invoke;
#clear APT::Update::Post-Invoke-Success;
#clear DPkg::Post-Invoke;
#clear DPkg::Pre-Install-Pkgs;
#clear Acquire::IndexTargets::deb::DEP-11;
#clear Acquire::IndexTargets::deb::DEP-11-icons;
Dir "{directory}";
Dir::State "{directory}/state";
Dir::State::lists "{directory}/state/lists";
Dir::State::status "{directory}/status";
Dir::Cache "{directory}/cache";
Dir::Cache::archives "{directory}/cache/archives";
Dir::Etc "{directory}/etc";
Dir::Etc::sourcelist "{directory}/etc/sources.list";
Dir::Etc::sourceparts "-";
Dir::Log "{directory}";
Acquire::Check-Valid-Until "false";
Acquire::Languages "none";
Acquire::Retries "3";
Acquire::http::Timeout "30";
APT::Sandbox::User "";
APT::Keep-Downloaded-Packages "true";
"""

_STATUS = """\
Package: {package}
Status: install ok installed
Architecture: all
Version: {version}
Maintainer: the machine
Description: taken to be there

"""


def _mirrors() -> list[str]:
    """Return where this machine gets Debian from, the likeliest first: not the security archive, nor other people's."""
    named = os.environ.get(_MIRROR_VARIABLE)
    if named:
        return [named]
    # Without release files, which a fresh machine has none of, origin and label are not known.
    answer = subprocess.run(
        ["apt-get", "indextargets", "--no-release-info", "--format", "$(CREATED_BY)|$(COMPONENT)|$(RELEASE)|$(REPO_URI)"],  # noqa: S607
        capture_output=True,
        text=True,
        check=False,
    )
    mirrors: dict[str, None] = {}
    for line in answer.stdout.splitlines():
        created_by, component, release, uri = line.split("|", 3)
        of_debian = uri.rstrip("/").endswith("/debian")
        if created_by == "Packages" and component == "main" and not release.endswith("-security") and of_debian:
            mirrors[uri] = None
    if not mirrors:
        raise PrivateAsteriskError(f"This machine's apt knows no Debian mirror; set {_MIRROR_VARIABLE} to the URL of one.")
    return list(mirrors)


def _explain(command: tuple[str, ...], output: str, wanted: str) -> str:
    lines = [line for line in output.splitlines() if line.startswith(("E:", "W:", "Err"))] or output.splitlines()
    text = " ".join(lines)[-600:]
    if "No space left" in text:
        return f"The disk is full; {wanted} needs some 600 MB for a moment. {text}"
    if any(
        sign in text for sign in ("Could not resolve", "Could not connect", "Failed to fetch", "Temporary failure", "timed out")
    ):
        return f"Debian's packages cannot be fetched; check the network and the proxy. {text}"
    return f"{' '.join(command[:2])} failed: {text}"
