"""How the controller does, as those see it who may see all, and as an account does."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from ari_conf.conference import ConferenceSettings, Participant
from ari_conf.dashboard import live
from ari_conf.health import Phase
from ari_conf.media.asterisk import jitter_buffers
from ari_conf.media.asterisk.link import AriLink
from ari_conf.media.port import EngineBack, EngineLost, TalkingChanged
from ari_conf.private_asterisk import PrivateAsterisk
from ari_conf.rooms import Caller
from ari_conf.store import DeliveryRow
from tests.app_server import AUTH_TOKEN
from tests.stage import ACCOUNT, set_stage, until

from .door import ANN, OTHER, Browser, Office, office
from .watching import watching


@pytest.fixture
async def house(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Office]:
    monkeypatch.setattr(live, "LOOK_SECONDS", 0.02)
    async with office(ANN).open() as opened:
        yield opened


async def health_of(browser: Browser) -> Any:
    answer = await browser.ask("GET", "/dashboard/api/health")
    assert answer.status == 200
    assert answer.headers["Cache-Control"] == "no-store"
    return answer.json


def texts(health: Any) -> str:
    return " ".join(alarm["text"] for alarm in health.get("alarms", ()))


def callback(account_sid: str, state: str, at: float, name: str = "one", **more: Any) -> DeliveryRow:
    return DeliveryRow(
        token=name,
        position=1,
        account_sid=account_sid,
        kind="conference",
        lane="CF1",
        url="http://127.0.0.1:9/",
        method="POST",
        parameters={},
        created_at=at,
        state=state,
        attempts=1,
        **more,
    )


async def test_an_operator_sees_all_of_it(house: Office) -> None:
    assert house.controller is not None
    controller = house.controller
    controller.rooms.join(Caller(ACCOUNT.sid, {}), "room", Participant("CA1"), ConferenceSettings())
    controller.rooms.join(Caller(OTHER.sid, {}), "other", Participant("CA2"), ConferenceSettings())
    for _ in range(3):
        controller.engine.events.put_nowait(TalkingChanged("CA9", talking=True))
    ann = await house.browser().entered("ann")
    await controller.store.flush()
    health = await health_of(ann)
    assert (health["status"], health["alarms"]) == ("ready", [])
    assert (health["conferences"], health["participants"], health["calls"], health["talking"]) == (2, 2, 0, 0)
    engine = health["engine"]
    assert engine == {"kind": "asterisk", "connected": True, "version": None, "latency_ms": None, "times_lost": 0}
    assert health["event_lag_ms"].keys() == {"p50", "p99", "max"}
    assert 0 < health["event_lag_ms"]["max"] < 10_000
    outbox = {"owed": 0, "oldest_seconds": 0.0, "delivered": 0, "given_up": 0, "failed_attempts": 0}
    assert health["outbox"] == outbox
    database = health["database"]
    assert (database["kind"], database["ok"], database["problem"], database["waiting_rows"]) == ("sqlite", True, None, 0)
    assert database["write_ms"]["p50"] > 0
    assert health["memory_mb"] > 10
    assert (health["started_at"], health["clock"]) == (pytest.approx(house.clock.now(), abs=1.0), None)
    async with watching(ann) as watcher:
        await until(lambda: watcher.health.get("disk", {}).get("database") is not None)
        for disk in watcher.health["disk"].values():
            assert 0 < disk["free_bytes"] <= disk["total_bytes"]


async def test_an_account_sees_what_is_its_own_and_nothing_of_the_machine(house: Office) -> None:
    assert house.controller is not None
    controller = house.controller
    controller.rooms.join(Caller(ACCOUNT.sid, {}), "room", Participant("CA1"), ConferenceSettings())
    controller.rooms.join(Caller(OTHER.sid, {}), "other", Participant("CA2"), ConferenceSettings())
    now = house.clock.now()
    controller.store.write([callback(OTHER.sid, "owed", now - 90.0, name) for name in ("one", "two")])
    await controller.store.flush()
    for account, state in ((OTHER, "delivered"), (OTHER, "owed"), (ACCOUNT, "given-up")):
        for observer in controller.outbox.observers:
            observer(callback(account.sid, state, now, ended_at=None if state == "owed" else now))

    of_other = await health_of(await house.browser().entered(OTHER.sid, OTHER.auth_token))
    assert (of_other["conferences"], of_other["participants"]) == (1, 1)
    assert of_other["outbox"] == {"owed": 2, "oldest_seconds": 90.0, "delivered": 1, "given_up": 0, "failed_attempts": 1}
    assert "owed for 90 seconds" in texts(of_other)
    hidden = ("engine", "event_lag_ms", "database", "disk", "memory_mb", "cpu_percent", "uptime_seconds", "started_at", "clock")
    assert [of_other[name] for name in hidden] == [None] * len(hidden)

    own = await health_of(await house.browser().entered(ACCOUNT.sid, AUTH_TOKEN))
    assert own["outbox"] == {"owed": 0, "oldest_seconds": 0.0, "delivered": 0, "given_up": 1, "failed_attempts": 1}
    assert "1 callback was given up" in texts(own)
    assert "owed for" not in texts(own)


async def test_what_is_wrong_is_told_at_once_and_since_when_until_it_is_over(house: Office) -> None:
    assert house.controller is not None
    controller = house.controller
    ann = await house.browser().entered("ann")
    # What was noticed while nobody watched is told, too.
    controller.engine.events.put_nowait(EngineLost("somebody pulled the plug"))
    lost_at = house.clock.now()
    await until(lambda: not controller.switchboard.connected)
    await until(lambda: "no connection" in texts(controller.dashboard._feed._healths[None][0]))  # type: ignore[union-attr]
    await house.clock.let_pass(30.0)
    async with watching(ann) as watcher:
        await until(lambda: "no connection to Asterisk" in texts(watcher.health))
        (alarm,) = watcher.health["alarms"]
        assert (alarm["level"], alarm["since"]) == ("error", pytest.approx(lost_at, abs=1.0))
        assert watcher.health["status"] == "the engine is lost"
        assert (watcher.health["engine"]["connected"], watcher.health["engine"]["times_lost"]) == (False, 1)
        controller.engine.events.put_nowait(EngineBack(30.0))
        await until(lambda: watcher.health["alarms"] == [])
        controller._phase = Phase.DRAINING
        await until(lambda: "No new calls" in texts(watcher.health))
        assert watcher.health["alarms"][0]["since"] == pytest.approx(house.clock.now(), abs=1.0)


async def test_callbacks_that_were_given_up_long_ago_are_no_alarm_any_more(house: Office) -> None:
    assert house.controller is not None
    ann = await house.browser().entered("ann")
    now = house.clock.now()
    for observer in house.controller.outbox.observers:
        observer(callback(ACCOUNT.sid, "given-up", now, ended_at=now))
    assert "given up within the last 10 minutes" in texts(await health_of(ann))
    await house.clock.let_pass(601.0)
    health = await health_of(await house.browser().entered("ann"))
    assert (health["alarms"], health["outbox"]["given_up"]) == ([], 1)


async def test_who_may_see_an_account_is_told_nothing_of_its_callbacks_while_the_database_does_not_answer(
    house: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = await house.browser().entered(ACCOUNT.sid, AUTH_TOKEN)
    assert house.controller is not None

    def refuse() -> Any:
        raise OSError("it is away")

    monkeypatch.setattr(house.controller.store, "connect", refuse)
    outbox = (await health_of(browser))["outbox"]
    assert (outbox["owed"], outbox["oldest_seconds"]) == (None, None)


async def test_asterisk_says_its_version_and_how_quick_it_is(asterisk: PrivateAsterisk) -> None:
    async with set_stage(asterisk) as stage:
        assert stage.controller.dashboard is not None
        engine = (await stage.controller.dashboard._feed.health(None))["engine"]
        assert engine is not None
        assert (engine["version"] or "").startswith("2")
        assert engine["latency_ms"] is not None
        assert engine["latency_ms"]["p50"] > 0


async def test_what_asterisk_does_badly_is_an_alarm(asterisk: PrivateAsterisk, monkeypatch: pytest.MonkeyPatch) -> None:
    async def do_harm(_link: AriLink) -> jitter_buffers.JitterBuffers:
        return jitter_buffers.JitterBuffers.DO_HARM

    monkeypatch.setattr(jitter_buffers, "look", do_harm)
    async with set_stage(asterisk) as stage:
        assert stage.controller.dashboard is not None
        (alarm,) = (await stage.controller.dashboard._feed.health(None))["alarms"]
        assert alarm["level"] == "warning"
        assert "Callers get no jitter buffers" in alarm["text"]
