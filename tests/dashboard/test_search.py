"""Finding things by what is known of them, in SQLite and PostgreSQL; each finds only what it may see."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import replace
from types import SimpleNamespace
from typing import Any, cast

import pytest
from aiohttp import web
from multidict import MultiDict
from sqlalchemy.ext.asyncio import AsyncConnection

from ari_conf.dashboard import search
from ari_conf.dashboard.search import LOOKS_AT_ONCE, MOST_SEARCHES, PAGE, Finder
from ari_conf.dashboard.visitor import Visitor
from ari_conf.house import House
from ari_conf.rest.errors import RestError
from ari_conf.rest.gate import TooManyRequestsError
from ari_conf.store import ConferenceRow, ParticipantRow, Row, Store
from tests.app_server import AUTH_TOKEN
from tests.dashboard.door import Browser
from tests.stage import ACCOUNT as STAGED
from tests.stage import NUMBERS, set_stage, within_deadline
from tests.store.rows import ACCOUNT, NOW, OTHER_ACCOUNT, call, conference, participant, recording

HOUR = 3600.0


class Archive:
    """What was kept, and somebody who looks for it."""

    def __init__(self, store: Store) -> None:
        self.store = store
        rooms = SimpleNamespace(conferences=[], running=lambda _sid: None)
        calls = SimpleNamespace(calls=[], get=lambda _sid: None)
        finder = Finder(cast("House", SimpleNamespace(store=store, rooms=rooms, calls=calls)))
        self.handlers = {route.path: route.handler for route in finder.routes()}

    async def ask(self, what: str, scope: str | None = None, **query: str) -> dict[str, Any]:
        request = cast("web.Request", SimpleNamespace(query=MultiDict(query)))
        visitor = cast("Visitor", SimpleNamespace(scope=scope))
        return cast("dict[str, Any]", await self.handlers[f"/{what}"](request, visitor))

    async def found(self, q: str, scope: str | None = None) -> Mapping[str, list[Any]]:
        """Return what is found, by kind: names of conferences, labels, numbers of callers, and SIDs of recordings."""
        result = await self.ask("search", scope, q=q)
        listed = await self.ask("conferences", scope, q=q)
        names = [one["friendly_name"] for one in result["conferences"]]
        assert names == [one["friendly_name"] for one in listed["conferences"]]
        return {
            "conferences": names,
            "participants": [one["label"] for one in result["participants"]],
            "calls": [one["from"] for one in result["calls"]],
            "recordings": [one["conference_name"] for one in result["recordings"]],
        }


def met(number: int, name: str, label: str, from_: str, account: str = ACCOUNT) -> tuple[Row, ...]:
    """Return a conference an hour later than the one before, with a call and a recording."""
    at = NOW + number * HOUR
    room = replace(conference(number, account=account), friendly_name=name, created_at=at, ended_at=at + 600.0)
    caller = replace(call(number, account=account, ended_at=at + 600.0), from_=from_, to="+15550001111", created_at=at)
    stay = replace(participant(number, room.sid), label=label, joined_at=at + 1.0, left_at=at + 600.0)
    recorded = replace(
        recording(number), account_sid=account, conference_sid=room.sid, call_sid=None, started_at=at, created_at=at
    )
    return room, caller, stay, recorded


@pytest.fixture
async def archive(store: Store) -> Archive:
    store.write(
        [
            *met(1, "Support 100%", "agent", "+4930123456"),
            *met(2, "Town hall", "Chief_1", "sip:bob@example.org"),
            *met(3, "support", "chief", "+4930999999"),
            *met(4, "Secret", "chief", "+4930123456", OTHER_ACCOUNT),
        ]
    )
    return Archive(store)


def all_of(name: str, label: str, number: str) -> Mapping[str, list[str]]:
    return {"conferences": [name], "participants": [label], "calls": [number], "recordings": [name]}


HALL = all_of("Town hall", "Chief_1", "sip:bob@example.org")
FIRST = all_of("Support 100%", "agent", "+4930123456")
THIRD = all_of("support", "chief", "+4930999999")
NOTHING: Mapping[str, list[str]] = {"conferences": [], "participants": [], "calls": [], "recordings": []}


FINDINGS: Sequence[tuple[str, Mapping[str, list[str]]]] = (
    ("room:hall", HALL),
    ('room:"town hall"', HALL),
    ("100%", {"conferences": ["Support 100%"], "participants": [], "calls": [], "recordings": ["Support 100%"]}),
    ("1%", NOTHING),
    ("label:agent", FIRST),
    ("chief_", HALL),
    ("sip:bob", HALL),
    ('number:"+49 (30) 123-456"', FIRST),
    ("999999", THIRD),
    ("SUPPORT CHIEF", {"conferences": ["support"], "participants": ["chief"], "calls": [], "recordings": ["support"]}),
    ("room:support label:chief", THIRD),
    ("room:support label:chief number:123456", NOTHING),
    (call(2).sid, {**HALL, "recordings": []}),
    (f"call:{call(2).sid}", {**HALL, "recordings": []}),
    (conference(3).sid, THIRD),
    (recording(1).sid, {"conferences": ["Support 100%"], "participants": [], "calls": [], "recordings": ["Support 100%"]}),
    (OTHER_ACCOUNT, NOTHING),
    (f"account:{ACCOUNT} room:hall", HALL),
    ("after:2025-10-09T11:00 before:2025-10-09T11:54", THIRD),
    ("status:completed room:hall", HALL),
    ("status:in-progress room:hall", NOTHING),
)


async def test_what_is_found(archive: Archive) -> None:
    for query, found in FINDINGS:
        assert await archive.found(query, ACCOUNT) == found, query


async def test_who_sees_all_accounts_finds_in_all(archive: Archive) -> None:
    assert (await archive.found("label:chief"))["conferences"] == ["Secret", "support", "Town hall"]
    assert (await archive.found("123456"))["calls"] == ["+4930123456", "+4930123456"]
    assert (await archive.found("123456", OTHER_ACCOUNT))["participants"] == ["chief"]
    assert (await archive.found(f"label:chief account:{OTHER_ACCOUNT}")) == all_of("Secret", "chief", "+4930123456")


async def test_an_empty_query_finds_nothing_and_lists_all(archive: Archive) -> None:
    assert (await archive.ask("search", ACCOUNT, q=" "))["conferences"] == []
    listed = await archive.ask("conferences", ACCOUNT)
    assert [one["friendly_name"] for one in listed["conferences"]] == ["support", "Town hall", "Support 100%"]
    assert [(one["status"], one["people_total"]) for one in listed["conferences"]] == [("completed", 1)] * 3


async def test_pages_of_conferences(store: Store) -> None:
    archive = Archive(store)
    rooms: list[ConferenceRow] = [replace(conference(number), created_at=NOW + number // 3) for number in range(PAGE + 5)]
    stays: list[ParticipantRow] = [
        replace(participant(number, rooms[0].sid), joined_at=NOW + number % 2) for number in (1, 1, 2)
    ]
    away = replace(participant(3, rooms[0].sid), reason_left="participant_add_failed")
    store.write([*rooms, *stays, replace(stays[0], joined_at=NOW + 9.0), away])
    first = await archive.ask("conferences", q="room:room")
    second = await archive.ask("conferences", q="room:room", cursor=first["next"])
    assert (len(first["conferences"]), second["next"]) == (PAGE, None)
    listed = [one["sid"] for page in (first, second) for one in page["conferences"]]
    assert listed == sorted({row.sid for row in rooms}, reverse=True)
    assert second["conferences"][-1]["people_total"] == 2
    for cursor in ("x", f"1e-{rooms[0].sid}", f"{'9' * 40}-{rooms[0].sid}"):
        with pytest.raises(RestError, match="21481"):
            await archive.ask("conferences", cursor=cursor)


async def test_there_is_more(store: Store) -> None:
    archive = Archive(store)
    store.write([row for number in range(26) for row in met(number, "room", "agent", "+1")])
    result = await archive.ask("search", q="label:agent")
    assert {len(result[kind]) for kind in ("conferences", "participants", "calls", "recordings")} == {25}
    assert result["more"]
    assert not (await archive.ask("search", q="label:agent after:2025-10-09T10:00"))["more"]


async def test_the_latest_places_of_a_word_count(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ari_conf.dashboard.search_places.MOST_PLACES", 2)
    archive = Archive(store)
    store.write([row for number in range(1, 6) for row in met(number, f"room {number}", "agent", f"+1{number}")])
    assert (await archive.found("label:agent"))["conferences"] == ["room 5", "room 4"]
    assert (await archive.found("room:room"))["conferences"] == [f"room {number}" for number in (5, 4, 3, 2, 1)]
    early = "label:agent before:2025-10-08T00:00"
    assert (await archive.found(early)) == NOTHING


async def test_anothers_places_take_none_of_the_latest(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ari_conf.dashboard.search_places.MOST_PLACES", 1)
    store.write([*met(1, "mine", "agent", "+1"), *met(2, "theirs", "agent", "+1", OTHER_ACCOUNT)])
    archive = Archive(store)
    for query in ("label:agent", "number:+1"):
        assert (await archive.found(query, ACCOUNT))["conferences"] == ["mine"]


async def test_a_call_with_another_label_elsewhere_is_found_where_it_had_this_one(store: Store) -> None:
    _, _, stay, _ = met(1, "first", "agent", "+1")
    second = replace(conference(2), friendly_name="second")
    assert isinstance(stay, ParticipantRow)
    store.write([*met(1, "first", "agent", "+1"), second, replace(stay, conference_sid=second.sid, label="boss")])
    assert (await Archive(store).found("label:boss"))["participants"] == ["boss"]


async def test_searches_leave_connections_to_others(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    connect, now, most = archive.store.connect, 0, 0

    @contextlib.asynccontextmanager
    async def counted() -> AsyncIterator[AsyncConnection]:
        nonlocal now, most
        now += 1
        most = max(most, now)
        try:
            async with connect() as connection:
                yield connection
        finally:
            now -= 1

    monkeypatch.setattr(archive.store, "connect", counted)
    found = await asyncio.gather(*(archive.found("support town chief agent 999999") for _ in range(4)))
    assert found == [NOTHING] * 4
    assert most == LOOKS_AT_ONCE


async def test_of_many_searches_at_once_some_are_told_to_come_again(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    may_go_on = asyncio.Event()

    async def slowly(_store: Store) -> None:
        await may_go_on.wait()

    await archive.store.flush()
    monkeypatch.setattr(search, "caught_up", slowly)
    asking = [asyncio.create_task(archive.ask("search", q="hall")) for _ in range(MOST_SEARCHES)]
    await asyncio.sleep(0)
    for what in ("search", "conferences"):
        with pytest.raises(TooManyRequestsError):
            await within_deadline(archive.ask(what, q="hall"))
    may_go_on.set()
    assert [len(one["conferences"]) for one in await asyncio.gather(*asking)] == [1] * MOST_SEARCHES
    assert len((await archive.ask("search", q="hall"))["conferences"]) == 1


async def test_a_query_that_means_nothing_is_refused(archive: Archive) -> None:
    for what in ("search", "conferences"):
        with pytest.raises(RestError, match="20001"):
            await archive.ask(what, q="after:yesterday")


async def test_what_is_live_is_found_as_it_is_now() -> None:
    async with set_stage(None) as stage:
        browser = await Browser(stage.controller.port).entered(STAGED.sid, AUTH_TOKEN)
        await stage.room("ann", "bob", twiml="<Response><Dial><Conference>Room</Conference></Dial></Response>")
        await stage.until(lambda: [one.status for one in stage.controller.rooms.conferences] == ["in-progress"])
        for query in ("status:in-progress", "room"):
            found = (await browser.ask("GET", f"/dashboard/api/search?q={query}")).json
            (room,) = found["conferences"]
            assert (room["status"], room["participants"], room["max_participants"]) == ("in-progress", 2, 250)
            assert {one["status"] for one in found["calls"]} == {"in-progress"}
        assert {one["from"] for one in found["calls"]} == {NUMBERS["ann"], NUMBERS["bob"]}
        assert (await browser.ask("GET", "/dashboard/api/search?q=status:completed")).json["conferences"] == []
        listed = (await browser.ask("GET", "/dashboard/api/conferences")).json["conferences"]
        assert [(one["friendly_name"], one["people_total"]) for one in listed] == [("Room", 2)]
        await stage.hang_up_all()
        await stage.until(lambda: not stage.controller.switchboard.calls)
        (over,) = (await browser.ask("GET", "/dashboard/api/search?q=status:completed")).json["conferences"]
        assert (over["status"], over["participants"]) == ("completed", 0)
        assert (await browser.ask("GET", "/dashboard/api/search?q=status:gone")).code == 20001
