"""The metrics of one controller, hung up where things happen."""

import platform

from prometheus_client import Gauge, Histogram
from prometheus_client.gc_collector import GCCollector
from prometheus_client.process_collector import ProcessCollector

from ari_conf import __version__
from ari_conf.house import House

from .application import CallbackMeter, NotificationMeter
from .registry import QUICK, Registry
from .state import State
from .steps import EngineMeter, WebMeter
from .talk import CallMeter, RecordingMeter, RoomMeter


class Metrics:
    """Measures ``watched`` from now on; ``registry`` has what comes of it. ``engine`` is what the settings call the engine.

    Nothing is shared with another controller of this process but what is the process's own.
    """

    def __init__(self, watched: House, engine: str) -> None:
        self.registry = registry = Registry()
        self._rooms = watched.rooms
        self._room_meter = rooms = RoomMeter(registry, watched.calls, watched.clock)
        watched.rooms.observers.append(rooms.on_event)
        watched.rooms.on_joined = rooms.on_joined
        watched.calls.progress.observers.append(CallMeter(registry).on_progress)
        watched.recordings.observers.append(RecordingMeter(registry).on_changed)
        watched.outbox.observers.append(CallbackMeter(registry).on_settled)
        watched.notifications.observers.append(NotificationMeter(registry).on_added)
        web = WebMeter(registry)
        watched.webhooks.on_answered = web.fetched
        watched.rest.on_answered = web.answered
        meter = EngineMeter(registry)
        watched.engine.measure(meter)
        watched.engine.events.on_taken.append(meter.handled)
        writes = Histogram(
            "ari_conf_database_write_duration_seconds",
            "How long a transaction takes that writes to the database.",
            registry=registry,
            buckets=QUICK,
        )
        watched.store.measure(writes.observe)
        build = Gauge("ari_conf_build_info", "What runs.", ["version", "python", "engine"], registry=registry)
        build.labels(__version__, platform.python_version(), engine).set(1)
        registry.register(State(watched))
        ProcessCollector(registry=registry)
        GCCollector(registry=registry)

    def take_up(self) -> None:
        """Know the rooms of an earlier life, which are there now."""
        self._room_meter.take_up(self._rooms)
