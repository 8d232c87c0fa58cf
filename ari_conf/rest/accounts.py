"""The account: the smallest resource, and the example of how one is written."""

from typing import Final

from ari_conf.clock import Clock
from ari_conf.conference import rfc2822

from .operation import Asked, Body, Operation
from .parameters import Parameters
from .reading import account_path

SUBRESOURCES: Final = ("calls", "conferences", "notifications", "queues", "recordings")


class AccountBody(Body):
    """An account. ``auth_token`` is shown only to who has shown it."""

    auth_token: str | None
    date_created: str
    date_updated: str
    friendly_name: str
    owner_account_sid: str
    sid: str
    status: str
    subresource_uris: dict[str, str]
    type: str
    uri: str


class Accounts:
    """The account that a client has logged in as; the settings have no more of it than its SID, token and keys."""

    def __init__(self, clock: Clock) -> None:
        self._since = rfc2822(clock.now())

    def operations(self) -> list[Operation]:
        """Return what can be done."""
        return [
            Operation(
                name="FetchAccount",
                method="GET",
                path="",
                handler=self.fetch,
                summary="Fetch the account",
                answer=AccountBody,
            )
        ]

    async def fetch(self, asked: Asked[Parameters]) -> AccountBody:
        """Return the account; its dates are those of the controller's start."""
        sid = asked.account.sid
        uri = account_path(sid)
        return AccountBody(
            auth_token=asked.account.auth_token if asked.by_token else None,
            date_created=self._since,
            date_updated=self._since,
            friendly_name=sid,
            owner_account_sid=sid,
            sid=sid,
            status="active",
            subresource_uris={name: f"{uri}/{name.capitalize()}.json" for name in SUBRESOURCES},
            type="Full",
            uri=f"{uri}.json",
        )
