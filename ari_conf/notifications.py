"""What went wrong with an application's TwiML, webhooks or rooms, kept so that its author can look it up."""

import time
from collections import deque
from dataclasses import dataclass, field
from typing import Final

import structlog

from ari_conf.sids import SidKind, new_sid
from ari_conf.twilio_codes import Code, Level

log = structlog.get_logger(__name__)

KEPT: Final = 10_000
"""How many notifications are kept; older ones are forgotten."""


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


class Notifications:
    """The latest notifications, oldest first."""

    def __init__(self) -> None:
        self._kept: deque[Notification] = deque(maxlen=KEPT)

    def add(self, notification: Notification) -> None:
        """Keep a notification, and log it in one line."""
        self._kept.append(notification)
        tell = log.error if notification.level is Level.ERROR else log.warning
        tell(
            "notification",
            code=int(notification.code),
            cause=notification.message,
            call_sid=notification.call_sid,
            notification_sid=notification.sid,
        )

    def of_account(self, account_sid: str) -> list[Notification]:
        """Return what is kept for an account."""
        return [notification for notification in self._kept if notification.account_sid == account_sid]
