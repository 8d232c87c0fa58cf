"""The folder where engines put what they have recorded, before it is finished."""

import contextlib
import re
from collections.abc import Collection
from pathlib import Path
from typing import Final

import structlog

log = structlog.get_logger(__name__)

_OURS: Final = re.compile(r"((?:CF|RE)[0-9a-f]{32})(?:\.[a-z]+)+")
"""What is in it is named after a room's Conference SID or a recording's own."""


def left_behind(folder: Path | None, name: str) -> Path | None:
    """Return the file of a recording of this name that was put there and not taken over."""
    path = None if folder is None else folder / f"{name}.wav"
    return path if path is not None and path.exists() else None


def remove(path: Path) -> None:
    """Remove a file that is not needed any more, if it can be; else a later start does."""
    with contextlib.suppress(OSError):
        path.unlink(missing_ok=True)


def sweep(folder: Path, wanted: Collection[str]) -> None:
    """Remove the files of recordings whose names are not ``wanted``: they are finished. To be run in a thread."""
    for path in folder.iterdir() if folder.is_dir() else ():
        ours = _OURS.fullmatch(path.name)
        if ours is not None and ours[1] not in wanted:
            log.info("what is left of a recording that is finished is removed", file=path.name)
            path.unlink(missing_ok=True)
