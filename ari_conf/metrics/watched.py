"""The parts of a controller of which something is measured."""

from collections.abc import Callable
from dataclasses import dataclass

from ari_conf.calls import CallBook, Queues
from ari_conf.clock import Clock
from ari_conf.health import Condition
from ari_conf.media.port import MediaEngine
from ari_conf.notifications import Notifications
from ari_conf.recordings import Recordings
from ari_conf.rest import RestApi
from ari_conf.rooms import Rooms
from ari_conf.store import Store
from ari_conf.webhooks import Outbox, WebhookClient


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """One controller. ``look`` tells how it is now, ``times_lost`` how often the connection to its engine was lost."""

    engine: MediaEngine
    webhooks: WebhookClient
    store: Store
    outbox: Outbox
    notifications: Notifications
    rooms: Rooms
    calls: CallBook
    queues: Queues
    recordings: Recordings
    rest: RestApi
    clock: Clock
    look: Callable[[], Condition]
    times_lost: Callable[[], int]
