"""A page that watches: what it would show after all that it was told."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import aiohttp

from .door import Browser


@dataclass(frozen=True, slots=True)
class Message:
    event: str
    id: int
    data: Any


@dataclass(slots=True, eq=False)
class Watcher:
    """``conferences`` are heads with ``people`` by Call SID, ``over`` says that the stream has ended."""

    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    messages: list[Message] = field(default_factory=list)
    beats: int = 0
    conferences: dict[str, dict[str, Any]] = field(default_factory=dict)
    health: dict[str, Any] = field(default_factory=dict)
    over: bool = False

    def of(self, event: str) -> list[Any]:
        """What was told under this name."""
        return [message.data for message in self.messages if message.event == event]

    @property
    def rooms(self) -> dict[str, dict[str, Any]]:
        """The conferences by name."""
        return {one["friendly_name"]: one for one in self.conferences.values()}

    def person(self, number: str, room: str = "room") -> dict[str, Any]:
        """Who calls from, or is called at, a number; empty if nobody is."""
        people = self.rooms[room]["people"].values() if room in self.rooms else ()
        return next((one for one in people if number in {one["from"], one["to"]}), {})

    def take(self, block: str) -> None:
        """Do what the page does with a message."""
        lines = [line.partition(":")[::2] for line in block.split("\n")]
        fields = dict(lines)
        if "id" not in fields:
            self.beats += fields.get("event") == "beat"
            return
        message = Message(fields["event"], int(fields["id"]), json.loads(fields["data"]))
        self.messages.append(message)
        data = message.data
        match message.event:
            case "snapshot":
                self.conferences = {
                    one["sid"]: one | {"people": {person["call_sid"]: person for person in one["people"]}}
                    for one in data["conferences"]
                }
                self.health = data["health"]
            case "change":
                self._change(data)
            case "recordings":
                for sid, recordings in data.items():
                    self.conferences[sid]["recordings"] = recordings
            case "health":
                self.health = data

    def _change(self, data: Any) -> None:
        for sid, head in data["conferences"].items():
            if head is None:
                del self.conferences[sid]
            else:
                self.conferences.setdefault(sid, {"people": {}, "recordings": []}).update(head)
        for sid, people in data["participants"].items():
            for call_sid, person in people.items():
                if person is None:
                    self.conferences[sid]["people"].pop(call_sid, None)
                else:
                    self.conferences[sid]["people"][call_sid] = person


@contextlib.asynccontextmanager
async def watching(browser: Browser, conference: str = "") -> AsyncIterator[Watcher]:
    """Open the live feed, and read it as long as this lasts."""
    watcher = Watcher()
    url = f"http://127.0.0.1:{browser.port}/dashboard/api/live" + (f"?conference={conference}" if conference else "")
    headers = {"Cookie": f"ari_conf_session={browser.cookie}"}
    async with (
        aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as session,
        session.get(url, headers=headers) as answer,
    ):
        watcher.status, watcher.headers = answer.status, dict(answer.headers)
        reading = asyncio.create_task(_read(answer, watcher), name="watcher")
        try:
            yield watcher
        finally:
            reading.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await reading


async def _read(answer: aiohttp.ClientResponse, watcher: Watcher) -> None:
    rest = ""
    try:
        async for part in answer.content.iter_any():
            *blocks, rest = (rest + part.decode()).split("\n\n")
            for block in blocks:
                watcher.take(block)
    except aiohttp.ClientError:
        pass
    finally:
        watcher.over = True
