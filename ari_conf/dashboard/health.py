"""How the controller does, for whoever watches: numbers, and what is wrong with them in words."""

import asyncio
import time
from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Final

import structlog
from sqlalchemy.exc import SQLAlchemyError

from ari_conf.health import Condition
from ari_conf.house import House

from .health_alarms import GIVEN_UP_SECONDS, Alarm, Disk, Facts, alarms
from .health_callbacks import CallbackTally, owed_of
from .health_machine import Disks, Processor, memory_mb
from .health_measures import LastMinute, Milliseconds
from .health_views import AlarmView, DatabaseView, DiskView, EngineView, Health, OutboxView
from .scope import Scope, is_seen

log = structlog.get_logger(__name__)

LOOK_SECONDS: Final = 2.0
"""How often all of it is looked at; nobody reads faster."""

ANSWER_SECONDS: Final = 1.0
"""How long the database may take to tell what is owed to an account; then nobody knows."""

_NO_TIME: Final = Milliseconds(p50=0.0, p99=0.0, max=0.0)


@dataclass(frozen=True, slots=True)
class _Counts:
    calls: int
    conferences: int
    participants: int
    talking: int


class _EngineMeter:
    """Notes what an engine tells of itself."""

    def __init__(self, lag: LastMinute, latency: LastMinute) -> None:
        self._latency = latency
        self.read = lag.note

    def asked(self, operation: str, seconds: float, failure: str) -> None:  # noqa: ARG002
        self._latency.note(seconds)


class HealthWatch:
    """Measures ``house`` from now on, and looks at it every two seconds while ``keep`` runs."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._lag = LastMinute(time.monotonic)
        self._latency = LastMinute(time.monotonic)
        self._writes = LastMinute(time.monotonic)
        self._callbacks = CallbackTally()
        self._processor = Processor()
        places = {"recordings": house.settings.storage.recordings}
        if house.store.path is not None:
            places["database"] = house.store.path.parent
        self._disks = Disks(places)
        self._since: dict[Scope, dict[str, float]] = {}
        self._owed: dict[str, tuple[int, float | None] | None] = {}
        self._started_at = house.clock.now()
        self._started = time.monotonic()
        house.engine.measure(_EngineMeter(self._lag, self._latency))
        house.engine.events.on_taken.append(self._lag.note)
        house.store.measure(self._writes.note)
        house.outbox.observers.append(self._callbacks.on_settled)

    def look_at_machine(self) -> None:
        """Look at what is not told by itself; disks answer a moment later."""
        self._processor.look()
        self._disks.look_soon()

    async def stop(self) -> None:
        """Look no more."""
        await self._disks.stop()

    def keep_only(self, scopes: Collection[Scope]) -> None:
        """Forget what was noticed for others: when that has ended, nobody has seen."""
        for scope in self._since.keys() - set(scopes):
            del self._since[scope]

    async def ask_owed(self, scopes: Collection[Scope]) -> None:
        """Ask the database what is owed to the accounts of these scopes; the outbox knows it of all together only."""
        await asyncio.gather(*(self._ask_owed(scope) for scope in set(scopes) if scope is not None))

    def health(self, scope: Scope) -> Health:
        """Return how it does now; of an account, after ``ask_owed``."""
        condition = self._house.look()
        outbox = self._outbox(scope)
        counts = self._counts(scope)
        told = self._alarms(scope, condition, outbox)
        health = Health(
            now=self._house.clock.now(),
            status=condition.status,
            alarms=told,
            engine=None,
            calls=counts.calls,
            conferences=counts.conferences,
            participants=counts.participants,
            talking=counts.talking,
            event_lag_ms=None,
            outbox=outbox,
            database=None,
            disk=None,
            memory_mb=None,
            cpu_percent=None,
            uptime_seconds=None,
            started_at=None,
            clock=None,
        )
        if scope is None:
            self._add_what_is_of_the_controller(health, condition)
        return health

    async def _ask_owed(self, account_sid: str) -> None:
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                self._owed[account_sid] = await owed_of(self._house.store, account_sid)
        except (SQLAlchemyError, OSError, TimeoutError):
            self._owed[account_sid] = None

    def _add_what_is_of_the_controller(self, health: Health, condition: Condition) -> None:
        house = self._house
        health["engine"] = EngineView(
            kind=house.settings.engine,
            connected=condition.connected,
            version=house.engine.version or None,
            latency_ms=self._latency.milliseconds(),
            times_lost=house.times_lost(),
        )
        health["event_lag_ms"] = self._lag.milliseconds() or _NO_TIME
        health["database"] = DatabaseView(
            where=house.store.where,
            kind="postgresql" if house.store.path is None else "sqlite",
            ok=condition.database is None,
            problem=condition.database,
            waiting_rows=house.store.backlog,
            write_ms=self._writes.milliseconds(),
        )
        health["disk"] = {what: _disk_view(self._disks.found.get(what)) for what in ("recordings", "database")}
        health["memory_mb"] = memory_mb()
        health["cpu_percent"] = self._processor.percent
        health["uptime_seconds"] = round(time.monotonic() - self._started, 1)
        health["started_at"] = self._started_at
        health["clock"] = condition.clock

    def _counts(self, scope: Scope) -> _Counts:
        conferences = [one for one in self._house.rooms.conferences if is_seen(one.account_sid, scope)]
        return _Counts(
            calls=sum(is_seen(call.account.sid, scope) for call in self._house.calls.calls),
            conferences=len(conferences),
            participants=sum(len(one.participants) for one in conferences),
            talking=sum(len(one.talking) for one in conferences),
        )

    def _outbox(self, scope: Scope) -> OutboxView:
        outbox, callbacks = self._house.outbox, self._callbacks
        owed: int | None = outbox.owed
        oldest: float | None = outbox.oldest_age
        if scope is not None:
            known = self._owed.get(scope)
            owed, since = known or (None, None)
            oldest = 0.0 if since is None else max(0.0, self._house.clock.now() - since)
            oldest = None if owed is None else oldest
        return OutboxView(
            owed=owed,
            oldest_seconds=None if oldest is None else round(oldest, 1),
            delivered=callbacks.delivered(scope),
            given_up=callbacks.given_up(scope),
            failed_attempts=callbacks.failed_attempts(scope),
        )

    def _alarms(self, scope: Scope, condition: Condition, outbox: OutboxView) -> list[AlarmView]:
        house = self._house
        now = house.clock.now()
        facts = Facts(
            phase=condition.phase,
            connected=condition.connected,
            oldest_owed=outbox["oldest_seconds"] or 0.0,
            given_up=self._callbacks.given_up_since(now - GIVEN_UP_SECONDS, scope),
        )
        if scope is None:
            facts = replace(
                facts,
                lag=self._lag.milliseconds(),
                lags=self._lag.count,
                latency=self._latency.milliseconds(),
                requests=self._latency.count,
                database=house.store.where,
                database_problem=condition.database,
                waiting_rows=house.store.backlog,
                disks=tuple(self._disks.found.values()),
                clock=condition.clock,
                engine_warnings=house.engine.warnings,
            )
        return self._told(scope, alarms(facts), now)

    def _told(self, scope: Scope, found: list[Alarm], now: float) -> list[AlarmView]:
        """Return alarms with the moment at which each was noticed first."""
        before = self._since.get(scope, {})
        since = self._since[scope] = {alarm.name: before.get(alarm.name, now) for alarm in found}
        return [AlarmView(level=alarm.level.value, since=since[alarm.name], text=alarm.text) for alarm in found]


def _disk_view(disk: Disk | None) -> DiskView | None:
    if disk is None:
        return None
    return DiskView(path=disk.path, free_bytes=disk.free_bytes, total_bytes=disk.total_bytes)
