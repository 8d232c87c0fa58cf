"""Who owns the rooms. With no account in the settings one is made and kept, so that the first call needs no setting at all."""

import contextlib
import json
import secrets
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

from sqlalchemy import insert, select
from sqlalchemy.exc import SQLAlchemyError

from ari_conf.database import store_of
from ari_conf.settings import AccountSettings, Settings, SettingsError, state_folder
from ari_conf.sids import SidKind, is_sid, new_sid
from ari_conf.store import AccountRow, Store, StoreError, plainly, tables


@dataclass(frozen=True, slots=True)
class Account:
    """An account and the token that signs what we send to its application; ``api_keys`` are secrets by the key's SID.

    Neither the token nor a secret is ever shown in a ``repr``.
    """

    sid: str
    auth_token: str
    api_keys: Mapping[str, str] = field(default_factory=dict)

    def __repr__(self) -> str:
        return f"Account({self.sid!r})"


async def accounts_of(settings: Settings) -> tuple[tuple[Account, ...], bool]:
    """Return the accounts, at least one, and whether one was made just now (and has to be shown to its owner).

    Without accounts in the settings it is the one in the database, which is made there the first time. Raises ``SettingsError``
    if that cannot be read or kept.
    """
    if settings.accounts:
        return tuple(_configured(account) for account in settings.accounts), False
    try:
        return await _kept_account(store_of(settings))
    except StoreError as error:
        raise SettingsError(f"no account is configured, and one that is made cannot be kept: {error}") from error


def _configured(account: AccountSettings) -> Account:
    keys = {key.sid: key.secret.get_secret_value() for key in account.api_keys}
    return Account(account.sid, account.auth_token.get_secret_value(), keys)


async def _kept_account(store: Store) -> tuple[tuple[Account, ...], bool]:
    await store.open()
    try:
        async with store.alone() as connection:
            found = await connection.execute(select(tables.accounts).order_by(tables.accounts.c.created_at))
            kept = tuple(Account(account.sid, account.auth_token) for account in found)
            if kept:
                return kept, False
            of_file = _read(file) if (file := _account_file()) else None
            account = of_file or Account(new_sid(SidKind.ACCOUNT), secrets.token_hex(16))
            row = AccountRow(sid=account.sid, auth_token=account.auth_token, created_at=time.time())
            await connection.execute(insert(tables.accounts).values(**asdict(row)))
    except SQLAlchemyError as error:
        raise StoreError(f"the database {store.where} refuses: {plainly(error)}") from error
    finally:
        await store.close()
    if file is not None:
        # What it says is in the database now; two places would come to differ.
        with contextlib.suppress(OSError):
            file.unlink()
    return (account,), of_file is None


def _account_file() -> Path | None:
    """Return the file in which the account was kept before there was a database, if it is still there."""
    try:
        file = state_folder().expanduser() / "account.json"
        return file if file.exists() else None
    except (OSError, RuntimeError):  # RuntimeError: there is no home directory
        return None


def _read(path: Path) -> Account:
    try:
        kept = json.loads(path.read_text(encoding="utf-8"))
        account = Account(str(kept["sid"]), str(kept["auth_token"]))
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise SettingsError(_DAMAGED.format(path)) from error
    if not is_sid(account.sid, SidKind.ACCOUNT) or not account.auth_token:
        raise SettingsError(_DAMAGED.format(path))
    return account


_DAMAGED = "the account that is kept in {} cannot be read; repair that file, or remove it, and a new account is made"
