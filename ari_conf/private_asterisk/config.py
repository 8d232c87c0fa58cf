"""The configuration in ``asterisk-config/``, written by its own script."""

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

from .errors import PrivateAsteriskError


def config_source() -> Path:
    """Return the directory of the configuration and its script: in a clone at the top, in an installed package inside it.

    Raises ``PrivateAsteriskError`` if neither is there.
    """
    package = Path(__file__).resolve().parent.parent
    for candidate in (package.parent / "asterisk-config", package / "_asterisk_config"):
        if (candidate / "configure").is_file():
            return candidate
    raise PrivateAsteriskError(f"ari_conf's Asterisk configuration is missing from {package}; install ari-conf again.")


def configure(target: Path, settings: Mapping[str, str]) -> None:
    """Write a complete Asterisk configuration into ``target``.

    ``settings`` are the variables that ``asterisk-config/configure`` explains; nothing else is taken from the environment.
    Raises ``PrivateAsteriskError``, naming the variable, if one is missing or cannot be.
    """
    environment = {"PATH": os.environ.get("PATH", os.defpath), **settings}
    # Through sh, since an installed package has lost the script's executable bit.
    answer = subprocess.run(  # noqa: S603
        ["/bin/sh", str(config_source() / "configure"), str(target)],
        capture_output=True,
        text=True,
        env=environment,
        check=False,
    )
    if answer.returncode:
        reason = answer.stderr.strip().removeprefix("configure: ")
        raise PrivateAsteriskError(f"Asterisk's configuration cannot be written to {target}: {reason}")
