"""Debian's Asterisk, mended: behind a jitter buffer, one lost packet may cost a caller's voice for eleven minutes.

A patch that Debian adds for Opus (``2016_opus_plc.patch``, also in Ubuntu) lets ``ast_translate`` drop packets whose sequence
number seems to be late, compared with the packet before. What a jitter buffer puts in the place of a lost packet has the number
0. After that, every number above 32,768 seems to be late, until the numbers begin anew (GitHub: traud/asterisk-amr#7 is such a
case). Without a number to compare with, the function does what Asterisk's own does; the mend lets it always take that way.
"""

import mmap
import os
import re
import shutil
import tempfile
from pathlib import Path
from typing import Final

_COMPARES: Final = rb"(?:\x8b[\x80-\xbf]\x88\x00{3}\x41?(?:\x81[\xf8-\xff]|\x3d)|\x81[\xb8-\xbf]\x88\x00{3})\xff\xff\x00{2}"
"""x86-64: the number of the packet before, fetched into whichever register or not, is compared with the greatest there is."""

_JUMP_IF_GREATER: Final = b"\x77"
_JUMP: Final = b"\xeb"


def is_mended(program: Path) -> bool:
    """Tell whether a program is Debian's and mended; one that cannot be read is not known to be."""
    try:
        return _place(program, _JUMP) is not None
    except OSError:
        return False


def mend(program: Path, *, beside: Path | None = None) -> bool:
    """Mend a program on disk, unless it has been; one that runs goes on as it is. Return whether it is mended now.

    False is returned for a program in which the fault cannot be found: another one than Debian's has none, and on other
    machines than x86-64 it looks otherwise. What is written meanwhile is in ``beside``, on the same disk, if not in the
    program's directory. Raises ``OSError`` if it cannot be written.
    """
    place = _place(program, _JUMP_IF_GREATER)
    if place is None:
        return is_mended(program)
    # Those who run it have the old file open, and read it as they go.
    handle, name = tempfile.mkstemp(prefix=".mended-", dir=beside or program.parent)
    mended = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(program.read_bytes())
            file.seek(place)
            file.write(_JUMP)
        shutil.copystat(program, mended)
        mended.replace(program)
    except BaseException:
        mended.unlink(missing_ok=True)
        raise
    return True


def _place(program: Path, jump: bytes) -> int | None:
    """Return where the jump behind the comparison is, if it is this one, and there is but one such comparison."""
    with program.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        found = [match.end() for match in re.finditer(_COMPARES + re.escape(jump), content)]
    return found[0] - 1 if len(found) == 1 else None
