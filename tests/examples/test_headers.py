"""What stands on top of each example: how to run it, with settings that are some."""

import re
import textwrap
from pathlib import Path

import pytest

from ari_conf.settings import load_settings
from tests.examples.running import EXAMPLES

FILES = sorted(EXAMPLES.glob("*.py"))


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_the_settings_of_the_header_are_settings_that_name_the_example(file: Path, tmp_path: Path) -> None:
    text = file.read_text()
    assert text.count("\n") < 60
    header = text.split('"""')[1]
    assert f"python examples/{file.name}" in header
    (tmp_path / "ari-conf.toml").write_text(textwrap.dedent("\n".join(re.findall(r"^    .*$", header, re.MULTILINE))))
    settings = load_settings(tmp_path / "ari-conf.toml")
    token = re.search(r"TWILIO_AUTH_TOKEN=(\S+)", header)
    assert token
    assert settings.accounts[0].auth_token.get_secret_value() == token[1]
    number = settings.number_for("anything")
    assert number
    assert number.voice_url == "http://127.0.0.1:5000/voice"
    assert 'os.environ.get("PORT", "5000")' in text


def test_all_are_in_the_readme() -> None:
    readme = (EXAMPLES.parent / "README.md").read_text()
    assert [file.name for file in FILES if f"(examples/{file.name})" not in readme] == []
