"""The controller put together: health, what keeps it from starting, what makes it give up, what it owes at its end."""

import asyncio
import socket
from base64 import b64encode
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
from pydantic import SecretStr

from ari_conf.accounts import Account
from ari_conf.app import Controller
from ari_conf.clock import RealClock
from ari_conf.conference import CallbackEvent, ConferenceSettings, Participant, StatusCallback
from ari_conf.media.asterisk.engine import AsteriskEngine
from ari_conf.media.local import LocalEngine
from ari_conf.media.port import EngineBack, EngineError, EngineLost
from ari_conf.rooms import Caller
from ari_conf.settings import DatabaseSettings, ServerSettings, Settings
from ari_conf.starting import StartError, make_engine
from ari_conf.store import DeliveryRow, Store
from tests.app_server import AUTH_TOKEN, AppServer
from tests.stage import until, within_deadline

ACCOUNT = Account("AC" + "0" * 32, AUTH_TOKEN)
SETTINGS = Settings(server=ServerSettings(port=0))


@pytest.fixture
async def controller() -> AsyncIterator[Controller]:
    async with Controller(SETTINGS, (ACCOUNT,), LocalEngine(RealClock())) as made:
        yield made


async def answer(controller: Controller, path: str) -> tuple[int, dict[str, object]]:
    async with aiohttp.ClientSession() as session, session.get(f"http://127.0.0.1:{controller.port}{path}") as response:
        return response.status, await response.json()


async def test_health_is_told(controller: Controller) -> None:
    assert await answer(controller, "/healthz") == (200, {"status": "ok"})
    ready = {"status": "ready", "calls": 0, "conferences": 0, "callbacks_owed": 0, "database": "ok", "clock": "ok"}
    assert await answer(controller, "/readyz") == (200, ready)


class _Slow(LocalEngine):
    """An engine whose start takes as long as a test wants."""

    def __init__(self) -> None:
        super().__init__(RealClock())
        self.starting, self.may_start = asyncio.Event(), asyncio.Event()

    async def start(self) -> None:
        self.starting.set()
        await self.may_start.wait()
        await super().start()


async def test_while_it_starts_it_is_alive_and_nobody_is_told_of_calls_that_it_does_not_know_yet() -> None:
    engine = _Slow()
    controller = Controller(SETTINGS, (ACCOUNT,), engine)
    starting = asyncio.create_task(controller.__aenter__())
    await within_deadline(engine.starting.wait())
    assert (await answer(controller, "/healthz"))[0] == 200
    status, body = await answer(controller, "/readyz")
    assert (status, body["status"]) == (503, "starting")
    calls = f"/2010-04-01/Accounts/{ACCOUNT.sid}/Calls.json"
    login = {"Authorization": "Basic " + b64encode(f"{ACCOUNT.sid}:{ACCOUNT.auth_token}".encode()).decode()}
    url = f"http://127.0.0.1:{controller.port}{calls}"
    async with aiohttp.ClientSession(headers=login) as session:
        async with session.get(url) as refused:
            assert (refused.status, (await refused.json())["code"]) == (503, 20503)
        engine.may_start.set()
        await within_deadline(starting)
        async with session.get(url) as listed:
            assert listed.status == 200
    await controller.__aexit__(None, None, None)


async def test_without_its_engine_it_is_alive_and_not_ready(controller: Controller) -> None:
    controller.engine.events.put_nowait(EngineLost("somebody pulled the plug"))
    await until(lambda: not controller.switchboard.connected)
    assert (await answer(controller, "/healthz"))[0] == 200
    status, body = await answer(controller, "/readyz")
    assert (status, body["status"]) == (503, "the engine is lost")
    assert not controller.failed.done()
    controller.engine.events.put_nowait(EngineBack(1.5))
    await until(lambda: controller.switchboard.connected)
    assert (await answer(controller, "/readyz"))[0] == 200


async def test_an_engine_that_will_not_come_back_is_the_end(controller: Controller) -> None:
    for reason in ("another program took over", "and again"):
        controller.engine.events.put_nowait(EngineLost(reason, final=True))
    await within_deadline(controller.failed)
    await until(controller.engine.events.empty)
    assert controller.failed.result() == "another program took over"


async def test_an_address_that_is_taken_is_named() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        settings = Settings(server=ServerSettings(port=port))
        with pytest.raises(StartError, match=rf"cannot listen on 127\.0\.0\.1:{port} .*\[server\]"):
            async with Controller(settings, (ACCOUNT,), LocalEngine(RealClock())):
                pass


class BrokenEngine(LocalEngine):
    async def start(self) -> None:
        raise EngineError("it does not start; kick it")


async def test_an_engine_that_does_not_start_is_told_and_nothing_is_left_open() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    settings = Settings(server=ServerSettings(port=port))
    for _ in range(2):
        with pytest.raises(StartError, match="it does not start; kick it"):
            async with Controller(settings, (ACCOUNT,), BrokenEngine(RealClock())):
                pass
    async with Controller(settings, (ACCOUNT,), LocalEngine(RealClock())) as controller:
        assert controller.port == port


async def test_what_is_owed_at_the_end_is_delivered() -> None:
    async with AppServer() as app:
        events = StatusCallback(app.url("/events"), "POST", frozenset(CallbackEvent))
        async with Controller(SETTINGS, (ACCOUNT,), LocalEngine(RealClock())) as controller:
            controller.rooms.join(Caller(ACCOUNT.sid, {}), "Room", Participant("CA1"), ConferenceSettings(events))
        assert [params["StatusCallbackEvent"] for params in app.params("/events")] == ["participant-join"]
        assert app.bad_signatures == []


async def test_at_the_end_no_task_is_left() -> None:
    before = asyncio.all_tasks()
    async with Controller(SETTINGS, (ACCOUNT,), LocalEngine(RealClock())) as controller:
        await answer(controller, "/readyz")
    await until(lambda: asyncio.all_tasks() <= before)


async def test_the_settings_choose_the_engine() -> None:
    assert isinstance(make_engine(Settings(engine="local"), RealClock()), LocalEngine)
    assert isinstance(make_engine(Settings(engine="asterisk"), RealClock()), AsteriskEngine)


async def test_a_second_controller_by_mistake_sends_no_callback(tmp_path: Path) -> None:
    async with AppServer() as app:
        owed = DeliveryRow(
            token="t",
            position=1,
            account_sid=ACCOUNT.sid,
            kind="conference",
            lane="CF1",
            url=app.url("/events"),
            method="POST",
            parameters={},
            created_at=0.0,
        )
        database = DatabaseSettings(url=SecretStr(f"sqlite:///{tmp_path}/test.db"))
        store = Store(database.url.get_secret_value())
        await store.open()
        store.write([owed])
        await store.close()
        with socket.create_server(("127.0.0.1", 0)) as taken:
            server = ServerSettings(port=taken.getsockname()[1])
            with pytest.raises(StartError, match="cannot listen"):
                await Controller(Settings(server=server, database=database), (ACCOUNT,), LocalEngine(RealClock())).__aenter__()
        assert app.requests == []
        async with Controller(Settings(server=ServerSettings(port=0), database=database), (ACCOUNT,), LocalEngine(RealClock())):
            await until(lambda: len(app.requests) == 1)
