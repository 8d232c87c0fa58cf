"""Who may log in: accounts with their token, API keys with their secret, operators with a password of their own."""

import asyncio
import hashlib
import hmac
import os
import re
import sys
import threading
import unicodedata
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Final

from ari_conf.accounts import Account
from ari_conf.passwords import PasswordHash
from ari_conf.rest.gate import TooManyRequestsError
from ari_conf.settings import OperatorSettings

from .choices import HASHED_WAITING
from .visitor import Role

_LOWEST_PRIORITY: Final = 19

_SID: Final = re.compile(r"(AC|SK)[0-9a-fA-F]{32}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Somebody who may log in as ``name``, and what they may see then. ``credential`` changes with whatever gives them that."""

    name: str
    role: Role
    accounts: tuple[str, ...]
    all_accounts: bool
    credential: bytes = field(repr=False)


class Identities:
    """Those of ``accounts``, at least one, and of ``operators``."""

    def __init__(self, accounts: Sequence[Account], operators: Iterable[OperatorSettings]) -> None:
        self._known: dict[str, Identity] = {}
        self._digests: dict[str, bytes] = {}
        self._hashes: dict[str, PasswordHash] = {}
        for account in accounts:
            for sid, secret in ((account.sid, account.auth_token), *account.api_keys.items()):
                self._digests[sid] = _digest(secret)
                self._known[sid] = _identity(sid, "operator", (account.sid,), secret, all_accounts=False)
        everybody = tuple(account.sid for account in accounts)
        for operator in operators:
            hashed = operator.password.get_secret_value()
            self._hashes[operator.name] = PasswordHash.parse(hashed)
            seen = (operator.account,) if operator.account else everybody
            self._known[operator.name] = _identity(
                operator.name, operator.role, seen, hashed, all_accounts=not operator.account
            )
        self._nobodys = PasswordHash.of_nobody()
        self._hashing = ThreadPoolExecutor(1, thread_name_prefix="passwords", initializer=_come_last)
        self._waiting = 0

    def find(self, name: str) -> Identity | None:
        """Return who logs in with this name."""
        return self._known.get(name)

    async def prove(self, name: str, password: str) -> Identity | None:
        """Return who this is, None if the password is wrong or nobody has the name; either takes as long as the other.

        Raises ``TooManyRequestsError`` when as many passwords as may wait to be compared are waiting.
        """
        if _SID.fullmatch(name):
            fits = hmac.compare_digest(_digest(password), self._digests.get(name, bytes(32)))
        else:
            fits = await self._fits(self._hashes.get(name, self._nobodys), password)
        return self._known.get(name) if fits else None

    async def _fits(self, hashed: PasswordHash, password: str) -> bool:
        if self._waiting >= HASHED_WAITING:
            raise TooManyRequestsError(1.0)
        self._waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._hashing, hashed.fits, password)
        finally:
            self._waiting -= 1


def usual(name: str) -> str:
    """Return a name as the settings have it, however it was typed."""
    return unicodedata.normalize("NFC", name.strip())


def _identity(name: str, role: Role, accounts: tuple[str, ...], secret: str, *, all_accounts: bool) -> Identity:
    # Another account is no reason for an operator of all to log in again.
    seen = ("*",) if all_accounts else accounts
    credential = "\0".join((name, role, *seen, secret)).encode(errors="surrogatepass")
    return Identity(name=name, role=role, accounts=accounts, all_accounts=all_accounts, credential=credential)


def _come_last() -> None:
    """Let this thread have what others leave of the processor: calls need it more urgently than who logs in."""
    if sys.platform == "linux":  # elsewhere it would be the whole process
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _LOWEST_PRIORITY)


def _digest(secret: str) -> bytes:
    """Return something of the same length for every secret, so that comparing tells nothing of it."""
    return hashlib.sha256(secret.encode(errors="surrogatepass")).digest()
