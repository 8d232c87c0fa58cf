"""How the controller does, as the dashboard's JSON has it. Times are in seconds since 1970 (UTC), durations in their names."""

from typing import TypedDict

from .health_measures import Milliseconds


class AlarmView(TypedDict):
    """An alarm; ``since`` is when it was noticed, in seconds since 1970."""

    level: str
    since: float
    text: str


class EngineView(TypedDict):
    """Whatever mixes; ``latency_ms`` is null if it was asked nothing within the last minute."""

    kind: str
    connected: bool
    version: str | None
    latency_ms: Milliseconds | None
    times_lost: int


class OutboxView(TypedDict):
    """Callbacks; all but the first two are counted since the start. Those are null while the database does not tell them."""

    owed: int | None
    oldest_seconds: float | None
    delivered: int
    given_up: int
    failed_attempts: int


class DatabaseView(TypedDict):
    """The database; ``write_ms`` is null if nothing was written within the last minute."""

    where: str
    kind: str
    ok: bool
    problem: str | None
    waiting_rows: int
    write_ms: Milliseconds | None


class DiskView(TypedDict):
    """A disk, and what is on it."""

    path: str
    free_bytes: int
    total_bytes: int


class Health(TypedDict):
    """How the controller does. What is of no account alone is null for who sees one account."""

    now: float
    status: str
    alarms: list[AlarmView]
    engine: EngineView | None
    calls: int
    conferences: int
    participants: int
    talking: int
    event_lag_ms: Milliseconds | None
    outbox: OutboxView
    database: DatabaseView | None
    disk: dict[str, DiskView | None] | None
    memory_mb: float | None
    cpu_percent: float | None
    uptime_seconds: float | None
    started_at: float | None
    clock: str | None
