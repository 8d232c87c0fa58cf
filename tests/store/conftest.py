"""Each test that asks for ``url`` runs on SQLite and on PostgreSQL, with an empty database of its own."""

import pytest


@pytest.fixture
def url(database_url: str) -> str:
    return database_url
