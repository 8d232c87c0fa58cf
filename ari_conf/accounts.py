"""Who owns the rooms. With no account in the settings one is made and kept, so that the first call needs no setting at all."""

import json
import os
import secrets
from dataclasses import dataclass
from pathlib import Path

from ari_conf.settings import Settings
from ari_conf.sids import SidKind, new_sid


@dataclass(frozen=True, slots=True)
class Account:
    """An account and the token that signs what we send to its application. The token is never shown in a ``repr``."""

    sid: str
    auth_token: str

    def __repr__(self) -> str:
        return f"Account({self.sid!r})"


def accounts_of(settings: Settings) -> tuple[tuple[Account, ...], bool]:
    """Return the accounts, at least one, and whether one was made just now (and has to be shown to its owner once)."""
    if settings.accounts:
        return tuple(Account(account.sid, account.auth_token.get_secret_value()) for account in settings.accounts), False
    kept = _state_file()
    if kept.exists():
        return (Account(**json.loads(kept.read_text(encoding="utf-8"))),), False
    made = Account(new_sid(SidKind.ACCOUNT), secrets.token_hex(16))
    kept.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(kept, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump({"sid": made.sid, "auth_token": made.auth_token}, file)
    return (made,), True


def _state_file() -> Path:
    state = os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state"
    return Path(state) / "ari-conf" / "account.json"
