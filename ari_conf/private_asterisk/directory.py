"""Where a private Asterisk keeps what it writes."""

import fcntl
import os
import shutil
import tempfile
import time
from pathlib import Path

_PREFIX = "ari-conf-asterisk-"
_LOCK = "in-use"
_GRACE = 60.0
"""Seconds in which a new directory may have no lock yet."""


class RunDirectory:
    """A directory for one running Asterisk.

    Without ``keep`` it is a temporary one and ``remove`` deletes it. One that was left behind by a process that was killed is
    deleted by the next that is made.
    """

    def __init__(self, keep: Path | None = None) -> None:
        self._kept = keep is not None
        if keep is None:
            _remove_left_behind()
            self.path = Path(tempfile.mkdtemp(prefix=_PREFIX))
        else:
            self.path = keep.resolve()
            self.path.mkdir(parents=True, exist_ok=True)
        self._lock = os.open(self.path / _LOCK, os.O_RDWR | os.O_CREAT, 0o600)
        fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)

    def remove(self) -> None:
        """Delete the directory, unless it is to be kept."""
        os.close(self._lock)
        if not self._kept:
            shutil.rmtree(self.path, ignore_errors=True)


def _remove_left_behind() -> None:
    for directory in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
        try:
            found = directory.lstat()
            if found.st_uid != os.getuid() or time.time() - found.st_mtime < _GRACE:
                continue
            lock = os.open(directory / _LOCK, os.O_RDWR)
        except OSError:
            continue
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(directory, ignore_errors=True)
        except BlockingIOError:
            # Somebody's Asterisk runs there.
            continue
        finally:
            os.close(lock)
