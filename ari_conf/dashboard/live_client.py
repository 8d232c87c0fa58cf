"""What a watcher has not been told yet. It is read when it is written: a slow watcher gets fewer messages, never old ones."""

import asyncio
from collections import deque
from collections.abc import Callable, Iterable
from typing import Final

from .live_rooms import Changed, ShownRooms, to_text
from .scope import Scope, is_seen

MOST_HAPPENED: Final = 50
"""How many failed callbacks and notifications wait for one watcher; of more, the oldest are not told. They are for a badge."""


class Client:
    """One watcher. ``room`` is the conference whose timeline and levels it wants, None for no one's.

    ``now`` reads the controller's clock, ``health`` is how the controller is, as JSON for this watcher's scope.
    """

    def __init__(
        self,
        scope: Scope,
        room: str | None,
        rooms: ShownRooms,
        now: Callable[[], float],
        health: Callable[[], str],
    ) -> None:
        self.scope = scope
        self.room = room
        self.closed = False
        self._rooms = rooms
        self._now = now
        self._health = health
        self._wake = asyncio.Event()
        self._number = 0
        self._knows_nothing = True
        self._heads: set[str] = set()
        self._people: dict[str, set[str]] = {}
        self._recordings: set[str] = set()
        self._has_timeline = False
        self._has_health = False
        self._levels = ""
        self._happened: deque[tuple[str, str]] = deque(maxlen=MOST_HAPPENED)
        self._wake.set()

    def close(self) -> None:
        """Have no more written to it."""
        self.closed = True
        self._wake.set()

    def changed(self, one: Changed) -> None:
        """Learn that a conference has changed."""
        if self._knows_nothing or not is_seen(one.account_sid, self.scope):
            return
        if one.head:
            self._heads.add(one.sid)
        if one.people:
            self._people.setdefault(one.sid, set()).update(one.people)
        if one.recordings:
            self._recordings.add(one.sid)
        self._wake.set()

    def timeline_changed(self) -> None:
        """Learn that the timeline of its room has changed."""
        self._has_timeline = True
        self._wake.set()

    def health_changed(self) -> None:
        """Learn that the controller's health has changed."""
        self._has_health = True
        self._wake.set()

    def heard(self, levels: str) -> None:
        """Learn the levels in its room, which take the place of earlier ones."""
        self._levels = levels
        self._wake.set()

    def happened(self, event: str, account_sid: str, data: str) -> None:
        """Learn of something that happened once."""
        if is_seen(account_sid, self.scope):
            self._happened.append((event, data))
            self._wake.set()

    async def news(self) -> str:
        """Wait until there is something to be told, and return it as server-sent events; empty when it is closed."""
        await self._wake.wait()
        self._wake.clear()
        return "" if self.closed else "".join(self._messages())

    def _messages(self) -> list[str]:
        messages = []
        now = self._now()
        if self._knows_nothing:
            self._knows_nothing = self._has_health = False
            messages.append(
                self._message(
                    "snapshot", f'{{"now":{now},"conferences":{self._rooms.all(self.scope)},"health":{self._health()}}}'
                )
            )
        if self._heads or self._people:
            messages.append(self._message("change", self._change(now)))
        if self._recordings:
            lists = _map((sid, self._rooms.recordings(sid)) for sid in self._recordings)
            messages.append(self._message("recordings", lists))
            self._recordings = set()
        if self._has_timeline:
            self._has_timeline = False
            messages.append(self._message("timeline", to_text({"conference": self.room})))
        if self._has_health:
            self._has_health = False
            messages.append(self._message("health", self._health()))
        if self._levels:
            messages.append(self._message("levels", self._levels))
            self._levels = ""
        while self._happened:
            messages.append(self._message(*self._happened.popleft()))
        return messages

    def _change(self, now: float) -> str:
        rooms = self._rooms
        heads = _map((sid, rooms.head(sid)) for sid in self._heads)
        people = _map(
            (sid, _map((call_sid, rooms.participant(sid, call_sid)) for call_sid in some)) for sid, some in self._people.items()
        )
        self._heads, self._people = set(), {}
        return f'{{"now":{now},"conferences":{heads},"participants":{people}}}'

    def _message(self, event: str, data: str) -> str:
        self._number += 1
        return f"id:{self._number}\nevent:{event}\ndata:{data}\n\n"


def _map(texts: Iterable[tuple[str, str]]) -> str:
    """Return texts by SID, which are JSON already, as JSON."""
    return "{" + ",".join(f'"{sid}":{text}' for sid, text in texts) + "}"
