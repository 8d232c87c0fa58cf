"""What is known about sounds that were fetched: a small file for each, so that a damaged one is one sound fetched again."""

import os
import tempfile
from pathlib import Path
from typing import Annotated, Final

import structlog
from pydantic import BaseModel, ConfigDict, Field, ValidationError

_log = structlog.get_logger(__name__)

MOST_KEPT: Final = 10_000
"""Of how many sounds something is known; those that were not wanted for longest are forgotten."""

_WRITTEN_BETWEEN_TIDYING: Final = 100

_Finite = Annotated[float, Field(ge=0, allow_inf_nan=False)]


class KnownMedia(BaseModel):
    """What a URL led to: a sound of the store, which version it is, and until when (since 1970) it is fresh."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(pattern=r"^[0-9a-f]{64}\.wav$")
    seconds: _Finite
    etag: str
    last_modified: str
    fresh_until: _Finite

    def conditions(self) -> tuple[tuple[str, str], ...]:
        """Return the headers that ask whether there is another version now."""
        headers = (("If-None-Match", self.etag), ("If-Modified-Since", self.last_modified))
        return tuple((name, value) for name, value in headers if value)


class MediaIndex:
    """The files in ``folder``, by key. All methods work on the disk, and raise nothing."""

    def __init__(self, folder: Path, *, most: int = MOST_KEPT) -> None:
        self._folder = folder
        self._most = most
        self._written = _WRITTEN_BETWEEN_TIDYING

    def read(self, key: str) -> KnownMedia | None:
        """Return what is known, None if it is nothing, or cannot be read."""
        path = self._path(key)
        try:
            known = KnownMedia.model_validate_json(path.read_bytes())
            os.utime(path)
        except FileNotFoundError:
            return None
        except (OSError, ValidationError) as error:
            _log.warning("what is known about a sound cannot be read; it is fetched again", path=str(path), cause=str(error))
            return None
        return known

    def write(self, key: str, known: KnownMedia) -> None:
        """Keep what is known in place of what was known before."""
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            with tempfile.NamedTemporaryFile(dir=self._folder, suffix=".part", delete=False) as file:
                file.write(known.model_dump_json().encode())
            Path(file.name).replace(self._path(key))
            self._written += 1
            if self._written > _WRITTEN_BETWEEN_TIDYING:
                self._written = 0
                self._tidy()
        except OSError as error:
            _log.warning("what is known about a sound cannot be kept; it is fetched again each time", cause=str(error))

    def forget(self, key: str) -> None:
        """Know nothing any longer."""
        try:
            self._path(key).unlink(missing_ok=True)
        except OSError as error:
            _log.warning("what is known about a sound cannot be removed", cause=str(error))

    def _path(self, key: str) -> Path:
        return self._folder / f"{key}.json"

    def _tidy(self) -> None:
        entries = sorted(os.scandir(self._folder), key=lambda entry: entry.stat().st_mtime, reverse=True)
        for entry in entries[self._most :]:
            Path(entry).unlink(missing_ok=True)
