"""Which Asterisk will do."""

import re
from dataclasses import dataclass
from typing import Final, Self

OLDEST: Final = 18
"""The first branch whose ARI has all that we ask for."""

WANTED: Final = f"Asterisk 22, or any from {OLDEST} on but 22.11.0"


class AsteriskVersionError(ValueError):
    """This is not the version of an Asterisk."""


@dataclass(frozen=True, slots=True, order=True)
class AsteriskVersion:
    """A release of Asterisk, as 22.10.1."""

    major: int
    minor: int
    patch: int

    @classmethod
    def parse(cls, text: str) -> Self:
        """Find the release in ``text``: ARI's, a Debian package's, or what ``asterisk -V`` prints.

        Raises ``AsteriskVersionError`` if there is none.
        """
        found = re.search(r"(?<![\d.])(\d+)\.(\d+)(?:\.(\d+))?", text)
        if found is None:
            raise AsteriskVersionError(f"no release number of Asterisk can be read in {text.strip()!r}; use {WANTED}")
        return cls(int(found[1]), int(found[2]), int(found[3] or 0))

    def __str__(self) -> str:
        return f"{self.major}.{self.minor}.{self.patch}"

    def why_not(self) -> str | None:
        """Say why this release will not do, in a sentence; None if it will."""
        if (self.major, self.minor, self.patch) == (22, 11, 0):
            return f"Asterisk 22.11.0 hangs on channels that are whispered to (asterisk issue 2134); use {WANTED}"
        if self.major < OLDEST:
            return f"Asterisk {self} is too old; use {WANTED}"
        return None
