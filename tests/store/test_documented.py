"""What the documentation says of the tables."""

import re
from pathlib import Path

from ari_conf.store.tables import metadata

PAGE = Path(__file__).parents[2] / "docs" / "database.md"


def test_every_table_is_documented_with_its_key() -> None:
    rows = re.findall(r"^\| `(\w+)` \|.*\| (`.*`) \|$", PAGE.read_text().partition("## Tables")[2], re.MULTILINE)
    keys = {
        name: ", ".join(f"`{column.name}`" for column in table.primary_key.columns) for name, table in metadata.tables.items()
    }
    assert dict(rows) == keys
