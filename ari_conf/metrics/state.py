"""How a controller is at the moment when somebody asks."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from ari_conf.conference import Conference, ConferenceStatus, Participant
from ari_conf.house import House
from ari_conf.recordings import RecordingStatus
from ari_conf.webhooks import CallStatus, Direction

_CONFERENCES: Final = (ConferenceStatus.INIT.value, ConferenceStatus.IN_PROGRESS.value)
_CALLS: Final = tuple(
    (direction.value, status.value)
    for direction in Direction
    for status in (CallStatus.QUEUED, CallStatus.INITIATED, CallStatus.RINGING, CallStatus.IN_PROGRESS)
)
_PARTICIPANTS: Final = ("waiting", "hold", "coaching", "muted", "heard")
_RECORDINGS: Final = tuple(
    status.value
    for status in (RecordingStatus.IN_PROGRESS, RecordingStatus.PAUSED, RecordingStatus.STOPPED, RecordingStatus.PROCESSING)
)


class State(Collector):
    """Counts what is there; nothing is kept from one time to the next."""

    def __init__(self, watched: House) -> None:
        self._watched = watched

    def collect(self) -> Iterator[Metric]:
        """Yield what is there now."""
        yield from self._talk()
        yield from self._queues()
        yield from self._health()

    def _talk(self) -> Iterator[Metric]:
        watched = self._watched
        conferences = watched.rooms.conferences
        people = [(conference, one) for conference in conferences for one in conference.participants.values()]
        states = Counter(state_of(conference, one) for conference, one in people)
        calls = Counter((call.direction.value, call.status.value) for call in watched.calls.calls)
        yield _by("ari_conf_active_calls", "Calls that are up.", ("direction", "status"), _zeros(_CALLS) | calls)
        yield _by(
            "ari_conf_active_conferences",
            "Conferences that are not over.",
            ("status",),
            _zeros([(status,) for status in _CONFERENCES]) | Counter((one.status.value,) for one in conferences),
        )
        yield _by(
            "ari_conf_active_participants",
            "Who is in a room; who fits several states is in the first of waiting, hold, coaching, muted, heard.",
            ("state",),
            {(state,): states[state] for state in _PARTICIPANTS},
        )
        talking = sum(len(conference.talking) for conference in conferences)
        yield _one("ari_conf_talking_participants", "Who talks, where that is known.", talking)
        expected = sum(len(conference.expected) for conference in conferences)
        yield _one("ari_conf_expected_participants", "Who is being called into a room.", expected)
        recordings = Counter((one.status.value,) for one in watched.recordings.unfinished)
        yield _by(
            "ari_conf_active_recordings",
            "Recordings that are not finished.",
            ("status",),
            _zeros([(status,) for status in _RECORDINGS]) | recordings,
        )

    def _queues(self) -> Iterator[Metric]:
        queues, now = self._watched.queues.queues, self._watched.clock.now()
        waiting = sum(queue.current_size for queue in queues)
        yield _one("ari_conf_queued_calls", "Callers in queues who are not connected yet.", waiting)
        since = min((queue.waiting[0].enqueued_at for queue in queues if queue.waiting), default=now)
        yield _one("ari_conf_queue_oldest_wait_seconds", "For how long the first of them has waited.", max(0.0, now - since))
        agents = sum(len(queue.agents) for queue in queues)
        yield _one("ari_conf_waiting_agents", "Agents who have dialled a queue that is empty.", agents)

    def _health(self) -> Iterator[Metric]:
        watched = self._watched
        condition, outbox = watched.look(), watched.outbox
        yield _one("ari_conf_ready", "Whether calls are taken.", condition.ready)
        yield _one("ari_conf_engine_connected", "Whether there is a connection to Asterisk.", condition.connected)
        yield CounterMetricFamily(
            "ari_conf_engine_lost", "How often the connection to Asterisk was lost.", value=watched.times_lost()
        )
        yield _one("ari_conf_outbox_callbacks", "Callbacks that are owed.", outbox.owed)
        yield _one("ari_conf_outbox_oldest_age_seconds", "For how long the oldest of them has been owed.", outbox.oldest_age)
        yield _one("ari_conf_database_up", "Whether the database takes what it is given.", condition.database is None)
        yield _one("ari_conf_database_waiting_rows", "Rows that wait in memory to be written.", watched.store.backlog)
        yield _one("ari_conf_clock_ok", "Whether the machine's clock goes on as it did.", condition.clock is None)


def state_of(conference: Conference, participant: Participant) -> str:
    """Return what describes a participant best."""
    if conference.status is ConferenceStatus.INIT:
        return "waiting"
    if participant.hold:
        return "hold"
    if participant.coaching:
        return "coaching"
    return "muted" if participant.muted else "heard"


def _zeros(labels: Iterable[tuple[str, ...]]) -> dict[tuple[str, ...], int]:
    """Return nothing of each, for what is absent cannot be told from what is not measured."""
    return dict.fromkeys(labels, 0)


def _one(name: str, what: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, what, value=float(value))


def _by(name: str, what: str, labels: tuple[str, ...], values: Mapping[tuple[str, ...], int]) -> GaugeMetricFamily:
    family = GaugeMetricFamily(name, what, labels=labels)
    for label_values, value in values.items():
        family.add_metric(label_values, value)
    return family
