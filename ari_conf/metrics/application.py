"""What an application is told, and what was wrong with what it has said."""

from prometheus_client import CollectorRegistry, Counter, Histogram

from ari_conf.notifications import Notification
from ari_conf.store import DeliveryRow
from ari_conf.webhooks import CallbackKind
from ari_conf.webhooks.delivery import DELIVERED, GIVEN_UP, OWED

from .registry import LATER


class CallbackMeter:
    """What becomes of callbacks."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._settled = Counter(
            "ari_conf_callbacks",
            "What attempts to deliver callbacks have come to: delivered, owed (it is tried again), given-up.",
            ["kind", "outcome"],
            registry=registry,
        )
        self._delivery = Histogram(
            "ari_conf_callback_delivery_seconds",
            "How long callbacks are owed until they are accepted.",
            ["kind"],
            registry=registry,
            buckets=LATER,
        )
        for kind in CallbackKind:
            self._delivery.labels(kind.value)
            for outcome in (DELIVERED, OWED, GIVEN_UP):
                self._settled.labels(kind.value, outcome)

    def on_settled(self, row: DeliveryRow) -> None:
        """Note what has become of a callback."""
        self._settled.labels(row.kind, row.state).inc()
        if row.state == DELIVERED and row.ended_at is not None:
            self._delivery.labels(row.kind).observe(max(0.0, row.ended_at - row.created_at))


class NotificationMeter:
    """What went wrong with an application's TwiML, webhooks or rooms."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._added = Counter(
            "ari_conf_notifications", "Notifications, by Twilio's error code.", ["code", "level"], registry=registry
        )

    def on_added(self, notification: Notification) -> None:
        """Note a notification."""
        self._added.labels(str(int(notification.code)), notification.level.value).inc()
