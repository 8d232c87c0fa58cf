"""An Asterisk of one's own: fetched without root, started on free ports, gone with the process that started it.

``ensure_installed`` fetches it, ``PrivateAsterisk`` runs it, ``find_system_asterisk`` takes the one that is there already.
"""

from .config import config_source, configure
from .errors import PrivateAsteriskError
from .foreground import run_foreground, where
from .install import ensure_installed, find_installed
from .installed import InstalledAsterisk
from .run import PrivateAsterisk
from .system import find_system_asterisk

__all__ = [
    "InstalledAsterisk",
    "PrivateAsterisk",
    "PrivateAsteriskError",
    "config_source",
    "configure",
    "ensure_installed",
    "find_installed",
    "find_system_asterisk",
    "run_foreground",
    "where",
]
