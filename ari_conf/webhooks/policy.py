"""How patient requests to the application are, and what is tried again."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class RetryOn(StrEnum):
    """What may be tried again, in the words of the override ``rp``."""

    CONNECT = "ct"
    """No connection could be made: nothing was sent."""
    READ = "rt"
    """There was a connection, but no answer in time."""
    CLIENT_ERROR = "4xx"
    SERVER_ERROR = "5xx"
    BROKEN = "broken"
    """The TLS handshake failed, or the connection broke off. There is no word for it but ``all``."""


_CONNECT_ONLY: Final = frozenset({RetryOn.CONNECT})


@dataclass(frozen=True, slots=True)
class HttpPolicy:
    """How patient a request is; the defaults are Twilio's. Times in seconds, ``largest_body`` in bytes.

    ``read_timeout`` is the longest silence after the request was sent. ``total_timeout`` covers everything: all attempts, all
    redirects, the body. ``retries`` counts the further attempts after a failure of the kinds ``retry_on``.
    """

    connect_timeout: float = 5.0
    read_timeout: float = 15.0
    total_timeout: float = 15.0
    retries: int = 1
    retry_on: frozenset[RetryOn] = _CONNECT_ONLY
    most_redirects: int = 10
    largest_body: int = 64 * 1024


@dataclass(frozen=True, slots=True)
class MediaLimit:
    """How large the body of a sound may be, in bytes, and how many seconds it may take after the head of the answer."""

    largest_body: int = 64 * 1024 * 1024
    seconds: float = 60.0
