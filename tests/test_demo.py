"""The demo's story, on a real Asterisk."""

import io
import re
from pathlib import Path

from rich.console import Console

from ari_conf.demo.story import play


def names_in(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


async def test_the_story_is_played_on_asterisk(tmp_path: Path) -> None:
    told = io.StringIO()
    assert await play("asterisk", tmp_path, Console(file=told, width=200), fall_back=False) == 0, told.getvalue()
    assert "SIP callers" in told.getvalue()
    assert len(re.findall(r"participant-(?:join|leave)", told.getvalue())) == 8
    assert names_in(tmp_path) == {"ann.wav", "bob.wav", "cora.wav", "mia.wav", "room.wav"}
