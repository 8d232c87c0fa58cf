"""How long the steps take from a call's arrival to its room, and what is asked of others on the way."""

from functools import cache
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Histogram

from ari_conf.webhooks import WebhookRequest

from .registry import QUICK, STEP

_METHODS: Final = frozenset({"GET", "POST", "DELETE"})


class EngineMeter:
    """What an engine tells of its requests, and of how long what it was told has waited."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._requests = Histogram(
            "ari_conf_ari_request_duration_seconds",
            "How long Asterisk takes for a request, by operation.",
            ["operation"],
            registry=registry,
            buckets=QUICK,
        )
        self._failures = Counter(
            "ari_conf_ari_requests_failed",
            "Requests to Asterisk that were refused (most of them for a channel that has just gone), or got no answer.",
            ["operation", "failure"],
            registry=registry,
        )
        lag = Histogram(
            "ari_conf_event_lag_seconds",
            "How long events wait: those of Asterisk to be read (ari), then what they mean for calls to be handled (calls).",
            ["queue"],
            registry=registry,
            buckets=QUICK,
        )
        self.read = lag.labels("ari").observe
        self.handled = lag.labels("calls").observe

    def asked(self, operation: str, seconds: float, failure: str) -> None:
        """Note a request to Asterisk."""
        self._requests.labels(operation).observe(seconds)
        if failure:
            self._failures.labels(operation, failure).inc()


class WebMeter:
    """What is asked of the application, and what is asked of us over REST."""

    def __init__(self, registry: CollectorRegistry) -> None:
        webhooks = Histogram(
            "ari_conf_webhook_duration_seconds",
            "How long the application takes to answer, by what for; redirects and further attempts at once included.",
            ["kind", "outcome"],
            registry=registry,
            buckets=STEP,
        )
        self._webhooks = {
            (kind, succeeded): webhooks.labels(kind, "success" if succeeded else "failure").observe
            for kind in ("document", "callback", "sound")
            for succeeded in (True, False)
        }
        rest = Histogram(
            "ari_conf_rest_request_duration_seconds",
            "How long a REST request takes, by method and by the first digit of its status.",
            ["method", "status"],
            registry=registry,
            buckets=QUICK,
        )
        # A series is looked for once: its labels are strings in a dictionary with a lock.
        self._rest = cache(lambda method, hundreds: rest.labels(method, f"{hundreds}xx").observe)

    def fetched(self, request: WebhookRequest, seconds: float, succeeded: bool) -> None:  # noqa: FBT001
        """Note a request to the application."""
        kind = "sound" if request.media is not None else "document" if request.wants_body else "callback"
        self._webhooks[kind, succeeded](seconds)

    def answered(self, method: str, status: int, seconds: float) -> None:
        """Note a REST request; a stranger may call its method what it likes."""
        self._rest(method if method in _METHODS else "other", status // 100)(seconds)
