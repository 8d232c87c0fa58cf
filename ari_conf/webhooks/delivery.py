"""What becomes of a callback after an attempt to deliver it: delivered, tried again later, or given up. No socket, no clock."""

import random
from collections.abc import Mapping
from dataclasses import dataclass, replace
from email.utils import parsedate_to_datetime
from typing import Final
from urllib.parse import urlsplit

from ari_conf.notifications import Exchange, Notification
from ari_conf.store import DeliveryRow
from ari_conf.twilio_codes import Code, code_of
from ari_conf.webhooks.errors import WebhookError
from ari_conf.webhooks.ledger import CallbackKind
from ari_conf.webhooks.network_rules import AddressRefusedError
from ari_conf.webhooks.urls import redacted

OWED: Final = "owed"
DELIVERED: Final = "delivered"
GIVEN_UP: Final = "given-up"

NANOSECONDS: Final = 1_000_000_000
"""Positions count them since 1970: a position says when a callback became owed, or owed again."""

_WORTH_REPEATING: Final = frozenset({408, 425, 429})
"""The statuses below 500 that say: later."""
_HOPELESS: Final = frozenset(
    {
        Code.INVALID_URL,
        Code.OVERRIDE_EDGE,
        Code.OVERRIDE_EDGE_UNSUPPORTED,
        Code.OVERRIDE_INTERCONNECT,
        Code.OVERRIDE_RETRY_POLICY,
    }
)
"""Nothing is requested after these, whenever it is tried."""


_EVENTS: Final = ("StatusCallbackEvent", "RecordingStatus", "EventName", "CallStatus")
"""The parameter that says what a callback tells of, by kind: the first that is there, for some come with another's kind."""


def callback_event(parameters: Mapping[str, str]) -> str:
    """Return what a callback with these parameters tells of: a word such as ``participant-join`` or ``completed``."""
    return next((parameters[name] for name in _EVENTS if name in parameters), "")


@dataclass(frozen=True, slots=True)
class Retries:
    """When a callback that was not accepted is tried again; times in seconds.

    After the n-th failed attempt it rests for a random time up to ``first * 2 ** (n - 1)``, at most ``longest``; if the
    application has named a time (``Retry-After``), at least that, up to ``longest_named``. When it has become owed ``max_age``
    ago, it is given up.
    """

    max_age: float
    first: float = 0.5
    longest: float = 60.0
    longest_named: float = 600.0

    def pause(self, failures: int) -> float:
        """Return for how long to rest after so many failures in a row, drawn by lot so that not all come back at once."""
        # The exponent is bounded because 2.0 ** 1024 is an error.
        return random.uniform(0.0, min(self.longest, self.first * 2.0 ** min(failures - 1, 64)))  # noqa: S311


@dataclass(frozen=True, slots=True)
class Attempt:
    """How one attempt went: ``status`` if the application accepted the callback, otherwise ``error``.

    ``hopeless``: no further attempt can go better.
    """

    seconds: float
    status: int | None = None
    error: WebhookError | None = None
    hopeless: bool = False

    @property
    def unanswered(self) -> bool:
        """Tell whether nobody has answered: what fails so says something about the endpoint, not about the callback."""
        return self.error is not None and self.error.status is None and not self.is_hopeless

    @property
    def is_hopeless(self) -> bool:
        """Tell whether there is no sense in a further attempt."""
        error = self.error
        if error is None:
            return False
        answered_no = error.status is not None and error.status < 500 and error.status not in _WORTH_REPEATING
        refused = isinstance(getattr(error.__cause__, "os_error", None), AddressRefusedError)
        return self.hopeless or answered_no or refused or error.code in _HOPELESS


def endpoint_of(url: str) -> str:
    """Return scheme, host and port of ``url``: what is dead or alive as one. What is no URL has an empty one."""
    try:
        parts = urlsplit(url)
        port = parts.port or {"http": 80, "https": 443}[parts.scheme]
    except (ValueError, KeyError):
        return ""
    return f"{parts.scheme}://{parts.hostname or ''}:{port}"


def after_attempt(row: DeliveryRow, attempt: Attempt, retries: Retries, now: float) -> DeliveryRow:
    """Return what becomes of ``row`` after ``attempt``, which ended at ``now``."""
    attempts = row.attempts + 1
    error = attempt.error
    if error is None:
        return replace(
            row,
            state=DELIVERED,
            attempts=attempts,
            next_at=None,
            ended_at=now,
            http_status=attempt.status,
            error_code=None,
            error="",
            seconds=attempt.seconds,
        )
    next_at = now + max(retries.pause(attempts), min(named_pause(error, now), retries.longest_named))
    hopeless = attempt.is_hopeless or is_too_old(row, retries, next_at)
    return replace(
        row,
        state=GIVEN_UP if hopeless else OWED,
        attempts=attempts,
        next_at=None if hopeless else next_at,
        ended_at=now if hopeless else None,
        http_status=error.status,
        error_code=int(error.code),
        error=error.message,
        seconds=attempt.seconds,
    )


def is_too_old(row: DeliveryRow, retries: Retries, now: float) -> bool:
    """Tell whether ``row`` has been owed for too long."""
    return row.position / NANOSECONDS + retries.max_age < now


def given_up(row: DeliveryRow, code: Code, reason: str, now: float) -> DeliveryRow:
    """Return ``row`` given up without a further attempt."""
    return replace(row, state=GIVEN_UP, next_at=None, ended_at=now, error_code=int(code), error=reason)


def named_pause(error: WebhookError, now: float) -> float:
    """Return how many seconds the application wants to be left alone (``Retry-After``), 0 if it named none."""
    named = error.exchange.header("Retry-After") if error.exchange else None
    if named is None:
        return 0.0
    named = named.strip()
    if named.isascii() and named.isdigit():
        return float(named[:9])
    try:
        return max(0.0, parsedate_to_datetime(named).timestamp() - now)
    except (ValueError, OverflowError):
        return 0.0


def notification_of(row: DeliveryRow, exchange: Exchange | None) -> Notification:
    """Return the notification that a callback was given up, with the request and answer of its last attempt.

    It is 16011 for a conference, 15003 for the progress of a call; for a recording, where Twilio has none, that of the cause.
    """
    cause = code_of(row.error_code) if row.error_code else Code.HTTP_RETRIEVAL_FAILURE
    match row.kind:
        case CallbackKind.CONFERENCE:
            code = Code.CONFERENCE_CALLBACK_FAILED
        case CallbackKind.CALL:
            code = Code.CALL_PROGRESS_CALLBACK_FAILED
        case _:
            code = cause
    times = f"{row.attempts} attempt{'' if row.attempts == 1 else 's'}"
    return Notification(
        account_sid=row.account_sid,
        call_sid=row.parameters.get("CallSid", ""),
        code=code,
        level=code.level,
        message=f"A callback was given up after {times} ({int(cause)}): {row.error}",
        url=redacted(row.url),
        exchange=exchange,
    )
