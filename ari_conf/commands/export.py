"""What is in the database as JSON lines, without secrets."""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any, Final, TextIO

from sqlalchemy import ColumnElement, Select, Table, select
from sqlalchemy.ext.asyncio import AsyncConnection

from ari_conf.store import tables

EXPORTED: Final[Mapping[str, Table]] = {table.name: table for table in tables.TABLES.values() if table is not tables.live}
"""All but what is live: that is for the controller itself, and full of what a call needs and nobody is to read."""

_SECRETS: Final = {tables.accounts.c.auth_token}
_USERINFO = re.compile(r"(?i)(?<=://)[^\s/?#\"'<>@]*@")
"""The user and password of a URL, wherever in a text it stands."""


async def export(connection: AsyncConnection, chosen: Sequence[str], account_sid: str | None, output: TextIO) -> dict[str, int]:
    """Write the rows of the ``chosen`` tables, of one account or of all, to ``output``; return how many of each.

    A line is a JSON object with ``table`` and the columns. Auth tokens are left out, and users and passwords of URLs.
    """
    counts = dict.fromkeys(chosen, 0)
    for name in chosen:
        result = await connection.stream(_rows(EXPORTED[name], account_sid))
        async for row in result.mappings():
            output.write(json.dumps({"table": name, **{key: _without_userinfo(value) for key, value in row.items()}}) + "\n")
            counts[name] += 1
    return counts


def _rows(table: Table, account_sid: str | None) -> Select[Any]:
    statement = select(*(column for column in table.columns if column not in _SECRETS)).order_by(*table.primary_key)
    return statement if account_sid is None else statement.where(_belongs(table, account_sid))


def _belongs(table: Table, account_sid: str) -> ColumnElement[bool]:
    if table is tables.accounts:
        return table.c.sid == account_sid
    if "account_sid" in table.c:
        return table.c.account_sid == account_sid
    owner, column = (
        (tables.conferences, table.c.conference_sid) if "conference_sid" in table.c else (tables.calls, table.c.call_sid)
    )
    return column.in_(select(owner.c.sid).where(owner.c.account_sid == account_sid))


def _without_userinfo(value: Any) -> Any:
    if isinstance(value, str):
        return _USERINFO.sub("", value)
    if isinstance(value, dict):
        return {key: _without_userinfo(one) for key, one in value.items()}
    return value
