"""A real Asterisk for the tests in this folder."""

import pytest

from ari_conf.private_asterisk import InstalledAsterisk, ensure_installed


@pytest.fixture(scope="session")
def installed() -> InstalledAsterisk:
    return ensure_installed(print)
