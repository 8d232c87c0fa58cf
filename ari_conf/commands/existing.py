"""The settings and the database of commands that look into it, while a controller runs or not."""

import contextlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final

from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from ari_conf.accounts import Account, accounts_of
from ari_conf.database import store_of
from ari_conf.logs import set_up_logs
from ari_conf.settings import Settings, SettingsError, load_settings
from ari_conf.store import AccountRow, Store, StoreError, plainly, tables

from .terminal import clear_errors

NO_ACCOUNT: Final = "there is no account yet; `ari-conf serve` makes one when it starts"


def settings_of(config: Path | None) -> Settings:
    """Read the settings; what is logged from here on goes to the terminal, if it is grave."""
    with clear_errors():
        settings = load_settings(config)
    set_up_logs("console", "warning")
    return settings


@contextlib.asynccontextmanager
async def existing_store(settings: Settings) -> AsyncIterator[Store]:
    """Yield the open store; a command that only looks or removes is not to make a database."""
    store = store_of(settings)
    if store.path is not None and not store.path.exists():
        raise StoreError(f"there is no database at {store.where} yet; is this the right --config?")
    async with clear_refusals(store):
        await store.open()
        yield store


async def existing_accounts(settings: Settings) -> tuple[Account, ...]:
    """Return the accounts of the settings, or those in the database; other than at a start, none is made."""
    if settings.accounts:
        return (await accounts_of(settings))[0]
    async with existing_store(settings) as store:
        rows = await store.rows(AccountRow, select(tables.accounts).order_by(tables.accounts.c.created_at))
    return tuple(Account(row.sid, row.auth_token) for row in rows)


async def chosen_accounts(settings: Settings, sid: str | None) -> tuple[Account, ...]:
    """Return the same, or the one that has this SID. Raises ``SettingsError`` if there is none."""
    accounts = await existing_accounts(settings)
    if not accounts:
        raise SettingsError(NO_ACCOUNT)
    chosen = tuple(account for account in accounts if sid in {None, account.sid})
    if not chosen:
        raise SettingsError(f"there is no account {sid}; there are: {', '.join(account.sid for account in accounts)}")
    return chosen


@contextlib.asynccontextmanager
async def clear_refusals(store: Store) -> AsyncIterator[None]:
    """Close the store at the end, and tell in a sentence what the database refused."""
    try:
        yield
    except SQLAlchemyError as error:
        raise StoreError(f"the database {store.where} refuses: {plainly(error)}") from error
    finally:
        await store.close()
