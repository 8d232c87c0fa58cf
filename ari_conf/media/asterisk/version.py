"""Which Asterisk will do."""

import re
from typing import Final

OLDEST: Final = 18
"""The first branch whose ARI has all that we ask for. Those without REST over WebSocket are spoken to by HTTP."""

_BROKEN: Final = {(22, 11, 0): "a channel that is whispered to misbehaves in it (asterisk issue 2134)"}


def parse_version(text: str) -> tuple[int, int, int] | None:
    """Find ``major.minor.patch`` in what Asterisk or Debian calls its version; None if there is none."""
    found = re.search(r"(\d+)\.(\d+)(?:\.(\d+))?", text)
    return (int(found[1]), int(found[2]), int(found[3] or 0)) if found else None


def version_problem(text: str) -> str | None:
    """Say in one sentence why an Asterisk of this version will not do; None if it will."""
    version = parse_version(text)
    if version is None:
        return f"the version of this Asterisk, {text!r}, cannot be read; ari_conf needs Asterisk {OLDEST} or later, best 22"
    if version in _BROKEN:
        return f"Asterisk {text} will not do: {_BROKEN[version]}; install another release of the branch"
    if version[0] < OLDEST:
        return f"Asterisk {text} is too old; ari_conf needs Asterisk {OLDEST} or later, best 22"
    return None
