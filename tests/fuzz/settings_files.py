"""Settings: any file is settings, or is refused in sentences, one a line, that tell no password."""

import contextlib
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

from ari_conf.settings import SettingsError, load_settings

from .target import HERE, Check, Target

SECRET = "open-sesame"
"""The password of all files of the corpus."""

LONGEST_LINE = 500


@contextlib.asynccontextmanager
async def _open() -> AsyncIterator[Check]:
    with tempfile.TemporaryDirectory(prefix="fuzz-settings-") as folder:
        path = Path(folder) / "ari-conf.toml"

        async def check(data: bytes) -> None:
            path.write_bytes(data)
            try:
                settings = load_settings(path)
            except SettingsError as error:
                _check_text(str(error))
            else:
                settings.number_for("+14155551212")

        yield check


def _check_text(text: str) -> None:
    for line in text.split("\n"):
        assert line, text
        assert line.isprintable(), text
        assert len(line) <= LONGEST_LINE, text
        assert SECRET not in line, text


TARGET = Target("settings_files", HERE / "corpus/settings_files", _open, examples=1000)
