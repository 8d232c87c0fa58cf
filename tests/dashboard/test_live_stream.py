"""Who may watch, how long, and what becomes of a watcher that does not listen."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Sequence
from functools import partial

import pytest

from ari_conf.conference import ConferenceSettings, Participant, SetMuted
from ari_conf.dashboard import live_stream
from ari_conf.recordings import Recording, Recordings
from ari_conf.rooms import Caller
from tests.app_server import AUTH_TOKEN
from tests.stage import ACCOUNT, set_stage, until, within_deadline

from .door import ANN, LEO, NOR, OTHER, Browser, Office, office
from .watching import Watcher, watching

CROWD = 100
LABEL = "x" * 5000
"""So that a socket's buffers are full soon."""


@pytest.fixture
async def house() -> AsyncIterator[Office]:
    """A controller with operators, and a room of each of two accounts."""
    async with office(ANN, LEO, NOR).open() as opened:
        for number, account in enumerate((ACCOUNT, OTHER)):
            join(opened, account.sid, f"CA{number}", f"room of {account.sid}")
        yield opened


def join(house: Office, account_sid: str, call_sid: str, room: str, label: str | None = None) -> str:
    """Let a call into a room, and return the Conference SID."""
    assert house.controller is not None
    rooms = house.controller.rooms
    rooms.join(Caller(account_sid, {}), room, Participant(call_sid, label=label), ConferenceSettings())
    found = rooms.find(account_sid, room)
    assert found is not None
    return found.sid


async def test_an_account_sees_its_own_and_an_operator_all(house: Office) -> None:
    own, others = f"room of {ACCOUNT.sid}", f"room of {OTHER.sid}"
    by_token = await house.browser().entered(ACCOUNT.sid, AUTH_TOKEN)
    of_other = await house.browser().entered(NOR.name)
    ann, leo = await house.browser().entered("ann"), await house.browser().entered("leo")
    async with watching(by_token) as mine, watching(of_other) as nors, watching(ann) as anns, watching(leo) as leos:
        await until(lambda: all(watcher.of("snapshot") for watcher in (mine, nors, anns, leos)))
        assert (set(mine.rooms), set(nors.rooms)) == ({own}, {others})
        assert set(anns.rooms) == set(leos.rooms) == {own, others}
        join(house, OTHER.sid, "CA8", others)
        join(house, ACCOUNT.sid, "CA9", own)
        await until(lambda: "CA9" in mine.rooms[own]["people"])
        await until(lambda: {"CA8"} <= anns.rooms[others]["people"].keys() & nors.rooms[others]["people"].keys())
        told = [data for message in mine.messages for data in (message.event, str(message.data))]
        assert not [text for text in told if "CA8" in text or OTHER.sid in text]


async def test_nobody_is_told_of_the_timeline_of_another_account(house: Office) -> None:
    assert house.controller is not None
    others = join(house, OTHER.sid, "CA7", "room of another")
    own = join(house, ACCOUNT.sid, "CA6", "room")
    browser = await house.browser().entered(ACCOUNT.sid, AUTH_TOKEN)
    async with watching(browser, others) as watcher, watching(browser, own) as watcher_of_own:
        await until(lambda: bool(watcher.of("snapshot") and watcher_of_own.of("snapshot")))
        for sid, call_sid in ((others, "CA7"), (own, "CA6")):
            house.controller.rooms.command(sid, SetMuted(call_sid, muted=True))
        await until(lambda: bool(watcher_of_own.of("timeline")) and watcher.rooms["room"]["people"]["CA6"]["muted"])
        assert watcher.of("timeline") == []


async def test_a_crowd_in_one_room_leaves_levels_to_another(house: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    assert house.controller is not None
    asked: list[Sequence[str]] = []
    monkeypatch.setattr(house.controller.engine, "watch_levels", lambda call_sids, _on_levels: asked.append(call_sids))
    rooms = {room: [f"CA{room}{number}" for number in range(3)] for room in ("one", "another")}
    sids = [join(house, ACCOUNT.sid, call_sid, room) for room, people in rooms.items() for call_sid in people]
    browser = await house.browser().entered("ann")
    async with watching(browser, sids[0]), watching(browser, sids[-1]):
        await until(lambda: bool(asked) and len(asked[-1]) == len(sids))
    measured = next(one for one in reversed(asked) if len(one) == len(sids))[:2]
    assert [len(set(people) & set(measured)) for people in rooms.values()] == [1, 1]


async def test_recordings_are_gone_through_once_and_not_for_each_room(house: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    looks = 0

    def unfinished(_recordings: Recordings) -> list[Recording]:
        nonlocal looks
        looks += 1
        return []

    monkeypatch.setattr(Recordings, "unfinished", property(unfinished))
    async with watching(await house.browser().entered("ann")) as watcher:
        await until(lambda: bool(watcher.of("snapshot")))
    assert (looks, len(watcher.conferences)) == (1, 2)


async def test_a_stranger_sees_nothing_and_a_look_at_the_headers_opens_no_stream(house: Office) -> None:
    assert (await house.browser().ask("GET", "/dashboard/api/live")).status == 401
    assert (await house.browser().ask("GET", "/dashboard/api/health")).status == 401
    ann = await house.browser().entered("ann")
    assert (await within_deadline(ann.ask("HEAD", "/dashboard/api/live"))).status == 200


async def test_who_comes_back_is_told_all_there_is_anew(house: Office) -> None:
    ann = await house.browser().entered("ann")
    async with watching(ann) as watcher:
        await until(lambda: bool(watcher.of("snapshot")))
    join(house, ACCOUNT.sid, "CA9", "room")
    async with watching(ann) as watcher:
        await until(lambda: "room" in watcher.rooms)
        assert [message.id for message in watcher.messages] == list(range(1, len(watcher.messages) + 1))
        assert watcher.messages[0].event == "snapshot"


async def test_a_stream_ends_with_its_session_and_with_no_other(house: Office) -> None:
    ann, leo = await house.browser().entered("ann"), await house.browser().entered("leo")
    async with watching(ann) as anns, watching(leo) as leos:
        await until(lambda: bool(anns.of("snapshot") and leos.of("snapshot")))
        assert (await ann.ask("DELETE", "/dashboard/api/session")).status == 204
        await until(lambda: anns.over)
        join(house, ACCOUNT.sid, "CA9", "room")
        await until(lambda: "room" in leos.rooms)
        assert not leos.over


async def test_a_session_may_have_so_many_streams_and_no_more(house: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live_stream, "MOST_OF_A_SESSION", 2)
    ann, leo = await house.browser().entered("ann"), await house.browser().entered("leo")
    async with watching(ann) as one, watching(leo) as another:
        async with watching(ann) as two:
            await until(lambda: bool(one.of("snapshot") and two.of("snapshot") and another.of("snapshot")))
            refused = await within_deadline(ann.ask("GET", "/dashboard/api/live"))
            assert (refused.status, refused.code) == (429, 20429)
            async with watching(leo) as leos_second:
                assert leos_second.status == 200
        # Whose page is closed counts no longer, before anything was to be told.
        async with watching(ann) as three:
            assert three.status == 200


async def test_a_stream_that_has_nothing_to_tell_says_that_it_is_alive(house: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live_stream, "BEAT_SECONDS", 0.05)
    ann = await house.browser().entered("ann")
    async with watching(ann) as watcher:
        await until(lambda: watcher.beats >= 2)


def is_muted(watcher: Watcher, number: int) -> bool:
    people = watcher.rooms["crowd"]["people"].values()
    return [one["muted"] for one in people].count(True) == number


async def ask_and_read_nothing(deaf: socket.socket, browser: Browser) -> None:
    deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    deaf.settimeout(0.0)
    await asyncio.get_running_loop().sock_connect(deaf, ("127.0.0.1", browser.port))
    asked = f"GET /dashboard/api/live HTTP/1.1\r\nHost: x\r\nCookie: ari_conf_session={browser.cookie}\r\n\r\n"
    await asyncio.get_running_loop().sock_sendall(deaf, asked.encode())


async def test_who_does_not_read_is_let_go_of_and_keeps_nobody_waiting(house: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live_stream, "WRITE_SECONDS", 0.3)
    assert house.controller is not None
    assert house.controller.dashboard is not None
    sids = [f"CA{number:032}" for number in range(CROWD)]
    for number, call_sid in enumerate(sids):
        sid = join(house, ACCOUNT.sid, call_sid, "crowd", f"{number}{LABEL}")
    ann = await house.browser().entered("ann")
    feed = house.controller.dashboard._feed
    with socket.socket() as deaf:
        await ask_and_read_nothing(deaf, ann)
        await until(lambda: len(feed._clients) == 1)
        async with watching(ann) as watcher:
            await until(lambda: "crowd" in watcher.rooms)
            for turn in range(1, 200):
                muted = turn % 2 * CROWD
                for call_sid in sids:
                    house.controller.rooms.command(sid, SetMuted(call_sid, muted=bool(muted)))
                await until(partial(is_muted, watcher, muted))
                if len(feed._clients) == 1:
                    break
            assert len(feed._clients) == 1
            assert not watcher.over


async def test_open_streams_do_not_keep_a_controller_from_stopping() -> None:
    async with set_stage(None) as stage:
        browser = await Browser(stage.controller.port).entered(ACCOUNT.sid, AUTH_TOKEN)
        async with watching(browser) as watcher:
            await until(lambda: bool(watcher.of("snapshot")))
            await stage.stop()
            await until(lambda: watcher.over)


async def test_who_does_not_read_does_not_keep_a_controller_from_stopping() -> None:
    async with contextlib.AsyncExitStack() as stack:
        deaf = stack.enter_context(socket.socket())
        house = await stack.enter_async_context(office(ANN).open())
        assert house.controller is not None
        assert house.controller.dashboard is not None
        streams = house.controller.dashboard._streams._streams
        sids = [f"CA{number:032}" for number in range(CROWD)]
        for number, call_sid in enumerate(sids):
            sid = join(house, ACCOUNT.sid, call_sid, "crowd", f"{number}{LABEL}")
        ann = await house.browser().entered("ann")
        await ask_and_read_nothing(deaf, ann)
        await until(lambda: any(stream.client for stream in streams))
        (client,) = (stream.client for stream in streams)
        assert client is not None
        async with watching(ann) as watcher:
            await until(lambda: "crowd" in watcher.rooms)
            turn = 0
            while not client._people or turn % 2:
                turn += 1
                for call_sid in sids:
                    house.controller.rooms.command(sid, SetMuted(call_sid, muted=bool(turn % 2)))
                await until(partial(is_muted, watcher, turn % 2 * CROWD))
        stopping = stack.pop_all()
        await within_deadline(stopping.aclose())


async def test_a_page_that_was_closed_is_noticed_with_nothing_to_tell_it(
    house: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live_stream, "GONE_SECONDS", 0.05)
    assert house.controller is not None
    assert house.controller.dashboard is not None
    feed = house.controller.dashboard._feed
    browser = await house.browser().entered(ACCOUNT.sid, AUTH_TOKEN)
    async with watching(browser) as watcher:
        await until(lambda: bool(watcher.of("snapshot")))
        assert len(feed._clients) == 1
    await until(lambda: not feed._clients)
