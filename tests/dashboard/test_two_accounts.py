"""Two accounts that have the same: whatever a page asks for by what it knows of the other's, it is told nothing of them."""

import json
from collections.abc import Iterator
from urllib.parse import quote

import pytest
from aiohttp.typedefs import Handler

from ari_conf.dashboard.guard import Guard
from ari_conf.dashboard.visitor import Route
from tests.dashboard.door import Browser, office
from tests.dashboard.watching import watching
from tests.rest.neighbours import ROOM, Asker, house
from tests.stage import until

NOT_THERE = "/conferences/{sid}/timeline", "/recordings/{sid}/waveform", "/sounds"
"""What is refused."""

OWN_ALONE = "/conferences", "/search", "/health", "/codes", "/live"
"""What is answered, with nothing of the other's."""


def sids(owner: Asker) -> set[str]:
    """Return what must not be told to another: the account, and all it has but a name that anybody may have."""
    return {owner.account.sid, *(sid for sid in owner.has.values() if len(sid) > 20)}


def queries(owner: Asker) -> Iterator[str]:
    """Yield what somebody looks for who knows of the other's."""
    account = f"account:{owner.account.sid}"
    yield from ("", ROOM, f"room:{ROOM}", "status:completed", account, f"room:{ROOM} {account}")
    for sid in sids(owner):
        if sid.startswith(("CF", "CA", "RE")):
            yield from (sid, sid[:12], f"{sid} {account}")
        if sid.startswith("CA"):
            yield f"call:{sid[:6]}"


async def told(browser: Browser, path: str) -> str:
    """Return what is answered, without the query, which is repeated."""
    answer = await browser.ask("GET", f"/dashboard/api{path}")
    assert answer.status == 200, (path, answer.json)
    return json.dumps({name: value for name, value in answer.json.items() if name != "query"})


@pytest.mark.parametrize("over", [False, True])
async def test_a_page_is_told_nothing_of_anothers(*, over: bool) -> None:
    async with house(over=over) as both:
        for asker, owner in both.both_ways:
            browser = await Browser(int(asker.url.rpartition(":")[2])).entered(*asker.login)
            room = owner.has["/Conferences/{ConferenceSid}"]
            for sid in sids(owner):
                for path in NOT_THERE[:2]:
                    answer = await browser.ask("GET", "/dashboard/api" + path.format(sid=sid))
                    assert (answer.status, answer.code) == (404, 20404), path
            assert (await browser.ask("POST", f"/dashboard/api/sounds?account={owner.account.sid}")).status == 404
            answers = [await told(browser, path) for path in ("/health", "/codes", "/conferences")]
            answers += [
                await told(browser, f"/{what}?q={quote(q)}") for q in queries(owner) for what in ("search", "conferences")
            ]
            answers += [await told(browser, f"/conferences?cursor={number}-{room}") for number in ("0", "1e12")]
            async with watching(browser, room) as watcher:
                await until(lambda: bool(watcher.of("snapshot")))
                answers += [json.dumps(message.data) for message in watcher.messages]
            for sid in sids(owner):
                assert [one for one in answers if sid in one] == []
            assert any(asker.has["/Conferences/{ConferenceSid}"] in one for one in answers)


async def test_every_route_is_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    routes = set()
    guarded = Guard.guarded

    def noted(guard: Guard, route: Route) -> Handler:
        routes.add(route.path)
        return guarded(guard, route)

    monkeypatch.setattr(Guard, "guarded", noted)
    async with office().open():
        assert routes == {*NOT_THERE, *OWN_ALONE}
