"""What went wrong with an application's TwiML, webhooks or rooms, kept so that its author can look it up."""

import time
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import Final
from urllib.parse import urlencode

import structlog

from ari_conf.sids import SidKind, new_sid
from ari_conf.store import NotificationRow
from ari_conf.twilio_codes import Code, Level

log = structlog.get_logger(__name__)

KEPT: Final = 10_000
"""How many notifications are kept in memory; older ones are forgotten there."""

KEPT_BODY: Final = 16 * 1024
"""How much of a body is kept, in bytes, and of parameters and headers, in characters."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """A request to the application and its answer, for whoever wants to see what went wrong.

    ``url`` carries no userinfo. ``status`` is None if there was no answer. Of the body there are at most ``KEPT_BODY`` bytes.
    """

    method: str
    url: str
    parameters: Iterable[tuple[str, str]] = field(default=(), repr=False)
    status: int | None = None
    response_headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    response_body: bytes = field(default=b"", repr=False)

    def header(self, name: str) -> str | None:
        """Return the first header of the answer with this name, in any case."""
        return next((value for header, value in self.response_headers if header.lower() == name.lower()), None)


@dataclass(frozen=True, slots=True)
class Notification:
    """One problem. ``message`` is one sentence with the cause; ``at`` is in seconds since 1970 (UTC)."""

    account_sid: str
    call_sid: str
    code: Code
    level: Level
    message: str
    url: str = ""
    at: float = field(default_factory=time.time)
    sid: str = field(default_factory=lambda: new_sid(SidKind.NOTIFICATION))
    exchange: Exchange | None = None

    def row(self) -> NotificationRow:
        """Return it as it is stored: parameters and headers URL-encoded, as Twilio shows them."""
        exchange = self.exchange or Exchange("", self.url)
        return NotificationRow(
            sid=self.sid,
            account_sid=self.account_sid,
            call_sid=self.call_sid,
            code=int(self.code),
            level=self.level.value,
            message=self.message,
            at=self.at,
            url=self.url or exchange.url,
            request_method=exchange.method,
            request_variables=urlencode(list(exchange.parameters))[:KEPT_BODY],
            response_headers=urlencode(exchange.response_headers)[:KEPT_BODY],
            # A database takes no NUL in a text.
            response_body=exchange.response_body[:KEPT_BODY]
            .decode("utf-8", "replace")
            .replace("\0", "\N{REPLACEMENT CHARACTER}"),
        )


class Notifications:
    """The latest notifications, oldest first. ``keep`` is given each of them to be stored; it has to return at once.

    They happen when they are added, by the clock that ``now`` reads if that is given. Each of ``observers`` is told of
    each, too, and must not raise.
    """

    def __init__(self, keep: Callable[[NotificationRow], None] | None = None, now: Callable[[], float] | None = None) -> None:
        self._now = now
        self._kept: deque[Notification] = deque(maxlen=KEPT)
        self._keep = keep
        self.observers: list[Callable[[Notification], None]] = []

    def add(self, notification: Notification) -> None:
        """Keep a notification, and log it in one line."""
        if self._now is not None:
            notification = replace(notification, at=self._now())
        self._kept.append(notification)
        tell = log.error if notification.level is Level.ERROR else log.warning
        tell(
            "notification",
            code=int(notification.code),
            cause=notification.message,
            call_sid=notification.call_sid,
            notification_sid=notification.sid,
        )
        for observer in self.observers:
            observer(notification)
        if self._keep is not None:
            self._keep(notification.row())

    def of_account(self, account_sid: str) -> list[Notification]:
        """Return what is kept in memory for an account."""
        return [notification for notification in self._kept if notification.account_sid == account_sid]
