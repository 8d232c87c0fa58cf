"""Who owns the rooms. With no account in the settings one is made and kept, so that the first call needs no setting at all."""

import json
import os
import secrets
import tempfile
from dataclasses import dataclass
from pathlib import Path

from ari_conf.settings import Settings, SettingsError, state_folder
from ari_conf.sids import SidKind, is_sid, new_sid


@dataclass(frozen=True, slots=True)
class Account:
    """An account and the token that signs what we send to its application. The token is never shown in a ``repr``."""

    sid: str
    auth_token: str

    def __repr__(self) -> str:
        return f"Account({self.sid!r})"


def accounts_of(settings: Settings) -> tuple[tuple[Account, ...], bool]:
    """Return the accounts, at least one, and whether one was made just now (and has to be shown to its owner once).

    Raises ``SettingsError`` if the one that was made cannot be kept or read again.
    """
    if settings.accounts:
        return tuple(Account(account.sid, account.auth_token.get_secret_value()) for account in settings.accounts), False
    try:
        kept = state_folder().expanduser() / "account.json"
        if kept.exists():
            return (_read(kept),), False
        made = Account(new_sid(SidKind.ACCOUNT), secrets.token_hex(16))
        try:
            _keep(made, kept)
        except FileExistsError:  # another ari-conf was quicker
            return (_read(kept),), False
    except (OSError, RuntimeError) as error:  # RuntimeError: there is no home directory
        cause = getattr(error, "strerror", None) or error
        raise SettingsError(
            "no account is configured, and one that is made cannot be kept: "
            f"{getattr(error, 'filename', None) or 'home'}: {cause}; "
            "let XDG_STATE_HOME name a directory that can be written, or write [[accounts]] into the settings"
        ) from error
    return (made,), True


def _read(path: Path) -> Account:
    try:
        kept = json.loads(path.read_text(encoding="utf-8"))
        account = Account(str(kept["sid"]), str(kept["auth_token"]))
    except (ValueError, TypeError, KeyError) as error:
        raise SettingsError(_DAMAGED.format(path)) from error
    if not is_sid(account.sid, SidKind.ACCOUNT) or not account.auth_token:
        raise SettingsError(_DAMAGED.format(path))
    return account


_DAMAGED = "the account that is kept in {} cannot be read; repair that file, or remove it, and a new account is made"


def _keep(account: Account, path: Path) -> None:
    """Write the file whole or not at all. Raises FileExistsError if there is one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile("w", dir=path.parent, encoding="utf-8") as file:  # readable by its owner alone
        json.dump({"sid": account.sid, "auth_token": account.auth_token}, file)
        file.flush()
        os.link(file.name, path)
