"""The parts of a controller, for whoever looks at it from outside: metrics and the dashboard."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ari_conf.accounts import Account
from ari_conf.calls import CallBook, Queues
from ari_conf.clock import Clock
from ari_conf.health import Condition
from ari_conf.media.port import MediaEngine
from ari_conf.notifications import Notifications
from ari_conf.programs import SoundStore
from ari_conf.recordings import Recordings
from ari_conf.rest import RestApi
from ari_conf.rooms import Rooms
from ari_conf.settings import Settings
from ari_conf.store import Store
from ari_conf.webhooks import Outbox, WebhookClient


@dataclass(frozen=True, slots=True, kw_only=True)
class House:
    """One controller. ``look`` tells how it is now, ``times_lost`` how often the connection to its engine was lost."""

    settings: Settings
    accounts: Sequence[Account]
    clock: Clock
    engine: MediaEngine
    webhooks: WebhookClient
    store: Store
    outbox: Outbox
    notifications: Notifications
    rooms: Rooms
    calls: CallBook
    queues: Queues
    recordings: Recordings
    sounds: SoundStore
    rest: RestApi
    look: Callable[[], Condition]
    times_lost: Callable[[], int]
