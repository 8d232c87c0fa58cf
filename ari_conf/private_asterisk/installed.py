"""An Asterisk on this machine: how to start it, and where its modules and sounds are."""

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from ari_conf.asterisk_version import AsteriskVersion

from .errors import PrivateAsteriskError
from .version import read_release


@dataclass(frozen=True, slots=True)
class InstalledAsterisk:
    """An Asterisk that can be started with a configuration of one's own."""

    version: AsteriskVersion
    command: tuple[str, ...]
    """The program, with whatever has to stand before it; Asterisk's own options follow."""
    module_dir: Path
    data_dir: Path
    """Sounds, documentation and the REST description."""
    root: Path
    """The tree that all this is in."""

    @property
    def program(self) -> Path:
        """Asterisk itself."""
        return Path(self.command[-1])

    @classmethod
    def in_tree(cls, root: Path) -> Self:
        """Return the Asterisk in a tree of unpacked Debian packages.

        It is started with the tree's own loader, as its C library is newer than the machine's. Raises
        ``PrivateAsteriskError`` if the tree is not complete or the program does not start.
        """
        modules = _only(root, "usr/lib/*/asterisk/modules")
        libraries = modules.parent.parent
        loader = _only(
            root, "usr/lib64/ld-linux*.so.*", "usr/lib/ld-linux*.so.*", f"{libraries.relative_to(root)}/ld-linux*.so.*"
        )
        command = (str(loader), "--library-path", str(libraries), str(_only(root, "usr/sbin/asterisk")))
        return cls(read_version(command), command, modules, _only(root, "usr/share/asterisk"), root)


def _only(root: Path, *patterns: str) -> Path:
    for pattern in patterns:
        for found in sorted(root.glob(pattern)):
            return found
    raise PrivateAsteriskError(f"The Asterisk tree {root} has no {patterns[0]}; remove that directory and install again.")


def read_version(command: tuple[str, ...]) -> AsteriskVersion:
    """Ask the program itself for its release. Raises ``PrivateAsteriskError`` if it cannot be started."""
    try:
        # With the terminal's own names for things a program may print anything but its version.
        answer = subprocess.run(  # noqa: S603
            [*command, "-V"], capture_output=True, text=True, timeout=20, check=True, env={**os.environ, "LC_ALL": "C"}
        )
    except (OSError, subprocess.SubprocessError) as error:
        output = getattr(error, "stderr", None) or error
        raise PrivateAsteriskError(f"{command[-1]} does not start on this machine: {str(output).strip()}") from error
    return read_release(answer.stdout)
