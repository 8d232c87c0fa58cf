"""SIP endpoints of single calls, in Asterisk's memory: a user name and a password belong to an endpoint there."""

import contextlib
from typing import Any, Final

from ari_conf.media.port import EngineError

from . import names
from .errors import AriRefusedError
from .link import AriLink
from .shapes import ENDPOINT, listed

_CLASS: Final = "res_pjsip"
_ENDPOINT: Final = "endpoint"
_AUTH: Final = "auth"
_NOT_COPIED: Final = frozenset({"outbound_auth", "stir_shaken"})
"""``stir_shaken`` is told by Asterisk and no longer taken."""


class _Fields(tuple[dict[str, str], ...]):
    """The body of a request, which is in no log: asyncari's operations would write it there, with the password."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "…"


class Accounts:
    """Made for one call, and removed after it."""

    def __init__(self, link: AriLink) -> None:
        self._link = link

    async def make(self, account: str, like: str, username: str, password: str) -> None:
        """Make an endpoint as ``like`` that answers challenges; may be repeated. Raises ``EngineError`` if Asterisk cannot."""
        try:
            fields = (await self._call("getObject", _ENDPOINT, like)).json()
            copied = {one["attribute"]: one["value"] for one in fields if one["value"] and one["attribute"] not in _NOT_COPIED}
            # The endpoint first, and last when they are removed: only that is listed, and a kill may come in between.
            await self._put(_ENDPOINT, account, {**copied, "outbound_auth": account})
            await self._put(_AUTH, account, {"auth_type": "userpass", "username": username, "password": password})
        except AriRefusedError as error:
            raise EngineError(
                f"Asterisk cannot call a SIP URI with a user name ({error}); its sorcery.conf has to keep endpoints and auths "
                f"in memory too, as ari_conf's own does, and there has to be an endpoint {like}"
            ) from error

    async def remove(self, account: str) -> None:
        """Remove it; one that is gone already is no error."""
        for kind in (_AUTH, _ENDPOINT):
            with contextlib.suppress(AriRefusedError):
                await self._call("deleteObject", kind, account)

    async def made(self) -> list[str]:
        """Return those that there are, of this life and of an earlier one of ours."""
        try:
            endpoints = listed(await self._link.call("endpoints", "listByTech", tech="PJSIP"), ENDPOINT, "endpoint")
        except AriRefusedError:
            return []
        return [one["resource"] for one in endpoints if names.is_ours(self._link.address.app, one["resource"])]

    async def _put(self, kind: str, account: str, values: dict[str, str]) -> None:
        fields = _Fields({"attribute": name, "value": value} for name, value in values.items())
        await self._call("updateObject", kind, account, fields=fields)

    async def _call(self, operation: str, kind: str, account: str, **body: Any) -> Any:
        return await self._link.call("asterisk", operation, configClass=_CLASS, objectType=kind, id=account, **body)
