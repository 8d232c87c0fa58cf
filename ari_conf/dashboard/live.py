"""What goes on, told to whoever watches. Nobody waits for it, and while nobody watches it costs next to nothing."""

import asyncio
from collections.abc import Mapping
from itertools import zip_longest
from typing import Final

import structlog
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from ari_conf.calls import Call
from ari_conf.conference import Conference, ConferenceEnded, ConferenceEvent
from ari_conf.house import House
from ari_conf.notifications import Notification
from ari_conf.recordings import Recording
from ari_conf.store import ConferenceRow, DeliveryRow, Store, tables
from ari_conf.twiml import CallProgressEvent
from ari_conf.webhooks.delivery import DELIVERED, GIVEN_UP

from . import views
from .health import ANSWER_SECONDS, LOOK_SECONDS, HealthWatch
from .health_views import Health
from .live_client import Client
from .live_ended import JustEnded, ended_before
from .live_rooms import ShownRooms, to_text
from .scope import Scope, is_seen

log = structlog.get_logger(__name__)

BETWEEN_TELLINGS: Final = 0.1
"""Seconds: changes are told ten times a second at most, which is as fast as anybody reads."""

GATHERING: Final = 0.01
"""Seconds for which a first change waits for what belongs to it: who joins second starts the conference, and so on."""


class Feed:
    """Tells clients how conferences change. What is told is read at that moment, so that nothing queues up."""

    def __init__(self, house: House, health: HealthWatch) -> None:
        self._house = house
        self._health = health
        self._ended = JustEnded()
        self._rooms = ShownRooms(house.rooms, house.recordings, self._ended, house.calls)
        self._clients: set[Client] = set()
        self._healths: dict[Scope, tuple[Health, str]] = {}
        self._changed_rooms: set[str] = set()
        self._changed_calls: set[str] = set()
        self._changed_recordings: set[str] = set()
        self._changed_timelines: set[str] = set()
        self._timer: asyncio.TimerHandle | None = None
        self._told_at = 0.0
        self._open = False
        self._heard: tuple[str, ...] = ()
        house.rooms.observers.append(self._on_event)
        house.calls.progress.observers.append(self._on_progress)
        house.recordings.observers.append(self._on_recording)
        house.outbox.observers.append(self._on_callback)
        house.notifications.observers.append(self._on_notification)

    @property
    def is_open(self) -> bool:
        """Whether it can be watched."""
        return self._open

    def open(self) -> None:
        """Let it be watched, from when all there is of an earlier life is there."""
        self._open = True

    async def health(self, scope: Scope) -> Health:
        """Return how the controller does now."""
        await self._health.ask_owed([scope])
        return self._health.health(scope)

    async def restore(self, store: Store) -> None:
        """Know what has ended in an earlier life just before. Raises SQLAlchemy's errors."""
        accounts = [account.sid for account in self._house.accounts]
        for head in await ended_before(store, accounts, self._house.clock.now()):
            self._ended.add(head)

    async def connect(self, scope: Scope, room: str | None) -> Client:
        """Return a new client, which is told all there is first, and then what changes, until it is disconnected.

        A ``room`` that is not to be seen in this scope is as if it had not been named.
        """
        await self._health.ask_owed([scope])
        if room is not None and not is_seen(await self._account_of(room), scope):
            room = None
        if not self._clients:
            self._rooms.take_up()
        # Those who watch already are told what has changed by now, for it is compared with this from now on.
        self._tell_health(scope)
        client = Client(scope, room, self._rooms, self._house.clock.now, lambda: self._healths[scope][1])
        if not self._open:
            client.close()
        self._clients.add(client)
        self._watch_levels()
        return client

    def disconnect(self, client: Client) -> None:
        """Let go of a client."""
        self._clients.discard(client)
        if not self._clients:
            self._rooms.clear()
            self._healths.clear()
            self._forget_changes()
        self._watch_levels()

    async def keep(self) -> None:
        """Look at the controller's health every two seconds, and let go of conferences that have ended long ago, for ever."""
        while True:
            try:
                await self._look()
            except Exception:  # whoever watches is to see more than the first fault
                log.exception("the controller's health cannot be told")
            await asyncio.sleep(LOOK_SECONDS)

    async def stop(self) -> None:
        """Close all clients, and take no more."""
        self._open = False
        if self._timer is not None:
            self._timer.cancel()
        for client in self._clients:
            client.close()
        # Before the engine is stopped; the streams end a moment later.
        self._clients.clear()
        self._watch_levels()
        await self._health.stop()

    async def _account_of(self, conference_sid: str) -> str:
        """Return whose conference it is, running or over; nobody's, if nobody knows it."""
        conference = self._house.rooms.running(conference_sid)
        if conference is not None:
            return conference.account_sid
        statement = select(tables.conferences).where(tables.conferences.c.sid == conference_sid)
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                rows = await self._house.store.rows(ConferenceRow, statement)
        except (SQLAlchemyError, OSError, TimeoutError):
            return ""
        return rows[0].account_sid if rows else ""

    async def _look(self) -> None:
        for sid in self._ended.forget_older(self._house.clock.now()):
            self._mark(sid)
        self._health.look_at_machine()
        await self._health.ask_owed(self._scopes)
        self._health.keep_only(self._scopes)
        for scope in self._scopes:
            self._tell_health(scope)

    @property
    def _scopes(self) -> set[Scope]:
        """Those who watch, and who sees all: since when something is wrong, is asked later."""
        return {None, *(client.scope for client in self._clients)}

    def _tell_health(self, scope: Scope) -> None:
        """Look at the health that is seen in this scope, and let clients know if more has changed than the time."""
        health = self._health.health(scope)
        before = self._healths.get(scope)
        self._healths[scope] = health, to_text(health)
        if before is None or _timeless(before[0]) != _timeless(health):
            for client in self._clients:
                if client.scope == scope:
                    client.health_changed()

    def _on_event(self, conference: Conference, event: ConferenceEvent) -> None:
        gives_way = None
        if isinstance(event, ConferenceEnded):
            gives_way = self._ended.add(views.head(conference))
        if self._clients:
            self._changed_timelines.add(conference.sid)
            self._mark(conference.sid)
            if gives_way is not None:
                self._mark(gives_way)

    def _on_progress(self, call: Call, _event: CallProgressEvent) -> None:
        """Note that a call into a conference rings, say; whoever is there already has been answered."""
        if self._clients:
            conference = self._house.rooms.expecting(call.sid)
            if conference is not None:
                self._changed_calls.add(call.sid)
                self._mark(conference.sid)

    def _on_recording(self, recording: Recording) -> None:
        if self._clients and recording.conference_sid is not None:
            self._changed_recordings.add(recording.conference_sid)
            self._changed_timelines.add(recording.conference_sid)
            self._mark(recording.conference_sid)

    def _on_callback(self, row: DeliveryRow) -> None:
        if not self._clients:
            return
        self._changed_timelines.add(row.lane)
        self._soon()
        # That one is tried again is told once; that it is given up, in any case.
        if row.state == GIVEN_UP or (row.state != DELIVERED and row.attempts == 1):
            self._happened("callback", row.account_sid, to_text(views.failed_callback(row)))

    def _on_notification(self, notification: Notification) -> None:
        if self._clients:
            self._happened("notification", notification.account_sid, to_text(views.notification_news(notification)))

    def _happened(self, event: str, account_sid: str, data: str) -> None:
        for client in self._clients:
            client.happened(event, account_sid, data)

    def _mark(self, conference_sid: str) -> None:
        if self._clients:
            self._changed_rooms.add(conference_sid)
            self._soon()

    def _soon(self) -> None:
        if self._timer is None and self._open:
            loop = asyncio.get_running_loop()
            moment = max(loop.time() + GATHERING, self._told_at + BETWEEN_TELLINGS)
            self._timer = loop.call_at(moment, self._tell)

    def _tell(self) -> None:
        """Let all clients know what has changed since the last time."""
        self._timer = None
        self._told_at = asyncio.get_running_loop().time()
        rooms, calls, recordings, timelines = (
            self._changed_rooms,
            self._changed_calls,
            self._changed_recordings,
            self._changed_timelines,
        )
        self._forget_changes()
        recorded = self._rooms.recorded() if recordings else {}
        for sid in rooms:
            changed = self._rooms.look(sid, calls, recorded=recorded if sid in recordings else None)
            if changed is not None:
                for client in self._clients:
                    client.changed(changed)
        for client in self._clients:
            if client.room in timelines:
                client.timeline_changed()
        self._watch_levels()

    def _forget_changes(self) -> None:
        self._changed_rooms = set()
        self._changed_calls = set()
        self._changed_recordings = set()
        self._changed_timelines = set()

    def _watch_levels(self) -> None:
        """Have the levels told of those who are in a room that somebody looks at, and of nobody else."""
        rooms = sorted({client.room for client in self._clients if client.room is not None})
        # An engine measures the first ones only: one room after the other, so that a crowd in one leaves some to the others.
        in_turn = zip_longest(*(self._rooms.present(sid) for sid in rooms))
        wanted = tuple(call_sid for one_of_each in in_turn for call_sid in one_of_each if call_sid is not None)
        if wanted != self._heard:
            self._heard = wanted
            self._house.engine.watch_levels(wanted, self._on_levels)

    def _on_levels(self, levels: Mapping[str, float]) -> None:
        texts: dict[str, str] = {}
        for client in self._clients:
            if client.room is None:
                continue
            if client.room not in texts:
                there = self._rooms.present(client.room)
                told = {call_sid: round(level, 1) for call_sid, level in levels.items() if call_sid in there}
                texts[client.room] = to_text(told)
            client.heard(texts[client.room])


def _timeless(health: Health) -> Mapping[str, object]:
    return {name: value for name, value in health.items() if name not in {"now", "uptime_seconds"}}
