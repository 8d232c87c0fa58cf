"""What the commands of ``ari-conf db`` do; a module of its own because the libraries that it takes are slow to load."""

import sys
import time
from collections.abc import Mapping
from pathlib import Path

import typer
from rich.table import Column, Table
from sqlalchemy import func, select

from ari_conf.database import prune_by_settings, store_of
from ari_conf.settings import Settings
from ari_conf.store import Form, StoreError

from .existing import clear_refusals, existing_store
from .export import EXPORTED, export
from .terminal import console, errors, say


def check_tables(names: list[str]) -> list[str]:
    """Return ``names``, all of them if there is none. Raises ``typer.BadParameter`` for one that is no table's."""
    for name in names:
        if name not in EXPORTED:
            raise typer.BadParameter(f"there is no table {name}; there are {', '.join(EXPORTED)}")
    return names or list(EXPORTED)


async def where(settings: Settings) -> None:
    """Say where the database is, and how much is in it."""
    store = store_of(settings)
    say(f"{'PostgreSQL' if store.path is None else 'SQLite'}: {store.where}")
    if store.path is not None and not store.path.exists():
        say(_FORMS[Form.EMPTY])
        return
    async with clear_refusals(store):
        form = await store.form()
        say(_FORMS[form])
        if form is Form.CURRENT:
            async with store.connect() as connection:
                counts = {
                    name: (await connection.execute(select(func.count()).select_from(table))).scalar_one()
                    for name, table in EXPORTED.items()
                }
            console.print(_table(counts))


_FORMS = {
    Form.EMPTY: "There are no tables yet; ari-conf serve or ari-conf db migrate makes them.",
    Form.OLD: "Its tables are those of an older version; ari-conf serve or ari-conf db migrate brings them up to date.",
    Form.CURRENT: "Its tables are those of this version.",
    Form.NEWER: "Its tables are those of a newer version, which this one cannot use.",
}


async def migrate(settings: Settings) -> None:
    """Bring the tables up to date."""
    store = store_of(settings)
    async with clear_refusals(store):
        await store.open()
    say(f"the tables in {store.where} are those of this version")


async def prune(settings: Settings) -> None:
    """Remove what is old."""
    async with existing_store(settings) as store:
        pruned = await prune_by_settings(store, settings, time.time())
    if not any(pruned.rows.values()):
        say("there is nothing that is old enough to be removed")
        return
    console.print(_table(pruned.rows))


async def export_to(settings: Settings, names: list[str], account: str | None, output: Path | None) -> None:
    """Write tables as JSON lines."""
    async with existing_store(settings) as store, store.connect() as connection:
        if output is None:
            await export(connection, names, account, sys.stdout)
            return
        try:
            with output.open("w", encoding="utf-8") as file:
                counts = await export(connection, names, account, file)
        except OSError as error:
            raise StoreError(f"{output} cannot be written: {error.strerror}; choose another --output") from error
    errors.print(_table(counts))


def _table(rows: Mapping[str, int]) -> Table:
    table = Table("table", Column("rows", justify="right"), box=None)
    for name, count in rows.items():
        table.add_row(name, f"{count:,}")
    return table
