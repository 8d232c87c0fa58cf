"""Whose conferences somebody may see."""

from typing import TypeAlias

Scope: TypeAlias = str | None
"""The SID of the one account that somebody sees; None is for who sees all of them."""


def is_seen(account_sid: str, scope: Scope) -> bool:
    """Tell whether what belongs to an account is to be seen in this scope."""
    return scope is None or scope == account_sid
