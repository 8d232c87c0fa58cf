"""What the commands of ``ari-conf webhooks`` do; a module of its own because the libraries that it takes are slow to load."""

import json
import time
from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from rich.table import Column, Table
from rich.text import Text

from ari_conf.settings import Settings
from ari_conf.store import DeliveryRow, StoreError
from ari_conf.webhooks import callback_event, redacted
from ari_conf.webhooks.delivery import GIVEN_UP, OWED
from ari_conf.webhooks.outbox_rows import CannotSendAgainError, all_in_state, find, for_an_outbox, latest, repeatable

from .existing import existing_store
from .terminal import console, plain, say


async def list_callbacks(settings: Settings, state: str | None, account: str | None, limit: int, *, as_json: bool) -> None:
    """List callbacks."""
    async with existing_store(settings) as store:
        rows = await latest(store, state, account, limit)
    if as_json:
        for row in rows:
            say(json.dumps(_public(row)))
    elif rows:
        console.print(_table(rows))
    else:
        say("there are no such callbacks")


async def show(settings: Settings, token: str, *, as_json: bool) -> None:
    """Show a callback."""
    async with existing_store(settings) as store:
        row = await find(store, token)
    if row is None:
        raise StoreError(f"there is no callback with the token {token}; `ari-conf webhooks list` shows them")
    public = _public(row)
    if as_json:
        say(json.dumps(public))
        return
    table = Table(Column(style="bold"), Column(overflow="fold"), box=None, show_header=False)
    parameters: Mapping[str, str] = public.pop("parameters")
    for name, value in public.items():
        shown = _when(value) if name.endswith("_at") else "" if value is None else str(value)
        table.add_row(name.replace("_", " "), Text(plain(shown)))
    for name, value in parameters.items():
        table.add_row(Text(plain(f"  {name}")), Text(plain(value)))
    console.print(table)


async def resend(settings: Settings, token: str | None, account: str | None) -> None:
    """Let a callback be sent again, or without a token all that were given up."""
    async with existing_store(settings) as store:
        try:
            rows = [await repeatable(store, token)] if token else await all_in_state(store, GIVEN_UP, account)
        except CannotSendAgainError as error:
            raise StoreError(str(error)) from error
        store.write(for_an_outbox(rows))
        await store.flush()
    say(f"{len(rows)} callback{'' if len(rows) == 1 else 's'} will be sent again")


def _public(row: DeliveryRow) -> dict[str, Any]:
    """Return what may be shown: no password that is in the URL."""
    return asdict(row) | {"url": redacted(row.url), "parameters": dict(row.parameters)}


def _table(rows: list[DeliveryRow]) -> Table:
    table = Table("token", "state", "since", "callback", "URL", Column("attempts", justify="right"), "reason", box=None)
    for row in rows:
        cause = row.error
        if row.state == OWED and row.next_at is not None:
            cause = f"again in {max(0.0, row.next_at - time.time()):.0f} s: {cause}"
        since = _when(row.ended_at or row.created_at)
        texts = (
            row.token,
            row.state,
            since,
            f"{row.kind} {callback_event(row.parameters)}",
            redacted(row.url),
            str(row.attempts),
            cause,
        )
        table.add_row(*(Text(plain(text)) for text in texts))
    return table


def _when(moment: float | None) -> str:
    return "" if moment is None else f"{datetime.fromtimestamp(moment, UTC):%Y-%m-%d %H:%M:%S} UTC"
