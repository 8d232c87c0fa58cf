"""The Asterisk that the machine's administrator has installed."""

import os
import re
import shutil
from pathlib import Path

from ari_conf.asterisk_version import WANTED

from .errors import PrivateAsteriskError
from .installed import InstalledAsterisk, read_version
from .version import require_accepted

_SYSTEM_CONF = Path("/etc/asterisk/asterisk.conf")


def find_system_asterisk() -> InstalledAsterisk:
    """Return the Asterisk that is installed on this machine.

    Its own configuration is read only for where its modules and sounds are. Raises ``PrivateAsteriskError`` if there is none,
    or none that is recent enough.
    """
    # An ordinary user's PATH often lacks the directories where Asterisk is installed.
    search = os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/local/sbin", "/usr/sbin", "/opt/asterisk/sbin"])
    program = shutil.which("asterisk", path=search)
    if program is None:
        raise PrivateAsteriskError(f"No Asterisk is installed here; install {WANTED}, or run: ari-conf asterisk install")
    version = read_version((program,))
    require_accepted(version)
    configured = _configured_directories(_SYSTEM_CONF)
    prefix = Path(program).resolve().parent.parent
    modules = _first_with(
        "app_stasis.so",
        [
            configured.get("astmoddir"),
            *prefix.glob("lib/*/asterisk/modules"),
            prefix / "lib64/asterisk/modules",
            prefix / "lib/asterisk/modules",
        ],
    )
    data = _first_with(
        "rest-api/resources.json",
        [configured.get("astdatadir"), prefix / "share/asterisk", Path("/var/lib/asterisk")],
    )
    return InstalledAsterisk(version, (program,), modules, data, prefix)


def _configured_directories(conf: Path) -> dict[str, Path]:
    try:
        text = conf.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return {}
    return {name: Path(value) for name, value in re.findall(r"(?m)^\s*(ast\w+dir)\s*=>?\s*(/[^\s;]*)", text)}


def _first_with(content: str, candidates: list[Path | None]) -> Path:
    existing = [candidate for candidate in candidates if candidate is not None]
    for candidate in existing:
        if (candidate / content).exists():
            return candidate
    places = ", ".join(map(str, existing))
    raise PrivateAsteriskError(f"The installed Asterisk has no {content} in {places}; install its modules and data as well.")
