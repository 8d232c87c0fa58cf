"""The file of an SQLite database: made for its owner alone, and missed when somebody removes it."""

import errno
import os
from pathlib import Path


class DatabaseFile:
    """The file at ``path``, which ``make`` makes."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._made: tuple[int, int] | None = None
        self._is_told = False

    def make(self) -> None:
        """Make it if it is not there, before SQLite does: there are tokens in it. Raises OSError."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        file = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            found = os.fstat(file)
            if not found.st_size:
                os.fchmod(file, 0o600)
        finally:
            os.close(file)
        self._made = found.st_dev, found.st_ino
        self._is_told = False

    def is_gone(self) -> bool:
        """Tell whether what was made is not there any more. Raises OSError the first time that it is not, which says so."""
        try:
            found = self._path.stat()
        except FileNotFoundError:
            there = None
        else:
            there = found.st_dev, found.st_ino
        if there == self._made:
            return False
        if not self._is_told:
            self._is_told = True
            raise OSError(errno.ENOENT, "its file was removed while it was in use; a new one is made")
        return True
